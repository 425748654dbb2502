"""A run played again from its log, at any speed, forwards and back. Nothing is driven, and nobody is asked."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

from ..orchestrator.nouns.events import Event
from ..orchestrator.store.journal import Call, Totals
from ..orchestrator.store.sqlite import SqliteStore
from .look import Feed

SPEEDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0)
LONGEST = 5.0
"""Seconds of the run in which nothing happens that are played; what is longer is passed over."""


class Player:
    """Where a replay is, and the feed that shows the run as it was then.

    Args:
        events: the run's log, from its beginning.
        calls: its call journal.
        blobs: the folder of its texts; None where there are none.
        monotonic: the clock that never goes back, in seconds.
    """

    def __init__(
        self, events: Sequence[Event], calls: Sequence[Call], *, blobs: Path | None, monotonic: Callable[[], float]
    ) -> None:
        self._events = events
        self._times = list(accumulate((event.at for event in events), max))
        self._calls = calls
        self._blobs = blobs
        self._monotonic = monotonic
        self._passed = monotonic()
        self._now = events[0].at
        self.shown = 0
        """Events that have happened."""
        self.speed = 1.0
        self.plays = True
        self.feed = self._begin()

    @property
    def words(self) -> str:
        """What the header says of it."""
        how = f"at {self.speed:g}x" if self.plays else "stopped"
        return f"replay {how}, event {self.shown} of {len(self._events)}"

    def now(self) -> float:
        """The time that is shown."""
        return self._now

    def tick(self) -> None:
        """So much further as time has passed since the last look."""
        before, self._passed = self._passed, self._monotonic()
        if not self.plays or self.shown >= len(self._events):
            return
        self._now += (self._passed - before) * self.speed
        following = self._events[self.shown].at
        if following - self._now > LONGEST * self.speed:
            self._now = following - LONGEST * self.speed
        self._show(bisect_right(self._times, self._now, lo=self.shown))

    def step(self, by: int) -> None:
        """To another event, and stop there."""
        self.plays = False
        target = min(max(self.shown + by, 1), len(self._events))
        if target < self.shown:
            self._store.close()
            self.shown, self._now = 0, self._events[0].at
            self.feed = self._begin()
        self._show(target)
        self._now = self._events[target - 1].at

    def pace(self, by: int) -> None:
        """One speed faster or slower."""
        at = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[min(max(at, 0), len(SPEEDS) - 1)]

    def _begin(self) -> Feed:
        store = SqliteStore(None, clock=_Clock(self.now), redact=str, blobs=self._blobs, readonly=False)
        self._store = store
        self._show(1)
        return Feed(store=store, journal=_Calls(self._calls, self.now), alive=lambda: True, clock=self.now)

    def _show(self, number: int) -> None:
        """Exactly the first so many events; each at its own time and under its author's name."""
        shown = self._now
        for event in self._events[self.shown : number]:
            self._now = event.at
            self._store.append(event.fact, author=event.author)
        self._now = max(shown, self._events[max(number, 1) - 1].at) if number > self.shown else shown
        self.shown = max(number, self.shown)


class _Clock:
    """The time of the replay, for the tables that are filled again."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now

    def monotonic(self) -> float:
        """The same: nothing waits by it."""
        return self.now()

    async def sleep(self, seconds: float) -> None:
        """Nobody sleeps in a replay."""


class _Calls:
    """The call journal as it was at that time."""

    def __init__(self, calls: Sequence[Call], now: Callable[[], float]) -> None:
        self._calls = calls
        self._now = now

    def totals(self, *, task: str | None = None) -> Totals:
        """As `Journal.totals`, of what had begun by then."""
        return _sum([call for call in self._begun() if task in (None, call.key.attempt.task)], self._now())

    def by_task(self) -> Mapping[str, Totals]:
        """As `Journal.by_task`."""
        calls: defaultdict[str, list[Call]] = defaultdict(list)
        for call in self._begun():
            calls[call.key.attempt.task].append(call)
        return {task: _sum(its, self._now()) for task, its in calls.items()}

    def version(self) -> int:
        """Changes with every call that begins or ends."""
        begun = self._begun()
        return len(begun) + sum(_is_over(call, self._now()) for call in begun)

    def _begun(self) -> list[Call]:
        return [call for call in self._calls if call.started_at <= self._now()]


def _is_over(call: Call, now: float) -> bool:
    return call.done_at is not None and call.done_at <= now


def _sum(calls: Sequence[Call], now: float) -> Totals:
    over = [call for call in calls if _is_over(call, now)]
    return Totals(
        calls=len(calls),
        in_flight=len(calls) - len(over),
        usd=sum(call.sunk_usd + (call.usd or 0.0) for call in over),
        prompt=sum(call.prompt for call in over),
        completion=sum(call.completion for call in over),
        cached=sum(call.cached for call in over),
        seconds=sum(call.seconds for call in over),
    )
