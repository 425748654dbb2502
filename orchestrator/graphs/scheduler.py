"""Starts each task when its dependencies have landed, one thread an attempt, and keeps going until nothing more can.

Everything it knows is read from the tables, so that re-entry after a kill is the same as starting. Which of the started
attempts may call a model is decided by Slots (longest remaining path first), which of them may be judged by the gate.
"""

import asyncio
import contextvars
from dataclasses import dataclass, field
from typing import Literal

from ..brake import Draining
from ..errors import WaitingForPerson
from ..merge_queue import RECORDED
from ..nouns.events import CancelAsked, Fact, QuestionAsked, TaskMoved
from ..nouns.keys import AttemptKey
from ..nouns.runs import AttemptStatus, TaskStatus
from ..rules import asking
from ..rules.ladder import next_rung
from ..state import first_task_state
from .parts import Parts
from .task_graph import TaskGraph
from .threads import forget, take_further

POLL = 0.1
"""Seconds between looks at what other processes wrote: answers, cancellations. A look costs microseconds."""

Built = Literal["done", "cancelled"]
_OVER = {"landed", "dropped"}


@dataclass(slots=True, kw_only=True)
class Scheduler:
    """One run's build."""

    parts: Parts
    graph: TaskGraph
    wait: bool
    _threads: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """Task id to the running thread of its latest attempt."""
    _parked: dict[str, str] = field(default_factory=dict)
    """Task id to the key of the question its thread waits for."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _heard: int = 0
    _cancelled: bool = False

    async def build(self) -> Built:
        """Run until every task has landed or was dropped, or a person ends it.

        Raises WaitingForPerson when only answers can help and the caller does not wait, Draining when told to stop,
        and whatever a thread raised that no rule covers.
        """
        watch = asyncio.create_task(self._watch(), context=contextvars.Context())
        try:
            while True:
                self._changed.clear()
                self._reap()
                self.parts.brake.check()
                self._hear()
                if self._cancelled:
                    return "cancelled"
                self._start_ready()
                if not self._threads and not self._changed.is_set() and (end := self._end()):
                    return end
                await self._changed.wait()
        finally:
            watch.cancel()
            await self._stop_threads()

    def _end(self) -> Built | None:
        """What nothing running means: all done, or waiting for a person."""
        unfinished = [status.task.id for status in self.parts.store.tasks() if status.state not in _OVER]
        if not unfinished:
            return "done"
        questions = self.parts.store.questions(only_open=True)
        if questions and not self.wait:
            ids = ", ".join(asked.id for asked in questions)
            raise WaitingForPerson(f"waiting for {ids}: see `agentctl inbox`, reply with `agentctl answer`")
        return None

    def _start_ready(self) -> None:
        statuses = {status.task.id: status for status in self.parts.store.tasks()}
        dropped = {task for task, status in statuses.items() if status.state == "dropped"}
        landed = {task for task, status in statuses.items() if status.state == "landed"}
        for task, status in statuses.items():
            if status.state in _OVER or task in self._threads:
                continue
            needs = {*status.task.needs, *status.extra_needs}
            if needs & dropped:
                self._append(TaskMoved(task=task, state="dropped", reason="a task it depends on was dropped"))
                self._changed.set()
            elif needs <= landed:
                self._advance(status)

    def _advance(self, status: TaskStatus) -> None:
        """Take the latest attempt further, or begin the next one."""
        attempts = self.parts.store.attempts(status.task.id)
        latest = attempts[-1] if attempts else None
        if latest is not None and latest.state not in {"failed", "landed"}:
            if self._may_go_on(status.task.id):
                self._spawn(latest.key, latest.rung)
            return
        rung = self._next_rung(status, attempts)
        key = AttemptKey(task=status.task.id, attempt=(latest.key.attempt if latest else 0) + 1)
        if rung is not None and self._decisions_known(key):
            self._spawn(key, rung)

    def _may_go_on(self, task: str) -> bool:
        """Whether the question a thread is parked on has been answered; after a restart each thread is asked."""
        asked = self.parts.store.question(self._parked[task]) if task in self._parked else None
        return asked is None or asked.answer is not None

    def _decisions_known(self, key: AttemptKey) -> bool:
        """In a replay an attempt starts with the very decisions its recording had, so it waits for those."""
        recorded = self.parts.store.choice(f"{RECORDED}decisions:{key}")
        asked = (self.parts.store.question(each) for each in (recorded or "").split())
        return all(each is not None and each.answer is not None for each in asked)

    def _next_rung(self, status: TaskStatus, attempts: tuple[AttemptStatus, ...]) -> str | None:
        """The rung of the next attempt, or None while a person decides what the ladder could not."""
        task, passes = status.task, 1
        for asked in self.parts.store.questions():
            if not asked.question.key.startswith(f"stuck:{task.id}:"):
                continue
            match (asked.answer or "").strip().lower():
                case "":
                    return None
                case asking.DROP:
                    self._drop(task.id, "a person left it out")
                    return None
                case asking.STOP:
                    self._append(CancelAsked())
                    self._changed.set()
                    return None
            passes += 1
        rung = next_rung(self.parts.settings.ladder, attempts, passes=passes)
        if rung is None:
            self._ask_about(status, attempts)
        return rung

    def _ask_about(self, status: TaskStatus, attempts: tuple[AttemptStatus, ...]) -> None:
        task = status.task
        question = asking.stuck_question(
            task=task.id,
            title=task.title,
            reason=attempts[-1].reason,
            attempts=len(attempts),
            requirements=task.requirements,
        )
        self._append(QuestionAsked(question=question), TaskMoved(task=task.id, state="parked"))

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
                self._cancel_task(event.fact.task)

    def _cancel_task(self, task: str) -> None:
        state = next((each.state for each in self.parts.store.tasks() if each.task.id == task), "dropped")
        if state not in _OVER and state != "queued":
            thread = self._threads.pop(task, None)
            if thread is not None:
                thread.cancel()
            self._drop(task, "a person cancelled it")

    def _spawn(self, key: AttemptKey, rung: str) -> None:
        self._parked.pop(key.task, None)
        thread = asyncio.create_task(self._run_thread(key, rung), context=contextvars.Context(), name=str(key))
        thread.add_done_callback(lambda _: self._changed.set())
        self._threads[key.task] = thread

    async def _run_thread(self, key: AttemptKey, rung: str) -> None:
        """Drive one attempt's graph to its end or its next interrupt."""
        thread = key.thread(self.parts.run)
        steps = 8 * self.parts.settings.limits.turns + 32
        question = await take_further(self.graph, thread, first=first_task_state(key, rung=rung), steps=steps)
        if question is None:
            await forget(self.graph, thread)
        else:
            self._parked[key.task] = question

    def _reap(self) -> None:
        """Forget threads that ended; raise what one of them could not deal with, which ends the process.

        Paid calls of the others are let finish, and nothing more is sent.
        """
        for task, thread in list(self._threads.items()):
            if thread.done():
                del self._threads[task]
                error = None if thread.cancelled() else thread.exception()
                if error is not None and not isinstance(error, Draining):
                    self.parts.brake.pull()
                    raise error

    async def _watch(self) -> None:
        """Wake the loop when another process has written, or the brake was pulled."""
        seen = self.parts.store.version()
        while True:
            await self.parts.clock.sleep(POLL)
            version = self.parts.store.version()
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
