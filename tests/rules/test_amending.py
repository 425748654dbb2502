"""Where a sentence goes that a person added, and what stands in the way of taking work back."""

from dataclasses import replace

import pytest
from agentctl.orchestrator.nouns.hands import Amendment, Wish
from agentctl.orchestrator.nouns.plan import Plan, Requirement, SpecView, Task, Team
from agentctl.orchestrator.nouns.runs import TaskState, TaskStatus
from agentctl.orchestrator.nouns.verdicts import Verdict
from agentctl.orchestrator.rules.amending import (
    builders,
    forgotten,
    needs_no_planner,
    next_task,
    placed,
    taking_back,
)

SPEC = SpecView(
    id="s", digest="d", title="t", text="x", requirements=(Requirement(id="R1", text="one", key="k"),), owns=("src",)
)


def _task(name: str, *needs: str, team: str = "core", owns: str = "src/core.py", **more: object) -> Task:
    return replace(
        Task(
            id=name, team=team, title=f"Do {name}", goal="g", requirements=(f"R{name[1:]}",), owns=(owns,), needs=needs
        ),
        **more,  # type: ignore[arg-type]
    )


def _plan(*tasks: Task) -> Plan:
    teams = dict.fromkeys(task.team for task in tasks)
    return Plan(summary="s", teams=tuple(Team(id=team, purpose="p") for team in teams), tasks=tasks)


def _said(text: str) -> Amendment:
    return Amendment(number=1, requirement="R9", text=text, by="person:Ada", at=0.0)


def _statuses(plan: Plan, **states: TaskState) -> list[TaskStatus]:
    return [TaskStatus(task=task, state=states.get(task.id, "landed")) for task in plan.tasks]


TWO = _plan(_task("T1"), _task("T2", team="web", owns="src/web/**"))


@pytest.mark.parametrize(
    ("text", "team"),
    [
        ("It MUST say so as in R2.", "web"),
        ("`src/web/page.py` MUST say so.", "web"),
        ("`src/core.py` MUST say so.", "core"),
        ("It MUST say so.", "added"),
        ("`../../etc` and `~` MUST stay as they are.", "added"),
    ],
)
def test_a_sentence_belongs_to_the_team_whose_requirements_or_paths_it_names(text: str, team: str) -> None:
    plan = placed(TWO, _said(text), spec=SPEC, landed=["T1", "T2"])
    added = plan.tasks[-1]
    assert (added.id, added.team, added.owns, added.needs, added.broad) == ("T3", team, ("src",), ("T1", "T2"), True)
    assert team in [each.id for each in plan.teams]
    assert plan.tasks[:-1] == TWO.tasks


def test_what_was_added_before_and_is_not_done_comes_first_and_needs_no_planner() -> None:
    once = placed(TWO, _said("It MUST say so."), spec=SPEC, landed=["T1", "T2"])
    assert needs_no_planner("It MUST say more.", _statuses(once, T3="working"))
    assert placed(once, _said("more"), spec=SPEC, landed=["T1", "T2"]).tasks[-1].needs == ("T1", "T2", "T3")
    gone = placed(once, _said("more"), spec=SPEC, landed=["T1", "T2"], dropped=["T3"])
    assert gone.tasks[-1].needs == ("T1", "T2")


def test_an_id_is_never_used_again() -> None:
    plan = replace(TWO, kept=(_task("T7"),), dropped=("T11",))
    assert next_task(plan) == "T12"


@pytest.mark.parametrize(
    ("words", "states", "small"),
    [(120, {}, True), (121, {}, False), (5, {"T2": "parked"}, False), (5, {"T2": "dropped"}, True)],
)
def test_code_places_what_is_short_while_nobody_else_writes(
    words: int, states: dict[str, TaskState], *, small: bool
) -> None:
    assert needs_no_planner("word " * words, _statuses(TWO, **states)) == small


@pytest.mark.parametrize(("task", "expected"), [("T1", ("T2", "T3")), ("T2", ("T3",)), ("T3", ()), ("T4", ())], ids=str)
def test_what_builds_on_a_task_is_named_but_not_what_only_came_after_everything(
    task: str, expected: tuple[str, ...]
) -> None:
    tasks = (_task("T1"), _task("T2", "T1"), _task("T3", "T2"), _task("T4"), _task("T5", "T1", "T3", "T4", broad=True))
    plan = _plan(*tasks)
    assert builders(plan, _statuses(plan), task) == expected
    assert "T5" in builders(plan, _statuses(plan, T5="working"), task)


def test_what_was_left_out_builds_on_nothing_any_more() -> None:
    plan = _plan(_task("T1"), _task("T2", "T1"))
    assert builders(plan, _statuses(plan, T2="dropped"), "T1") == ()


def test_taking_back_is_a_task_that_needs_all_else_that_landed_and_says_who_and_why() -> None:
    plan = _plan(_task("T1"), _task("T2"), _task("T3"))
    wish = Wish(number=1, task="T2", why="too slow", by="person:Ada", at=0.0)
    task = taking_back(plan, wish, landed=["T1", "T2"])
    assert (task.id, task.reverts, task.needs, task.requirements) == ("T4", "T2", ("T1",), ())
    assert (task.title, task.goal) == ("Take back T2: Do T2", "Taken back by Ada: too slow")
    assert taking_back(plan, replace(wish, why=""), landed=[]).goal == "Taken back by Ada."


def test_the_tests_that_came_with_a_patch_go_and_those_of_others_stay() -> None:
    verdict = Verdict(tree="t", gate="g", passed=True, tests=("a::old", "b::new", "c::mine"))
    assert forgotten(verdict, promised={"a::old", "c::mine"}) == ("b::new",)
    assert forgotten(None, promised=()) == ()
