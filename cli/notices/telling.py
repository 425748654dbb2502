"""Beside the driver of a run: enters in its log that a person is needed, and has every channel told of it.

In threads of its own; whatever goes wrong here neither stops nor slows the run.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Self

from ...orchestrator.errors import AgentctlError, BudgetReached
from ...orchestrator.nouns.events import Event, RunMoved
from ...orchestrator.nouns.notices import About, HumanNeeded
from ...orchestrator.rules.notices import NOTIFIER, End, Patience, due, end
from ...orchestrator.store.folder import RunFolder
from ...tui.inbox import standing
from ..outcome import BUDGET, INTERRUPTED, NO_KEY, WAITING
from ..output import say
from ..repository import OpenRun, opened
from .channel import Channel
from .courier import PAUSES, Courier
from .delivered import Delivered, held

PERIOD = 0.5
"""Seconds between two looks at the run."""
STANDS = 2.0
"""Seconds that a question has stood before anybody is told: what a rule answers at once is not told."""
ASKED_HERE = 60.0
"""The same where it is being asked at the driver's own terminal, which rings for it."""
LAST = 15.0
"""Seconds at the end of a run for what is left to deliver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """How a run's driver tells people."""

    channels: tuple[Channel, ...] = ()
    patience: Patience = field(default_factory=Patience)
    later: Callable[[RunFolder], object] | None = None
    """Starts what tells at the end of the quiet hours what ended in them."""
    pauses: tuple[float, ...] = PAUSES
    last: float = LAST
    clock: Callable[[], float] = time.time


@dataclass(slots=True, kw_only=True)
class Teller:
    """Looks at a run that this process drives."""

    folder: RunFolder
    notices: Notices
    is_driven: Callable[[], bool]
    """Whether this process drives the run: only the driver tells."""
    code: int | None = None
    """What the drive ended with, once it has; None where the run's own state says it."""
    stopped: str = ""
    """Why the driver stopped, where it was an error."""
    over: bool = False
    """Whether the drive came to an end by itself."""
    told: list[Event] = field(default_factory=list)
    _after: int = 0
    _moved: int = 0
    _last: int = 0
    """The last event that is not the notifier's own."""

    def ended(self, code: int | None) -> int | None:
        """Note how the drive ended; returns the code."""
        self.code, self.over = code, True
        return code

    def follow(self, stop: threading.Event) -> None:
        """Look until told to stop, and once more then."""
        with opened(self.folder, write=True) as run:
            if run.store.run().settings.replay is not None:
                return
            while not stop.wait(PERIOD):
                if self.is_driven():
                    with suppress(AgentctlError):  # tables that are busy, or a disk that is full, are looked at again
                        self._look(run)
            if self.is_driven():
                self._conclude(run)

    def _read(self, run: OpenRun) -> None:
        for event in run.store.events(after=self._after):
            self._after = event.seq
            self._last = event.seq if event.author != NOTIFIER else self._last
            if isinstance(event.fact, HumanNeeded):
                self.told.append(event)
            elif isinstance(event.fact, RunMoved):
                self._moved = event.seq

    def _look(self, run: OpenRun) -> None:
        if not (waiting := run.store.questions(only_open=True)):
            return
        self._read(run)
        now = self.notices.clock()
        facts = due(standing(run.store, waiting, now=now), self.told, self._patience(), now=now)
        if facts:
            run.store.append(*facts, author=NOTIFIER)

    def _conclude(self, run: OpenRun) -> None:
        self._read(run)
        now, about = self.notices.clock(), self._about(run)
        if about is None:
            return
        waiting = () if about in ("done", "failed") else run.store.questions(only_open=True)
        ended = End(
            about=about,
            of=self._last if about == "stopped" else self._moved,
            reason=self.stopped or run.store.run().reason,
        )
        ranked = standing(run.store, waiting, now=now)
        fact = end(ended, self.told, self._patience(), now=now, ranked=ranked)
        if fact is not None:
            run.store.append(fact, author=NOTIFIER)

    def _about(self, run: OpenRun) -> About | None:
        """How it ended; None for what a person did themselves, such as to cancel it or to press Ctrl-C."""
        if self.stopped:
            return "budget" if self.code == BUDGET else "stopped"
        if not self.over or self.code == INTERRUPTED:
            return None
        match run.store.run().state:
            case "done":
                return "done"
            case "failed":
                return "failed"
            case _:
                return {BUDGET: "budget", WAITING: "waiting", NO_KEY: "waiting"}.get(self.code or 0)  # type: ignore[return-value]

    def _patience(self) -> Patience:
        """With the offset that clocks here have at the moment."""
        return replace(self.notices.patience, zone=here(self.notices.clock()))


