"""Group C, code: do the checks, the tables and the interfaces agree with each other and with what is named?"""

import ast
import builtins
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from ..items import code_spans
from ..names import edits
from ..nouns import Diagnostic, Symbol
from ..python_code import CodeError, literal, tree
from .reading import Reading
from .rule import Rule, at_item
from .surroundings import Surroundings

_IDENTIFIER = r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?:\((.*)\))?\Z"
_SLIP = 2
_LONG = 6  # two slips make of any shorter name another one
_NAME = r"[A-Za-z_]\w*"
_CODE_LIKE = r"[a-z]\w*_\w|[a-z0-9][A-Z]|[A-Z][a-z]+[A-Z]|\(|\w\.\w"
_FILE_NAME = r"\.[a-z0-9]{1,5}\Z"


def wrong_call(reading: Reading) -> Iterator[Diagnostic]:
    """Calls, in checks and tables, of declared functions whose signature refuses them."""
    spec = reading.spec
    functions = {s.name: s for i in spec.interfaces for s in i.symbols if s.kind == "function"}
    calls = [(part.id, part.line, part.body) for part in spec.checks if part.kind == "python"]
    calls += [(part.id, part.line, part.call) for part in spec.tables]
    for target, line, source in calls:
        try:
            nodes = list(ast.walk(tree(source)))
        except CodeError:
            continue
        for node in nodes:
            message = _refusal(node, functions) if isinstance(node, ast.Call) else ""
            if message and isinstance(node, ast.Call):
                yield Diagnostic(code="SPC304", message=message, line=line + node.lineno - 1, target=target)


def _refusal(call: ast.Call, functions: Mapping[str, Symbol]) -> str:
    """Why the stub would refuse a call; nothing where it would not, or where stars hide what is passed."""
    symbol = functions.get(call.func.id) if isinstance(call.func, ast.Name) else None
    starred = any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords)
    if symbol is None or symbol.signature is None or starred:
        return ""
    try:
        stub = tree(f"def f({symbol.signature}): ...").body[0]
    except CodeError:
        return ""
    return _mismatch(stub.args, call, symbol.name) if isinstance(stub, ast.FunctionDef) else ""


def _mismatch(stub: ast.arguments, call: ast.Call, name: str) -> str:
    places = [a.arg for a in (*stub.posonlyargs, *stub.args)]
    by_name = {a.arg for a in (*stub.args, *stub.kwonlyargs)}
    passed = {k.arg for k in call.keywords if k.arg}
    needed = set(places[: len(places) - len(stub.defaults)])
    needed |= {a.arg for a, d in zip(stub.kwonlyargs, stub.kw_defaults, strict=True) if d is None}
    if len(call.args) > len(places) and not stub.vararg:
        return f"`{name}` takes {len(places)} positional arguments and is called with {len(call.args)}"
    if (unknown := passed - by_name) and not stub.kwarg:
        return f"`{name}` has no argument `{min(unknown)}`"
    missing = needed - set(places[: len(call.args)]) - passed
    return f"`{name}` is called without `{min(missing)}`" if missing else ""


def two_results(reading: Reading) -> Iterator[Diagnostic]:
    """Two rows with equal inputs and different results."""
    spec = reading.spec
    seen: dict[tuple[str, str, str], tuple[str, int]] = {}
    for table in spec.tables:
        for row in table.rows:
            inputs = ", ".join(_plain(value) for value in row.inputs)
            result = f"raises {row.expected}" if row.raises else _plain(row.expected)
            known, line = seen.setdefault((table.module, table.call, inputs), (result, row.line))
            if known != result:
                message = f"line {line} gives the same inputs another result"
                yield Diagnostic(code="SPC307", message=message, line=row.line, target=table.id)


def _plain(source: str) -> str:
    """A literal in one spelling."""
    try:
        return repr(literal(source))
    except CodeError:
        return source


