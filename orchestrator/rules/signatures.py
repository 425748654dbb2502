"""What a file offers against what a stub of it declares, by syntax tree: names, signatures, fields. Pure.

Frozen are signatures, not bytes: bodies, order, comments and private names are the author's own. A declared signature
may gain parameters that nobody has to give, and a class may gain members; nothing that is declared may go or change.
Annotations are compared as written, without quotes and without the modules they are reached by (`datetime.date` is
`date`). What the syntax tree cannot tell, such as a name that comes from another module, counts as kept.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .declarations import Function, Statement, annotation, binds, bound, declarations, last_name, members, parsed

_KINDS = {"property": "property", "cached_property": "property"} | {k: k for k in ("staticmethod", "classmethod")}
_TUPLES = frozenset({"NamedTuple", "TypedDict"})
_WELL_KNOWN = frozenset({"object", "Protocol", "Generic", "ABC", "Enum", "StrEnum", "IntEnum", "Flag", *_TUPLES})
_ERRORS = ("Error", "Exception", "Warning")
"""How the names of exceptions end, of which there is nothing to inherit that an interface would declare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A declared name that a file does not keep; ``missing`` where it is not there at all, otherwise it changed."""

    name: str
    """``parse``, or ``Entry.count`` for a member."""
    words: str
    missing: bool


def broken(stub: str, source: str) -> tuple[Broken, ...]:
    """Every declared name that ``source`` lacks or declares differently; nothing where the stub cannot be read.

    A source that is no Python is for the gate to judge, and breaks nothing here.
    """
    declared, found = parsed(stub), parsed(source)
    if declared is None or found is None:
        return ()
    return tuple(_Module(found).against(declared))


class _Module:
    """A file as it is, by name; each method compares one kind of declaration with it."""

    def __init__(self, module: ast.Module) -> None:
        self._names = bound(module.body)
        self._anything = any(isinstance(each, ast.ImportFrom) and each.names[0].name == "*" for each in module.body)
        self._classes = {
            each.name: each for several in self._names.values() for each in several if isinstance(each, ast.ClassDef)
        }

    def against(self, declared: ast.Module) -> Iterator[Broken]:
        for name, wanted in declarations(declared.body).items():
            there = self._names.get(name, ())
            if not there:
                if not self._anything:
                    yield Broken(name=name, words=f"{_described(wanted)} is missing", missing=True)
                continue
            yield from self._compared(name, wanted, there)

    def _compared(self, name: str, wanted: Sequence[Statement], there: Sequence[Statement]) -> Iterator[Broken]:
        first = wanted[0]
        if isinstance(first, Function) and len(wanted) == 1:
            yield from _function(name, first, there)
        elif isinstance(first, ast.ClassDef):
            found = next((each for each in there if isinstance(each, ast.ClassDef)), None)
            if found is not None:
                yield from self._class(first, found)
            elif any(isinstance(each, Function) for each in there):
                yield Broken(name=name, words=f"class `{name}` is a function now", missing=False)
        elif isinstance(first, ast.AnnAssign):
            yield from _annotated(name, f"`{name}`", first, there)

    def _class(self, wanted: ast.ClassDef, found: ast.ClassDef) -> Iterator[Broken]:
        line = self._line(found)
        yield from self._bases(wanted, found)
        yield from _dataclass(wanted, found)
        strict = _is_dataclass(wanted) or bool(_TUPLES & {last_name(base) for base in wanted.bases})
        there_are = [members(each, strict=strict) for each in line]
        inherits = self._inherits_unseen(wanted, line)
        for name, several in members(wanted, strict=True).items():
            there = next((each[name] for each in there_are if name in each), ())
            yield from _member(wanted.name, name, several, there, forgiven=inherits)
        if strict:
            yield from _fields(wanted, line)

    def _line(self, found: ast.ClassDef) -> list[ast.ClassDef]:
        """The class and its bases as far as they are in this file, nearest first."""
        line, waiting = [], [found]
        while waiting:
            each = waiting.pop(0)
            if each not in line:
                line.append(each)
                waiting += [self._classes[name] for base in each.bases if (name := last_name(base)) in self._classes]
        return line

    def _inherits_unseen(self, wanted: ast.ClassDef, line: Iterable[ast.ClassDef]) -> bool:
        """Whether a member may come from a base of another file, of which the interface says nothing."""
        declared = {last_name(base) for base in wanted.bases}
        bases = {last_name(base) for each in line for base in each.bases}
        return any(not _is_known(base) and base not in self._classes for base in bases - declared)

    def _bases(self, wanted: ast.ClassDef, found: ast.ClassDef) -> Iterator[Broken]:
        line = self._line(found)
        bases = {last_name(base) for each in line for base in each.bases}
        unseen = any(not _is_known(base) and base not in self._classes for base in bases)
        for base in map(last_name, wanted.bases):
            if base not in bases and base != "object" and not unseen:
                words = f"class `{wanted.name}` is no `{base}` any more"
                yield Broken(name=wanted.name, words=words, missing=False)


def _function(name: str, wanted: Function, there: Sequence[Statement], *, what: str = "") -> Iterator[Broken]:
    """A function is kept when one of the definitions under its name has the declared signature."""
    found = [each for each in there if isinstance(each, Function)]
    what = what or f"function `{name}`"
    if not found:
        if any(isinstance(each, ast.ClassDef) for each in there) and what.startswith("function"):
            yield Broken(name=name, words=f"{what} is a class now", missing=False)
        return
    results = [list(_signature(wanted, each)) for each in found]
    for difference in min(results, key=len):
        words = f"{what} {difference}; declared is `{_written(wanted)}`"
        yield Broken(name=name, words=words, missing=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parameter:
    name: str
    kind: str
    annotation: str
    default: bool


def _signature(wanted: Function, found: Function) -> Iterator[str]:
    """How a function differs from its declaration, as ends of a sentence."""
    if isinstance(wanted, ast.AsyncFunctionDef) != isinstance(found, ast.AsyncFunctionDef):
        yield "is not async any more" if isinstance(wanted, ast.AsyncFunctionDef) else "became async"
    kinds = _kind(wanted), _kind(found)
    if kinds[0] != kinds[1]:
        yield f"is a {kinds[1] or 'plain function'} and not a {kinds[0] or 'plain function'}"
    declared, there = _parameters(wanted.args), _parameters(found.args)
    by_name = {each.name: each for each in there}
    for each in declared:
        if each.name not in by_name:
            yield f"lost its parameter `{each.name}`"
        else:
            yield from _parameter(each, by_name[each.name])
    yield from _order(declared, there)
    if wanted.returns is not None and annotation(wanted.returns) != annotation(found.returns):
        yield f"returns `{annotation(found.returns) or 'something without a type'}`"


def _parameter(wanted: _Parameter, found: _Parameter) -> Iterator[str]:
    if wanted.kind != found.kind:
        yield f"takes `{wanted.name}` as {found.kind}, not as {wanted.kind}"
    if wanted.default != found.default:
        change = "gained a default" if found.default else "lost its default"
        yield f"has a parameter `{wanted.name}` that {change}"
    if wanted.annotation and wanted.annotation != found.annotation:
        yield f"has a parameter `{wanted.name}` of type `{found.annotation or 'nothing'}`"


def _order(wanted: Sequence[_Parameter], found: Sequence[_Parameter]) -> Iterator[str]:
    """Positions are part of a signature; what was added may not have to be given."""
    declared = {each.name for each in wanted}
    added = [each for each in found if each.name not in declared]
    positions = [each.name for each in found if each.kind in {"positional", "positional-only"}]
    expected = [each.name for each in wanted if each.kind in {"positional", "positional-only"}]
    if set(expected) <= set(positions) and positions[: len(expected)] != expected:
        yield "takes its parameters in another order"
    for each in added:
        if not each.default and not each.kind.startswith("*"):
            yield f"gained the parameter `{each.name}` without a default"


def _parameters(args: ast.arguments) -> tuple[_Parameter, ...]:
    positional = [*args.posonlyargs, *args.args]
    first = len(positional) - len(args.defaults)
    found = [
        _Parameter(
            name=each.arg,
            kind="positional-only" if number < len(args.posonlyargs) else "positional",
            annotation=annotation(each.annotation),
            default=number >= first,
        )
        for number, each in enumerate(positional)
    ]
    if args.vararg is not None:
        found.append(_rest(args.vararg, "*args"))
    for each, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        written = annotation(each.annotation)
        found.append(_Parameter(name=each.arg, kind="keyword-only", annotation=written, default=default is not None))
    if args.kwarg is not None:
        found.append(_rest(args.kwarg, "**kwargs"))
    return tuple(found)


def _rest(each: ast.arg, kind: str) -> _Parameter:
    return _Parameter(name=each.arg, kind=kind, annotation=annotation(each.annotation), default=False)


def _kind(function: Function) -> str:
    return next((_KINDS[name] for each in function.decorator_list if (name := last_name(each)) in _KINDS), "")


def _member(
    owner: str, name: str, wanted: Sequence[Statement], there: Sequence[Statement], *, forgiven: bool
) -> Iterator[Broken]:
    first, full = wanted[0], f"{owner}.{name}"
    if not there:
        if not forgiven:
            what = "method" if isinstance(first, Function) else "field"
            shown = _written(first) if isinstance(first, Function) else _field_text(first, name)
            yield Broken(name=full, words=f"class `{owner}` has no {what} `{shown}`", missing=True)
    elif isinstance(first, Function) and len(wanted) == 1:
        yield from _function(full, first, there, what=f"method `{full}`")
    elif isinstance(first, ast.AnnAssign):
        yield from _annotated(full, f"field `{full}`", first, there)


def _annotated(name: str, what: str, wanted: ast.AnnAssign, there: Sequence[Statement]) -> Iterator[Broken]:
    """The type of a field, where the file writes one."""
    found = [annotation(each.annotation) for each in there if isinstance(each, ast.AnnAssign)]
    expected = annotation(wanted.annotation)
    if found and expected not in found:
        yield Broken(name=name, words=f"{what} has the type `{found[0]}`; declared is `{expected}`", missing=False)


def _fields(wanted: ast.ClassDef, line: Sequence[ast.ClassDef]) -> Iterator[Broken]:
    """Of a class whose fields are its constructor's parameters: their order, their defaults, and what was added."""
    declared = dict(_own_fields(wanted))
    found: dict[str, ast.AnnAssign] = {}
    for each in reversed(line):
        found |= dict(_own_fields(each))
    order = [name for name in found if name in declared]
    if order != [name for name in declared if name in found]:
        words = f"class `{wanted.name}` has its fields in another order than {', '.join(declared)}"
        yield Broken(name=wanted.name, words=words, missing=False)
    for name, field in found.items():
        if name in declared and _has_default(declared[name]) != _has_default(field):
            change = "gained" if _has_default(field) else "lost"
            words = f"field `{wanted.name}.{name}` {change} its default"
            yield Broken(name=f"{wanted.name}.{name}", words=words, missing=False)
        elif name not in declared and not _has_default(field):
            words = f"class `{wanted.name}` gained the field `{name}` without a default"
            yield Broken(name=wanted.name, words=words, missing=False)


