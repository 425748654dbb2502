"""A person's hands on a run, in virtual time: sentences, pauses, tries asked for, tasks taken and handed in."""

import asyncio
from collections.abc import Callable

import pytest
from agentctl.bench.sim.loop import run_virtually
from agentctl.bench.sim.roles import Habits
from agentctl.bench.sim.world import RUN, World
from agentctl.orchestrator.brake import Brake
from agentctl.orchestrator.curtain import Curtain
from agentctl.orchestrator.errors import RunStateError, WaitingForPerson
from agentctl.orchestrator.hands import held
from agentctl.orchestrator.keeping import Keeping
from agentctl.orchestrator.nouns.events import Fact
from agentctl.orchestrator.nouns.hand_facts import (
    PauseAsked,
    PauseEnded,
    Preferred,
    RetryAsked,
    Steered,
    Submitted,
    TaskGivenBack,
    TaskTaken,
)
from agentctl.orchestrator.nouns.hands import PERSON
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.nouns.plan import Plan
from agentctl.orchestrator.nouns.runs import Limits
from agentctl.orchestrator.nouns.verdicts import Expectation
from agentctl.orchestrator.ports import TreeEntry
from agentctl.orchestrator.run_view import START, RunView

from .conftest import ME, at, beside, when_queued

SLOW = Habits(bad=0.0, hates=0.0, asks=0.0, seconds=(10.0, 10.0))


def _end(world: World) -> str:
    run = world.live()
    assert run is not None
    return run.state


def _prompts(world: World, task: str) -> dict[str, str]:
    return {str(c.key): world.journal.blob(c.request_blob) for c in world.journal.calls() if c.key.attempt.task == task}


def test_a_sentence_comes_with_the_next_turn_and_stands_in_every_later_attempt(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=SLOW, limits=Limits(workers=1, repairs=1))
    world.model.always_bad = {"T1"}
    world.reply = lambda asked: "drop the task" if asked.question.key.startswith("stuck:") else "yes"
    at(world, 5.0, Steered(task="T1", text="be brief"))
    assert _end(world) == "failed"
    heard = {key: "be brief" in text for key, text in _prompts(world, "T1").items()}
    assert heard == {
        "T1/1/0/worker/0/0": False,
        "T1/1/0/worker/1/0": True,
        "T1/2/0/worker/0/0": True,
        "T1/2/0/worker/1/0": True,
    }
    assert [world.store.choice(f"steer:T1:{attempt}:1") for attempt in (1, 2)] == ["1 be brief", "0 be brief"]


def test_a_sentence_for_a_task_that_has_not_begun_stands_in_its_first_prompt_and_in_no_other_tasks(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",)), habits=SLOW)
    at(world, 1.0, Steered(task="T2", text="be brief"))
    assert _end(world) == "done"
    assert [("be brief" in text) for task in ("T1", "T2") for text in _prompts(world, task).values()] == [False, True]


@pytest.mark.parametrize("die_at", range(1, 60, 3))
def test_a_sentence_reaches_the_prompts_byte_for_byte_alike_after_a_kill(
    die_at: int, make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ()), habits=Habits(bad=0.9, hates=0.0, asks=0.0, seconds=(3.0, 3.0)))
    at(world, 4.0, Steered(task="T1", text="be brief"))
    world.live(die_at=die_at)
    before = {str(c.key): c.digest for c in world.journal.calls() if c.state == "done"}
    assert _end(world) == "done"
    after = {str(c.key): c.digest for c in world.journal.calls()}
    assert {key: after[key] for key in before} == before
    assert world.violations() == []
    view = [(int(t.split()[0]), k) for k in before if (t := world.store.choice("steer:T1:1:1") or "")]
    for turn, key in view:
        if key.startswith("T1/1/"):
            assert ("be brief" in _prompts(world, "T1")[key]) == (int(key.split("/")[4]) >= turn)