def unknown_name(reading: Reading) -> Iterator[Diagnostic]:
    """Names in backticks that nothing declares: no interface, term, check, and nothing in the repository.

    Where the spec has no stub, a new name is what the spec asks for; only one that is nearly a known one is told then.
    """
    symbols = reading.around.symbols
    if symbols is None:
        return
    stubs = any(interface.text for interface in reading.spec.interfaces)
    known = frozenset(_known_names(reading)) | symbols
    told: set[str] = set()
    for wording in reading.wordings:
        for name in _names(code_spans(wording.item.text)):
            if name in known or name in told:
                continue
            told.add(name)
            close = _nearly(name, known)
            if stubs or close:
                hint = f": did you mean `{close}`?" if close else ": declare it in an interface, or in Terms"
                message = f"`{name}` is in no interface, term or check, and not in the repository{hint}"
                yield at_item(wording.item, "SPC303", message)


def _nearly(name: str, known: Collection[str]) -> str:
    """A known name that a long one misses by at most two characters, the first one right; or nothing."""
    long = len(name) >= _LONG
    near = (other for other in known if long and other[:1] == name[:1] and abs(len(other) - len(name)) <= _SLIP)
    return min((other for other in near if edits(name, other, most=_SLIP) <= _SLIP), default="")


def _names(spans: Iterable[str]) -> Iterator[str]:
    """The last names of spans that look like code, and not like a value, a file, a flag or a command."""
    for span in spans:
        found = re.match(_IDENTIFIER, span)
        if found and re.search(_CODE_LIKE, span) and not (found[2] is None and re.search(_FILE_NAME, span)):
            yield found[1].rpartition(".")[2]


def _known_names(reading: Reading) -> Iterator[str]:
    spec = reading.spec
    texts = [interface.text for interface in spec.interfaces]
    texts += [f"{symbol.name} {symbol.signature}" for i in spec.interfaces for symbol in i.symbols]
    texts += [check.body for check in spec.checks] + [f"{table.call} {table.module}" for table in spec.tables]
    texts += [f"{term.name} {term.meaning}" for term in spec.terms] + [fixture.path for fixture in spec.fixtures]
    texts += [path.rpartition("/")[2] for path in reading.around.paths or ()]
    for text in texts:
        yield from re.findall(_NAME, text)
    yield from vars(builtins)


_STUB = "# a\n\n```python interface a.py\ndef f(x: int) -> int: ...\n```\n\n- **R1** `f` MUST add 1.\n\n"
_MISSPELT = "# a\n\n```python interface a.py\ndef f(x: int) -> int: ...\n```\n\n- **R1** `f` MUST add 1 to `{}`.\n"
RULES = (
    Rule(
        code="SPC303",
        name="unknown-name",
        severity="warning",
        why="A name that nothing declares is invented by each worker anew.",
        source="ISO/IEC/IEEE 29148: undefined terms",
        bad=_MISSPELT.format("ParseStats"),
        good=_MISSPELT.format("stats.skipped"),
        around=Surroundings(paths=frozenset({"a.py"}), symbols=frozenset({"Stats", "skipped"})),
        find=unknown_name,
    ),
    Rule(
        code="SPC304",
        name="refused-call",
        severity="error",
        why="The check calls what the interface forbids, so no implementation can pass.",
        source="this format",
        bad=_STUB + "```python R1\nfrom a import f\nassert f(1, 2) == 3\n```\n",
        good=_STUB + "```python R1\nfrom a import f\nassert f(1) == 2\n```\n",
        find=wrong_call,
    ),
    Rule(
        code="SPC307",
        name="two-results",
        severity="error",
        why="No function can do both.",
        source="this format",
        bad=_STUB + "| x | => |\n|---|---|\n| `1` | `2` |\n| `1` | `3` |\n",
        good=_STUB + "| x | => |\n|---|---|\n| `1` | `2` |\n| `2` | `3` |\n",
        find=two_results,
    ),
)
