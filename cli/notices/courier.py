"""Delivers a run's notices to one channel, in a thread of its own, so that a slow channel holds up no other."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from ...orchestrator.errors import AgentctlError
from ...orchestrator.nouns.events import Event, Noted
from ...orchestrator.nouns.notices import HumanNeeded
from ...orchestrator.rules.notices import NOTIFIER, is_outdated
from ...orchestrator.store.folder import RunFolder
from ..repository import OpenRun, opened
from .channel import Channel, NotDelivered, NotNow
from .delivered import Delivered
from .notice import notice_of

PAUSES = (2.0, 10.0)
"""Seconds before the second and the third try."""
PERIOD = 0.5
"""Seconds between two looks at the log."""


@dataclass(slots=True, kw_only=True)
class Courier:
    """One channel of one run."""

    folder: RunFolder
    channel: Channel
    delivered: Delivered
    stopped: threading.Event
    """Set once nothing more is entered: what is left is delivered, and the courier returns."""
    pauses: tuple[float, ...] = PAUSES
    clock: Callable[[], float] = time.time
    early: tuple[int, ...] = ()
    """The events that were not due yet when it returned."""
    given_up: int = 0
    """Notices that the channel could not be told."""
    _after: int = 0
    _waiting: list[Event] = field(default_factory=list)

    def serve(self) -> None:
        """Deliver until told to stop, and then what is left."""
        with opened(self.folder, write=True) as run:
            seen = -1
            while True:
                last = self.stopped.is_set()
                if last or self._waiting or run.store.version() != seen:
                    try:
                        seen = run.store.version()
                        self.round(run)
                    except AgentctlError:  # tables that are busy are looked at again
                        seen = -1
                if last:
                    self.early = tuple(event.seq for event in self._waiting)
                    return
                self.stopped.wait(PERIOD)

    def round(self, run: OpenRun) -> None:
        """Deliver what is due now."""
        for event in run.store.events(after=self._after):
            self._after = event.seq
            if isinstance(event.fact, HumanNeeded) and self.delivered.is_due(self.channel.name, event.seq):
                self._waiting.append(event)
        now = self.clock()
        due = [event for event in self._waiting if isinstance(event.fact, HumanNeeded) and event.fact.due <= now]
        for event in due:
            self._deliver(event, run)
            self._waiting.remove(event)

    def _deliver(self, event: Event, run: OpenRun) -> None:
        unanswered = [asked.id for asked in run.store.questions(only_open=True)]
        if isinstance(event.fact, HumanNeeded) and is_outdated(event.fact, unanswered):
            self._enter(event, "passed over: it was answered")
            return
        notice = notice_of(event, run)
        for pause in (*self.pauses, None):
            try:
                self._enter(event, self.channel.tell(notice))
            except NotNow as reason:
                self._enter(event, f"passed over: {reason}")
            except NotDelivered as error:
                if pause is not None and error.again:
                    self._rest(pause)
                    continue
                self._enter(event, f"given up: {error}")
                self.given_up += 1
                self._complain(event, error, run)
            return

    def _rest(self, seconds: float) -> None:
        """Before another try; a shorter one where the run is over and waits for what is left."""
        if not self.stopped.wait(seconds):
            return
        time.sleep(min(seconds, PERIOD))

    def _enter(self, event: Event, said: str) -> None:
        self.delivered.tell(self.channel.name, event.seq, said=said, at=self.clock())

    def _complain(self, event: Event, error: NotDelivered, run: OpenRun) -> None:
        """Once for each notice; a log that cannot be written now is the driver's trouble."""
        text = f"{self.channel.name} was not told of event {event.seq}: {error}"
        with suppress(AgentctlError):
            run.store.append(Noted(text=text), author=NOTIFIER)
