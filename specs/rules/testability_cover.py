"""Group T, cover: does something decide each item, and would it notice the case that the item is about?"""

import ast
import re
from collections.abc import Iterator

from ..items import code_spans
from ..nouns import Diagnostic, Examples, Item
from .reading import Reading
from .rule import Rule, at_item

_CONDITION = r"\b(?:If|When|Where|For|On|Unless|if|when|unless)\b"
_FAILURE = (
    r"\b(?:errors?|fails?|invalid|malformed|missing|rejects?|refuses?|raises?|throws?|does not exist|do not exist|"
    r"not found|unreadable|corrupt)\b|\bexits? (?:with )?(?:status|code) `?[1-9]"
)
_REFUSALS = frozenset({"False", "None", "-1", "''", '""', "[]", "{}", "()"})
"""What stands for a failure in a function that raises nothing."""
_EXPECTING = re.compile(r"raises|assertRaises|throws|returncode|exit|fail|error", re.IGNORECASE)


def unchecked(reading: Reading) -> Iterator[Diagnostic]:
    """MUSTs that no code decides and no measuring."""
    measured = _measured(reading)
    for item in reading.spec.normative:
        must = item.strength == "MUST" and item.kind in {"requirement", "invariant", "performance"}
        if must and reading.spec.level != "L0" and item.id not in measured.union(reading.deciders):
            yield at_item(item, "SPT201", f"no check or example decides {item.id}, which is a MUST")


def _measured(reading: Reading) -> frozenset[str]:
    """The bars that `agentctl verify` measures; of a throughput only the program knows what it counts."""
    if not any(item.kind == "performance" for item in reading.spec.normative):
        return frozenset()
    from ..performance import Bar, bars  # noqa: PLC0415 - only specs with a bar wait for its patterns

    return frozenset(bar.id for bar in bars(reading.spec) if isinstance(bar, Bar) and bar.metric != "throughput")


def unchecked_wish(reading: Reading) -> Iterator[Diagnostic]:
    """SHOULDs that no code decides."""
    for item in reading.spec.normative:
        if item.strength == "SHOULD" and item.kind == "requirement" and item.id not in reading.deciders:
            yield at_item(item, "SPT202", f"no check or example decides {item.id}, which is a SHOULD")


def happy_path(reading: Reading) -> Iterator[Diagnostic]:
    """Items about a failure whose checks let nothing fail."""
    expecting = _expecting(reading)
    for item in reading.spec.normative:
        deciders = reading.deciders.get(item.id, ())
        if deciders and not expecting.intersection(deciders) and _about_failure(item):
            message = f"{item.id} says what happens on a failure, and {', '.join(deciders)} lets nothing fail"
            yield at_item(item, "SPT208", message)


def _about_failure(item: Item) -> bool:
    return re.search(_CONDITION, item.text) is not None and re.search(_FAILURE, item.text) is not None


def _expecting(reading: Reading) -> frozenset[str]:
    """Checks and tables that expect something to fail."""
    console = {check.id for check, steps in reading.transcripts if any(step.exit or step.stderr for step in steps)}
    python = {check.id for check, module in reading.python if any(_awaits(node) for node in ast.walk(module))}
    tables = {table.id for table in reading.spec.tables if _refuses(table)}
    return frozenset(console | python | tables)


def _refuses(table: Examples) -> bool:
    """Whether a row raises, or gives what stands for a failure where another row gives something else."""
    failing = [row.raises or row.expected in _REFUSALS for row in table.rows]
    return any(row.raises for row in table.rows) or (any(failing) and not all(failing))


def _awaits(node: ast.AST) -> bool:
    match node:
        case ast.Try() | ast.Assert(test=ast.UnaryOp(op=ast.Not())):
            return True
        case ast.Assert(test=ast.Compare(comparators=[value])):
            return ast.unparse(value) in _REFUSALS
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return _EXPECTING.search(name) is not None
        case _:
            return False


def no_holdout(reading: Reading) -> Iterator[Diagnostic]:
    """Specs all of whose checks the workers see."""
    spec = reading.spec
    if reading.deciders and not any("holdout" in check.flags for check in spec.checks):
        line = min([check.line for check in spec.checks] + [table.line for table in spec.tables])
        message = "workers see every check: one with the flag `holdout` shows whether they built for the checks only"
        yield Diagnostic(code="SPT211", message=message, line=line)


