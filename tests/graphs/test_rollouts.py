"""Several rollouts of one attempt: which one goes on, what becomes of the others, and that a replay does the same."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from agentctl.bench.sim.loop import run_virtually
from agentctl.bench.sim.roles import Habits
from agentctl.bench.sim.world import RUN, World
from agentctl.orchestrator.errors import WaitingForPerson
from agentctl.orchestrator.graphs.driver import Driver
from agentctl.orchestrator.nouns.events import AttemptStarted, Chosen
from agentctl.orchestrator.nouns.hand_facts import PauseAsked, PauseEnded
from agentctl.orchestrator.nouns.keys import RECORDED, AttemptKey
from agentctl.orchestrator.nouns.plan import LockedTest, Plan
from agentctl.orchestrator.nouns.questions import Asked
from agentctl.orchestrator.nouns.runs import AttemptStatus, Limits
from agentctl.orchestrator.nouns.verdicts import GateReport
from agentctl.orchestrator.ports import Job, Move, Workspace
from agentctl.orchestrator.racing import is_to_win

STEADY = Habits(bad=0.0, hates=0.0, asks=0.0, seconds=(1.0, 4.0))
RESTLESS = Habits(bad=0.4, hates=0.2, asks=0.2)
RACE = ("flash*3", "pro")
OBEYED = ("group:", "decisions:", "race:", "turns:", "ladder:")


def _end(world: World) -> str:
    run = world.live()
    assert run is not None
    return run.state


def _states(world: World, task: str = "T1") -> dict[str, str]:
    return {str(each.key): each.state for each in world.store.attempts(task)}


def _raced(world: World) -> list[AttemptStatus]:
    return [each for each in world.store.attempts() if each.key.rollout]


def _record(world: World, replayed: World) -> None:
    """Bring along what timing decided, as a recording does."""
    for event in world.store.events():
        if isinstance(event.fact, Chosen) and event.fact.key.startswith(OBEYED):
            again = Chosen(key=f"{RECORDED}{event.fact.key}", value=event.fact.value)
            replayed.store.append(again, author="person:sim")


def _workers(world: World) -> dict[str, str]:
    """The worker's calls that were answered, and what they were asked."""
    done = (call for call in world.journal.calls() if call.state == "done" and call.key.role == "worker")
    return {str(call.key): call.digest for call in done}


def test_the_first_green_rollout_lands_and_the_others_are_let_go(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=STEADY, ladder=RACE)
    assert _end(world) == "done"
    states = _states(world)
    assert sorted(states.values()) == ["landed", "lost", "lost"]
    (winner,) = [name for name, state in states.items() if state == "landed"]
    assert world.store.choice("race:T1:1") == winner
    assert [str(landing.key) for landing in world.store.landings()] == [winner]
    assert world.violations() == []


def test_each_rollout_has_a_thread_a_workspace_and_calls_of_its_own(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=STEADY, ladder=RACE)
    assert _end(world) == "done"
    begun = {str(call.key.attempt) for call in world.journal.calls()}
    assert begun == {"T1:1:1", "T1:1:2", "T1:1:3"}
    assert AttemptKey(task="T1", rollout=2).thread(RUN) == "sim:T1:1:2"


def test_rollouts_take_no_more_slots_than_there_are(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=STEADY, ladder=RACE, limits=Limits(workers=1))
    assert _end(world) == "done"
    assert list(_workers(world)) == ["T1/1/1/worker/0/0"]
    assert world.violations() == []


def test_where_all_are_red_the_next_rung_hears_what_failed_in_each(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=STEADY, ladder=RACE, limits=Limits(workers=4, repairs=0))
    world.model.always_bad = {"T1"}
    world.reply = lambda asked: "drop the task" if asked.question.key.startswith("stuck:") else None
    assert _end(world) == "failed"
    assert _states(world) == {"T1:1:1": "failed", "T1:1:2": "failed", "T1:1:3": "failed", "T1:2": "failed"}
    (stuck,) = world.store.questions()
    told = [line for line in stuck.question.why.splitlines() if line.startswith("Attempt")]
    assert [line.partition(":")[0] for line in told] == [
        "Attempt 1, rollout 1 (flash*3)",
        "Attempt 1, rollout 2 (flash*3)",
        "Attempt 1, rollout 3 (flash*3)",
        "Attempt 2 (pro)",
    ]


