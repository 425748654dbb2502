"""A limit on what goes on at once, given to the most urgent first."""

import asyncio
import heapq
import itertools


class Slots:
    """At most ``limit`` holders by name. Taking twice is taking once; a task that parks gives its slot back."""

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._held: set[str] = set()
        self._waiting: list[tuple[float, int, str, asyncio.Future[None]]] = []
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
        heapq.heappush(self._waiting, (-priority, next(self._order), name, turn))
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
        while self._waiting:
            *_, waiter, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._held.add(waiter)
                turn.set_result(None)
                return
        self._free += 1
