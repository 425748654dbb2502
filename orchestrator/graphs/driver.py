"""Drives one run to its end: reconciles what a killed process left, then the run graph, and waits for answers.

There is one driver for a run at a time (the run folder's lock); everything it needs to go on is in the run's tables, in
the call journal and in git.
"""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from langgraph.checkpoint.base import BaseCheckpointSaver

from ..amending import Amending
from ..beginning import Beginning
from ..brake import Draining
from ..clarifying import Clarifying
from ..contracting import Contracting
from ..ending import Ending
from ..errors import RunStateError, WaitingForPerson
from ..foreseeing import Foreseeing
from ..landing import settle_landing
from ..nouns.events import Noted, RunMoved
from ..nouns.hand_facts import CancelAsked
from ..nouns.runs import Run
from ..opened import open_again, opened_at, thread_of
from ..rules.estimate import Prices
from ..rules.forecast import Past
from ..run_steps import RunSteps
from ..run_view import RunView, view_of
from ..state import first_run_state
from ..veil import veiled
from .crew import Crew
from .parts import Parts
from .run_graph import run_graph
from .scheduler import POLL, Built
from .threads import take_further

PLANS = 500
"""Steps of a run's graph at most: more than a hundred plans in a row are a circle."""

OVER = {"done", "failed", "cancelled"}