def shared(reading: Reading) -> Iterator[Diagnostic]:
    """Requirements whose every check decides others too, and in whose words no code tells them from those."""
    checks = {check.id: check for check in reading.spec.checks}
    required = {item.id: item for item in reading.spec.normative if item.kind in {"requirement", "invariant"}}
    for item in required.values():
        deciders = reading.deciders.get(item.id, ())
        together = [required.keys() & set(checks[name].ids) - {item.id} for name in deciders if name in checks]
        if not together or len(together) < len(deciders) or not all(together):
            continue
        others = set[str]().union(*together)
        if set(code_spans(item.text)).issubset(span for other in others for span in code_spans(required[other].text)):
            names = " and ".join(other for other in required if other in others)
            message = (
                f"nothing decides {item.id} alone: {', '.join(deciders)} {'is' if len(deciders) == 1 else 'are'} of"
                f" {names} too, and {item.id} has no name of its own in backticks; give it a check of its own"
            )
            yield at_item(item, "SPT217", message)


def by_hand(reading: Reading) -> Iterator[Diagnostic]:
    """MUSTs that a person decides."""
    manual = {item_id for check in reading.spec.checks if "manual" in check.flags for item_id in check.ids}
    for item in reading.spec.normative:
        if item.strength == "MUST" and item.id in manual and item.id not in reading.deciders:
            yield at_item(item, "SPT214", f"only a person decides {item.id}; until one has, it counts as not verified")


_R1 = "# a\n\n- **R1** It MUST print `1`.\n"
_TWO = "# a\n\n- **R1** `a` MUST print `1`.\n- **R2** It MUST end within 5 s.\n"
_SHOULD = "# a\n\n- **R1** It SHOULD print `1`.\n"
_CHECK = "\n```console R1\n$ a\n1\n```\n"
_ON_ERROR = "# a\n\n- **R1** If FILE is missing, `a` MUST exit with status 2.\n"
RULES = (
    Rule(
        code="SPT201",
        name="must-without-check",
        severity="warning",
        why="What no code decides is done when somebody says so.",
        source="ISO/IEC/IEEE 29148: verifiable",
        bad=_R1,
        good=_R1 + _CHECK,
        find=unchecked,
    ),
    Rule(
        code="SPT202",
        name="should-without-check",
        severity="info",
        why="A wish that nothing tries is dropped first, and nobody notices.",
        source="ISO/IEC/IEEE 29148: verifiable",
        bad=_SHOULD,
        good=_SHOULD + _CHECK,
        find=unchecked_wish,
    ),
    Rule(
        code="SPT208",
        name="happy-path-only",
        severity="warning",
        why="The sentence is about a failure; a check that lets nothing fail says nothing about it.",
        source="OpenSpec issue 1720",
        bad=_ON_ERROR + _CHECK,
        good=_ON_ERROR + "\n```console R1\n$ a missing.csv\n[exit 2]\n```\n",
        find=happy_path,
    ),
    Rule(
        code="SPT211",
        name="no-holdout",
        severity="info",
        why="Whoever sees all tests can pass them without meeting the requirement.",
        source="over-fitting to tests",
        bad=_R1 + _CHECK,
        good=_R1 + _CHECK + _CHECK.replace("R1", "R1 holdout"),
        find=no_holdout,
    ),
    Rule(
        code="SPT214",
        name="by-hand",
        severity="info",
        why="A check by hand holds on the day on which somebody makes it.",
        source="this format",
        bad=_R1 + "\n```text R1 manual\nLook at the colours.\n```\n",
        good=_R1 + _CHECK,
        find=by_hand,
    ),
    Rule(
        code="SPT217",
        name="shared-check",
        severity="info",
        why="Where one check decides two requirements, its result cannot say which of them is met.",
        source="ISO/IEC/IEEE 29148: traceable, singular; the mutants of `agentctl verify` are chosen by names",
        bad=_TWO + _CHECK.replace("R1", "R1 R2"),
        good=_TWO + _CHECK + _CHECK.replace("R1", "R2"),
        find=shared,
    ),
)
