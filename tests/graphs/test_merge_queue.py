"""The queue's adapter: what the rules cannot show, because it lies between two events."""

import asyncio

from agentctl.bench.sim.gate import MemoryGate
from agentctl.bench.sim.git import MemoryGit
from agentctl.bench.sim.loop import VirtualClock, run_virtually
from agentctl.bench.sim.plans import random_plan, spec_of
from agentctl.orchestrator.landing import Branch
from agentctl.orchestrator.merge_queue import MergeQueue
from agentctl.orchestrator.nouns.events import AttemptStarted, Judged, Patched, PlanApproved, Planned, RunCreated
from agentctl.orchestrator.nouns.keys import AttemptKey, integration_branch
from agentctl.orchestrator.nouns.plan import Estimate, Plan
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.nouns.verdicts import Expectation, Verdict
from agentctl.orchestrator.ports import TreeEntry
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
        serving = asyncio.create_task(queue.serve())
        async with asyncio.timeout(100):
            outcomes = await asyncio.gather(*(queue.submit(key) for key in keys))
        serving.cancel()
        assert [outcome.landed for outcome in outcomes] == [True, True]
        assert [landing.key for landing in store.landings()] == keys


async def patched(git: MemoryGit, store: SqliteStore, plan: Plan) -> list[AttemptKey]:
    """A run in which each task has written its file."""
    empty = await git.amend_tree(None, {})
    base = await git.commit(tree=empty, parents=[], message="base", at=0.0)
    settings = RunSettings(profile="sim", repo="")
    created = RunCreated(run="r", spec_id="sim", spec_blob="", title="A queue", base=base, settings=settings)
    estimate = Estimate(calls=1, usd=0.0, minutes=1.0, critical_path=())
    store.append(created, Planned(plan=plan, estimate=estimate), PlanApproved(), author="driver")
    await git.move_ref(integration_branch("r"), new=base, old=None)
    for task in plan.tasks:
        key = AttemptKey(task=task.id)
        tree = await git.amend_tree(empty, {task.owns[0]: TreeEntry(mode="100644", id=await git.write(b"good"))})
        patch = await git.commit(tree=tree, parents=[base], message=task.title, at=1.0)
        started = AttemptStarted(key=key, rung="flash", base_tree=empty)
        store.append(started, Patched(key=key, patch=patch, tree=tree), author="sim")
    return [AttemptKey(task=task.id) for task in plan.tasks]
