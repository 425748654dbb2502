"""Starts each task when its dependencies have landed, a thread for each rollout, until nothing more can be done.

Everything it knows is read from the tables, so that re-entry after a kill is the same as starting. Which of the started
attempts may call a model is decided by Slots (longest remaining path first), which of them may be judged by the gate.
"""

import asyncio
import contextvars
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..amending import is_due
from ..brake import Draining
from ..cancelling import Cancelling
from ..consulting import take_overdue
from ..disputes import Disputes
from ..errors import WaitingForPerson
from ..following import Following
from ..hands import Obeying
from ..nouns.events import Chosen, Fact, QuestionAsked, TaskMoved
from ..nouns.hand_facts import CancelAsked
from ..nouns.hands import PERSON
from ..nouns.keys import RECORDED, AttemptKey
from ..nouns.runs import AttemptStatus, TaskStatus
from ..opened import opened_at
from ..reopening import Reopening
from ..rules import asking, ladder
from ..rules.quoting import LEAD
from ..run_view import LADDER, RunView
from ..slots import Slots
from ..state import first_task_state
from ..taking_back import TakingBack
from .parts import Parts
from .task_graph import TaskGraph
from .threads import forget, last_tree, take_further

POLL = 0.1
"""Seconds between looks at what other processes wrote: answers, cancellations. A look costs microseconds."""

Built = Literal["done", "cancelled", "amended"]
LetGo = Callable[[AttemptKey, str], Awaitable[None]]
"""Keeps the last tree of a rollout that another one overtook, and clears its place."""
Ended = Callable[[AttemptKey], Awaitable[None]]
"""Says of an attempt whose thread has ended and whose last tree is kept what became of it."""


