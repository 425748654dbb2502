"""Whole runs in virtual time: what is promised about them, whatever happens."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from agentctl.bench.sim.plans import random_plan
from agentctl.bench.sim.roles import Habits
from agentctl.bench.sim.world import World, first_option
from agentctl.orchestrator.nouns.hand_facts import CancelAsked
from agentctl.orchestrator.nouns.plan import Plan
from agentctl.orchestrator.nouns.questions import Asked
from agentctl.orchestrator.nouns.runs import Limits

RESTLESS = Habits(bad=0.3, hates=0.2, asks=0.2)
STEADY = Habits(bad=0.0, hates=0.0, asks=0.0, seconds=(1.0, 1.0))


def _end(world: World) -> str:
    run = world.live()
    assert run is not None
    return run.state


def _states(world: World) -> dict[str, str]:
    return {status.task.id: status.state for status in world.store.tasks()}


@pytest.mark.parametrize("seed", range(5))
def test_a_restless_run_ends_with_every_task_landed_and_no_invariant_broken(
    seed: int, make_world: Callable[..., World]
) -> None:
    world = make_world(seed=seed, habits=RESTLESS)
    assert _end(world) == "done"
    assert world.violations() == []


@pytest.mark.parametrize("die_at", range(1, 200, 13))
def test_a_run_killed_at_a_fault_point_goes_on_and_breaks_no_invariant(
    die_at: int, make_world: Callable[..., World]
) -> None:
    world = make_world(seed=7, habits=RESTLESS)
    world.live(die_at=die_at)
    assert _end(world) == "done"
    assert world.violations() == []


def test_a_run_killed_again_and_again_still_ends(make_world: Callable[..., World]) -> None:
    world = make_world(seed=3, habits=RESTLESS)
    deaths = sum(world.live(die_at=40) is None for _ in range(30))
    assert _end(world) == "done"
    assert deaths > 3
    assert world.violations() == []


def test_a_question_delays_only_its_descendants(make_world: Callable[..., World], plan_of: Callable[..., Plan]) -> None:
    plan = plan_of((), ("T1",), (), ("T3",))
    quiet, asking = (make_world(plan=plan, habits=STEADY) for _ in range(2))
    asking.model.asking = {"T1"}
    asking.looks_every = 60.0
    assert _end(quiet) == _end(asking) == "done"
    when = {landing.key.task: landing.at for landing in quiet.store.landings()}
    later = {landing.key.task: landing.at for landing in asking.store.landings()}
    assert later["T1"] > when["T1"] + 50
    assert later["T2"] > when["T2"] + 50
    assert later["T3"] <= when["T3"] + 1
    assert later["T4"] <= when["T4"] + 1


def test_tasks_run_side_by_side_up_to_the_number_of_workers(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    eight = plan_of(*[() for _ in range(8)])
    wide = make_world(plan=eight, limits=Limits(workers=8, gates=8))
    narrow = make_world(plan=eight, limits=Limits(workers=2, gates=8))
    assert _end(wide) == _end(narrow) == "done"
    assert wide.makespan < 4.0
    assert narrow.makespan >= 4.0


def test_a_task_that_fails_on_every_rung_is_a_question_and_dropping_it_drops_its_descendants(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",), ()), limits=Limits(workers=4, repairs=1))
    world.model.always_bad = {"T1"}
    world.reply = lambda asked: "drop the task" if asked.question.key.startswith("stuck:") else first_option(asked)
    assert _end(world) == "failed"
    assert _states(world) == {"T1": "dropped", "T2": "dropped", "T3": "landed"}
    assert [attempt.rung for attempt in world.store.attempts("T1")] == ["flash", "pro"]


def test_work_parks_at_the_cap_and_goes_on_when_a_person_raises_it(make_world: Callable[..., World]) -> None:
    world = make_world(limits=Limits(workers=4, usd=0.03), habits=STEADY)
    assert _end(world) == "done"
    assert world.store.budget_raised() > 0
    assert world.violations() == []


def test_a_stop_at_the_cap_cancels_the_run_and_keeps_what_landed(make_world: Callable[..., World]) -> None:
    world = make_world(limits=Limits(workers=1, usd=0.05), habits=STEADY)
    world.reply = lambda asked: "stop" if asked.question.kind == "budget" else first_option(asked)
    assert _end(world) == "cancelled"
    assert "landed" in _states(world).values()


def test_a_refused_plan_goes_back_to_the_planner_with_the_reason(make_world: Callable[..., World]) -> None:
    world = make_world(approve=False)
    replies = iter(["refuse: fewer teams", "approve"])
    world.reply = lambda _: next(replies)
    assert _end(world) == "done"
    assert [brief.findings for brief in world.planner.briefs] == [(), ("fewer teams",)]


def test_a_plan_that_is_stopped_ends_the_run_before_anything_is_built(make_world: Callable[..., World]) -> None:
    world = make_world(approve=False)
    world.reply = lambda _: "stop"
    assert _end(world) == "cancelled"
    assert world.store.landings() == ()


def test_a_plan_that_does_not_hold_goes_back_once_and_then_to_a_person(make_world: Callable[..., World]) -> None:
    sound = random_plan(seed=1, tasks=3, density=0.0)
    uncovered = Plan(summary="short", teams=sound.teams, tasks=sound.tasks[:2])
    world = make_world(plan=sound)
    world.plan = uncovered
    asked: list[str] = []

    def reply(question: Asked) -> str:
        asked.append(question.question.text)
        return "stop"

    world.reply = reply
    assert _end(world) == "cancelled"
    assert len(world.planner.briefs) == 2
    assert "R3" in world.planner.briefs[1].findings[0]
    assert "R3" in asked[0]


@pytest.mark.parametrize("wrong", ["a MUST without a task", "a circle"])
def test_a_plan_that_does_not_hold_is_not_built_whatever_a_person_says(
    make_world: Callable[..., World], wrong: str
) -> None:
    sound = random_plan(seed=1, tasks=3, density=0.0)
    world = make_world(plan=sound)
    first, second, third = sound.tasks
    if wrong == "a circle":
        world.plan = replace(
            sound, tasks=(replace(first, needs=(second.id,)), replace(second, needs=(first.id,)), third)
        )
    else:
        world.plan = replace(sound, tasks=(first, second))
    said = iter(["approve", "yes", "stop"])
    world.reply = lambda _: next(said)
    assert _end(world) == "cancelled"
    assert next(said, None) is None
    assert world.store.landings() == ()


def test_a_drained_run_saves_what_it_has_and_goes_on_when_driven_again(make_world: Callable[..., World]) -> None:
    world = make_world(seed=4, habits=RESTLESS)
    world.drain_after = 5.0
    assert _end(world) == "drained"
    landed = len(world.store.landings())
    assert landed < len(world.plan.tasks)
    world.drain_after = None
    assert _end(world) == "done"
    assert len(world.store.landings()) == len(world.plan.tasks)
    assert world.violations() == []


def test_a_drain_is_heard_while_the_planner_thinks(make_world: Callable[..., World]) -> None:
    world = make_world(habits=STEADY)
    world.planner.seconds, world.drain_after = 10_000.0, 5.0
    assert _end(world) == "drained"
    assert world.makespan < 10
    world.planner.seconds, world.drain_after = 1.0, None
    assert _end(world) == "done"
    assert world.violations() == []


def test_a_cancel_is_heard_while_the_planner_thinks(make_world: Callable[..., World]) -> None:
    world = make_world(habits=STEADY)
    world.planner.seconds, world.cancel_after = 10_000.0, 5.0
    assert _end(world) == "cancelled"
    assert world.makespan < 10
    assert world.store.tasks() == ()


def test_a_cancel_that_a_dead_process_left_behind_is_carried_out_by_the_next(make_world: Callable[..., World]) -> None:
    world = make_world(habits=STEADY)
    world.live(die_at=1)
    world.store.append(CancelAsked(), author="person:sim")
    assert _end(world) == "cancelled"
    assert world.planner.briefs == []


def test_an_answer_to_the_cap_that_says_nothing_is_asked_again(make_world: Callable[..., World]) -> None:
    world = make_world(limits=Limits(workers=2, usd=0.05), habits=STEADY)
    said = iter(["hm?", "why?"])

    def reply(asked: Asked) -> str | None:
        return next(said, "raise by $5") if asked.question.kind == "budget" else first_option(asked)

    world.reply = reply
    assert _end(world) == "done"
    assert world.store.budget_raised() == 5.0
    assert [asked.answer for asked in world.store.questions() if asked.question.kind == "budget"] == [
        "hm?",
        "why?",
        "raise by $5",
    ]


def test_checkpoints_stay_small(make_world: Callable[..., World]) -> None:
    world = make_world(plan=random_plan(seed=2, tasks=20, density=0.2), habits=RESTLESS)
    assert _end(world) == "done"
    assert 0 < world.saver.largest <= 8_192