def test_a_rollout_that_asks_does_not_hold_up_the_others(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ()), habits=Habits(bad=0.0, hates=0.0, asks=0.4), seed=4, ladder=RACE)
    asked: list[Asked] = []

    def never(question: Asked) -> None:
        asked.append(question)

    world.reply = never
    assert _end(world) == "done"
    assert asked
    assert world.violations() == []


def test_a_parked_task_says_so_only_while_all_its_rollouts_are(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=STEADY, ladder=RACE)
    world.model.asking = {"T1"}
    seen: list[tuple[str, tuple[str, ...]]] = []

    def reply(_: Asked) -> str:
        (status,) = world.store.tasks()
        seen.append((status.state, status.rollouts))
        return "yes"

    world.looks_every = 20.0
    world.reply = reply
    assert _end(world) == "done"
    assert seen[0] == ("parked", ("parked", "parked", "parked"))
    (status,) = world.store.tasks()
    assert (status.state, sorted(status.rollouts)) == ("landed", ["landed", "lost", "lost"])


def test_a_clash_of_the_winner_runs_the_same_rung_again(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), (), ()), habits=Habits(bad=0.0, hates=0.9, asks=0.0), seed=2, ladder=RACE)
    assert _end(world) == "done"
    again = [each for each in world.store.attempts() if each.clash]
    assert again
    assert {each.rung for each in world.store.attempts()} == {"flash*3"}
    assert world.violations() == []


@pytest.mark.parametrize("die_at", range(1, 180, 19))
def test_a_race_killed_anywhere_has_one_winner_and_keeps_what_the_others_wrote(
    die_at: int, make_world: Callable[..., World]
) -> None:
    world = make_world(seed=5, habits=RESTLESS, ladder=RACE, critic="on")
    world.live(die_at=die_at)
    decided = {each.key: world.store.choice(f"race:{each.key.task}:{each.key.attempt}") for each in _raced(world)}
    assert _end(world) == "done"
    for key, winner in decided.items():
        assert winner in (None, world.store.choice(f"race:{key.task}:{key.attempt}"))
    assert world.violations() == []


def test_a_race_whose_process_dies_again_and_again_still_ends(make_world: Callable[..., World]) -> None:
    world = make_world(seed=6, habits=RESTLESS, ladder=RACE, critic="on")
    deaths = sum(world.live(die_at=35) is None for _ in range(40))
    assert _end(world) == "done"
    assert deaths > 3
    assert world.violations() == []


def test_what_a_rollout_that_was_let_go_had_written_is_under_its_ref(make_world: Callable[..., World]) -> None:
    world = make_world(seed=3, habits=replace(RESTLESS, asks=0.0), ladder=RACE)
    assert _end(world) == "done"
    wrote = {each.key for each in world.store.attempts() if each.state == "lost" and each.patch}
    assert wrote
    for key in wrote:
        commit = world.git.branches[key.ref(RUN)]
        assert f"src/{key.task}.txt" in world.git.trees[world.git.commits[commit][0]]


@pytest.mark.parametrize("workers", [1, 4, 50])
@pytest.mark.parametrize("seed", [1, 5])
def test_a_replay_makes_the_recorded_calls_and_lands_the_recorded_rollouts_at_any_number_of_workers(
    seed: int, workers: int, make_world: Callable[..., World]
) -> None:
    habits = Habits(bad=0.4, hates=0.3, asks=0.3)
    recorded = make_world(seed=seed, habits=habits, ladder=RACE, critic="on")
    assert _end(recorded) == "done"
    other_pace = replace(habits, seconds=(0.1, 30.0))
    replayed = make_world(seed=seed, habits=other_pace, ladder=("pro",), critic="on", limits=Limits(workers=workers))
    _record(recorded, replayed)
    assert _end(replayed) == "done"
    assert [str(each.key) for each in replayed.store.landings()] == [
        str(each.key) for each in recorded.store.landings()
    ]
    then, now = _workers(recorded), _workers(replayed)
    assert {key: digest for key, digest in now.items() if then.get(key) != digest} == {}
    assert replayed.violations() == []