@dataclass(slots=True, kw_only=True)
class Scheduler:
    """One run's build."""

    parts: Parts
    view: RunView
    graph: TaskGraph
    let_go: LetGo
    reopening: Reopening
    taking_back: TakingBack
    following: Following
    hands: Obeying
    cancelling: Cancelling
    disputes: Disputes
    slots: Slots
    wait: bool
    _threads: dict[AttemptKey, asyncio.Task[None]] = field(default_factory=dict)
    """The threads that run: of each rollout of the latest attempts one, and of those that are being let go."""
    _ending: set[AttemptKey] = field(default_factory=set)
    """Those of the threads that end an attempt, and do not go on with it."""
    _beginning: dict[AttemptKey, str] = field(default_factory=dict)
    """The rungs of threads that were begun here, until their attempt is in the tables."""
    _parked: dict[AttemptKey, str] = field(default_factory=dict)
    """Rollouts to the key of the question their thread waits for."""
    _going: dict[str, int] = field(default_factory=dict)
    """Task id to how many rollouts of its latest attempt are not over."""
    _overtaken: set[AttemptKey] = field(default_factory=set)
    """The rollouts that lost their race and were let go by this process."""
    _by_hand: set[AttemptKey] = field(default_factory=set)
    """The attempts that a person ended, as far as this process has seen to it."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _heard: int = 0
    _cancelled: bool = False

    async def build(self) -> Built:
        """Run until every task is over, a person ends it, or has added to the spec and nothing goes on.

        Raises WaitingForPerson when only answers can help and the caller does not wait, Draining when told to stop,
        and whatever a thread raised that no rule covers.
        """
        watch = asyncio.create_task(self._watch(), context=contextvars.Context())
        self._heard = opened_at(self.parts.store)
        try:
            while True:
                self._changed.clear()
                self._reap()
                self.parts.brake.check()
                self._hear()
                if self._cancelled:
                    return "cancelled"
                self._obey_cancels()
                self._end_races()
                self._reopen()
                self.taking_back.begin()
                await self.following.begin()
                self._end_by_hand()
                self._start_ready()
                if not self._busy() and not self._changed.is_set() and (end := self._end()):
                    if end == "done" and await self.following.at_end():
                        continue
                    return end
                await self._changed.wait()
        finally:
            watch.cancel()
            await self._stop_threads()

    def _end(self) -> Built | None:
        """What nothing running means: all done, waiting for a person, or time for what was added."""
        if is_due(self.parts.store):
            return "amended"
        unfinished = [status.task.id for status in self.parts.store.tasks() if not status.over]
        if not unfinished:
            return "done"
        questions = self.parts.store.questions(only_open=True)
        if questions and not self.wait:
            ids = ", ".join(asked.id for asked in questions)
            raise WaitingForPerson(f"waiting for {ids}: see `agentctl inbox`, reply with `agentctl answer`")
        held = [f"{t} is {said}" for t in unfinished if (said := self.hands.words(t) or self.disputes.words(t))]
        if held and not self.wait:
            raise WaitingForPerson(f"{'; '.join(held)}: see `agentctl unpause`, `submit` and `give-back`")
        return None

    def _busy(self) -> bool:
        """Whether anything runs that does not wait for the end of a pause."""
        return any(key not in self.hands.waiting for key in self._threads)

    def _start_ready(self) -> None:
        statuses = {status.task.id: status for status in self.parts.store.tasks()}
        dropped = {task for task, status in statuses.items() if status.state == "dropped"}
        landed = {task for task, status in statuses.items() if status.state == "landed"}
        running = Counter(key.task for key in self._threads)
        for task, status in statuses.items():
            if status.over or self.cancelling.holds(task) or running[task] >= self._going.get(task, 1):
                continue
            needs = {*status.task.needs, *status.extra_needs}
            if needs & dropped:
                self._append(TaskMoved(task=task, state="dropped", reason="a task it depends on was dropped"))
                self._changed.set()
            elif needs <= landed:
                self._advance(status)

    def _advance(self, status: TaskStatus) -> None:
        """Take every rollout of the latest attempt further, or begin the next attempt."""
        task = status.task.id
        attempts = ladder.grouped(self.parts.store.attempts(task))
        rung, going = self._latest(attempts[-1]) if attempts else ("", ())
        if not going:
            rung = self._next_rung(status, [each for tried in attempts for each in tried]) or ""
            number = attempts[-1][0].key.attempt + 1 if attempts else 1
            going = ladder.rollouts(task, number, rung) if rung else ()
        self._going[task] = max(len(going), 1)
        for key in going:
            if key not in self._threads and self._may_go_on(key):
                self._spawn(key, rung)

    def _latest(self, attempt: tuple[AttemptStatus, ...]) -> tuple[str, tuple[AttemptKey, ...]]:
        """The rung of an attempt that has begun, and which of its rollouts are not over."""
        if self.hands.ends(attempt[0].key):
            return attempt[0].rung, tuple(each.key for each in attempt if not each.over)
        return attempt[0].rung, ladder.still_going(attempt, self._winner(attempt[0].key))

    def _winner(self, key: AttemptKey) -> AttemptKey | None:
        chosen = self.parts.store.choice(ladder.race(key)) if key.rollout else None
        return AttemptKey.parse(chosen) if chosen else None

    def _may_go_on(self, key: AttemptKey) -> bool:
        """Whether the question a thread is parked on has been answered; after a restart each thread is asked."""
        if key not in self._parked:
            begun = self.parts.store.attempt(key) is not None
            return begun or (self._decisions_known(key) and self.hands.may_begin(key))
        asked = self.parts.store.question(self._parked[key])
        return asked is None or asked.answer is not None

    def _decisions_known(self, key: AttemptKey) -> bool:
        """In a replay an attempt starts with the very decisions its recording had, so it waits for those."""
        recorded = self.parts.store.choice(f"{RECORDED}decisions:{key}")
        asked = (self.parts.store.question(each) for each in (recorded or "").split())
        return all(each is not None and each.answer is not None for each in asked)

    def _next_rung(self, status: TaskStatus, attempts: Sequence[AttemptStatus]) -> str | None:
        """The rung of the next attempt, or None while a person decides what the ladder could not."""
        task = status.task
        if task.by_code:
            return self._of_code(task.id, attempts)
        by_hand = self.hands.next_rung(status, attempts)
        if by_hand is not None and not self.hands.replays:
            return by_hand
        left = asking.clash_key(task.id, attempts[-1].key.attempt) if attempts and by_hand is None else ""
        answered = self._answered(task.id, left=left)
        if answered is None:
            return None
        if (clashed := self.disputes.due(attempts)) is not None:
            self._begin(clashed, self.disputes.ask(clashed))
            return None
        rung = ladder.next_rung(self.view.ladder(task.id), attempts, answered=answered)
        if rung != ladder.ASK:
            return by_hand or rung
        self._ask_about(status, attempts)
        return None

    def _answered(self, task: str, *, left: str) -> int | None:
        """How many questions of the ladder about a task were answered; None where it does not go on, or not yet.

        ``left`` is the key of the question with which a person may have left it to themselves.
        """
        answered = 0
        for asked in self.parts.store.questions():
            if not asked.question.key.startswith(f"stuck:{task}:") or asked.answered_by == LEAD:
                continue
            match (asked.answer or "").strip().lower():
                case "":
                    return None
                case asking.DROP:
                    self._drop(task, "a person left it out")
                    return None
                case asking.STOP:
                    self._append(CancelAsked())
                    self._changed.set()
                    return None
                case asking.TAKE if asked.question.key == left:
                    return None
            answered += not asking.is_of_clash(asked.question)
        return answered

    def _of_code(self, task: str, attempts: Sequence[AttemptStatus]) -> str | None:
        """What code makes has one try: what does not hold is left out, and nothing has changed."""
        if not attempts:
            return PERSON
        self._drop(task, attempts[-1].reason)
        return None

    def _ask_about(self, status: TaskStatus, attempts: Sequence[AttemptStatus]) -> None:
        task, rungs = status.task, self.view.ladder(status.task.id)
        question = asking.stuck_question(
            task=task.id,
            title=task.title,
            reason=self.view.tried(task.id),
            attempts=attempts[-1].key.attempt if attempts else 0,
            requirements=task.requirements,
            deliberate=ladder.ASK in rungs[:-1],
        )
        climbed = Chosen(key=f"{LADDER}{task.id}", value=",".join(rungs))
        self._append(climbed, QuestionAsked(question=question), TaskMoved(task=task.id, state="parked"))

    def _drop(self, task: str, reason: str) -> None:
        self._append(TaskMoved(task=task, state="dropped", reason=reason))
        self._changed.set()

    def _hear(self) -> None:
        """Obey what persons asked for since the last look."""
        for event in self.parts.store.events(after=self._heard):
            self._heard = event.seq
            if not isinstance(event.fact, CancelAsked):
                continue
            if event.fact.task is None:
                self._cancelled = True
            else:
                self.cancelling.ask(event.fact.task)

    def _obey_cancels(self) -> None:
        """End what goes on at tasks that a person wants no more; then they are left out."""
        before = self.parts.store.version()
        for key in self.cancelling.due(self._threads):
            if key not in self._ending:
                self._end_attempt(key, self.cancelling.end)
        if self.parts.store.version() != before:
            self._changed.set()

    def _spawn(self, key: AttemptKey, rung: str) -> None:
        self._parked.pop(key, None)
        self._beginning[key] = rung
        self._begin(key, self._run_thread(key, rung))

    def _begin(self, key: AttemptKey, work: Coroutine[object, object, None]) -> None:
        thread = asyncio.create_task(work, context=contextvars.Context(), name=str(key))
        thread.add_done_callback(lambda _: self._changed.set())
        self._threads[key] = thread

    async def _run_thread(self, key: AttemptKey, rung: str) -> None:
        """Drive one attempt's graph to its end or its next interrupt; however it ends, it holds no slot any more."""
        thread = key.thread(self.parts.run)
        steps = 8 * self.parts.settings.limits.turns + 32
        try:
            question = await take_further(self.graph, thread, first=first_task_state(key, rung=rung), steps=steps)
        finally:
            self.slots.give(str(key))
        if question is None:
            await forget(self.graph, thread)
        else:
            self._parked[key] = question

    def _end_races(self) -> None:
        """Let go the rollouts that another one overtook: those that run, and those a killed process left behind."""
        left = [each.key for each in self.parts.store.attempts() if each.state == "lost"]
        for key in dict.fromkeys([*self._threads, *left]):
            if key not in self._overtaken | self._ending and self._winner(key) not in (None, key):
                self._overtaken.add(key)
                self._end_attempt(key)

    def _reopen(self) -> None:
        """End the attempts that were given an answer which a person has overruled."""
        for key in self.reopening.begin():
            if key not in self._by_hand | self._ending:
                self.reopening.ending(key)
                self._end_attempt(key, self.reopening.ended)

    def _end_by_hand(self) -> None:
        """End the attempts that a person took over or wants tried again; what waits in the queue is let land."""
        self._call_off()
        statuses = {status.task.id: status for status in self.parts.store.tasks()}
        for each in self.parts.store.attempts():
            key = each.key
            if each.over or statuses[key.task].over or statuses[key.task].state == "queued":
                continue
            if key not in self._by_hand | self._ending and each.rung != PERSON and self.hands.ends(key):
                self._by_hand.add(key)
                self._end_attempt(key, self.hands.end)

    def _call_off(self) -> None:
        """End the threads that wait to begin an attempt which a person's hand has made another, or theirs."""
        for key, rung in list(self._beginning.items()):
            if key not in self._threads or key in self._ending or self.parts.store.attempt(key) is not None:
                del self._beginning[key]
            elif not self.hands.lets_begin(key, rung):
                del self._beginning[key]
                self._end_attempt(key)

    def _end_attempt(self, key: AttemptKey, ended: Ended | None = None) -> None:
        self._parked.pop(key, None)
        self._ending.add(key)
        self._begin(key, self._retire(key, self._threads.get(key), ended))

    async def _retire(self, key: AttemptKey, thread: asyncio.Task[None] | None, ended: Ended | None) -> None:
        """End a thread as a cancel does, keep what it had, and have it said what became of the attempt."""
        if thread is not None:
            thread.cancel()
            (left,) = await asyncio.gather(thread, return_exceptions=True)
            if isinstance(left, Exception) and not isinstance(left, Draining):
                raise left
        name = key.thread(self.parts.run)
        await self.let_go(key, await last_tree(self.graph, name))
        await forget(self.graph, name)
        if ended is not None:
            await ended(key)

    def _reap(self) -> None:
        """Forget threads that ended; raise what one of them could not deal with, which ends the process.

        Paid calls of the others are let finish, and nothing more is sent.
        """
        for key, thread in list(self._threads.items()):
            if thread.done():
                del self._threads[key]
                self._ending.discard(key)
                error = None if thread.cancelled() else thread.exception()
                if error is not None and not isinstance(error, Draining):
                    self.parts.brake.pull()
                    raise error

    async def _watch(self) -> None:
        """Wake the loop when another process has written, or the brake was pulled."""
        seen = (self.parts.store.version(), 0)
        while True:
            await self.parts.clock.sleep(POLL)
            take_overdue(self.parts.store, now=self.parts.clock.now())
            version = (self.parts.store.version(), len(self.hands.waiting))
            if version != seen or self.parts.brake.pulled:
                seen = version
                self._changed.set()

    async def _stop_threads(self) -> None:
        """Let paid calls finish where the run is draining, then end every thread; told twice, end them at once."""
        try:
            if self.parts.brake.pulled:
                await self.parts.brake.quiet()
        finally:
            for thread in self._threads.values():
                thread.cancel()
            await asyncio.gather(*self._threads.values(), return_exceptions=True)
            self._threads.clear()

    def _append(self, *facts: Fact) -> None:
        self.parts.store.append(*facts, author="driver")
