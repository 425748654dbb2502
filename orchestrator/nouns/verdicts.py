"""What a gate says: the outcomes of one run of the tests, and the judgement of one exact tree."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """One test and what became of it; ``detail`` is the failure's text with paths and times normalised."""

    __test__ = False

    id: str
    outcome: Outcome
    detail: str = ""
    raised: str = ""
    """``assertion`` where the test's own file said no, else the class of what left the test; empty if nothing did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """One gate command that is judged by its exit code, such as a linter."""

    command: str
    exit: int
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """What one run of the gate's commands saw; independent of what was expected.

    ``complete`` is true only when the report carried the nonce of this run and said that the session ended by itself.
    """

    complete: bool
    results: tuple[TestResult, ...]
    commands: tuple[CommandResult, ...] = ()
    problem: str = ""
    """Why the report is not complete: a crash, a timeout, a collection error, with the last output."""
    hooks: tuple[str, ...] = ()
    """Of pytest, those that came with the tests, as ``file::hook digest``; not those that a conftest.py holds."""
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    def passed(self) -> frozenset[str]:
        """The ids of the tests that passed."""
        return frozenset(r.id for r in self.results if r.outcome == "passed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What must be seen for a tree to pass: every id in ``tests`` passed; failures are forgiven only in ``red``."""

    tests: frozenset[str] = frozenset()
    red: frozenset[str] = frozenset()
    """The baseline: ids that already failed on the run's base."""
    secret: frozenset[str] = frozenset()
    """Ids of holdout tests, whose failures are told without their text."""
    hooks: frozenset[str] = frozenset()
    """The hooks of pytest that came with the tests on the run's base; others may not."""
    may_go: frozenset[str] = frozenset()
    """Of a baseline: tests of work that an edit of the spec touches. What replaces the work may replace them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which parts of a gate judge a tree."""

    names: tuple[str, ...]
    """Of the parts that do, in the order of the settings."""
    commands: tuple[str, ...]
    without: tuple[str, ...] = ()
    """Files and folders whose tests are left out."""
    idle: tuple[str, ...] = ()
    """Services that need not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gate said of one exact tree."""

    tree: str
    gate: str
    """The gate hash: commands, locked tests, environment, and expectation."""
    passed: bool
    reasons: tuple[str, ...] = ()
    """Why not, most useful first, in words a worker can act on."""
    tests: tuple[str, ...] = ()
    """Ids that passed, sorted."""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    gates: tuple[str, ...] = ()
    """The parts of the gate that judged it, where the settings have parts."""
