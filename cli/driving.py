"""Drives a run in this process: signals, the screen and the questions beside it, and what is said at its end."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from ..orchestrator.errors import AgentctlError, BudgetReached, WaitingForPerson
from ..orchestrator.nouns.events import Noted
from ..orchestrator.nouns.runs import Run
from ..orchestrator.store.folder import RunFolder
from ..tui.snapshot import take
from .following import Follower, Progress
from .notices.telling import Notices, telling
from .outcome import INTERRUPTED, branch, exit_code, summary, take_over, waiting_code
from .output import emit, say
from .repository import opened

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Driver(Protocol):
    """What drives a run to its end."""

    async def drive(self, *, wait: bool) -> Run:
        """Until the run ends or was drained; raises WaitingForPerson without ``wait``."""
        ...

    def drain(self) -> None:
        """Begin no call, let those in flight end."""
        ...

    def stop(self) -> None:
        """End at once; what is durable stays."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the person wants to see it."""

    progress: Progress
    wait: bool
    ask: bool
    author: str
    recorded: Mapping[str, str] = field(default_factory=dict)
    """Answers by the keys of their questions, given where nobody can be asked."""
    enough: Callable[[RunFolder], bool] | None = None
    """Drain once this is true; looked at ten times a second."""
    until: float | None = None
    """Drain at this moment, in seconds since the epoch."""
    notices: Notices | None = None
    """Who is told that a person is needed; None enters and tells nothing."""


def drive(open_driver: Callable[[], Driver], folder: RunFolder, manner: Manner) -> int:
    """Drive until the run ends, waits, or is interrupted; says what became of it and returns the exit code.

    Raises:
        AgentctlError: whatever stopped the driver, other than a person or a budget that is waited for.
    """
    with opened(folder) as run:
        after = len(run.store.events())
    follower = Follower(
        folder=folder,
        progress=manner.progress,
        ask=manner.ask,
        author=manner.author,
        recorded=manner.recorded,
        after=after if after > 1 else 0,
    )
    pilot = _Pilot(folder=folder, manner=manner, follower=follower)
    is_ours = partial(folder.was_driven_by, os.getpid())
    with _beside(follower), telling(folder, manner.notices, is_driven=is_ours) as teller:
        code = teller.ended(asyncio.run(pilot.fly(open_driver)))
    return conclude(folder, code, quiet=manner.progress == "quiet")


def conclude(folder: RunFolder, code: int | None = None, *, quiet: bool = False) -> int:
    """Say how the run stands on stderr and, when it is done, its branch on stdout; returns its exit code."""
    with opened(folder) as run:
        snapshot = take(run.store, run.journal)
        if not quiet:
            for line in summary(snapshot, now=time.time()):
                say(line)
        if snapshot.run.state == "done":
            emit([branch(folder.run), take_over(folder.run)] if snapshot.landed else ["nothing had to change"])
        return exit_code(run, snapshot.run) if code is None else code


@contextmanager
def _beside(follower: Follower) -> Iterator[None]:
    """Follow in a thread while the block runs. A screen that breaks does not break the run."""
    trouble: list[Exception] = []

    def follow() -> None:
        try:
            follower.follow()
        except (AgentctlError, OSError, ValueError) as error:
            trouble.append(error)

    thread = threading.Thread(target=follow, name="screen", daemon=True)
    thread.start()
    try:
        yield
    finally:
        follower.stopped.set()
        thread.join()
    for error in trouble:
        if not isinstance(error, BrokenPipeError):
            say(f"the display stopped early, the run did not: {error}")


@dataclass(slots=True, kw_only=True)
class _Pilot:
    """One drive: counts the interrupts and knows what each one means."""

    folder: RunFolder
    manner: Manner
    follower: Follower
    presses: int = 0
    drives: "asyncio.Task[Run] | None" = None
    watch: "asyncio.Task[None] | None" = field(default=None)

    async def fly(self, open_driver: Callable[[], Driver]) -> int | None:
        """The exit code where something other than the run's own state decides it, else None."""
        driver = open_driver()
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._interrupted, driver, number)
        self.drives = asyncio.create_task(driver.drive(wait=self.manner.wait))
        self.watch = asyncio.create_task(self._watch(driver))
        try:
            run = await self.drives
        except WaitingForPerson:
            return self._waiting_code()
        except BudgetReached as error:
            say(str(error))
            return error.exit_code
        except asyncio.CancelledError:
            if not self.presses:
                raise
            return INTERRUPTED
        finally:
            self.watch.cancel()
            for number in SIGNALS:
                loop.remove_signal_handler(number)
        return INTERRUPTED if self.presses and run.state not in ("done", "failed", "cancelled") else None

    def _waiting_code(self) -> int:
        with opened(self.folder) as run:
            return waiting_code(run)

    async def _watch(self, driver: Driver) -> None:
        enough, until = self.manner.enough, self.manner.until
        while enough is not None or until is not None:
            if until is not None and time.time() >= until:
                self._note(time_is_up(self.folder, until))
                driver.drain()
                return
            if enough is not None and enough(self.folder):
                driver.drain()
                return
            await asyncio.sleep(0.1)

    def _interrupted(self, driver: Driver, number: int) -> None:
        self.presses += 1
        self.follower.silent.set()
        if number == signal.SIGHUP:  # the terminal is gone: nobody reads what is written there
            _mute()
        if self.presses == 1:
            driver.drain()
            self._note("Stopping: calls in flight end, none begins, everything is saved. Again stops at once.")
        elif self.presses == 2:  # noqa: PLR2004 - as counted
            driver.stop()
            self._note("Stopping at once.")
        elif self.drives is not None:
            self.drives.cancel()

    def _note(self, text: str) -> None:
        self.follower.notes.put(text)


def time_is_up(folder: RunFolder, until: float) -> str:
    """Enter in the run's log that its time is up; returns the words."""
    at = time.strftime("%H:%M", time.localtime(until))
    text = f"it is {at}: calls in flight end, none begins, everything is saved, as --until said; `resume` goes on"
    with opened(folder, write=True) as run:
        run.store.append(Noted(text=text), author="policy:until")
    return text


def _mute() -> None:
    sink = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(sink, descriptor)


def detached_log(folder: RunFolder) -> Path:
    """Where a detached driver writes what it would have said."""
    return folder.path / "driver.log"
