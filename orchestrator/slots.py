"""A limit on what goes on at once, given to the most urgent first."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiter:
    name: str
    priority: float
    order: int
    turn: asyncio.Future[None]


def _none_first() -> frozenset[str]:
    return frozenset()


class Slots:
    """At most ``limit`` holders by name. Taking twice is taking once; a task that parks gives its slot back.

    Args:
        limit: holders at once.
        first: what comes before all priorities when a slot is free, whenever it began to wait; a holder's name
            begins with it, up to a colon.
    """

    def __init__(self, limit: int, *, first: Callable[[], frozenset[str]] = _none_first) -> None:
        self._free = limit
        self._first = first
        self._held: set[str] = set()
        self._waiting: list[_Waiter] = []
        self._order = itertools.count()

    async def take(self, name: str, *, priority: float = 0.0) -> None:
        """Hold a slot under this name; among those who wait the highest priority is served first, then the oldest."""
        if name in self._held:
            return
        if self._free > 0:
            self._free -= 1
            self._held.add(name)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiter(name=name, priority=priority, order=next(self._order), turn=turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give(name)
            raise

    def give(self, name: str) -> None:
        """Free the slot held under this name, if it holds one."""
        if name not in self._held:
            return
        self._held.remove(name)
        self._waiting = [waiter for waiter in self._waiting if not waiter.turn.done()]
        if not self._waiting:
            self._free += 1
            return
        first = self._first()
        chosen = max(self._waiting, key=lambda each: (each.name.partition(":")[0] in first, each.priority, -each.order))
        self._waiting.remove(chosen)
        self._held.add(chosen.name)
        chosen.turn.set_result(None)
