"""How a base branch is followed: the task, what the base then promises, and in which words it is not followed."""

import pytest
from agentctl.orchestrator.nouns.hands import Follow
from agentctl.orchestrator.nouns.plan import Plan, Task, Team
from agentctl.orchestrator.nouns.verdicts import Expectation, GateReport, TestResult
from agentctl.orchestrator.rules.following import (
    FOLLOWED_BY,
    broken,
    clash,
    following,
    is_over,
    promises,
    red,
    rewritten,
)

PLAN = Plan(
    summary="s", teams=(Team(id="core", purpose="p"),), tasks=(Task(id="T1", team="core", title="Do T1", goal="g"),)
)
NEW, OLD = "b" * 40, "a" * 40


def _report(**outcomes: str) -> GateReport:
    results = tuple(TestResult(id=name, outcome=outcome) for name, outcome in outcomes.items())  # type: ignore[arg-type]
    return GateReport(complete=True, results=results)


@pytest.mark.parametrize(
    ("branch", "by", "title", "goal"),
    [
        ("main", "person:Ada", f"Follow main to {NEW[:10]}", "by the word of Ada."),
        ("main", FOLLOWED_BY, f"Follow main to {NEW[:10]}", "by the word of the setting `follow`."),
        (NEW, "person:Ada", f"Follow the base to {NEW[:10]}", "by the word of Ada."),
    ],
)
def test_following_is_a_task_that_no_model_works_on_and_says_by_whose_word(
    branch: str, by: str, title: str, goal: str
) -> None:
    wish = Follow(number=1, commit=NEW, branch=branch, force=False, by=by, at=0.0)
    task = following(PLAN, wish, since=OLD)
    assert (task.id, task.follows, task.by_code, task.needs, task.requirements) == ("T2", NEW, True, (), ())
    assert task.title == title
    assert task.goal.endswith(goal)


@pytest.mark.parametrize(
    ("state", "over"), [("working", False), ("queued", False), ("landed", True), ("dropped", True)]
)
def test_one_commit_is_followed_after_the_other(state: str, *, over: bool) -> None:
    wish = Follow(number=1, commit=NEW, branch="main", force=False, by="person:Ada", at=0.0)
    plan = Plan(summary="s", teams=PLAN.teams, tasks=(*PLAN.tasks, following(PLAN, wish, since=OLD)))
    assert is_over(plan, {"T1": "working", "T2": state}) == over
    assert is_over(PLAN, {"T1": "working"})


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ({"kept": "passed", "flaky": "failed"}, ()),
        ({"kept": "failed"}, ("kept",)),
        ({"kept": "error", "gone": "skipped", "new": "failed"}, ("kept",)),
        ({}, ()),
    ],
)
def test_a_base_is_broken_where_a_test_fails_that_passed_and_not_where_it_went(
    now: dict[str, str], found: tuple[str, ...]
) -> None:
    before = Expectation(tests=frozenset({"kept", "gone"}), red=frozenset({"flaky"}))
    assert broken(before, _report(**now)) == found


def test_the_base_promises_what_passes_there_now_and_what_may_go_still_may() -> None:
    before = Expectation(tests=frozenset({"kept", "gone"}), may_go=frozenset({"edited"}))
    now = promises(before, _report(kept="passed", new="passed", sore="failed", edited="passed"))
    assert now == Expectation(tests=frozenset({"kept", "new"}), red=frozenset({"sore"}), may_go=frozenset({"edited"}))


def test_what_stands_in_the_way_is_named() -> None:
    assert clash("main", ["a.py"], tasks=["T1"], commits=["abc Fix"]) == (
        "T1 and abc Fix of main changed the same lines of a.py."
    )
    assert (
        clash("main", ["a.py", "b.py"], tasks=[], commits=[])
        == "this run and main changed the same lines of a.py, b.py."
    )
    assert red("main", ["t1"]) == "main is red there: t1 passed on what the run stands on, and fails now."
    assert "t1, t2, t3 and 1 more passed" in red("main", ["t4", "t3", "t2", "t1"])
    assert "`agentctl follow --force`" in rewritten("main", ground=OLD, commit=NEW)
