"""Group T, base: what the checks did on the commit before the work, as `lint --run` saw it."""

from collections.abc import Iterator

from ..nouns import Check, Diagnostic, Examples
from .reading import Reading
from .rule import Rule
from .surroundings import Surroundings


def green_before(reading: Reading) -> Iterator[Diagnostic]:
    """Checks that pass before anything is built."""
    kept = {item.id for item in reading.spec.items.values() if item.kind == "invariant"}
    for part in _parts(reading):
        if part.id in reading.around.base_passes and not kept.issuperset(part.ids):
            message = f"{part.id} passes on the base commit, so it does not show that {', '.join(part.ids)} was built"
            yield Diagnostic(code="SPT210", message=message, line=part.line, target=part.id)


def endless(reading: Reading) -> Iterator[Diagnostic]:
    """Checks that did not come to their end."""
    for part in _parts(reading):
        seconds = reading.around.base_stopped.get(part.id)
        if seconds is not None:
            message = (
                f"{part.id} was stopped: it ran longer than {seconds:g} s; let it end by itself, or give it more time"
                " with --seconds"
            )
            yield Diagnostic(code="SPT218", message=message, line=part.line, target=part.id)


def _parts(reading: Reading) -> Iterator[Check | Examples]:
    yield from reading.spec.checks
    yield from reading.spec.tables


_R1 = "# a\n\n- **R1** It MUST print `1`.\n"
_BASE = "\n```console R1\n$ a\n1\n```\n"
RULES = (
    Rule(
        code="SPT210",
        name="green-before",
        severity="warning",
        why="What passes before anything is built shows nothing of what was built.",
        source="test-driven development: see it fail first",
        bad=_R1 + _BASE,
        good=_R1.replace("R1", "I1") + _BASE.replace("R1", "I1"),
        around=Surroundings(base_passes=frozenset({"R1.c1", "I1.c1"})),
        find=green_before,
    ),
    Rule(
        code="SPT218",
        name="endless-check",
        severity="warning",
        why="A check that has to be stopped is red whatever is built, and all that wait for it wait to the end.",
        source="pytest-timeout: a session that hangs is a failure without a place",
        bad=_R1 + _BASE + "\n```python R1\nimport a\nwhile a.busy():\n    assert a.one() == 1\n```\n",
        good=_R1 + _BASE,
        around=Surroundings(base_stopped={"R1.c2": 60.0}),
        find=endless,
    ),
)
