"""A task that a person wants no more, in virtual time: whatever goes on at it ends, and nothing brings it back."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from agentctl.bench.sim.roles import Habits
from agentctl.bench.sim.world import RUN, World
from agentctl.orchestrator.nouns.events import Noted, QuestionAnswered, QuestionAsked
from agentctl.orchestrator.nouns.hand_facts import CancelAsked
from agentctl.orchestrator.nouns.plan import Plan
from agentctl.orchestrator.nouns.questions import Question
from agentctl.orchestrator.nouns.runs import Limits

from .conftest import at, when_queued

SLOW = Habits(bad=0.0, hates=0.0, asks=0.0, seconds=(10.0, 10.0))
LONG = 400.0
"""Seconds after which a run that hangs is told to stop."""


def _end(world: World) -> str:
    world.drain_after = LONG
    run = world.live()
    assert run is not None
    return run.state


def _tasks(world: World) -> dict[str, str]:
    return {status.task.id: status.state for status in world.store.tasks()}


def _attempts(world: World) -> dict[str, str]:
    return {str(each.key): each.state for each in world.store.attempts()}


def test_a_cancelled_task_gives_its_slot_back_and_its_attempt_ends_and_is_kept(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), (), ("T1",)), habits=SLOW, limits=Limits(workers=1, repairs=8))
    world.model.always_bad = {"T1"}
    at(world, 25.0, CancelAsked(task="T1"))
    assert _end(world) == "failed"
    assert _tasks(world) == {"T1": "dropped", "T2": "landed", "T3": "dropped"}
    assert _attempts(world) == {"T1:1": "failed", "T2:1": "landed"}
    first = world.store.attempts("T1")[0]
    assert first.reason == "a person cancelled it."
    assert first.key.ref(RUN) in world.git.branches


def test_a_task_cancelled_while_it_waits_to_begin_never_begins(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ()), habits=SLOW, limits=Limits(workers=1))
    at(world, 5.0, CancelAsked(task="T2"))
    assert _end(world) == "failed"
    assert _tasks(world) == {"T1": "landed", "T2": "dropped"}
    assert _attempts(world) == {"T1:1": "landed"}


def test_what_is_to_become_of_a_cancelled_task_is_asked_no_more(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ()), habits=SLOW, ladder=("flash",), limits=Limits(workers=2, repairs=0))
    world.reply = lambda _: None
    world.model.always_bad = {"T1"}
    at(world, 60.0, CancelAsked(task="T1"))
    _end(world)
    assert _tasks(world) == {"T1": "dropped", "T2": "landed"}
    assert [(each.question.key, each.answer) for each in world.store.questions()] == [("stuck:T1:1", "drop the task")]


def test_every_rollout_of_a_cancelled_task_ends(make_world: Callable[..., World], plan_of: Callable[..., Plan]) -> None:
    world = make_world(plan=plan_of((), ()), habits=SLOW, ladder=("flash*3",), limits=Limits(workers=2))
    world.reply = lambda _: None
    world.model.asking = {"T1"}
    at(world, 45.0, CancelAsked(task="T1"))
    _end(world)
    assert _tasks(world) == {"T1": "dropped", "T2": "landed"}
    assert {state for key, state in _attempts(world).items() if key.startswith("T1")} == {"failed"}


def test_a_cancelled_task_is_not_done_again_when_an_answer_it_was_given_is_overruled(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ()), habits=SLOW)
    asked = Question(key="d1", kind="decision", text="which?", asked_by="T9:1", requirements=("R1",))
    world.store.append(QuestionAsked(question=asked), author="worker")
    world.store.append(QuestionAnswered(key="d1", answer="a"), author="policy:autonomy")
    again = replace(asked, key="d1~1", replaces="d1")
    at(world, 5.0, CancelAsked(task="T1"))
    at(world, 7.0, QuestionAsked(question=again), QuestionAnswered(key="d1~1", answer="b"))
    assert _end(world) == "failed"
    assert _tasks(world) == {"T1": "dropped", "T2": "landed"}
    assert _attempts(world) == {"T1:1": "failed", "T2:1": "landed"}


def test_a_task_cancelled_in_the_queue_lands_where_it_is_green_and_its_person_is_told(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",)), habits=SLOW)
    when_queued(world, "T1", CancelAsked(task="T1"))
    assert _end(world) == "done"
    assert [e.fact.text for e in world.store.events() if isinstance(e.fact, Noted)] == [
        "T1 was to be cancelled, and had been green: it landed"
    ]


def _clashing(make_world: Callable[..., World], plan_of: Callable[..., Plan]) -> World:
    """T1 and T2 are green and hate each other: the queue sends one of them back."""
    world = make_world(plan=plan_of((), ()), habits=replace(SLOW, hates=1.0), seed=3, limits=Limits(workers=2, gates=2))
    world.gate_seconds = 1.0
    return world


def test_a_task_cancelled_in_the_queue_is_left_out_once_the_queue_sends_it_back(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = _clashing(make_world, plan_of)
    assert _end(world) == "done"
    (sent_back,) = {each.key.task for each in world.store.attempts() if each.clash}
    world = _clashing(make_world, plan_of)
    when_queued(world, sent_back, CancelAsked(task=sent_back))
    assert _end(world) == "failed"
    assert _tasks(world)[sent_back] == "dropped"
    assert _attempts(world)[f"{sent_back}:1"] == "failed"
    assert f"{sent_back}:2" not in _attempts(world)


@pytest.mark.parametrize("die_at", range(5, 65, 4))
def test_a_cancelled_task_stays_out_wherever_the_process_dies(
    die_at: int, make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    habits = Habits(bad=0.4, hates=0.2, asks=0.2, seconds=(1.0, 3.0))
    world = make_world(plan=plan_of((), (), ("T1",)), habits=habits, ladder=("flash*2", "pro"))
    world.model.always_bad = {"T1"}
    at(world, 3.0, CancelAsked(task="T1"))
    world.live(die_at=die_at)
    assert _end(world) == "failed"
    assert _tasks(world) == {"T1": "dropped", "T2": "landed", "T3": "dropped"}
    assert all(state == "failed" for key, state in _attempts(world).items() if key.startswith("T1"))
