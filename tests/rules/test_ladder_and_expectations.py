"""Which rung comes next, and what a tree must pass."""

from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import LockedTest
from agentctl.orchestrator.nouns.runs import AttemptStatus
from agentctl.orchestrator.nouns.verdicts import Expectation, GateReport, TestResult, Verdict
from agentctl.orchestrator.rules.expectations import baseline, expect
from agentctl.orchestrator.rules.ladder import next_rung


def _failed(number: int, *, clash: bool = False) -> AttemptStatus:
    key = AttemptKey(task="T1", attempt=number)
    return AttemptStatus(key=key, state="failed", rung="flash", base_tree="b", clash=clash)


def test_each_failure_uses_up_a_rung_and_a_clash_does_not() -> None:
    ladder = ("flash", "pro")
    assert next_rung(ladder, []) == "flash"
    assert next_rung(ladder, [_failed(1)]) == "pro"
    assert next_rung(ladder, [_failed(1, clash=True)]) == "flash"
    assert next_rung(ladder, [_failed(1), _failed(2)]) == "ask"
    assert next_rung(ladder, [_failed(1), _failed(2)], answered=1) == "flash"


def test_the_base_promises_its_green_tests_and_is_forgiven_its_red_ones() -> None:
    results = tuple(
        TestResult(id=each, outcome=outcome) for each, outcome in (("a", "passed"), ("b", "failed"), ("c", "error"))
    )
    report = GateReport(complete=True, results=results, hooks=("h",))
    assert baseline(report) == Expectation(tests=frozenset("a"), red=frozenset("bc"), hooks=frozenset("h"))


def test_what_was_once_seen_green_or_is_locked_is_forgiven_no_more() -> None:
    base = Expectation(tests=frozenset({"a"}), red=frozenset({"b", "c", "d"}), hooks=frozenset({"h"}))
    earlier = Verdict(tree="t", gate="g", passed=True, tests=("b", "n"))
    locked = LockedTest(check="R1.c1", requirements=("R1",), path="p", text="", tests=("c",), secret=True)
    assert expect(base, earlier=[earlier], locked=[locked]) == Expectation(
        tests=frozenset({"a", "b", "n", "c"}),
        red=frozenset({"d"}),
        secret=frozenset({"c"}),
        hooks=frozenset({"h"}),
    )


def test_what_may_go_is_not_demanded_because_an_attempt_without_its_replacement_saw_it() -> None:
    base = Expectation(tests=frozenset({"a::stays"}), may_go=frozenset({"b::old"}))
    seen = Verdict(tree="t", gate="g", passed=True, tests=("a::stays", "b::old", "b::new"))
    assert expect(base, earlier=(seen,), locked=()).tests == {"a::stays", "b::new"}
