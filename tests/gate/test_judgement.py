from dataclasses import replace

import pytest
from agentctl.orchestrator.nouns.verdicts import CommandResult, Expectation, GateReport, TestResult
from agentctl.orchestrator.rules.judgement import LONGEST_REASON, MOST_REASONS, judge

PASSED = TestResult(id="t::a", outcome="passed")
FAILED = TestResult(id="t::a", outcome="failed", detail="assert 1 == 2")
WANTED = Expectation(tests=frozenset({"t::a"}))
HIDDEN = Expectation(tests=frozenset({"t::a"}), secret=frozenset({"t::a"}))
HOOKED = "a.py has a hook h, which changes how tests are run and is not as on the base: leave pytest's hooks alone"
NOT_RUN = "t::a was not run: do not delete, rename or skip it"


def report(*results: TestResult, complete: bool = True, problem: str = "", exits: tuple[int, ...] = ()) -> GateReport:
    commands = tuple(CommandResult(command="lint", exit=code, output="bad style") for code in exits)
    return GateReport(complete=complete, results=results, problem=problem, commands=commands)


@pytest.mark.parametrize(
    ("seen", "expected", "reasons"),
    [
        (report(), Expectation(), ()),
        (report(PASSED), WANTED, ()),
        (replace(report(PASSED), hooks=("a.py::h 1",)), Expectation(hooks=frozenset({"a.py::h 1", "b.py::h 1"})), ()),
        (
            replace(report(PASSED), hooks=("a.py::h 1",)),
            Expectation(hooks=frozenset({"a.py::h 2"})),
            (HOOKED,),
        ),
        (report(PASSED), Expectation(), ()),
        (report(), WANTED, (NOT_RUN,)),
        (report(FAILED), WANTED, ("t::a failed:\nassert 1 == 2",)),
        (report(FAILED), Expectation(), ("t::a failed:\nassert 1 == 2",)),
        (report(FAILED), Expectation(red=frozenset({"t::a"})), ()),
        (report(FAILED), Expectation(tests=WANTED.tests, red=WANTED.tests), ("t::a failed:\nassert 1 == 2",)),
        (report(TestResult(id="t", outcome="error", detail="E")), Expectation(), ("t could not be run:\nE",)),
        (report(TestResult(id="t", outcome="error")), WANTED, ("t could not be run", NOT_RUN)),
        (report(TestResult(id="t", outcome="error")), Expectation(tests=WANTED.tests, red=frozenset("t")), (NOT_RUN,)),
        (
            report(TestResult(id="t::a", outcome="skipped")),
            WANTED,
            ("t::a was skipped and has to pass: do not skip it or mark it as failing",),
        ),
        (report(TestResult(id="t::a", outcome="skipped")), Expectation(), ()),
        (report(FAILED), HIDDEN, ("a hidden check of R2 failed",)),
        (report(), HIDDEN, ("a hidden check of R2 failed",)),
        (report(PASSED), HIDDEN, ()),
        (report(PASSED, complete=False, problem="crashed"), WANTED, ("crashed",)),
        (report(complete=False), WANTED, ("the test run did not complete",)),
        (report(complete=False, problem="crashed"), HIDDEN, ("crashed",)),
        (report(PASSED, exits=(0, 1)), WANTED, ("`lint` ended with 1:\nbad style",)),
        (report(FAILED, exits=(1,)), WANTED, ("t::a failed:\nassert 1 == 2", "`lint` ended with 1:\nbad style")),
    ],
)
def test_what_passes_and_why_not(seen: GateReport, expected: Expectation, reasons: tuple[str, ...]) -> None:
    assert judge(seen, expected, secrets={"t::a": "R2"}) == (not reasons, reasons)


def test_reasons_are_few_and_short_and_expected_tests_come_first() -> None:
    results = [TestResult(id=f"t::{n:02}", outcome="failed", detail="x" * 9000) for n in range(20)]
    passed, reasons = judge(report(*results), Expectation(tests=frozenset({"t::19"})))
    assert not passed
    assert reasons[0].startswith("t::19 failed")
    assert len(reasons) == MOST_REASONS
    assert reasons[-1] == "and 13 more failures; mend the ones above first"
    assert max(map(len, reasons)) <= LONGEST_REASON