@pytest.mark.parametrize("after", [1.0, 2.5, 4.0])
def test_a_sentence_that_comes_with_the_last_turn_is_heard_before_its_work_lands(
    after: float, make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=Habits(bad=0.0, hates=0.0, asks=0.0, objects=0.0, seconds=(5.0, 5.0)))
    at(world, after, Steered(task="T1", text="be brief"))
    assert _end(world) == "done"
    calls = [key for key in _prompts(world, "T1") if "/worker/" in key]
    assert [("be brief" in _prompts(world, "T1")[key]) for key in calls] == [False, True]
    assert world.store.choice("called:T1:1:0") == "0"
    assert [landing.key.task for landing in world.store.landings()] == ["T1"]
    assert world.violations() == []


def test_a_paused_task_calls_no_model_and_gives_its_slot_to_others_until_it_is_let_go(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ()), habits=SLOW, limits=Limits(workers=1))
    world.store.append(PauseAsked(task="T1"), author=ME)
    at(world, 300.0, PauseEnded(task="T1"))
    assert _end(world) == "done"
    begun = world.store.run().created_at
    when = {landing.key.task: landing.at - begun for landing in world.store.landings()}
    assert when["T2"] < 20
    assert when["T1"] > 300


def test_a_task_that_a_person_prefers_and_what_it_waits_for_are_served_before_the_others(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    def order(*facts: Fact) -> list[str]:
        world = make_world(plan=plan_of((), (), (), (), ("T4",)), habits=SLOW, limits=Limits(workers=1))
        at(world, 1.0, *facts)
        assert _end(world) == "done"
        assert world.violations() == []
        return [landing.key.task for landing in world.store.landings()]

    assert order() == ["T1", "T4", "T2", "T3", "T5"]
    assert order(Preferred(task="T3")) == ["T1", "T3", "T4", "T2", "T5"]
    assert order(Preferred(task="T5")) == ["T1", "T4", "T2", "T5", "T3"]


def test_a_running_call_of_a_paused_task_finishes_and_no_other_begins(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=SLOW, limits=Limits(workers=1, repairs=3))
    world.model.always_bad = {"T1"}
    world.reply = lambda _: "drop the task"
    at(world, 5.0, PauseAsked(task=None))
    at(world, 500.0, PauseEnded(task=None))
    _end(world)
    begun = sorted(call.started_at for call in world.journal.calls())
    assert begun[1] >= begun[0] + 490


def test_a_paused_run_that_does_not_wait_stops_for_its_person_and_stays_paused_in_the_next_process(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ()), habits=SLOW)
    world.store.append(PauseAsked(task="T1"), author=ME)
    for _ in range(2):
        with pytest.raises(WaitingForPerson, match="T1 is paused by Ada"):
            run_virtually(world.driver().drive(wait=False))
        assert [landing.key.task for landing in world.store.landings()] == ["T2"]
        assert [call.key.attempt.task for call in world.journal.calls()] == ["T2"]
    world.store.append(PauseEnded(task="T1"), author=ME)
    assert _end(world) == "done"


def test_another_try_ends_the_attempt_keeps_it_and_begins_on_the_rung_that_was_named(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=SLOW, limits=Limits(workers=1, repairs=4))
    world.model.always_bad = {"T1"}
    world.reply = lambda _: "drop the task"
    at(world, 25.0, RetryAsked(task="T1", attempt=1, rung="pro"))
    _end(world)
    first, second, *_ = world.store.attempts("T1")
    assert (first.state, first.reason, first.rung, second.rung) == (
        "failed",
        "Ada asked for another try.",
        "flash",
        "pro",
    )
    assert first.key.ref(RUN) in world.git.branches
    assert "Ada asked for another try." in world.store.blob(world.store.choice("tried:T1:1") or "")


