"""Judges what waits to land, as many groups at once as there are gate slots, and does what the rules conclude.

Which groups, and what follows from a verdict, is in rules.fan; what moves the branch is in landing. What this adapter
adds: it stacks a group in memory, so that what does not merge never joins one; it has the stacks judged; and it records
each decision (`Chosen`, ``group:N``), so that a replay makes the same ones in the same order, however fast its gates
are. A decision is what landed together, or the patch that was sent back: alone where it was judged alone on the tip,
else with what lay below it and, behind an ``@``, how many patches had landed below that.
"""

import asyncio
import contextvars
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from .accounted import Accounted
from .clashing import Clashing
from .landing import URGENT, Branch, Stacked, next_group, secret
from .nouns.events import Chosen, Judged, TaskMoved
from .nouns.keys import RECORDED, AttemptKey
from .nouns.runs import AttemptStatus
from .nouns.verdicts import Verdict
from .ports import Gate, Git, Merge, Store
from .rules import clashes, fan
from .rules.fan import Ended, Land, Reject, Stop, Trial
from .rules.flakes import only_flaked
from .rules.odds import Features, weight
from .run_view import RunView

TOGETHER = 0.2
"""Trials that end within this share of the time that they took end together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a patch in the queue."""

    landed: bool
    reason: str = ""


class Landings(Protocol):
    """The part of the queue that a task's graph needs."""

    async def submit(self, key: AttemptKey) -> Outcome:
        """Wait for the end of a patch's way through the queue."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What a stack lies on: the tip, and the tasks that had landed there, in their order."""

    tip: str
    tree: str
    landed: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class _Judging:
    """A trial that has begun; ``work`` ends with its verdict."""

    ground: _Ground
    stack: tuple[Stacked, ...]
    work: "asyncio.Task[Verdict]"
    began: float
    """By the clock of the event loop."""


