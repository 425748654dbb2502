"""A function that begins and then waits, so that whoever waits for it can be cancelled meanwhile."""

import asyncio
import threading
from collections.abc import Awaitable

import pytest


class HeldUp:
    """Stands in the place of ``whose.name`` until the test ends."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, whose: object, name: str) -> None:
        self._begun, self._go = threading.Event(), threading.Event()
        held_up = getattr(whose, name)

        def waits(*given: object) -> object:
            self._begun.set()
            assert self._go.wait(60)
            return held_up(*given)

        monkeypatch.setattr(whose, name, waits)

    async def cancelled_meanwhile(self, waiting: Awaitable[object]) -> None:
        """Cancel twice who waits for it; that one is so once it has ended, and not before."""
        task = asyncio.ensure_future(waiting)
        await asyncio.to_thread(self._begun.wait, 60)
        try:
            for _ in range(2):
                task.cancel()
                await asyncio.sleep(0.01)
            assert not task.done()
        finally:
            self._go.set()
        with pytest.raises(asyncio.CancelledError):
            await task