def test_another_try_without_a_rung_is_on_the_same_one_and_uses_up_none(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=SLOW, limits=Limits(workers=1, repairs=1))
    world.model.always_bad = {"T1"}
    world.reply = lambda _: "drop the task"
    at(world, 5.0, RetryAsked(task="T1", attempt=1))
    _end(world)
    assert [attempt.rung for attempt in world.store.attempts("T1")] == ["flash", "flash", "pro"]


def _hand_in(world: World, task: str, words: str, *, attempt: int) -> Submitted:
    """The fact of a person's tree with one file."""
    return run_virtually(_made_by_hand(world, task, words, attempt=attempt))


async def _made_by_hand(world: World, task: str, words: str, *, attempt: int) -> Submitted:
    base = await world.git.tree_of(world.store.choice(START) or "")
    blob = await world.git.write(words.encode())
    tree = await world.git.amend_tree(base, {f"src/{task}.txt": TreeEntry(mode="100644", id=blob)})
    patch = await world.git.commit(tree=tree, parents=[], message="mine", at=0.0)
    ref = AttemptKey(task=task, attempt=attempt).ref(RUN)
    await world.git.move_ref(ref, new=patch, old=world.git.branches.get(ref))
    return Submitted(task=task, attempt=attempt, base_tree=base, tree=tree, patch=patch, author="Ada <a@example.org>")


def _until_taken(world: World) -> None:
    with pytest.raises(WaitingForPerson, match="T1 is taken by Ada"):
        run_virtually(world.driver().drive(wait=False))


def test_a_task_that_was_taken_is_parked_and_what_its_person_hands_in_lands(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), (), ("T1",)), habits=SLOW)
    world.store.append(TaskTaken(task="T1", attempt=0), author=ME)
    _until_taken(world)
    assert {status.task.id: status.state for status in world.store.tasks()} == {
        "T1": "parked",
        "T2": "landed",
        "T3": "blocked",
    }
    world.store.append(_hand_in(world, "T1", "by Ada", attempt=1), author=ME)
    assert _end(world) == "done"
    assert world.violations() == []
    (mine,) = world.store.attempts("T1")
    assert (mine.rung, mine.state) == ("person", "landed")
    assert world.store.hands().taken == ()
    assert not [call for call in world.journal.calls() if call.key.attempt.task == "T1"]


def test_a_red_tree_of_a_person_stays_theirs_and_a_task_given_back_goes_on_where_its_ladder_was(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=SLOW)
    world.store.append(TaskTaken(task="T1", attempt=0), author=ME)
    _until_taken(world)
    world.store.append(_hand_in(world, "T1", "bad", attempt=1), author=ME)
    _until_taken(world)
    (mine,) = world.store.attempts("T1")
    assert (mine.state, "bad" in mine.reason) == ("failed", True)
    world.store.append(TaskGivenBack(task="T1"), author=ME)
    assert _end(world) == "done"
    assert [(each.rung, each.state) for each in world.store.attempts("T1")] == [
        ("person", "failed"),
        ("flash", "landed"),
    ]


def test_taking_a_task_stops_its_worker_and_keeps_what_it_had(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=SLOW, limits=Limits(workers=1, repairs=4))
    world.model.always_bad = {"T1"}

    async def living() -> None:
        work = asyncio.create_task(world.driver().drive(wait=True))
        await world.clock.sleep(25.0)
        world.store.append(TaskTaken(task="T1", attempt=1), author=ME)
        await world.clock.sleep(100.0)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    run_virtually(living())
    (first,) = world.store.attempts("T1")
    assert (first.state, first.reason) == ("failed", "Ada took the task over.")
    assert first.tree is not None
    assert len(world.journal.calls()) == 3
    assert [status.state for status in world.store.tasks()] == ["parked"]