def here(moment: float) -> tzinfo:
    """The offset of clocks in this place at a moment."""
    return datetime.fromtimestamp(moment, UTC).astimezone().tzinfo or UTC


@contextmanager
def telling(folder: RunFolder, notices: Notices | None, *, is_driven: Callable[[], bool]) -> Iterator[Teller]:
    """Tell while the block runs, and for a moment after it; ``notices`` None tells nothing."""
    teller = Teller(folder=folder, notices=notices or Notices(), is_driven=is_driven)
    if notices is None:
        yield teller
        return
    with _Beside(teller) as beside:
        try:
            yield teller
        except BudgetReached as error:
            teller.code, teller.stopped = error.exit_code, str(error)
            raise
        except (AgentctlError, OSError) as error:
            teller.stopped = str(error) or type(error).__name__
            raise
        finally:
            beside.conclude()


class _Beside:
    """The threads: one that looks, and one for each channel, once no other process delivers."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._notices, self._folder = teller.notices, teller.folder
        self._stack = ExitStack()
        self._stop, self._rest = threading.Event(), threading.Event()
        self._couriers: list[Courier] = []
        self._threads: list[threading.Thread] = []
        self._trouble: list[str] = []

    def __enter__(self) -> Self:
        with opened(self._folder) as run:
            last = run.store.last_event()
        self._looks = self._start("teller", lambda: self._teller.follow(self._stop))
        self._begins = self._start("couriers", lambda: self._begin(last))
        return self

    def __exit__(self, *_: object) -> None:
        if not any(each.is_alive() for each in self._threads):
            self._stack.close()

    def conclude(self) -> None:
        """A last look, a bounded time for what is left, and somebody for what is not due yet."""
        self._stop.set()
        self._looks.join()
        self._begins.join()
        self._rest.set()
        until = time.monotonic() + self._notices.last
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0.0))
        for words in dict.fromkeys(self._trouble):
            say(f"notices stopped early, the run did not: {words}")
        if any(each.is_alive() for each in self._threads):
            say(f"not everything was delivered: `agentctl notify {self._folder.run}` goes on with it")
        if self._notices.later is not None and any(courier.early for courier in self._couriers):
            self._notices.later(self._folder)

    def _begin(self, last: int) -> None:
        """Have the channels told of whatever is entered after ``last``, and of what an earlier driver left."""
        while self._notices.channels:
            delivered = self._stack.enter_context(held(self._folder.path))
            if delivered is not None:
                self._couriers = couriers(self._folder, self._notices, delivered, after=last, stopped=self._rest)
                self._threads = [self._start(each.channel.name, each.serve) for each in self._couriers]
            if delivered is not None or self._stop.wait(PERIOD):
                return

    def _start(self, name: str, work: Callable[[], None]) -> threading.Thread:
        def guarded() -> None:
            try:
                work()
            except (AgentctlError, OSError, ValueError) as error:
                self._trouble.append(str(error) or type(error).__name__)

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        return thread


def couriers(
    folder: RunFolder, notices: Notices, delivered: Delivered, *, after: int, stopped: threading.Event
) -> list[Courier]:
    """One for each channel; a channel that is new here is told of events after ``after``."""
    for channel in notices.channels:
        delivered.begin(channel.name, after=after)
    return [
        Courier(
            folder=folder,
            channel=channel,
            delivered=delivered,
            stopped=stopped,
            pauses=notices.pauses,
            clock=notices.clock,
        )
        for channel in notices.channels
    ]
