"""A sentence added to a run, and work taken back, in virtual time: what they come to, whatever happens meanwhile."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from agentctl.bench.sim.leads import api
from agentctl.bench.sim.roles import Habits
from agentctl.bench.sim.world import RUN, World
from agentctl.orchestrator.nouns.earlier import Revision
from agentctl.orchestrator.nouns.hand_facts import Amended, RevertAsked
from agentctl.orchestrator.nouns.keys import integration_branch
from agentctl.orchestrator.nouns.plan import Plan, Task
from agentctl.orchestrator.taking_back import decision

from .conftest import ME, at

STEADY = Habits(bad=0.0, hates=0.0, asks=0.0, seconds=(1.0, 1.0))
RESTLESS = Habits(bad=0.3, hates=0.2, asks=0.2)
MORE = Amended(number=1, requirement="R90", text="R1 is loud")


def _end(world: World) -> str:
    run = world.live()
    assert run is not None
    return run.state


def _states(world: World) -> dict[str, str]:
    return {status.task.id: status.state for status in world.store.tasks()}


def _tip(world: World) -> set[str]:
    return set(world.git.trees[world.git.commits[world.git.branches[integration_branch(RUN)]][0]])


def _tasks(world: World) -> dict[str, Task]:
    return {status.task.id: status.task for status in world.store.tasks()}


def test_a_sentence_for_a_finished_run_opens_it_and_is_one_task_that_no_planner_made(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",)), habits=STEADY)
    assert _end(world) == "done"
    asked = len(world.planner.briefs)
    world.store.append(MORE, author=ME)
    assert _end(world) == "done"
    assert world.violations() == []
    assert _states(world) == {"T1": "landed", "T2": "landed", "T3": "landed"}
    added = _tasks(world)["T3"]
    assert (added.team, added.requirements, added.needs, added.owns) == ("only", ("R90",), ("T1", "T2"), ("**",))
    assert len(world.planner.briefs) == asked
    assert {each.requirement for each in world.store.evidence()} == {"R1", "R2", "R90"}


def test_a_sentence_for_a_run_under_way_waits_until_nothing_else_goes_on_and_changes_no_prompt_of_the_others(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    calm, amended = (make_world(plan=plan_of((), ("T1",)), habits=STEADY) for _ in range(2))
    at(amended, 1.5, MORE)
    assert _end(calm) == _end(amended) == "done"
    calls = {str(call.key): call.digest for call in amended.journal.calls()}
    assert {key: calls[key] for key in calls if not key.startswith("T3/")} == {
        str(call.key): call.digest for call in calm.journal.calls()
    }
    assert [landing.key.task for landing in amended.store.landings()] == ["T1", "T2", "T3"]


def test_a_sentence_is_not_held_up_by_a_question_of_another_task_and_the_planner_says_where_it_goes(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ()), habits=STEADY)
    world.model.asking = {"T1"}
    world.looks_every = 500.0
    new = Task(id="T9", team="only", title="Be loud", goal="be loud", requirements=("R90",), owns=("src/loud.txt",))
    world.planner.revision = Revision(summary="one more", keep=("T1", "T2"), new=(new,))
    at(world, 1.0, MORE)
    assert _end(world) == "done"
    assert [landing.key.task for landing in world.store.landings()] == ["T2", "T3", "T1"]
    assert "src/loud.txt" in _tip(world)
    brief = world.planner.briefs[-1]
    assert brief.earlier is not None
    assert (brief.earlier.landed, brief.earlier.edit.dirty) == (frozenset({"T2"}), frozenset({"R90"}))
    assert [each.id for each in brief.spec.requirements] == ["R1", "R2", "R90"]


@pytest.mark.parametrize("wrong", ["two tasks", "another's file", "another requirement", "what runs elsewhere"])
def test_what_a_planner_makes_of_a_sentence_and_does_not_hold_is_placed_by_code(
    wrong: str, make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ()), habits=STEADY)
    world.model.asking = {"T1"}
    world.looks_every = 500.0
    paths = {"another's file": "src/T1.txt", "what runs elsewhere": ".github/workflows/ci.yml"}
    owns = paths.get(wrong, "src/loud.txt")
    new = Task(id="T9", team="only", title="t", goal="g", requirements=("R90",), owns=(owns,))
    other = Task(id="T8", team="only", title="t", goal="g", requirements=("R1",), owns=("src/other.txt",))
    tasks = {"two tasks": (new, other), "another requirement": (other,)}.get(wrong, (new,))
    world.planner.revision = Revision(summary="", new=tasks)
    at(world, 1.0, MORE)
    assert _end(world) == "done"
    assert world.violations() == []
    assert _tasks(world)["T3"].broad
    assert [brief.earlier is not None for brief in world.planner.briefs].count(True) == 1


@pytest.mark.parametrize("die_at", range(1, 60, 2))
def test_a_run_that_is_amended_twice_and_killed_anywhere_has_each_sentence_once(
    die_at: int, make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",)), habits=STEADY)
    assert _end(world) == "done"
    world.store.append(MORE, Amended(number=2, requirement="R91", text="and brief"), author=ME)
    world.live(die_at=die_at)
    assert _end(world) == "done"
    assert world.violations() == []
    assert [(t.id, t.requirements) for t in list(_tasks(world).values())[2:]] == [("T3", ("R90",)), ("T4", ("R91",))]


def test_work_that_nothing_builds_on_is_taken_back_by_a_landing_and_its_requirement_is_not_met_any_more(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",), ()), habits=STEADY)
    assert _end(world) == "done"
    world.store.append(RevertAsked(number=1, task="T3", why="too slow"), author=ME)
    assert _end(world) == "failed"
    assert world.store.run().reason == "taken back: T3"
    assert world.violations() == []
    assert _tip(world) == {"src/T1.txt", "src/T2.txt"}
    assert _states(world) == {"T1": "landed", "T2": "landed", "T3": "dropped", "T4": "landed"}
    assert [s.activity for s in world.store.tasks() if s.task.id == "T3"] == ["Taken back by Ada: too slow"]
    assert {each.requirement for each in world.store.evidence()} == {"R1", "R2"}
    assert [landing.key.task for landing in world.store.landings()] == ["T1", "T2", "T4"]


def test_work_that_another_task_builds_on_is_not_taken_back_and_the_run_ends_as_it_had(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",)), habits=STEADY)
    assert _end(world) == "done"
    before = world.git.branches[integration_branch(RUN)]
    world.store.append(RevertAsked(number=1, task="T1"), author=ME)
    assert _end(world) == "done"
    step = decision(world.store, 1)
    assert step is not None
    assert step.refused == "T2 builds on what T1 landed."
    assert world.git.branches[integration_branch(RUN)] == before
    assert _states(world) == {"T1": "landed", "T2": "landed"}


def test_a_branch_that_is_red_without_the_work_keeps_it_and_nothing_has_changed(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ()), habits=STEADY)
    world.model.leaning = {"T3": "T2"}
    assert _end(world) == "done"
    world.store.append(MORE, author=ME)
    assert _end(world) == "done"
    before, evidence = world.git.branches[integration_branch(RUN)], world.store.evidence()
    world.store.append(RevertAsked(number=1, task="T2"), author=ME)
    assert _end(world) == "done"
    assert world.git.branches[integration_branch(RUN)] == before
    assert world.store.evidence() == evidence
    (undoing,) = [status for status in world.store.tasks() if status.task.reverts]
    assert (undoing.state, "t::T3" in undoing.activity) == ("dropped", True)


def test_what_was_amended_onto_everything_does_not_stand_in_the_way_and_later_work_needs_no_test_that_went(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ()), habits=STEADY)
    assert _end(world) == "done"
    world.store.append(MORE, author=ME)
    assert _end(world) == "done"
    world.store.append(RevertAsked(number=1, task="T2"), author=ME)
    assert _end(world) == "failed"
    world.store.append(Amended(number=2, requirement="R91", text="and brief"), author=ME)
    assert _end(world) == "failed"
    assert world.violations() == []
    assert _tip(world) == {"src/T1.txt", "src/T3.txt", "src/T5.txt"}


@pytest.mark.parametrize("die_at", range(1, 40, 2))
def test_work_is_taken_back_once_wherever_the_process_dies(
    die_at: int, make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",), ()), habits=STEADY)
    assert _end(world) == "done"
    world.store.append(RevertAsked(number=1, task="T3"), author=ME)
    world.live(die_at=die_at)
    assert _end(world) == "failed"
    assert world.violations() == []
    assert [landing.key.task for landing in world.store.landings()] == ["T1", "T2", "T4"]
    before = world.store.evidence(), world.store.landings(), world.store.tasks()
    world.store.rebuild()
    assert (world.store.evidence(), world.store.landings(), world.store.tasks()) == before


@pytest.mark.parametrize("die_at", range(1, 160, 9))
def test_a_restless_run_under_both_that_is_killed_anywhere_breaks_no_invariant(
    die_at: int, make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    plan = plan_of((), ("T1",), (), ("T3",))
    world = make_world(plan=plan, habits=RESTLESS, ladder=("flash", "flash*3", "pro"))
    at(world, 3.0, MORE)
    at(world, 12.0, RevertAsked(number=1, task="T4"))
    world.live(die_at=die_at)
    assert _end(world) in {"done", "failed"}
    assert world.violations() == []
    assert "R90" in {each.requirement for each in world.store.evidence()}


@pytest.mark.parametrize("die_at", [None, *range(2, 60, 4)])
def test_a_lead_writes_a_test_for_what_was_added_and_is_asked_once(
    die_at: int | None, make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    plan = plan_of((), ("T1",))
    offering = tuple(replace(task, owns=(*task.owns, api(task.id))) for task in plan.tasks)
    world = make_world(seed=3, plan=replace(plan, tasks=offering), habits=STEADY)
    world.contracts = True
    assert _end(world) == "done"
    world.store.append(MORE, author=ME)
    if die_at is not None:
        world.live(die_at=die_at)
    assert _end(world) == "done"
    assert world.violations() == []
    first, second = world.store.contracts()
    assert (first.written_for, second.written_for) == (("T1", "T2"), ("T3",))
    assert (second.stubs, "stubs land only before the first task" in " ".join(second.left)) == ((), True)
    again = [str(call.key) for call in world.journal.calls() if call.key.attempt.attempt > 1]
    assert again[:1] == ["team-only/2/0/lead/0/0"]
