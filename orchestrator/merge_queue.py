"""Lands patches on the integration branch: stacks a group, has it judged, moves the branch by compare and swap.

The rules of grouping are in rules.queue. What this adapter adds is order: the branch moves only to a tree that has a
passing verdict, the intention is recorded before the move and the fact after it, and whoever starts after a kill finds
in git which of the two was reached (`settle_landing`).

A walk through one landing:  T3 and T5 wait -> both merge onto the tip in memory -> the stacked tree is judged ->
`LandingIntended` -> the branch moves from old to new -> `Landed`, evidence, and the group's `Chosen` in one append.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from . import faults
from .errors import GitError
from .nouns.events import AttemptEnded, Chosen, EvidenceFound, Fact, Landed, LandingIntended, TaskMoved
from .nouns.hand_facts import Reverted
from .nouns.keys import RECORDED, AttemptKey, integration_branch
from .nouns.plan import LockedTest, Plan
from .nouns.runs import AttemptStatus, Landing
from .nouns.verdicts import Verdict
from .ports import Clock, Gate, Git, Store
from .rules import queue as rules
from .rules.commit_text import landing_message
from .rules.evidence import evidence_for
from .rules.queue import Queue
from .run_view import RunView

URGENT = 1e9
"""Priority of the queue's gate runs: everybody waits for the tip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a patch in the queue."""

    landed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stacked:
    attempt: AttemptStatus
    tree: str
    """The tip with this patch and all before it in the group."""


class Landings(Protocol):
    """The part of the queue that a task's graph needs."""

    async def submit(self, key: AttemptKey) -> Outcome:
        """Wait for the end of a patch's way through the queue."""
        ...


class MergeQueue:
    """One group at a time; see rules.queue for which."""

    def __init__(self, *, run: str, git: Git, store: Store, gate: Gate, clock: Clock, view: RunView) -> None:
        self._run = run
        self._git = git
        self._store = store
        self._gate = gate
        self._clock = clock
        self._view = view
        self._queue = Queue()
        self._waiters: dict[str, asyncio.Future[Outcome]] = {}
        self._arrived = asyncio.Event()
        self._round = 0
        while store.choice(f"group:{self._round}") is not None:
            self._round += 1

    async def submit(self, key: AttemptKey) -> Outcome:
        """Wait for the end of a patch's way through the queue; asking again after a restart joins it again."""
        attempt = self._store.attempt(key)
        if attempt is not None and attempt.state == "landed":
            return Outcome(landed=True)
        if attempt is not None and attempt.state == "failed":
            return Outcome(landed=False, reason=attempt.reason)
        name = str(key)
        waiter = self._waiters.get(name)
        if waiter is None:
            waiter = self._waiters[name] = asyncio.get_running_loop().create_future()
            self._queue = rules.arrive(self._queue, name)
            self._store.append(TaskMoved(task=key.task, state="queued"), author="queue")
            self._arrived.set()
        return await asyncio.shield(waiter)

    async def serve(self) -> None:
        """Work until cancelled."""
        while True:
            self._queue = self._next_group()
            if self._queue.judging:
                await self._judge_group()
                continue
            self._arrived.clear()
            await self._arrived.wait()

    def _next_group(self) -> Queue:
        """The group that the rules choose, or the one that a recording says was chosen once all of it is here."""
        recorded = self._store.choice(f"{RECORDED}group:{self._round}")
        if recorded is None or self._queue.judging:
            return rules.start(self._queue)
        return rules.start_with(self._queue, tuple(recorded.split()))

    async def _judge_group(self) -> None:
        considered = self._queue.judging
        branch = integration_branch(self._run)
        tip = (await self._git.refs(branch)).get(branch)
        if tip is None:
            raise GitError(f"{branch} is gone; restore it with `git update-ref` from the last landing and resume")
        tip_tree = await self._git.tree_of(tip)
        stack = await self._stack(considered, tip_tree)
        chosen = Chosen(key=f"group:{self._round}", value=" ".join(considered))
        if stack:
            await self._judge_stack(stack, tip, chosen)
        else:
            self._queue = rules.passed(self._queue)
            self._store.append(chosen, author="queue")
        self._round += 1

    async def _stack(self, group: Sequence[str], tip_tree: str) -> list[_Stacked]:
        """Merge the group onto the tip one after the other; what clashes with the tip itself is rejected."""
        stack: list[_Stacked] = []
        tree = tip_tree
        for name in group:
            attempt = self._attempt(name)
            merge = await self._git.merge(base=attempt.base_tree, ours=tree, theirs=attempt.tree or "")
            if merge.tree is not None:
                tree = merge.tree
                stack.append(_Stacked(attempt=attempt, tree=tree))
                continue
            self._queue = rules.drop(self._queue, name)
            if stack and (await self._git.merge(base=attempt.base_tree, ours=tip_tree, theirs=attempt.tree or "")).tree:
                self._queue = rules.arrive(self._queue, name)
            else:
                paths = ", ".join(merge.conflicts)
                self._reject(attempt, f"Others changed the same lines and landed first: {paths}.", clash=True)
        return stack

    async def _judge_stack(self, stack: list[_Stacked], tip: str, chosen: Chosen) -> None:
        landed = [landing.key.task for landing in self._store.landings()]
        tasks = [*landed, *(each.attempt.key.task for each in stack)]
        attempts = [*self._view.landed(landed), *(each.attempt for each in stack)]
        verdict = await self._gate.judge(
            stack[-1].tree,
            expectation=self._view.expectation(attempts, tasks),
            locked=secret(self._view.locked(tasks)),
            priority=URGENT,
        )
        if verdict.passed:
            await self._land(stack, tip, verdict, chosen)
            self._queue = rules.passed(self._queue)
            return
        self._queue, culprit = rules.failed(self._queue)
        if culprit is None:
            self._store.append(chosen, author="queue")
        else:
            reason = "With what others landed, the gate is red:\n" + "\n".join(verdict.reasons)
            self._reject(stack[-1].attempt, reason, chosen, clash=True)

    async def _land(self, stack: list[_Stacked], tip: str, verdict: Verdict, chosen: Chosen) -> None:
        landings = await self._commits(stack, tip)
        new = landings[-1].commit
        branch = integration_branch(self._run)
        self._store.append(LandingIntended(old=tip, new=new, landings=landings), author="queue")
        faults.reach("landing.intended")
        if not await self._git.move_ref(branch, new=new, old=tip):
            raise GitError(f"{branch} was moved by somebody else; move it back to {tip} and resume the run")
        faults.reach("landing.moved")
        evidence = evidence_for(landings, plan=self._view.plan, spec=self._view.spec, verdict=verdict)
        facts = landed_facts(landings, self._view.plan)
        self._store.append(*facts, EvidenceFound(evidence=evidence), chosen, author="queue")
        faults.reach("landing.recorded")
        for landing in landings:
            self._resolve(landing.key, Outcome(landed=True))

    async def _commits(self, stack: list[_Stacked], tip: str) -> tuple[Landing, ...]:
        landings: list[Landing] = []
        order = max((landing.order for landing in self._store.landings()), default=0)
        parent, now = tip, self._clock.now()
        for each in stack:
            task = self._view.plan.task(each.attempt.key.task)
            message = landing_message(
                title=task.title,
                body=task.goal,
                spec_id=self._view.spec.id,
                spec_digest=self._view.spec.digest,
                task=task.id,
                requirements=task.requirements,
                run=self._run,
            )
            author = self._view.author_of(each.attempt)
            parent = await self._git.commit(tree=each.tree, parents=[parent], message=message, at=now, author=author)
            order += 1
            landings.append(
                Landing(
                    order=order,
                    key=each.attempt.key,
                    commit=parent,
                    tree=each.tree,
                    patch=each.attempt.patch or "",
                    at=now,
                )
            )
        return tuple(landings)

    def _reject(self, attempt: AttemptStatus, reason: str, *more: Fact, clash: bool) -> None:
        """Send a patch back to its task, to be done again on top of everything that has landed."""
        key = attempt.key
        needs = tuple(landing.key.task for landing in self._store.landings()) if clash else ()
        self._store.append(
            AttemptEnded(key=key, state="failed", reason=reason, clash=clash),
            TaskMoved(task=key.task, state="blocked", reason=reason, needs=needs),
            *more,
            author="queue",
        )
        faults.reach("landing.rejected")
        self._resolve(key, Outcome(landed=False, reason=reason))

    def _resolve(self, key: AttemptKey, outcome: Outcome) -> None:
        waiter = self._waiters.pop(str(key), None)
        if waiter is not None and not waiter.done():
            waiter.set_result(outcome)

    def _attempt(self, name: str) -> AttemptStatus:
        attempt = self._store.attempt(AttemptKey.parse(name))
        if attempt is None:
            raise LookupError(f"attempt {name} is in the queue and not in the tables")
        return attempt