@dataclass(slots=True, kw_only=True)
class Driver:
    """One process's hold on a run."""

    parts: Parts
    saver: "BaseCheckpointSaver[str]"
    settle_calls: Callable[[], int]
    """Marks calls that a killed process left open as spent; returns how many."""
    prices: Prices = field(default_factory=dict)
    """What a call costs as a rule, by tier; empty where no price is known."""
    past: Callable[[], Past] = Past
    _work: "asyncio.Task[None] | None" = field(default=None)
    _building: bool = field(default=False)
    """The scheduler is at work, which hears a drain and a cancel by itself."""
    _waits: bool = field(default=True)
    """A person is waited for; else a pause ends the process."""

    async def drive(self, *, wait: bool = True) -> Run:
        """Go on until the run is over, drained, or waits for a person.

        Raises WaitingForPerson where an answer is needed and ``wait`` is false. A drained run comes back in state
        ``drained``; driving it again goes on.
        """
        store = self.parts.store
        if store.run().state in OVER and not open_again(store):
            return store.run()
        await self._reconcile()
        if store.run().state == "drained":
            store.append(RunMoved(state="building" if store.approved() else "planning"), author="driver")
        self._work, self._waits = asyncio.current_task(), wait
        try:
            while store.run().state not in OVER or open_again(store):
                await self._advance(wait=wait)
        except Draining:
            if store.run().state not in OVER:
                store.append(RunMoved(state="drained", reason="stopped on request"), author="driver")
        except WaitingForPerson:
            if store.run().state != "waiting":
                store.append(RunMoved(state="waiting"), author="driver")
            raise
        return store.run()

    def drain(self) -> None:
        """Begin no further step; calls that are paid for finish first."""
        self.parts.brake.pull()

    def stop(self) -> None:
        """End at once; a resume finds everything up to the last finished step."""
        self.parts.brake.pull()
        if self._work is not None:
            self._work.cancel()

    async def _reconcile(self) -> None:
        """Bring tables, checkpoints and workspaces in line with what git and the journal say happened."""
        parts = self.parts
        lost = self.settle_calls()
        await parts.workspaces.sweep()
        landed = await settle_landing(run=parts.run, git=parts.git, store=parts.store, view=self._view())
        if lost:
            text = f"{lost} calls were under way when the process ended; they count as spent at their reservation"
            parts.store.append(Noted(text=text), author="driver")
        if landed:
            parts.store.append(Noted(text=landed), author="driver")

    async def _advance(self, *, wait: bool) -> None:
        """Run the graph to its end or its next interrupt, and wait for the answer to that.

        Raises RunStateError where the checkpoints are at their end and the tables know of none.
        """
        graph = run_graph(self._run_steps(wait=wait), self.saver)
        thread = thread_of(self.parts.run, self.parts.store)
        question = await self._heeding(take_further(graph, thread, first=first_run_state(), steps=PLANS))
        if self._cancel():
            return
        if question is not None:
            await self._wait_for(question, wait=wait)
        elif self.parts.store.run().state not in OVER:
            raise RunStateError(
                f"run {self.parts.run}: graph.db is at its end and run.db is not, so one of them is not of this run; "
                "restore both from the same copy, or start the spec anew"
            )

    async def _heeding(self, work: "Coroutine[object, object, str | None]") -> str | None:
        """The result of ``work``, which is ended early by a drain or a cancel; what is paid for finishes first.

        Raises Draining.
        """
        self._building = False
        step = asyncio.create_task(work, context=contextvars.Context())
        watch = asyncio.create_task(self._watch(), context=contextvars.Context())
        try:
            await asyncio.wait({step, watch}, return_when=asyncio.FIRST_COMPLETED)
            if step.done():
                return step.result()
            watch.result()
            return None
        finally:
            step.cancel()
            watch.cancel()
            await asyncio.gather(step, watch, return_exceptions=True)

    async def _watch(self) -> None:
        """Return when a person has cancelled the run, raise Draining when it is to stop; the build looks for itself."""
        brake = self.parts.brake
        while self._building or not (brake.pulled or self._cancel_asked()):
            await self.parts.clock.sleep(POLL)
            if not (self._building or self._waits) and self.parts.store.hands().pause("") is not None:
                await brake.quiet()
                raise WaitingForPerson(f"run {self.parts.run} is paused: `agentctl unpause` lets it go on")
        if brake.pulled:
            await brake.quiet()
        brake.check()

    def _cancel_asked(self) -> bool:
        facts = (event.fact for event in self.parts.store.events(after=opened_at(self.parts.store)))
        return any(isinstance(fact, CancelAsked) and fact.task is None for fact in facts)

    def _cancel(self) -> bool:
        """End the run if a person asked for it; whether it is over."""
        store = self.parts.store
        if store.run().state not in OVER and self._cancel_asked():
            store.append(RunMoved(state="cancelled", reason="a person cancelled it"), author="driver")
        return store.run().state in OVER

    async def _wait_for(self, question: str, *, wait: bool) -> None:
        """Wait until a question of the run itself is answered."""
        store = self.parts.store
        while (asked := store.question(question)) is not None and asked.answer is None:
            if not wait:
                raise WaitingForPerson(f"waiting for {asked.id}: see `agentctl inbox`, reply with `agentctl answer`")
            self.parts.brake.check()
            if self._cancel():
                return
            await self.parts.clock.sleep(POLL)

    def _view(self) -> RunView:
        return view_of(self.parts.store, self.parts.spec)

    def _run_steps(self, *, wait: bool) -> RunSteps:
        async def build() -> Built:
            self._building = True
            built = await self._build(wait=wait)
            # Not where it failed: its error is on its way through the graph, and a drain would come before it.
            self._building = False
            return built

        parts = self.parts
        git = veiled(parts.git, parts.settings.never_send)
        clarifying = Clarifying(
            spec=parts.spec,
            store=parts.store,
            settings=parts.settings,
            prober=parts.prober,
            most=parts.settings.questions,
        )
        return RunSteps(
            run=parts.run,
            spec=parts.spec,
            settings=parts.settings,
            store=parts.store,
            git=git,
            beginning=self._beginning(),
            clarifying=clarifying,
            planner=parts.planner,
            contracting=self._contracting(clarifying),
            foreseeing=Foreseeing(git=git),
            amending=Amending(
                spec=parts.spec,
                store=parts.store,
                git=git,
                planner=parts.planner,
                decisions=clarifying.decisions,
            ),
            brake=parts.brake,
            build_tasks=build,
            close_trace=self._close_trace,
            prices=self.prices,
            past=self.past,
        )

    def _beginning(self) -> Beginning:
        parts = self.parts
        return Beginning(
            run=parts.run,
            spec=parts.spec,
            base=parts.base,
            store=parts.store,
            git=parts.git,
            gate=parts.gate,
            clock=parts.clock,
            lineage=parts.lineage,
            lay_input=parts.lay_input,
        )

    def _contracting(self, clarifying: Clarifying) -> Contracting:
        parts = self.parts
        return Contracting(
            run=parts.run,
            spec=parts.spec,
            store=parts.store,
            git=veiled(parts.git, parts.settings.never_send),
            gate=parts.gate,
            clock=parts.clock,
            lead=parts.lead,
            bench=parts.tracing.bench,
            baseline=lambda: self._view().baseline,
            decisions=clarifying.decisions,
            shelf=parts.contract_shelf,
            runners=parts.runners,
        )

    async def _close_trace(self) -> None:
        parts = self.parts
        ending = Ending(
            run=parts.run,
            view=self._view(),
            store=parts.store,
            git=parts.git,
            gate=parts.whole or parts.gate,
            whole=parts.whole is not None,
            clock=parts.clock,
            slots=parts.settings.limits.gates,
            tracing=parts.tracing,
        )
        await ending.close()

    async def _build(self, *, wait: bool) -> Built:
        """Run the scheduler beside the merge queue."""
        crew = Crew(self.parts, self._view())
        return await _beside(crew.scheduler(self.saver, wait=wait).build(), crew.queue.serve())


async def _beside(main: Coroutine[object, object, Built], service: Coroutine[object, object, None]) -> Built:
    """The result of ``main``; a service that fails ends it with its error, and it ends with ``main``."""
    work = asyncio.create_task(main, context=contextvars.Context())
    helper = asyncio.create_task(service, context=contextvars.Context())
    try:
        await asyncio.wait({work, helper}, return_when=asyncio.FIRST_COMPLETED)
        if helper.done() and not work.done():
            helper.result()
        return await work
    finally:
        work.cancel()
        helper.cancel()
        await asyncio.gather(work, helper, return_exceptions=True)
