"""Asks a forge for news, and puts them into the book. Needs no port that anybody could reach."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from ...orchestrator import faults
from ...orchestrator.errors import AgentctlError, ForgeAway
from ...orchestrator.forge.port import Forge
from ...orchestrator.nouns.forge import RepoName
from ..crash import save
from .book import Book
from .found import message_of

Find = Callable[[], Awaitable[Mapping[RepoName, Forge]]]
"""Which repositories there are, and the forge of each."""

EVERY = 60.0
"""Seconds between two questions, of a bot that only polls."""
BESIDE = 600.0
"""Seconds between two, of one that hears messages too: what was sent while it was away is found so."""


@dataclass(slots=True, kw_only=True)
class Polling:
    """The news of all repositories of one bot."""

    book: Book
    find: Find
    taken: Callable[[], None]
    tell: Callable[[str], None]
    every: float = EVERY
    clock: Callable[[], float] = time.time
    _said: dict[RepoName | None, str] = field(default_factory=dict, init=False)

    async def go_on(self, stop: asyncio.Event) -> None:
        """Ask again and again, until told to stop; what goes wrong is told, and tried again."""
        while not stop.is_set():
            pause = max(self.every, await self._round())
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stop.wait()

    async def _round(self) -> float:
        """Ask all repositories that there are now; returns for how long the forge wants to be left alone."""
        found: Mapping[RepoName, Forge] = {}

        async def find() -> None:
            nonlocal found
            found = await self.find()

        pause = await self._tried(None, find)
        for repo, forge in found.items():
            pause = max(pause, await self._tried(repo, partial(self.once, repo, forge)))
        return pause

    async def _tried(self, repo: RepoName | None, ask: Callable[[], Awaitable[object]]) -> float:
        """Ask, whatever comes of it; returns for how long the forge wants to be left alone."""
        try:
            await ask()
        except AgentctlError as error:
            self._complain(repo, str(error), about=str(error))
            return error.seconds if isinstance(error, ForgeAway) else 0.0
        except Exception as error:  # noqa: BLE001 - one repository that cannot be asked is no reason to end the bot
            name = type(error).__name__
            if self._said.get(repo) != name:
                self._complain(repo, f"{name}, traceback: {save(error)}", about=name)
            return 0.0
        self._said.pop(repo, None)
        return 0.0

    async def once(self, repo: RepoName, forge: Forge) -> int:
        """Ask one repository; returns how much of it was new.

        The place up to which was asked is kept after what was found is durable: killed in between, it is found again,
        and known by its id.

        Raises:
            AgentctlError: the forge says no, or is away, or the book cannot be written.
        """
        key = f"cursor {repo.host}/{repo}"
        cursor = self.book.deed(key)
        news, later = await forge.news(cursor if isinstance(cursor, str) else "")
        now = self.clock()
        new = self.book.take([message_of(each, at=now) for each in news])
        faults.reach("news are in the book")
        if later != cursor:
            self.book.keep(key, later, at=now)
        faults.reach("the cursor of news is kept")
        if new:
            self.taken()
        return len(new)

    def _complain(self, repo: RepoName | None, words: str, *, about: str) -> None:
        """A trouble is told when it begins, and when it changes."""
        if self._said.get(repo) != about:
            self._said[repo] = about
            self.tell(f"{repo or 'the forge'} could not be asked for news, which is tried again: {words}")
