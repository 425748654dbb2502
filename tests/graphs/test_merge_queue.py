"""The queue's adapter: what the rules cannot show, because it lies between two events."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from agentctl.bench.sim.gate import MemoryGate
from agentctl.bench.sim.git import MemoryGit
from agentctl.bench.sim.loop import VirtualClock, run_virtually
from agentctl.bench.sim.plans import random_plan, spec_of
from agentctl.bench.sim.roles import Habits
from agentctl.bench.sim.world import World
from agentctl.orchestrator.git.opening import create_repository
from agentctl.orchestrator.landing import GROUP, Branch
from agentctl.orchestrator.merge_queue import MergeQueue, Outcome
from agentctl.orchestrator.nouns.events import (
    AttemptStarted,
    Chosen,
    Judged,
    Patched,
    PlanApproved,
    Planned,
    RunCreated,
)
from agentctl.orchestrator.nouns.keys import RECORDED, AttemptKey, integration_branch
from agentctl.orchestrator.nouns.plan import Estimate, Plan
from agentctl.orchestrator.nouns.runs import Limits, RunSettings
from agentctl.orchestrator.nouns.verdicts import Expectation, Verdict
from agentctl.orchestrator.ports import Git, Merge, TreeEntry
from agentctl.orchestrator.rules.clashes import CLASH
from agentctl.orchestrator.run_view import RunView
from agentctl.orchestrator.store.sqlite import SqliteStore


class SlowBranch(MemoryGit):
    """A repository in which a ref takes two seconds to move."""

    async def move_ref(self, ref: str, *, new: str | None, old: str | None) -> bool:
        await asyncio.sleep(2.0 if old is not None else 0.0)
        return await super().move_ref(ref, new=new, old=old)


class Green(MemoryGate):
    """Everything passes; what T2 changed takes longer."""

    async def judge(self, tree: str, **_: object) -> Verdict:
        await asyncio.sleep(2.0 if "src/T2.txt" in self._git.trees[tree] else 1.0)
        verdict = Verdict(tree=tree, gate="sim", passed=True)
        self._store.append(Judged(verdict=verdict, report=self._store.put_blob("{}")), author="gate")
        return verdict


async def at_once(queue: MergeQueue, keys: Sequence[AttemptKey]) -> list[Outcome]:
    """What becomes of patches that are handed in together."""
    serving = asyncio.create_task(queue.serve())
    async with asyncio.timeout(100):
        outcomes = await asyncio.gather(*(queue.submit(key) for key in keys))
    serving.cancel()
    return outcomes


def test_a_verdict_that_comes_while_another_lands_is_acted_on() -> None:
    run_virtually(both_land())


async def both_land() -> None:
    git, clock = SlowBranch(), VirtualClock()
    plan = random_plan(seed=1, tasks=2, density=0.0)
    with SqliteStore(None, clock=clock, redact=str, blobs=None) as store:
        keys = await patched(git, store, plan)
        view = RunView(store, spec_of(plan), Expectation())
        gate = Green(git=git, store=store, clock=clock, slots=2, seconds=1.0)
        branch = Branch(run="r", git=git, store=store, clock=clock, view=view)
        queue = MergeQueue(branch, git=git, store=store, gate=gate, view=view, slots=2)
        outcomes = await at_once(queue, keys)
        assert [outcome.landed for outcome in outcomes] == [True, True]
        assert [landing.key for landing in store.landings()] == keys


LINES = [f"{number}\n" for number in range(9)]


class Judging(Green):
    """Everything passes, at once; what was judged is kept."""

    judged: tuple[str, ...] = ()

    async def judge(self, tree: str, **_: object) -> Verdict:
        self.judged = (*self.judged, tree)
        verdict = Verdict(tree=tree, gate="sim", passed=True)
        self._store.append(Judged(verdict=verdict, report=self._store.put_blob("{}")), author="gate")
        return verdict


class Partial(MemoryGit):
    """Calls a merge clean in which it kept what had landed."""

    async def merge(self, *, base: str, ours: str, theirs: str) -> Merge:
        right = await super().merge(base=base, ours=ours, theirs=theirs)
        return right if right.tree is not None else Merge(tree=ours)


def with_line(number: int, text: str) -> bytes:
    return "".join([*LINES[:number], text, *LINES[number + 1 :]]).encode()


async def queued(git: Git, files: Mapping[str, bytes]) -> tuple[list[bool], Judging, SqliteStore, str]:
    """What became of patches of one file that are handed in one after the other, and the file in the end."""
    clock, plan = VirtualClock(), random_plan(seed=1, tasks=len(files), density=0.0)
    store = SqliteStore(None, clock=clock, redact=str, blobs=None)
    keys = await patched(git, store, plan, files=files)
    view = RunView(store, spec_of(plan), Expectation())
    gate = Judging(git=MemoryGit(), store=store, clock=clock, slots=1, seconds=0.0)
    branch = Branch(run="r", git=git, store=store, clock=clock, view=view)
    queue = MergeQueue(branch, git=git, store=store, gate=gate, view=view, slots=1)
    serving = asyncio.create_task(queue.serve())
    landed = [(await queue.submit(key)).landed for key in keys]
    serving.cancel()
    ref = integration_branch("r")
    tip = await git.entries(await git.tree_of((await git.refs(ref))[ref]))
    return landed, gate, store, (await git.read(tip["a"].id)).decode()


async def test_what_a_merge_does_by_itself_is_judged_before_it_lands(tmp_path: Path) -> None:
    git = create_repository(tmp_path / "repo", at=1_700_000_000)
    landed, gate, store, text = await queued(git, {"T1": with_line(1, "one\n"), "T2": with_line(7, "seven\n")})
    assert landed == [True, True]
    assert text == "".join([LINES[0], "one\n", *LINES[2:7], "seven\n", LINES[8]])
    last = store.landings()[-1].tree
    assert gate.judged[-1] == last
    assert last not in {each.tree for each in store.attempts()}
    store.close()


def test_a_merge_that_drops_a_part_and_says_nothing_is_refused() -> None:
    async def dropped() -> None:
        landed, gate, store, text = await queued(Partial(), {"T1": with_line(1, "one\n"), "T2": with_line(1, "two\n")})
        assert (landed, len(gate.judged)) == ([True, False], 1)
        assert text == with_line(1, "one\n").decode()
        (attempt,) = store.attempts("T2")
        said = (
            "git merged it with what landed first and dropped a part: a: both sides changed line 2, and one was taken."
        )
        assert (attempt.state, attempt.reason) == ("failed", said)
        both = store.blob(store.choice(f"{CLASH}T2:1") or "")
        assert "``` as it was\n1\n```\n``` as it landed\none\n```\n``` as this attempt had it\ntwo\n```\n" in both
        store.close()

    run_virtually(dropped())


MORE = Habits(bad=0.0, hates=0.2, asks=0.0, seconds=(1.0, 3.0))


def decided(world: World) -> list[str]:
    facts = (event.fact for event in world.store.events())
    return [fact.value for fact in facts if isinstance(fact, Chosen) and fact.key.startswith(GROUP)]


@pytest.mark.parametrize("gates", [1, 5])
@pytest.mark.parametrize("seed", [7, 20, 33])
def test_a_replay_sends_back_what_failed_above_others_however_many_slots_it_has(
    seed: int, gates: int, make_world: Callable[..., World]
) -> None:
    plan = random_plan(seed=seed, tasks=8, density=0.0)

    def world(slots: int, gate_seconds: float, habits: Habits = MORE) -> World:
        made = make_world(seed=seed, plan=plan, habits=habits, limits=Limits(workers=8, gates=slots))
        made.gate_seconds = gate_seconds
        return made

    recorded = world(3, 2.0)
    recorded.live()
    choices = decided(recorded)
    assert [each for each in choices if "@" in each]
    replayed = world(gates, 0.1, replace(MORE, seconds=(0.1, 30.0)))
    for number, value in enumerate(choices):
        replayed.store.append(Chosen(key=f"{RECORDED}{GROUP}{number}", value=value), author="person:sim")
    replayed.live()
    assert [each for each in decided(replayed) if each not in {*choices}] == []
    assert [each.key for each in replayed.store.landings()] == [each.key for each in recorded.store.landings()]
    ends = [[(each.key, each.state) for each in world.store.attempts()] for world in (recorded, replayed)]
    assert ends[0] == ends[1]
    assert replayed.violations() == []


class Apart(Judging):
    """Nothing passes in which T1 meets T2; what was judged is kept by the tasks whose files were there."""

    red = True

    async def judge(self, tree: str, **_: object) -> Verdict:
        there = "".join(sorted(path[5] for path in self._git.trees[tree]))
        self.judged = (*self.judged, there)
        passed = not (self.red and {"1", "2"} <= {*there})
        verdict = Verdict(tree=tree, gate="sim", passed=passed, reasons=() if passed else ("they hate each other",))
        self._store.append(Judged(verdict=verdict, report=self._store.put_blob("{}")), author="gate")
        return verdict


async def obeyed(*recorded: str, red: bool = True) -> tuple[list[bool], tuple[str, ...], list[str]]:
    """What becomes of four patches, by what was judged, where these decisions were recorded."""
    git, clock, plan = MemoryGit(), VirtualClock(), random_plan(seed=1, tasks=4, density=0.0)
    with SqliteStore(None, clock=clock, redact=str, blobs=None) as store:
        keys = await patched(git, store, plan)
        for number, value in enumerate(recorded):
            store.append(Chosen(key=f"{RECORDED}{GROUP}{number}", value=value), author="sim")
        view = RunView(store, spec_of(plan), Expectation())
        gate = Apart(git=git, store=store, clock=clock, slots=2, seconds=1.0)
        gate.red = red
        branch = Branch(run="r", git=git, store=store, clock=clock, view=view)
        queue = MergeQueue(branch, git=git, store=store, gate=gate, view=view, slots=2)
        outcomes = await at_once(queue, keys)
        chosen = [store.choice(f"{GROUP}{number}") or "" for number in range(len(recorded))]
        return [outcome.landed for outcome in outcomes], gate.judged, chosen


def test_what_was_sent_back_is_judged_again_where_it_lay_and_not_on_what_landed_since() -> None:
    recorded = ("T3:1", "T1:1 T4:1", "T1:1 T2:1 @1")
    landed, judged, chosen = run_virtually(obeyed(*recorded))
    assert (landed, judged) == ([True, False, True, True], ("3", "134", "123"))
    assert chosen == [*recorded]


def test_what_does_not_fail_any_more_where_it_was_sent_back_stays_in_the_queue() -> None:
    recorded = ("T1:1 T2:1 @0", "T1:1")
    landed, judged, chosen = run_virtually(obeyed(*recorded, red=False))
    assert landed == [True] * 4
    assert judged[:2] == ("12", "1")
    assert chosen == [*recorded]


async def patched(
    git: Git, store: SqliteStore, plan: Plan, *, files: Mapping[str, bytes] | None = None
) -> list[AttemptKey]:
    """A run in which each task has written its file, or changed the file ``a`` to what is given."""
    there = {"a": TreeEntry(mode="100644", id=await git.write("".join(LINES).encode()))} if files else {}
    empty = await git.amend_tree(None, there)
    base = await git.commit(tree=empty, parents=[], message="base", at=0.0)
    settings = RunSettings(profile="sim", repo="")
    created = RunCreated(run="r", spec_id="sim", spec_blob="", title="A queue", base=base, settings=settings)
    estimate = Estimate(calls=1, usd=0.0, minutes=1.0, critical_path=())
    store.append(created, Planned(plan=plan, estimate=estimate), PlanApproved(), author="driver")
    await git.move_ref(integration_branch("r"), new=base, old=None)
    for task in plan.tasks:
        key = AttemptKey(task=task.id)
        path, text = ("a", files[task.id]) if files else (task.owns[0], b"good")
        tree = await git.amend_tree(empty, {path: TreeEntry(mode="100644", id=await git.write(text))})
        patch = await git.commit(tree=tree, parents=[base], message=task.title, at=1.0)
        started = AttemptStarted(key=key, rung="flash", base_tree=empty)
        store.append(started, Patched(key=key, patch=patch, tree=tree), author="sim")
    return [AttemptKey(task=task.id) for task in plan.tasks]
