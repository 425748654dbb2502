"""Which tests must have passed before a tree may count as green. Pure."""

from collections.abc import Iterable

from ..nouns.plan import LockedTest
from ..nouns.verdicts import Expectation, GateReport, Verdict


def baseline(report: GateReport) -> Expectation:
    """What the run's base promises: its green tests stay green, its red ones are forgiven."""
    red = frozenset(r.id for r in report.results if r.outcome in {"failed", "error"})
    return Expectation(tests=report.passed(), red=red, hooks=frozenset(report.hooks))


def expect(base: Expectation, *, earlier: Iterable[Verdict], locked: Iterable[LockedTest]) -> Expectation:
    """The baseline, every test that an earlier green verdict saw pass, and the locked tests.

    A locked test is never forgiven, and once an earlier verdict saw a red test pass it is not forgiven any more. That
    an attempt saw a test which may go says nothing: it did not have the work that replaces it.
    """
    locked = tuple(locked)
    seen = {test for verdict in earlier for test in verdict.tests} - base.may_go
    demanded = {test for each in locked for test in each.tests}
    return Expectation(
        tests=base.tests | seen | demanded,
        red=base.red - seen - demanded,
        secret=frozenset(test for each in locked if each.secret for test in each.tests),
        hooks=base.hooks,
    )
