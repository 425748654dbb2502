"""A bot at work: its loop over messages, what tells the forge, and its questions for news, until a signal ends them.

SIGTERM, or Ctrl-C once, lets end what is in hand and begins nothing else; Ctrl-C twice stops at once. Either way
nothing is lost: what is not done stays in the book.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .book import Book
from .clones import root_of
from .home import Home
from .news import BESIDE, Polling
from .ticking import Ticking
from .wiring import Join, Joined
from .work import Work


@dataclass(slots=True, kw_only=True)
class Bot:
    """The parts of one bot, joined."""

    home: Home
    book: Book
    joined: Joined
    every: float = BESIDE
    work: Work = field(init=False)
    ticking: Ticking = field(init=False)
    polling: Polling = field(init=False)
    stop: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def __post_init__(self) -> None:
        tell = self.home.tell
        pauses = self.joined.intervals
        self.ticking = Ticking(
            tick=self.joined.tick, folders=self.folders, tell=tell, least=pauses.least, period=pauses.folders
        )
        self.work = Work(book=self.book, read=self.joined.read, act=self.joined.act, tell=tell, done=self.ticking.poke)
        self.polling = Polling(book=self.book, find=self.joined.find, taken=self.work.wake, tell=tell, every=self.every)

    def end(self) -> None:
        """Begin nothing else."""
        if not self.stop.is_set():
            self.home.tell("what is in hand is ended, nothing else is begun; Ctrl-C stops at once")
        self.stop.set()
        self.work.wake()
        self.ticking.poke()

    async def go_on(self) -> None:
        """Until it is ended, by a signal or by `end`. Raises CancelledError where Ctrl-C was pressed twice."""
        loop, me = asyncio.get_running_loop(), asyncio.current_task()

        def interrupted() -> None:
            if self.stop.is_set() and me is not None:
                me.cancel()
            self.end()

        loop.add_signal_handler(signal.SIGTERM, self.end)
        loop.add_signal_handler(signal.SIGINT, interrupted)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.work.go_on(self.stop))
                group.create_task(self.ticking.go_on(self.stop))
                group.create_task(self.polling.go_on(self.stop))
        finally:
            loop.remove_signal_handler(signal.SIGTERM)
            loop.remove_signal_handler(signal.SIGINT)

    async def catch_up(self) -> int:
        """Work off what can be done now, and tell the forge; returns how many messages are left or were set aside."""
        before = self.book.standing(now=self.work.clock()).failed
        await self.work.catch_up(self.stop)
        await self.ticking.once()
        after = self.book.standing(now=self.work.clock())
        return after.waiting + max(after.failed - before, 0)

    def folders(self) -> Iterable[Path]:
        """The folders of the runs that are told of."""
        for thread in self.book.threads():
            yield root_of(self.home, self.book, thread.repo) / ".agentctl" / "runs" / thread.run


@asynccontextmanager
async def bot(home: Home, join: Join, *, every: float = BESIDE) -> AsyncIterator[Bot]:
    """A bot with its book open; its home is held by whoever calls this."""
    with Book(home.book) as book:
        async with join(home, book) as parts:
            yield Bot(home=home, book=book, joined=parts, every=every)
