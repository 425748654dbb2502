"""What a command leaves behind where no process can adopt orphans: remembered while it is below, killed at the end."""

import asyncio
import time
from collections.abc import Sequence
from itertools import chain

import psutil

from . import tree
from .process import Launched

_LOOK = 0.05
_PATIENCE = 0.5
"""Seconds for which those that were killed are waited for: nobody here is told their end."""


class Unadopted(Launched):
    """A launcher to which orphans do not come: Linux alone has subreapers.

    Who leaves the command's process group, its session and its parent between two looks is not seen, and outlives it.
    """

    def __init__(self, argv: Sequence[str], *, inherit: Sequence[int] = ()) -> None:
        self._seen: dict[int, int] = {}
        super().__init__(argv, inherit=inherit)
        asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        if not self.ended.is_set():
            self._remember()
            asyncio.get_running_loop().call_later(_LOOK, self._look)

    def _remember(self) -> None:
        """Take in what is below the launcher, or below those that left it."""
        below = list(tree.descendants(self.pid))
        left = [pid for pid in self._left() if pid not in set(below)]
        for pid in chain(below, *map(tree.descendants, left)):
            if pid not in self._seen and (since := tree.began(pid)) is not None:
                self._seen[pid] = since

    def _left(self) -> list[int]:
        """Who was seen and still lives; a later process of the same id is not meant."""
        return [pid for pid, since in self._seen.items() if _lives(pid, since)]

    def _launcher_ended(self, status: int) -> None:
        self._remember()
        last = time.monotonic() + _PATIENCE
        while (left := self._left()) and time.monotonic() < last:  # what is killed is gone in a millisecond
            for pid in left:
                tree.kill(pid)
            time.sleep(0.001)
        super()._launcher_ended(status)

    async def end(self) -> None:
        """As `Launched.end`, after a last look at who is below."""
        self._remember()
        await super().end()


def _lives(pid: int, since: int) -> bool:
    try:
        return tree.began(pid) == since and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
