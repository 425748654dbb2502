"""What our checks say of a commit."""

from agentctl.orchestrator.nouns.plan import Task
from agentctl.orchestrator.nouns.runs import Run, RunSettings, RunState, TaskState, TaskStatus
from agentctl.orchestrator.nouns.verdicts import Verdict
from agentctl.orchestrator.rules.run_checks import (
    annotations,
    foreign_check,
    gate_check,
    group_at_work,
    group_checks,
    queue_check,
)

SHA = "a" * 40


def run(state: RunState) -> Run:
    settings = RunSettings(profile="desk", repo="/r")
    return Run(id="k7m2xq", state=state, spec_id="s", title="t", base="b", settings=settings, created_at=0.0)


def tasks(*states: TaskState) -> tuple[TaskStatus, ...]:
    made = (Task(id=f"T{n}", team="a", title="t", goal="g") for n in range(len(states)))
    return tuple(TaskStatus(task=task, state=state) for task, state in zip(made, states, strict=True))


def test_a_tree_that_was_not_judged_is_waited_for() -> None:
    assert gate_check(SHA, None).state == "queued"
    assert foreign_check(SHA, pushed="b" * 40).state == "neutral"


def test_lines_of_a_red_verdict_become_annotations_and_paths_that_leave_the_tree_do_not() -> None:
    reasons = (
        "tests/t.py::test_a failed:\ntests/t.py:12: AssertionError: 1 != 2\n../../etc/passwd.x:3: x\n/abs/p.py:4: y",
        "`ruff` ended with 1:\nsrc/a.py:3:7: F401 unused\nsrc/a.py:3:9: again\nsrc/..:1: no",
    )
    found = [(each.path, each.line, each.message) for each in annotations(reasons)]
    assert found == [
        ("tests/t.py", 12, "tests/t.py::test_a failed:\nAssertionError: 1 != 2"),
        ("src/a.py", 3, "`ruff` ended with 1:\nF401 unused"),
    ]
    check = gate_check(SHA, Verdict(tree="t", gate="g", passed=False, reasons=("x\n```\n" * 30_000, *reasons)))
    assert (check.state, check.title, len(check.annotations)) == ("failure", "x", 2)
    assert len(check.summary) <= 60_000


def test_where_a_run_stands() -> None:
    some = tasks("landed", "queued", "working")
    shown = {state: queue_check(SHA, run(state), some, waiting=("Q1",)) for state in ("planning", "building", "failed")}
    assert {state: (each.state, each.title) for state, each in shown.items()} == {
        "planning": ("running", "the plan is being made; Q1 to be answered"),
        "building": ("running", "1 of 3 tasks landed, 1 in the merge queue; Q1 to be answered"),
        "failed": ("neutral", "failed: 1 of 3 tasks landed"),
    }
    assert queue_check(SHA, run("done"), tasks("landed")).state == "success"


def test_a_group_is_green_only_where_its_exact_tree_passed() -> None:
    passed, red = (Verdict(tree="t", gate="g", passed=each) for each in (True, False))
    states = [[each.state for each in group_checks(SHA, verdict)] for verdict in (None, passed, red)]
    assert states == [["neutral", "neutral"], ["success", "success"], ["failure", "failure"]]
    assert [each.state for each in group_at_work(SHA)] == ["running", "running"]
    for each in group_checks(SHA, None, trouble="no sandbox here\n```"):
        assert (each.state, each.summary) == ("failure", "````text\nno sandbox here\n```\n````")
