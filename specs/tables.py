"""Examples tables: cells are Python literals, the last column is ``=>``. Pure; what cannot be read is a Diagnostic."""

import keyword
import re
from collections.abc import Mapping, Sequence

from .fences import digest
from .frozen import dataclass
from .items import code_spans, without_code
from .names import module_of
from .nouns import Diagnostic, Examples, Interface, Row
from .python_code import CodeError, called_names, free_names, imports, is_exception, literal

_CAPTION = re.compile(r"examples?\b", re.IGNORECASE)
_ID = re.compile(r"\b[REPNQAI]\d+\b")
_RAISES = re.compile(r"raises\s+`?([A-Za-z_][\w.]*)`?\Z")
_TAKEN = frozenset(
    {"request", "expected", "error", "pytest", "spec_line", "under_test"}
)  # names that the compiled test uses itself


class TableError(Exception):
    """A table cannot be read; carries the line. Never leaves this module."""

    def __init__(self, message: str, *, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """``Examples for R3, R7: `bursts(hits, window)```; both parts may be missing."""

    ids: tuple[str, ...] = ()
    call: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Which module each name comes from, and the functions that the spec itself declares."""

    modules: Mapping[str, str]
    functions: tuple[str, ...]


def caption(text: str) -> Caption | None:
    """The caption that a heading or a paragraph is, if it is one."""
    ids, spans = tuple(_ID.findall(without_code(text))), code_spans(text)
    if not _CAPTION.match(text) or not (ids or spans):
        return None
    return Caption(ids=tuple(dict.fromkeys(ids)), call=spans[-1] if spans else "")


def is_examples(header: Sequence[str]) -> bool:
    """Whether a table is one of examples: its last column is ``=>``."""
    return bool(header) and _bare(header[-1]) in {"=>", "⇒"}


def is_meant(header: Sequence[str], title: Caption | None) -> bool:
    """Whether a table is one of examples, or nearly: its caption names ids, or a call that its columns are used in.

    Any other table is what it was before this format was heard of, wherever it stands.
    """
    if is_examples(header) or (title and title.ids):
        return True
    cells = [_bare(cell) for cell in header[:-1]]
    try:
        used = (
            free_names(title.call.rpartition(";")[2].strip(), declared=cells) if title and title.call else frozenset()
        )
    except CodeError:
        return False
    return bool(cells) and used.issuperset(cells)


def known_names(interfaces: Sequence[Interface], code: Sequence[str]) -> Names:
    """Names from the imports of the spec's checks and, with more weight, from its interfaces."""
    modules: dict[str, str] = {}
    for body in code:
        modules |= imports(body)
    functions: dict[str, None] = {}
    for interface in interfaces:
        module = module_of(interface.path)
        for symbol in interface.symbols:
            if module:
                modules[symbol.name] = module
            if symbol.kind == "function":
                functions[symbol.name] = None
    return Names(modules=modules, functions=tuple(functions))


def read(
    rows: Sequence[Sequence[str]], *, line: int, title: Caption, names: Names, table_id: str, ids: tuple[str, ...]
) -> Examples | Diagnostic:
    """A table whose header stands on ``line``."""
    try:
        arguments = _arguments(rows, line=line)
        call, function, module = _call(title, arguments, names, line=line)
        examples = tuple(
            _row(cells, width=len(rows[0]), names=names, line=number) for number, cells in enumerate(rows[1:], line + 2)
        )
    except TableError as error:
        return Diagnostic(code="SPF010", message=str(error), line=error.line, target=ids[0] if ids else "")
    hashed = digest(call, module, *(part for row in examples for part in (*row.inputs, row.expected, str(row.raises))))
    return Examples(
        id=table_id,
        ids=ids,
        call=call,
        function=function,
        module=module,
        arguments=arguments,
        rows=examples,
        hash=hashed,
        line=line,
    )


def _bare(cell: str) -> str:
    return cell.strip().strip("`").strip()


def _arguments(rows: Sequence[Sequence[str]], *, line: int) -> tuple[str, ...]:
    header, *examples = rows
    if not examples:
        raise TableError("the examples table has no rows", line=line)
    if not is_examples(header):
        raise TableError("the last column of an examples table must be `=>`", line=line)
    found = tuple(_bare(cell) for cell in header[:-1])
    for name in found:
        if not name.isidentifier() or keyword.iskeyword(name) or name in _TAKEN or is_exception(name):
            raise TableError(f"`{name[:40]}` cannot head a column: use the name of an argument", line=line)
    if len(set(found)) != len(found) or not found:
        raise TableError("each column but the last must name another argument", line=line)
    return found


def _call(title: Caption, arguments: tuple[str, ...], names: Names, *, line: int) -> tuple[str, str, str]:
    """The expression to judge, the name in it that comes from the code under test, and that name's module."""
    before, _, call = title.call.rpartition(";")
    if not call:
        if len(names.functions) != 1:
            raise TableError("say which call the examples are of: Examples for R1: `name(argument)`", line=line)
        call = f"{names.functions[0]}({', '.join(arguments)})"
    call = call.strip()
    modules = dict(names.modules) | imports(before)
    try:
        free = free_names(call, declared=(*arguments, *modules))
        called = called_names(call)
    except CodeError as error:
        raise TableError(f"`{call[:80]}` is not a Python expression: {error}", line=line) from error
    unused, tested = set(arguments) - free, free - set(arguments)
    if unused:
        raise TableError(f"no argument of `{call[:80]}` is called `{min(unused)}`", line=line)
    tested = tested or (called & modules.keys())  # a column may have the function's name, as in `square(square)`
    if len(tested) != 1:
        message = f"`{call[:80]}` must use the columns and one name that an interface declares, or the caption imports"
        raise TableError(message, line=line)
    (function,) = tested
    module = modules.get(function)
    if module is None:
        raise TableError(
            f"where is `{function}`? Declare it in an interface, or write `{function}(...)` in `path.py`", line=line
        )
    return call, function, module


def _row(cells: Sequence[str], *, width: int, names: Names, line: int) -> Row:
    if len(cells) != width or not all(cell.strip() for cell in cells):
        raise TableError(f"the row has {sum(1 for cell in cells if cell.strip())} of {width} cells", line=line)
    raised = _RAISES.match(_bare(cells[-1]))
    values = [_bare(cell) for cell in (cells[:-1] if raised else cells)]
    for value in values:
        try:
            literal(value)
        except CodeError as error:
            message = f"`{value[:60]}` is neither a Python literal nor `raises Name`; in a table, write | as \\|"
            raise TableError(message, line=line) from error
    if not raised:
        return Row(inputs=tuple(values[:-1]), expected=values[-1], raises=False, line=line)
    return Row(inputs=tuple(values), expected=_exception(raised[1], names, line=line), raises=True, line=line)


def _exception(name: str, names: Names, *, line: int) -> str:
    if "." in name or is_exception(name):
        return name
    module = names.modules.get(name)
    if module is None:
        raise TableError(f"`{name}` is no exception of Python and no interface declares it", line=line)
    return f"{module}.{name}"
