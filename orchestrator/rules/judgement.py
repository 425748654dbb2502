"""Whether a tree passes: what a gate saw against what had to be seen. Pure."""

from collections.abc import Iterator, Mapping

from ..nouns.verdicts import Expectation, GateReport, TestResult
from .normalise import shorten

MOST_REASONS = 8
LONGEST_REASON = 2000
_BAD = ("failed", "error")
_RAN = ("passed", *_BAD)
_NOT_PASSED = {"skipped": "skipped", "xfailed": "expected to fail", "xpassed": "expected to fail and passed"}


def judge(
    report: GateReport, expectation: Expectation, *, secrets: Mapping[str, str] | None = None
) -> tuple[bool, tuple[str, ...]]:
    """Whether it passed, and if not why, most useful first, in words a worker can act on.

    Passing takes a complete report, every expected test passed, no test failing outside the baseline, no hook of pytest
    that was not there, and every command ended with 0. ``secrets`` names, for each secret test, the requirements it
    belongs to; nothing else is told.
    """
    reasons = tuple(_reasons(report, expectation, secrets or {}))
    shown = [shorten(reason, LONGEST_REASON) for reason in reasons[:MOST_REASONS]]
    if len(reasons) > MOST_REASONS:
        shown[-1] = f"and {len(reasons) - MOST_REASONS + 1} more failures; mend the ones above first"
    return not reasons, tuple(shown)


def _reasons(report: GateReport, expectation: Expectation, secrets: Mapping[str, str]) -> Iterator[str]:
    if not report.complete:
        yield report.problem or "the test run did not complete"
    yield from map(_hooked, sorted({hook.partition(" ")[0] for hook in {*report.hooks} - expectation.hooks}))
    seen = {result.id: result for result in report.results}
    public = expectation.tests - expectation.secret
    yield from _failures(seen, public, forgiven=expectation.red | expectation.secret)
    if report.complete:
        yield from (_not_run(test, seen.get(test)) for test in sorted(public) if _outcome(seen, test) not in _RAN)
        yield from _hidden(seen, expectation.tests & expectation.secret, secrets)
    for command in report.commands:
        if command.exit != 0:
            yield f"`{command.command}` ended with {command.exit}:\n{command.output}"


def _failures(seen: Mapping[str, TestResult], expected: frozenset[str], *, forgiven: frozenset[str]) -> Iterator[str]:
    """Tests that failed: the expected ones, then files that could not be imported, then what else broke."""
    bad = [r for r in seen.values() if r.outcome in _BAD and (r.id in expected or r.id not in forgiven)]
    for result in sorted(bad, key=lambda r: (r.id not in expected, "::" in r.id, r.id)):
        words = "failed" if result.outcome == "failed" else "could not be run"
        yield f"{result.id} {words}:\n{result.detail}".rstrip(":\n")


def _not_run(test: str, result: TestResult | None) -> str:
    if result is None:
        return f"{test} was not run: do not delete, rename or skip it"
    return f"{test} was {_NOT_PASSED[result.outcome]} and has to pass: do not skip it or mark it as failing"


def _hooked(hook: str) -> str:
    file, _, name = hook.rpartition("::")
    told = f"{file} has a hook {name}, which changes how tests are run and is not as on the base"
    return f"{told}: leave pytest's hooks alone"


def _hidden(seen: Mapping[str, TestResult], tests: frozenset[str], secrets: Mapping[str, str]) -> Iterator[str]:
    for requirements in sorted({secrets.get(t, "") for t in tests if _outcome(seen, t) != "passed"}):
        yield f"a hidden check of {requirements or 'this task'} failed"


def _outcome(seen: Mapping[str, TestResult], test: str) -> str:
    return seen[test].outcome if test in seen else "missing"