def secret(locked: Sequence[LockedTest]) -> tuple[LockedTest, ...]:
    """The holdouts among these: what the gate lays over a tree although it never lands."""
    return tuple(each for each in locked if each.secret)


def landed_facts(landings: Sequence[Landing], plan: Plan | None) -> tuple[Fact, ...]:
    """What is appended once the branch has moved: what landed, and what that took back."""
    landed = {landing.key.task for landing in landings}
    undoing = [task for task in plan.tasks if task.reverts and task.id in landed] if plan is not None else []
    gone = (Reverted(task=task.reverts, by=task.id, reason=task.goal) for task in undoing)
    return (Landed(landings=tuple(landings)), *gone)


async def settle_landing(*, run: str, git: Git, store: Store, view: RunView) -> str:
    """After a kill: ask git whether the last intended landing happened, and record it if it did.

    Returns a sentence for the log, or nothing where the tables and the branch agreed.
    """
    intended = [event.fact for event in store.events() if isinstance(event.fact, LandingIntended)]
    if not intended:
        return ""
    last = intended[-1]
    known = {landing.commit for landing in store.landings()}
    branch = integration_branch(run)
    tip = (await git.refs(branch)).get(branch)
    if last.new in known or tip != last.new:
        return ""
    verdict = store.verdict_of_tree(last.landings[-1].tree)
    facts = landed_facts(last.landings, store.plan())
    if store.plan() is not None and verdict is not None:
        found = evidence_for(last.landings, plan=view.plan, spec=view.spec, verdict=verdict)
        facts = (*facts, EvidenceFound(evidence=found))
    store.append(*facts, author="driver")
    tasks = ", ".join(landing.key.task for landing in last.landings)
    return f"{tasks} had landed when the process ended; the tables know it now"