def test_in_a_replay_nothing_ends_the_winner_of_a_race_that_is_not_decided_yet(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    store = make_world(plan=plan_of(()), habits=STEADY, ladder=RACE).store
    winner, other = AttemptKey(task="T1", rollout=3), AttemptKey(task="T1", rollout=1)
    assert not is_to_win(store, winner)
    store.append(Chosen(key=f"{RECORDED}race:T1:1", value=str(winner)), author="person:sim")
    assert is_to_win(store, winner)
    assert not is_to_win(store, other)
    store.append(Chosen(key="race:T1:1", value=str(winner)), author="driver")
    assert not is_to_win(store, winner)


def test_two_that_are_green_at_once_are_told_apart_by_the_critic_or_by_the_smaller_change(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    at_once = replace(STEADY, seconds=(2.0, 2.0), objects=0.0)
    limits = Limits(workers=8, gates=8)
    for critic, asked in (("off", 0), ("on", 1)):
        world = make_world(plan=plan_of(()), habits=at_once, ladder=RACE, critic=critic, limits=limits)
        assert _end(world) == "done"
        assert len((world.store.choice("tie:T1:1") or "").split()) > 1
        choices = [call for call in world.journal.calls() if call.key.role == "critic.choice"]
        assert len(choices) == asked
        assert world.violations() == []


def test_a_run_with_races_that_is_over_decides_nothing_anew(make_world: Callable[..., World]) -> None:
    world = make_world(seed=3, habits=STEADY, ladder=RACE)
    assert _end(world) == "done"
    before = len(world.store.events())
    run_virtually(world.driver().drive(wait=False))
    assert len(world.store.events()) == before


@pytest.mark.parametrize(
    ("ladder", "rungs", "asked"),
    [
        (("flash", "ask", "pro"), ["flash", "pro", "flash", "pro"], ["stuck:T1:1", "stuck:T1:2", "stuck:T1:3"]),
        (("ask", "flash"), ["flash", "flash"], ["stuck:T1:0", "stuck:T1:1", "stuck:T1:2"]),
    ],
)
def test_a_rung_that_asks_asks_at_once_and_its_answer_goes_to_the_next_one(
    ladder: tuple[str, ...],
    rungs: list[str],
    asked: list[str],
    make_world: Callable[..., World],
    plan_of: Callable[..., Plan],
) -> None:
    world = make_world(plan=plan_of(()), habits=STEADY, ladder=ladder, limits=Limits(workers=2, repairs=0))
    world.model.always_bad = {"T1"}
    replies = iter([*["mind the gap"] * (len(asked) - 1), "drop the task"])
    world.reply = lambda _: next(replies, "stop")
    if ladder[0] == "flash":
        replies = iter(["mind the gap", "mind the gap", "mind the gap", "drop the task"])
        asked = [*asked, "stuck:T1:4"]
    assert _end(world) == "failed"
    assert [each.rung for each in world.store.attempts("T1")] == rungs
    assert [each.question.key for each in world.store.questions()] == asked
    second = world.store.attempts("T1")[-1]
    assert set(second.decisions) <= set(asked)
    assert second.decisions
    digested = [each.question.why for each in world.store.questions()]
    assert digested[0] == "" if ladder[0] == "ask" else "Attempt 1 (flash): The gate is red" in digested[0]


def test_a_recorded_ladder_that_asks_is_climbed_again_whatever_the_settings_say(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    limits = Limits(workers=2, repairs=0)
    recorded = make_world(plan=plan_of(()), habits=STEADY, ladder=("flash", "ask", "flash*2"), limits=limits)
    replayed = make_world(plan=plan_of(()), habits=STEADY, ladder=("pro",), limits=limits)
    for world in (recorded, replayed):
        world.model.always_bad = {"T1:1"}
        world.reply = lambda _: "mind the gap"
    assert _end(recorded) == "done"
    _record(recorded, replayed)
    assert _end(replayed) == "done"
    assert [each.rung for each in replayed.store.attempts("T1")] == ["flash", "flash*2", "flash*2"]
    assert [asked.answer for asked in replayed.store.questions()] == ["mind the gap"]
    then, now = _workers(recorded), _workers(replayed)
    assert {key: digest for key, digest in now.items() if then.get(key) != digest} == {}


def test_a_rollout_that_loses_its_race_while_it_begins_gives_its_slot_back(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",)), habits=STEADY, ladder=RACE, limits=Limits(workers=1))
    refs, append = world.git.refs, world.store.append
    begun, decided = asyncio.Event(), asyncio.Event()

    async def until_decided(prefix: str) -> Any:
        """Where the branch points: who begins after the first rollout learns it when the race has just been decided."""
        if begun.is_set() and prefix.startswith("refs/heads/"):
            await decided.wait()
        return await refs(prefix)

    def noticed(*facts: Any, author: str) -> Any:
        if any(isinstance(fact, AttemptStarted) for fact in facts):
            begun.set()
        if any(isinstance(fact, Chosen) and fact.key.startswith("race:") for fact in facts):
            decided.set()
        return append(*facts, author=author)

    world.git.refs = until_decided  # type: ignore[method-assign]
    world.store.append = noticed  # type: ignore[method-assign]
    world.drain_after = 60.0
    assert _end(world) == "done"
    assert world.violations() == []


class _RefusesOnce:
    """A gate that finds old tests red the first time that it is asked about them."""

    def __init__(self, gate: Any) -> None:
        self._gate = gate
        self._asked = 0
        self.judge = gate.judge

    async def report(self, tree: str, *, locked: Sequence[LockedTest] = ()) -> GateReport:
        self._asked += 1
        whole: GateReport = await self._gate.report(tree, locked=locked)
        return replace(whole, results=()) if self._asked == AFTER_THE_BASE else whole


class _AlsoWrites:
    """A worker that changes what tests lean on, beside its work."""

    def __init__(self, worker: Any, path: str) -> None:
        self._worker = worker
        self._path = path
        self.work, self.has_begun, self.tell = worker.work, worker.has_begun, worker.tell

    async def act(self, job: Job, workspace: Workspace, *, turn: int, test: Any) -> Move:
        move: Move = await self._worker.act(job, workspace, turn=turn, test=test)
        workspace.write(self._path, b"new")
        return move


AFTER_THE_BASE = 2
FIRST_IS_FASTER = 15
"""A seed with which the first rollout submits, is refused, and is still at work when the second submits."""


def test_a_rollout_whose_weakened_tests_were_refused_is_not_chosen_while_it_mends_them(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    (task,) = plan_of(()).tasks
    plan = replace(plan_of(()), tasks=(replace(task, owns=(*task.owns, "src/fixtures/*")),))
    data = "src/fixtures/data.txt"
    world = make_world(plan=plan, habits=STEADY, ladder=("flash*2",), files={data: "old"}, seed=FIRST_IS_FASTER)
    make_driver = world.driver

    def driver() -> Driver:
        made = make_driver()
        worker, gate = _AlsoWrites(made.parts.worker, data), _RefusesOnce(made.parts.gate)
        made.parts = replace(made.parts, gate=gate, worker=worker)
        return made

    world.driver = driver  # type: ignore[method-assign]
    assert _end(world) == "done"
    refused, chosen = world.store.attempts("T1")
    assert "as it was before your change it does not pass" in str(world.journal.results(refused.key, 0))
    assert world.store.choice("race:T1:1") == str(chosen.key)


def test_a_paused_task_whose_race_a_critic_has_to_decide_lets_a_process_that_does_not_wait_stop(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    at_once, limits = replace(STEADY, seconds=(2.0, 2.0), objects=0.0), Limits(workers=8, gates=8)
    world = make_world(plan=plan_of(()), habits=at_once, ladder=RACE, critic="on", limits=limits)

    async def paused_at_the_gate() -> None:
        work = asyncio.create_task(world.driver().drive(wait=False))
        await world.clock.sleep(2.7)
        world.store.append(PauseAsked(task="T1"), author="person:Ada")
        async with asyncio.timeout(100.0):
            with pytest.raises(WaitingForPerson, match="T1 is paused by Ada"):
                await work

    run_virtually(paused_at_the_gate())
    critics = [call for call in world.journal.calls() if call.key.role.startswith("critic")]
    assert (critics, world.store.choice("race:T1:1")) == ([], None)
    world.store.append(PauseEnded(), author="person:Ada")
    assert _end(world) == "done"
    assert world.store.choice("tie:T1:1")
    assert world.violations() == []