class MergeQueue:
    """See rules.fan for what is judged together; ``slots`` is how many trees are judged at once."""

    def __init__(self, branch: Branch, *, git: Git, store: Store, gate: Gate, view: RunView, slots: int) -> None:
        self._branch = branch
        self._git = git
        self._merges = Accounted(git=git)
        self._clashes = Clashing(git=git, store=store, view=view)
        self._store = store
        self._gate = gate
        self._view = view
        self._queue = fan.Queue(slots=slots)
        self._arrived: list[str] = []
        self._waiters: dict[str, asyncio.Future[Outcome]] = {}
        self._changed = asyncio.Event()
        self._trials: dict[int, _Judging] = {}
        self._changes: dict[str, frozenset[str]] = {}
        """The paths that a patch changes."""
        self._trees: dict[int, str] = {}
        """The tip's tree by how many patches had landed."""

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
            self._arrived.append(name)
            self._store.append(TaskMoved(task=key.task, state="queued"), author="queue")
            self._changed.set()
        return await asyncio.shield(waiter)

    async def serve(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                self._changed.clear()
                await self._let_in()
                if not await self._obey():
                    await self._begin_trials()
                    await self._conclude()
        finally:
            begun = [each.work for each in self._trials.values()]
            for work in begun:
                work.cancel()
            await asyncio.gather(*begun, return_exceptions=True)

    async def _let_in(self) -> None:
        while self._arrived:
            name = self._arrived[0]
            self._queue = fan.arrive(self._queue, name, weight=weight(await self._features(name)))
            self._arrived.remove(name)

    async def _features(self, name: str) -> Features:
        """What is known of a patch, for its odds."""
        attempt, paths = self._attempt(name), await self._paths(name)
        verdict = self._view.verdict_of(attempt)
        others = [await self._paths(each) for each in self._queue.patches]
        return Features(
            green_alone=verdict is not None and verdict.passed,
            files=len(paths),
            overlaps=sum(not paths.isdisjoint(each) for each in others),
            retries=attempt.key.attempt - 1,
        )

    async def _paths(self, name: str) -> frozenset[str]:
        if name not in self._changes:
            attempt = self._attempt(name)
            self._changes[name] = frozenset(await self._git.changed(attempt.base_tree, attempt.tree or ""))
        return self._changes[name]

    async def _obey(self) -> bool:
        """Make the next decision of a recording, once all of it is here; whether there is one to make."""
        recorded = self._store.choice(f"{RECORDED}{next_group(self._store)}")
        if recorded is None:
            return False
        said, _, below = recorded.partition("@")
        group = [name for name in said.split() if not self._attempt_is_over(name)]
        if not set(group) <= set(self._queue.patches) | self._queue.landed:
            await self._changed.wait()
            return True
        chosen = Chosen(key=next_group(self._store), value=recorded)
        if below:
            await self._send_back_as_recorded(said.split(), int(below), chosen)
        else:
            await self._decide(group, chosen)
        return True

    async def _decide(self, group: Sequence[str], chosen: Chosen) -> None:
        """Judge a recorded group on the tip: it lands, or if it is one patch that fails, goes back."""
        ground, stack = await self._ground(), list[Stacked]()
        for name in group:
            merge = await self._merged(name, stack[-1].tree if stack else ground.tree)
            if merge.tree is not None:
                stack.append(Stacked(attempt=self._attempt(name), tree=merge.tree, told=merge.told))
            elif not stack or (merge := await self._merged(name, ground.tree)).tree is None:
                more = (chosen,) if len(group) == 1 else ()
                await self._clashed(name, merge, ground.tree, *more)
        verdict = await self._judge(ground, stack) if stack else None
        if verdict is not None and verdict.passed:
            await self._land(stack, ground, verdict, chosen)
        elif verdict is not None and len(group) == 1:
            self._reject(group[0], _red(verdict), chosen)
        elif self._store.choice(chosen.key) is None:
            self._store.append(chosen, author="queue")

    async def _send_back_as_recorded(self, names: Sequence[str], below: int, chosen: Chosen) -> None:
        """Judge the stack that a patch failed in, where it lay when that was recorded."""
        await self._ground()
        landings = self._store.landings()[:below]
        tree = self._trees.get(below) or (landings[-1].tree if landings else await self._first_tree())
        ground = _Ground(tip="", tree=tree, landed=tuple(landing.key.task for landing in landings))
        stack = list[Stacked]()
        for name in names:
            merge = await self._merged(name, stack[-1].tree if stack else tree)
            stack += [Stacked(attempt=self._attempt(name), tree=merge.tree)] if merge.tree is not None else []
        verdict = await self._judge(ground, stack) if stack else None
        if verdict is not None and not verdict.passed and not self._attempt_is_over(names[-1]):
            self._reject(names[-1], _red(verdict), chosen)
        else:
            self._store.append(chosen, author="queue")

    async def _first_tree(self) -> str:
        return await self._git.tree_of(self._view.start())

    async def _begin_trials(self) -> None:
        """Have judged what the rules choose, until every slot is taken or nothing more is worth while."""
        while True:
            self._queue = fan.fill(self._queue)
            fresh = next((trial for trial in self._queue.trials if trial.number not in self._trials), None)
            if fresh is None:
                return
            await self._begin(fresh)

    async def _begin(self, trial: Trial) -> None:
        """Stack a trial and have it judged; what does not merge is told to the rules, which may end it."""
        ground, stack = await self._ground(), list[Stacked]()
        below = ground.tree
        for name in trial.stack:
            merge = await self._merged(name, stack[-1].tree if stack else ground.tree)
            if merge.tree is None:
                await self._apart(trial, name, ground, below)
                if trial.number not in {each.number for each in self._queue.trials}:
                    return
                continue
            stack.append(Stacked(attempt=self._attempt(name), tree=merge.tree, told=merge.told))
            below = merge.tree if name in trial.base else below
        again = len(trial.group) == 1 and trial.group[0] in self._queue.retried
        judging = self._judge(ground, stack, again=again)
        work = asyncio.create_task(judging, context=contextvars.Context(), name=f"trial {trial.number}")
        work.add_done_callback(lambda _: self._changed.set())
        began = asyncio.get_running_loop().time()
        self._trials[trial.number] = _Judging(ground=ground, stack=tuple(stack), work=work, began=began)

    async def _apart(self, trial: Trial, name: str, ground: _Ground, below: str) -> None:
        """Tell the rules what a patch does not merge onto; ``below`` is the tree of P, as far as it was stacked."""
        on_tip = await self._merged(name, ground.tree)
        if on_tip.tree is None:
            where: fan.Where = "tip"
        else:
            where = "group" if (await self._merged(name, below)).tree is not None else "stack"
        self._queue, actions = fan.clash(self._queue, trial.number, name, where)
        for action in actions:
            if isinstance(action, Stop):
                self._stop(action.number)
            elif isinstance(action, Reject):
                self._send_back(action)
        if where == "tip":
            await self._clashed(name, on_tip, ground.tree, Chosen(key=next_group(self._store), value=name))

    async def _clashed(self, name: str, merge: Merge, onto: str, *chosen: Chosen) -> None:
        """Send a patch back that does not merge, with both sides for who goes on with its task."""
        attempt, why = self._attempt(name), clashes.reason(merge.conflicts, merge.lost)
        told = await self._clashes.told(attempt, onto, paths=merge.conflicts, why=why)
        both = Chosen(key=f"{clashes.CLASH}{name}", value=self._store.put_blob(told))
        self._reject(name, why, both, *chosen)

    async def _conclude(self) -> None:
        """Wait for verdicts or for patches, and do what follows."""
        if not any(self._trials[trial.number].work.done() for trial in self._queue.trials):
            await self._changed.wait()
        await self._nearly_ended()
        numbers = {trial.number for trial in self._queue.trials}
        ended = [number for number in sorted(numbers) if self._trials[number].work.done()]
        ends = [self._end(number, self._trials[number].work.result()) for number in ended]
        if not ends:
            return
        self._queue, actions = fan.judged(self._queue, ends)
        for action in actions:
            await self._do(action)

    async def _nearly_ended(self) -> None:
        """Wait a little for trials that began with one that has ended, so that the largest of them lands."""
        now, judging = asyncio.get_running_loop().time(), [self._trials[each.number] for each in self._queue.trials]
        longest = max((now - each.began for each in judging if each.work.done()), default=0.0)
        near = [each.work for each in judging if not each.work.done() and now - each.began >= longest * (1 - TOGETHER)]
        if longest and near:
            await asyncio.wait(near, timeout=longest * TOGETHER)

    def _end(self, number: int, verdict: Verdict) -> Ended:
        return Ended(number=number, passed=verdict.passed, flaky=not verdict.passed and self._flaked(verdict))

    def _flaked(self, verdict: Verdict) -> bool:
        facts = (event.fact for event in self._store.events())
        return only_flaked(verdict, [fact.verdict for fact in facts if isinstance(fact, Judged)])

    async def _do(self, action: fan.Action) -> None:
        match action:
            case Land(trial=trial):
                judging = self._trials[trial.number]
                names = " ".join(str(each.attempt.key) for each in judging.stack)
                chosen = Chosen(key=next_group(self._store), value=names)
                await self._land(judging.stack, judging.ground, judging.work.result(), chosen)
            case Reject():
                self._send_back(action)
            case Stop(number=number):
                self._stop(number)

    def _stop(self, number: int) -> None:
        if number in self._trials:
            self._trials[number].work.cancel()

    def _send_back(self, action: Reject) -> None:
        judging = self._trials[action.because.number]
        names = [str(each.attempt.key) for each in judging.stack]
        below = len(judging.ground.landed)
        alone = names == [action.patch] and below == len(self._store.landings())
        value = action.patch if alone else f"{' '.join(names)} @{below}"
        self._reject(action.patch, _red(judging.work.result()), Chosen(key=next_group(self._store), value=value))

    async def _judge(self, ground: _Ground, stack: Sequence[Stacked], *, again: bool = False) -> Verdict:
        tasks = [*ground.landed, *(each.attempt.key.task for each in stack)]
        attempts = [*self._view.landed(ground.landed), *(each.attempt for each in stack)]
        return await self._gate.judge(
            stack[-1].tree,
            expectation=self._view.expectation(attempts, tasks),
            locked=secret(self._view.locked(tasks)),
            priority=URGENT,
            again=again,
        )

    async def _land(self, stack: Sequence[Stacked], ground: _Ground, verdict: Verdict, chosen: Chosen) -> None:
        told = [replace(each, told=await self._told(each)) for each in stack]
        await self._branch.land(told, ground.tip, verdict, chosen)
        for each in stack:
            self._resolve(str(each.attempt.key), Outcome(landed=True))

    async def _told(self, landing: Stacked) -> tuple[str, ...]:
        """What became of changes that did not land as they are."""
        given_up = await self._clashes.given_up(landing.attempt, landing.tree)
        return (*landing.told, *([given_up] if given_up else []))

    def _reject(self, name: str, reason: str, *chosen: Chosen) -> None:
        self._branch.reject(self._attempt(name), reason, *chosen)
        self._resolve(name, Outcome(landed=False, reason=reason))

    def _resolve(self, name: str, outcome: Outcome) -> None:
        self._queue, _ = fan.drop(self._queue, name)
        waiter = self._waiters.pop(name, None)
        if waiter is not None and not waiter.done():
            waiter.set_result(outcome)

    async def _ground(self) -> _Ground:
        tip = await self._branch.tip()
        tree = await self._git.tree_of(tip)
        landed = tuple(landing.key.task for landing in self._store.landings())
        self._trees.setdefault(len(landed), tree)
        return _Ground(tip=tip, tree=tree, landed=landed)

    async def _merged(self, name: str, onto: str) -> Merge:
        attempt = self._attempt(name)
        return await self._merges.merge(base=attempt.base_tree, ours=onto, theirs=attempt.tree or "")

    def _attempt(self, name: str) -> AttemptStatus:
        attempt = self._store.attempt(AttemptKey.parse(name))
        if attempt is None:
            raise LookupError(f"attempt {name} is in the queue and not in the tables")
        return attempt

    def _attempt_is_over(self, name: str) -> bool:
        attempt = self._store.attempt(AttemptKey.parse(name))
        return attempt is not None and attempt.over


def _red(verdict: Verdict) -> str:
    return "With what others landed, the gate is red:\n" + "\n".join(verdict.reasons)