def test_a_task_that_is_taken_in_the_queue_is_let_land_and_is_its_persons_once_it_is_sent_back(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    def taken(task: str) -> World:
        """T1 and T2 are green and hate each other: the queue sends one of them back."""
        habits = Habits(bad=0.0, hates=1.0, asks=0.0, seconds=(10.0, 10.0))
        world = make_world(plan=plan_of((), ()), habits=habits, seed=3, limits=Limits(workers=2, gates=2))
        world.gate_seconds = 1.0
        when_queued(world, task, TaskTaken(task=task, attempt=1))

        async def given_back() -> None:
            await world.clock.sleep(300.0)
            world.store.append(TaskGivenBack(task=task), author=ME)

        beside(world, given_back)
        assert _end(world) == "done"
        assert world.violations() == []
        return world

    worlds = {task: taken(task) for task in ("T1", "T2")}
    landed = {task: [each.state for each in world.store.attempts(task)] for task, world in worlds.items()}
    assert sorted(landed.values()) == [["failed", "landed"], ["landed"]]
    for task, world in worlds.items():
        (at_once,) = [
            each.at < 300 + world.store.run().created_at for each in world.store.landings() if each.key.task == task
        ]
        assert at_once == (landed[task] == ["landed"])


@pytest.mark.parametrize("die_at", range(1, 30, 2))
def test_what_a_person_hands_in_lands_once_wherever_the_process_dies(
    die_at: int, make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",)), habits=Habits(bad=0.0, hates=0.0, asks=0.0, seconds=(0.2, 0.2)))
    world.store.append(TaskTaken(task="T1", attempt=0), author=ME)
    _until_taken(world)
    world.store.append(_hand_in(world, "T1", "by Ada", attempt=1), author=ME)
    world.live(die_at=die_at)
    assert _end(world) == "done"
    assert world.violations() == []
    assert [(each.rung, each.state) for each in world.store.attempts("T1")] == [("person", "landed")]


@pytest.mark.parametrize("die_at", range(1, 140, 7))
def test_a_run_under_hands_that_is_killed_anywhere_breaks_no_invariant(
    die_at: int, make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    habits = Habits(bad=0.4, hates=0.2, asks=0.2, seconds=(1.0, 3.0))
    world = make_world(plan=plan_of((), ("T1",), (), ("T3",)), habits=habits, ladder=("flash", "flash*3", "pro"))
    at(world, 1.0, Steered(task="T1", text="be brief"), PauseAsked(task="T3"))
    at(world, 2.5, RetryAsked(task="T1", attempt=1, rung="flash*3"))
    at(world, 6.0, TaskTaken(task="T2", attempt=1))
    at(world, 9.0, PauseEnded(task=None), TaskGivenBack(task="T2"))
    world.live(die_at=die_at)
    assert _end(world) == "done"
    assert world.violations() == []


def test_a_run_that_is_paused_before_it_has_a_plan_stops_for_its_person_where_nobody_waits(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=SLOW)
    world.planner.seconds = 10_000.0
    world.store.append(PauseAsked(), author=ME)
    with pytest.raises(WaitingForPerson, match="run sim is paused"):
        run_virtually(world.driver().drive(wait=False))
    world.planner.seconds = 1.0
    world.store.append(PauseEnded(), author=ME)
    assert _end(world) == "done"


def test_calls_of_a_paused_run_wait_whatever_their_role_and_a_workers_is_left_to_its_attempt(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=SLOW)
    world.store.append(PauseAsked(), author=ME)
    waited: dict[str, float] = {}

    async def call(role: str) -> None:
        key = CallKey(attempt=AttemptKey(task="plan"), role=role, turn=0)
        await held(key, store=world.store, clock=world.clock, brake=Brake())
        waited[role] = world.clock.monotonic()

    async def main() -> None:
        calls = [asyncio.create_task(call(role)) for role in ("planner", "lead", "critic", "worker")]
        await world.clock.sleep(50.0)
        world.store.append(PauseEnded(), author=ME)
        await asyncio.gather(*calls)

    run_virtually(main())
    assert waited["worker"] < 1
    assert min(waited[role] for role in ("planner", "lead", "critic")) >= 50


def test_a_task_taken_while_its_attempt_waits_for_a_slot_is_its_persons_and_no_model_begins(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ()), habits=SLOW, limits=Limits(workers=1))

    async def living() -> None:
        work = asyncio.create_task(world.driver().drive(wait=False))
        await world.clock.sleep(5.0)
        world.store.append(TaskTaken(task="T2", attempt=0), author=ME)
        with pytest.raises(WaitingForPerson, match="T2 is taken by Ada"):
            await work

    run_virtually(living())
    assert {status.task.id: status.state for status in world.store.tasks()} == {"T1": "landed", "T2": "parked"}
    assert world.store.attempts("T2") == ()


def test_what_is_handed_in_while_an_attempt_waits_for_a_slot_lands_at_once_and_stays_under_its_ref(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    habits = Habits(bad=0.0, hates=0.0, asks=0.0, seconds=(100.0, 100.0))
    world = make_world(plan=plan_of((), ()), habits=habits, limits=Limits(workers=1))
    attend, handed = world.attend, []

    async def attending() -> None:
        await world.clock.sleep(5.0)
        world.store.append(TaskTaken(task="T2", attempt=0), author=ME)
        handed.append(await _made_by_hand(world, "T2", "by Ada", attempt=1))
        world.store.append(handed[0], author=ME)
        await attend()

    world.attend = attending  # type: ignore[method-assign]
    assert _end(world) == "done"
    begun = world.store.run().created_at
    when = {landing.key.task: landing.at - begun for landing in world.store.landings()}
    assert when["T2"] < 10 < when["T1"]
    assert world.git.branches[AttemptKey(task="T2", attempt=1).ref(RUN)] == handed[0].patch
    assert [(each.rung, each.state) for each in world.store.attempts("T2")] == [("person", "landed")]
    assert world.violations() == []


def test_another_rung_asked_for_while_an_attempt_waits_for_a_slot_is_the_one_it_begins_on(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ()), habits=SLOW, limits=Limits(workers=1))
    at(world, 3.0, RetryAsked(task="T2", attempt=0, rung="flash*2"))
    at(world, 5.0, RetryAsked(task="T2", attempt=0, rung="pro"))
    assert _end(world) == "done"
    assert [(str(each.key), each.rung) for each in world.store.attempts("T2")] == [("T2:1", "pro")]
    assert world.store.choice("rung:T2:1") == "pro"


def test_what_was_handed_in_is_judged_although_its_person_gave_the_task_back_meanwhile(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=SLOW)
    world.store.append(TaskTaken(task="T1", attempt=0), author=ME)
    _until_taken(world)
    world.store.append(_hand_in(world, "T1", "by Ada", attempt=1), TaskGivenBack(task="T1"), author=ME)
    assert _end(world) == "done"
    assert [(each.rung, each.state) for each in world.store.attempts("T1")] == [("person", "landed")]


def test_a_ref_that_keeps_what_a_person_handed_in_is_moved_for_nobody_but_that_person(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=SLOW)
    view = RunView(world.store, world.spec, Expectation())
    curtain = Curtain(git=world.git, spec=world.spec)
    keeping = Keeping(run=RUN, view=view, store=world.store, git=world.git, curtain=curtain, clock=world.clock)
    world.store.append(TaskTaken(task="T1", attempt=0), author=ME)
    _until_taken(world)
    handed, key = _hand_in(world, "T1", "by Ada", attempt=1), AttemptKey(task="T1", attempt=1)
    world.store.append(handed, author=ME)
    with pytest.raises(RunStateError, match=r"Ada <a@example\.org> handed in"):
        run_virtually(keeping.point(key, "0" * 40))
    assert world.git.branches[key.ref(RUN)] == handed.patch
    again = run_virtually(world.git.commit(tree=handed.tree, parents=[], message="once more", at=1.0))
    run_virtually(keeping.point(key, again, by=PERSON))
    assert world.git.branches[key.ref(RUN)] == again