def _own_fields(owner: ast.ClassDef) -> Iterator[tuple[str, ast.AnnAssign]]:
    for each in owner.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and _is_field(each):
            yield each.target.id, each


def _is_field(each: ast.AnnAssign) -> bool:
    outer = each.annotation.value if isinstance(each.annotation, ast.Subscript) else each.annotation
    return last_name(outer) != "ClassVar"


def _has_default(field: ast.AnnAssign) -> bool:
    value = field.value
    if isinstance(value, ast.Call) and last_name(value.func) == "field":
        said = {each.arg for each in value.keywords}
        off = any(each.arg == "init" and isinstance(each.value, ast.Constant) for each in value.keywords)
        return bool(said & {"default", "default_factory"}) or off
    return value is not None


def _is_dataclass(owner: ast.ClassDef) -> bool:
    return any(last_name(each) == "dataclass" for each in owner.decorator_list)


def _dataclass(wanted: ast.ClassDef, found: ast.ClassDef) -> Iterator[Broken]:
    if not _is_dataclass(wanted):
        return
    if not _is_dataclass(found):
        words = f"class `{wanted.name}` is no dataclass any more"
        yield Broken(name=wanted.name, words=words, missing=False)
        return
    there = _options(found)
    for option, value in _options(wanted).items():
        if there.get(option, "False") != value:
            words = f"dataclass `{wanted.name}` lost `{option}={value}`"
            yield Broken(name=wanted.name, words=words, missing=False)


