"""Group T, weak checks: could the check say no, and not of what its requirement says?"""

import ast
import re
from collections.abc import Iterator

from ..nouns import Diagnostic, Examples
from ..transcript import Step
from .reading import Reading
from .rule import Rule
from .testability_paths import MAKERS, words_of

_ANYTHING = "..."
_DECIDES_BY_STATUS = (
    r"\b(?:py)?tests?\b|\b(?:unittest|check|lint|vet|mypy|ruff|tsc|grep|rg|diff|cmp|verify|validate|clippy)\b|"
    r"(?:^|[;&|]\s*)\["
)
"""Commands whose status is their answer: runners of tests, linters, comparisons."""
_PREPARING = MAKERS | {"cd", "export", "set", "source", "sleep", "chmod"}
_BOOLEAN = r"\b(?:[Bb]ool(?:ean)?s?|(?:True|False)`? or `?(?:True|False))\b"
_BOOLEANS = frozenset({"True", "False"})


def any_output(reading: Reading) -> Iterator[Diagnostic]:
    """Transcripts none of whose commands has its output compared with anything."""
    for check, steps in reading.transcripts:
        judged = [step for step in steps if not _prepares(step)]
        if judged and all(_takes_anything(step) for step in judged):
            message = (
                f"{check.id} compares no output: `...` stands for any, so only the exit status is judged; write a line"
                " that must be there"
            )
            yield Diagnostic(code="SPT219", message=message, line=judged[0].line, target=check.id)


def _prepares(step: Step) -> bool:
    """Whether a command makes what others read, and is expected to say nothing."""
    return not step.stdout and not step.stderr and not step.exit and {*words_of(step.command)[:1]} <= _PREPARING


def _takes_anything(step: Step) -> bool:
    lines = (*step.stdout, *(step.stderr or ()))
    idle = bool(step.stdout) and all(line.strip() == _ANYTHING for line in lines) and not step.exit
    return idle and re.search(_DECIDES_BY_STATUS, step.command) is None


def equal_booleans(reading: Reading) -> Iterator[Diagnostic]:
    """Tables of booleans for items that ask for one: 1 equals True."""
    for table in reading.spec.tables:
        said = " ".join(reading.spec.items[item_id].text for item_id in table.ids if item_id in reading.spec.items)
        expects = any(not row.raises and row.expected in _BOOLEANS for row in table.rows)
        if expects and re.search(_BOOLEAN, said) and not _told_apart(reading, table):
            message = (
                f"{table.id} compares with `==`, so 1 passes for `True` and 0 for `False`: a check with `is True`"
                " tells them apart"
            )
            yield Diagnostic(code="SPT220", message=message, line=table.line, target=table.id)


def _told_apart(reading: Reading, table: Examples) -> bool:
    """Whether a check of one of a table's items asks what kind of value it is."""
    return any(
        set(check.ids) & set(table.ids) and any(map(_asks_for_kind, ast.walk(module)))
        for check, module in reading.python
    )


def _asks_for_kind(node: ast.AST) -> bool:
    match node:
        case ast.Compare(ops=[ast.Is() | ast.IsNot(), *_]):
            return True
        case ast.Call(func=ast.Name(id="isinstance" | "type")):
            return True
        case _:
            return False


_R1 = "# a\n\n- **R1** `a` MUST print `1`.\n"
_ODD = "# a\n\n`odd(x)` in `f.py`.\n\n- **R1** `odd` MUST return a boolean.\n\n"
_ROWS = "| x | => |\n|---|---|\n| `1` | `True` |\n| `0` | `False` |\n"
RULES = (
    Rule(
        code="SPT219",
        name="any-output",
        severity="warning",
        why="A command that ends with status 0 and prints something else passes too.",
        source="this format: `...` is doctest's ELLIPSIS, which alone compares nothing",
        bad=_R1 + "\n```console R1\n$ a\n...\n```\n",
        good=_R1 + "\n```console R1\n$ a\n...\n1\n```\n",
        find=any_output,
    ),
    Rule(
        code="SPT220",
        name="boolean-by-equality",
        severity="info",
        why="Examples are compared with `==`, and in Python `1 == True`.",
        source="Python: bool is a subclass of int",
        bad=_ODD + _ROWS,
        good=_ODD + _ROWS + "\n```python R1\nfrom f import odd\nassert odd(1) is True\n```\n",
        find=equal_booleans,
    ),
)
