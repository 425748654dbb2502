"""Shows a run while it goes on and asks its questions, from the store alone; in the driver's process or in another."""

import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Literal, Protocol

from ..orchestrator.nouns.events import Event, QuestionAnswered
from ..orchestrator.nouns.questions import Asked
from ..orchestrator.rules.assumptions import RECORDING
from ..orchestrator.store.folder import RunFolder
from ..tui.inbox import standing
from ..tui.plain import EventLines, line
from .answers import form, named
from .asking import Asker
from .output import as_json, say
from .repository import OpenRun, opened
from .terminal import Lines, ring

Progress = Literal["tty", "plain", "json", "quiet"]
PERIOD = 0.1
"""Seconds between two looks at the store."""


class Screen(Protocol):
    """A way to show a run."""

    def tick(self) -> object:
        """Show what is new."""
        ...

    def pause(self) -> None:
        """Leave the terminal to someone else."""
        ...

    def resume(self) -> None:
        """Take it back."""
        ...


def choose(progress: str) -> Progress:
    """What ``--progress`` means here: ``auto`` is the live tree on a capable terminal and plain lines elsewhere."""
    import os

    if progress in ("tty", "plain", "json", "quiet"):
        return progress  # type: ignore[return-value]
    capable = sys.stderr.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")
    return "tty" if capable else "plain"


@dataclass(slots=True, kw_only=True)
class Follower:
    """Looks at a run ten times a second until told to stop. Safe to run in a thread beside the driver."""

    folder: RunFolder
    progress: Progress
    ask: bool
    author: str
    recorded: Mapping[str, str] = field(default_factory=dict)
    """Answers by the keys of their questions, given where nobody can be asked."""
    after: int = 0
    """Events up to this one are history, and are not shown as lines."""
    stopped: threading.Event = field(default_factory=threading.Event)
    silent: threading.Event = field(default_factory=threading.Event)
    """Set once no more questions shall be asked."""
    notes: SimpleQueue[str] = field(default_factory=SimpleQueue)
    """Words for the person, from other threads; shown without tearing the picture."""
    told: set[str] = field(default_factory=set)

    def follow(self, *, until: Callable[[OpenRun], bool] | None = None) -> None:
        """Show and ask until `stopped` is set, or ``until`` is true of the run."""
        with opened(self.folder, write=self.ask or bool(self.recorded)) as run, ExitStack() as stack:
            screen = stack.enter_context(self._screen(run))
            asker = Asker(run=run, lines=Lines(), author=self.author) if self.ask else None
            while not self.stopped.wait(PERIOD):
                self._look(run, screen, asker)
                if until is not None and until(run):
                    break
            self._pass_on(screen)
            screen.tick()
            self._answer_from_recording(run)  # how to answer what is still open is told at the end of the run

    def _look(self, run: OpenRun, screen: Screen, asker: Asker | None) -> None:
        self._pass_on(screen)
        screen.tick()
        self._answer_from_recording(run)
        if asker is None or self.silent.is_set():
            self._tell(run, screen)
            return
        while not self._done() and (asked := asker.next()) is not None:
            screen.pause()
            self._ring(asked)
            asker.ask(asked, given_up=self._done)
            screen.resume()

    def _ring(self, asked: Asked) -> None:
        """Call for a person once for each question that their terminal asks."""
        if asked.id not in self.told:
            self.told.add(asked.id)
            ring(f"{asked.id}: {asked.question.text}")

    def _answer_from_recording(self, run: OpenRun) -> None:
        if self.recorded:
            for asked in run.store.questions(only_open=True):
                if (text := self.recorded.get(asked.question.key)) is not None:
                    run.store.append(QuestionAnswered(key=asked.question.key, answer=text), author=RECORDING)

    def _done(self) -> bool:
        return self.stopped.is_set() or self.silent.is_set()

    def _pass_on(self, screen: Screen) -> None:
        while True:
            try:
                note = self.notes.get_nowait()
            except Empty:
                return
            screen.pause()
            say(note)
            screen.resume()

    def _tell(self, run: OpenRun, screen: Screen) -> None:
        """Where nobody can be asked here, say once how to answer."""
        if self.ask or self.progress in ("json", "quiet"):
            return
        for asked in _let_through(run):
            if asked.question.key not in self.recorded and asked.id not in self.told:
                self.told.add(asked.id)
                screen.pause()
                say(f"waiting for an answer: agentctl answer --run {run.folder.run} {asked.id} {form(asked.question)}")
                screen.resume()

    def _screen(self, run: OpenRun) -> AbstractContextManager[Screen]:
        if self.progress == "tty":
            from rich.console import Console

            from ..tui.live import LiveView

            return LiveView(store=run.store, journal=run.journal, console=Console(stderr=True, markup=False))
        shown = {"plain": told, "json": _event_json, "quiet": None}[self.progress]
        return EventLines(store=run.store, stream=sys.stderr, shown=shown, after=self.after)


def _let_through(run: OpenRun) -> list[Asked]:
    """The open questions that do not wait for the digest."""
    if not (waiting := run.store.questions(only_open=True)):
        return []
    return [each.asked for each in standing(run.store, waiting, now=time.time()) if not each.held]


def told(event: Event) -> str | None:
    """An event on one line, with people by their names; None for the machinery's own."""
    return line(replace(event, author=named(event.author)))


def _event_json(event: Event) -> str:
    return as_json(event_document(event))


def event_document(event: Event) -> dict[str, object]:
    """An event as JSON shows it: its envelope, the kind of fact, and the fact."""
    return {
        "seq": event.seq,
        "at": event.at,
        "author": event.author,
        "cause": event.cause,
        "schema": event.schema,
        "kind": type(event.fact).__name__,
        "fact": event.fact,
    }