def _options(owner: ast.ClassDef) -> dict[str, str]:
    """What callers notice of a dataclass's options."""
    calls = [each for each in owner.decorator_list if isinstance(each, ast.Call) and last_name(each) == "dataclass"]
    said = {each.arg: ast.unparse(each.value) for call in calls for each in call.keywords if each.arg}
    return {name: value for name, value in said.items() if name in {"frozen", "kw_only", "order"}}


def _written(function: Function) -> str:
    arrow = f" -> {ast.unparse(function.returns)}" if function.returns is not None else ""
    prefix = "async " if isinstance(function, ast.AsyncFunctionDef) else ""
    return f"{prefix}{function.name}({ast.unparse(function.args)}){arrow}"


def _field_text(statement: Statement, name: str) -> str:
    return f"{name}: {ast.unparse(statement.annotation)}" if isinstance(statement, ast.AnnAssign) else name


def _described(wanted: Sequence[Statement]) -> str:
    first = wanted[0]
    match first:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return f"function `{_written(first)}`"
        case ast.ClassDef(name=name):
            return f"class `{name}`"
        case ast.AnnAssign(target=ast.Name(id=name)):
            return f"`{_field_text(first, name)}`"
        case _:
            return f"`{next(binds(first), '')}`"


def _is_known(base: str) -> bool:
    return base in _WELL_KNOWN or base.endswith(_ERRORS) or base in {"int", "str", "dict", "list", "tuple", "float"}
