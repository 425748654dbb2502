"""Goes round the open threads: each is looked at when its run has moved, or the forge may have; trouble stays its own.

A look at a run's folder costs microseconds and is taken often; a look at the forge costs requests and is taken rarely.
"""

import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from ...orchestrator.errors import AgentctlError, ForgeAway
from ...orchestrator.forge.port import Forge
from ...orchestrator.nouns.forge import RepoName
from ...orchestrator.nouns.policy import Policy
from ...tui.snapshot import FINISHED
from ..repository import OpenRun
from .at import Others, digest
from .book import Book, Thread
from .intervals import Intervals
from .telling import reconcile

_LONGEST = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a thread's look needs; all of it is asked for anew each time."""

    forge: Callable[[RepoName], Awaitable[Forge]]
    policy: Callable[[Forge, Thread], Awaitable[Policy]]
    """As it stands on the default branch now."""
    run: Callable[[Thread], AbstractContextManager[OpenRun]]
    others: Others


@dataclass(slots=True, kw_only=True)
class _Pace:
    """How a thread was left."""

    event: int = -1
    presses: str = ""
    at: float = 0.0
    """When the next look at the forge is due."""
    failures: int = 0
    trouble: str = ""


@dataclass(slots=True, kw_only=True)
class Rounds:
    """All threads of a home. Nothing here outlives the process: a new one looks at every thread once."""

    book: Book
    round: Round
    clock: Callable[[], float] = time.time
    intervals: Intervals = field(default_factory=Intervals)
    _paces: dict[tuple[str, str], _Pace] = field(default_factory=dict)
    _away: dict[RepoName, float] = field(default_factory=dict)
    """Until when a repository's forge wants to be left alone."""

    async def tick(self) -> float:
        """Look at every thread that wants it; returns the seconds until the next round is wanted."""
        threads = self.book.threads()
        self._forget(threads)
        waits = [await self._visit(thread) for thread in threads]
        return max(min(waits, default=self.intervals.idle), self.intervals.runs)

    def poke(self, repo: RepoName, number: int | None = None) -> None:
        """Something happened there: its threads are due, unless their forge wants to be left alone."""
        for thread in self.book.threads(repo, number=number):
            self._pace(thread).at = 0.0

    def trouble(self) -> dict[str, str]:
        """By run what the last look at its thread met, in words; those that went well are left out."""
        return {run: pace.trouble for (_, run), pace in self._paces.items() if pace.trouble}

    async def _visit(self, thread: Thread) -> float:
        """Returns the seconds until it wants to be visited again."""
        pace = self._pace(thread)
        if (rest := self._away.get(thread.repo, 0.0) - self.clock()) > 0:
            return rest
        try:
            with self.round.run(thread) as run:
                return await self._see(thread, run, pace)
        except ForgeAway as away:
            self._failed(pace, away, at_least=away.seconds)
            if away.seconds:
                self._away[thread.repo] = self.clock() + away.seconds
        except Exception as error:  # noqa: BLE001 - the trouble of one thread, whatever it is, is not that of the others
            self._failed(pace, error)
        return pace.at - self.clock()

    async def _see(self, thread: Thread, run: OpenRun, pace: _Pace) -> float:
        state, event, presses = run.store.run().state, run.store.last_event(), _pressing(run)
        presses_now = presses != pace.presses and not pace.failures
        if presses_now or self.clock() >= pace.at:
            await self._look(thread, run)
            pace.event, pace.presses, pace.failures, pace.trouble = event, presses, 0, ""
            pace.at = self.clock() + self._rest(state, presses_now=presses_now)
        elif event != pace.event:
            pace.event, pace.at = event, min(pace.at, self.clock() + self.intervals.edits)
        due = pace.at - self.clock()
        return due if state in FINISHED else min(due, self.intervals.runs)

    def _rest(self, state: str, *, presses_now: bool) -> float:
        """Seconds until the next look at the forge; what was kept back for a moment is told after that moment."""
        if presses_now:
            return self.intervals.edits + self.intervals.settled
        return self.intervals.quiet if state in ("planning", "building") else self.intervals.fresh

    async def _look(self, thread: Thread, run: OpenRun) -> None:
        forge = await self.round.forge(thread.repo)
        policy = await self.round.policy(forge, thread)
        others, now = self.round.others, self.clock()
        await reconcile(forge, self.book, thread, run, policy=policy, others=others, now=now, intervals=self.intervals)

    def _failed(self, pace: _Pace, error: Exception, *, at_least: float = 0.0) -> None:
        pace.failures += 1
        known = isinstance(error, AgentctlError)
        pace.trouble = str(error) if known else f"{type(error).__name__}: {error}"
        pace.at = self.clock() + max(at_least, min(self.intervals.fresh * 2.0 ** (pace.failures - 1), _LONGEST))

    def _pace(self, thread: Thread) -> _Pace:
        return self._paces.setdefault((f"{thread.repo.host}/{thread.repo}", thread.run), _Pace())

    def _forget(self, threads: tuple[Thread, ...]) -> None:
        open_ = {(f"{each.repo.host}/{each.repo}", each.run) for each in threads}
        self._paces = {key: pace for key, pace in self._paces.items() if key in open_}


def _pressing(run: OpenRun) -> str:
    """What is told at once when it changes: the state, what is asked and answered, what has landed."""
    store = run.store
    asked = [(each.id, each.answer is None) for each in store.questions()]
    return digest([store.run().state, asked, len(store.landings())])
