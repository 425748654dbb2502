"""Group C: do two places of the spec say the same?"""

import ast
import re
from collections.abc import Iterator, Mapping

from ..nouns import Diagnostic, Item, Spec, Symbol
from ..python_code import CodeError, literal, tree
from ..transcript import steps
from .rule import Rule, at_item

_EXIT = re.compile(r"\bexits? (?:with )?(?:status|code) `?(\d{1,3})`?|\bexit (?:status|code) `?(\d{1,3})`?")
_DEFAULT = re.compile(r"`(--[\w-]+)`[^.;]*?\bdefaults?(?: is| to| of|:)? `?([\w.-]*\w)`?")
_DEFINED = re.compile(r"\b(?:as in|same as|as for|like|defined in|according to|per)\s+([REPNQAI]\d+)\b")


def two_values(spec: Spec) -> Iterator[Diagnostic]:
    """One flag with two defaults; one item whose only check expects another exit status than its text."""
    first: dict[str, tuple[str, str]] = {}
    for item in spec.items.values():
        for flag, value in _DEFAULT.findall(item.text):
            owner, known = first.setdefault(flag, (item.id, value))
            if known != value:
                yield at_item(item, "SPC302", f"`{flag}` defaults to {value} here and to {known} in {owner}")
    for check in spec.checks:
        decided = spec.items.get(check.ids[0]) if len(check.ids) == 1 and check.kind == "console" else None
        said = _exits(decided) if decided else set()
        seen = {step.exit for step in steps(check.body, line=check.line)} - {0} if len(said) == 1 else set()
        if decided and seen and not seen & said:
            message = f"{decided.id} says exit status {min(said)}, its check {check.id} says {max(seen)}"
            yield at_item(decided, "SPC302", message)


def _exits(item: Item) -> set[int]:
    return {int(a or b) for a, b in _EXIT.findall(item.text)}


def wrong_call(spec: Spec) -> Iterator[Diagnostic]:
    """Calls, in checks and tables, of declared functions whose signature refuses them."""
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


def two_results(spec: Spec) -> Iterator[Diagnostic]:
    """Two rows with equal inputs and different results."""
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


def cycle(spec: Spec) -> Iterator[Diagnostic]:
    """Items each of which is defined by the next one, around to the first; told once, at the first of them."""
    definers = {item.id: tuple(_DEFINED.findall(item.text)) for item in spec.items.values()}
    told: set[str] = set()
    for item in spec.items.values():
        around = _reached(item.id, definers)
        if item.id in around and item.id not in told:
            told |= {other for other in around if item.id in _reached(other, definers)}
            others = ", ".join(sorted(told - {item.id})) or item.id
            yield at_item(item, "SPC308", f"{item.id} is defined by itself, by way of {others}")


def _reached(start: str, definers: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Everything that the definition of an item leads to."""
    reached: set[str] = set()
    ahead = list(definers.get(start, ()))
    while ahead:
        item_id = ahead.pop()
        if item_id not in reached:
            reached.add(item_id)
            ahead.extend(definers.get(item_id, ()))
    return reached


def forced_question(spec: Spec) -> Iterator[Diagnostic]:
    """Open questions of a run that may not ask."""
    for item in spec.items.values():
        if item.kind == "question" and item.default is None and spec.meta.autonomy == "never":
            yield at_item(item, "SPC310", f"{item.id} has no `default:` and autonomy is never, so nobody can answer it")


_HEAD = "# a\n\n- **R1** It MUST print `1`.\n"
_STUB = "# a\n\n```python interface a.py\ndef f(x: int) -> int: ...\n```\n\n- **R1** `f` MUST add 1.\n\n"
RULES = (
    Rule(
        code="SPC302",
        severity="error",
        why="Two values for one thing: one of two workers will be wrong.",
        bad=_HEAD
        + "- **R2** `--limit` MUST default to 5.\n- **R3** `--limit` defaults to 6.\n".replace(
            "MUST default", "defaults"
        ),
        good=_HEAD + "- **R2** `--limit` defaults to 5.\n- **R3** `--window` defaults to 6.\n",
        find=two_values,
    ),
    Rule(
        code="SPC304",
        severity="error",
        why="The check calls what the interface forbids, so no implementation can pass.",
        bad=_STUB + "```python R1\nfrom a import f\nassert f(1, 2) == 3\n```\n",
        good=_STUB + "```python R1\nfrom a import f\nassert f(1) == 2\n```\n",
        find=wrong_call,
    ),
    Rule(
        code="SPC307",
        severity="error",
        why="No function can do both.",
        bad=_STUB + "| x | => |\n|---|---|\n| `1` | `2` |\n| `1` | `3` |\n",
        good=_STUB + "| x | => |\n|---|---|\n| `1` | `2` |\n| `2` | `3` |\n",
        find=two_results,
    ),
    Rule(
        code="SPC308",
        severity="error",
        why="Sentences that define each other define nothing.",
        bad=_HEAD + "- **R2** The limit MUST be as in R3.\n- **R3** The limit MUST be the same as R2.\n",
        good=_HEAD + "- **R2** The limit MUST be as in R3.\n- **R3** The limit MUST be 5.\n",
        find=cycle,
    ),
    Rule(
        code="SPC310",
        severity="error",
        why="A run that may not ask needs an answer beforehand.",
        bad="---\nautonomy: never\n---\n" + _HEAD + "\n## Open questions\n\n- **Q1** Which colour?\n",
        good="---\nautonomy: never\n---\n" + _HEAD + "\n## Open questions\n\n- **Q1** Which colour? default: blue\n",
        find=forced_question,
    ),
)
