"""How a run is told to stop: each step looks at the brake before it begins, and what is paid for is let finish."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


class Draining(Exception):
    """The run is being stopped; what was done is saved, and a resume goes on from here."""


class Brake:
    """Pulled once, it stays pulled for the life of the process."""

    def __init__(self) -> None:
        self._pulled = asyncio.Event()
        self._finishing = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    @property
    def pulled(self) -> bool:
        """Whether no further step may begin."""
        return self._pulled.is_set()

    def pull(self) -> None:
        """Let no further step begin."""
        self._pulled.set()

    def check(self) -> None:
        """Raise Draining if the brake is pulled."""
        if self.pulled:
            raise Draining

    async def or_pulled(self, wait: Coroutine[Any, Any, object]) -> None:
        """Await ``wait``, which is cancelled if the brake is pulled meanwhile; leaves no task behind."""
        waiting = asyncio.ensure_future(wait)
        pulled = asyncio.ensure_future(self._pulled.wait())
        try:
            await asyncio.wait((waiting, pulled), return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                waiting.result()
        finally:
            waiting.cancel()
            pulled.cancel()
            await asyncio.gather(waiting, pulled, return_exceptions=True)

    @asynccontextmanager
    async def finishing(self) -> AsyncIterator[None]:
        """Around what must not be cut off by a drain: a model call that is paid for."""
        self._finishing += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._finishing -= 1
            if self._finishing == 0:
                self._quiet.set()

    async def quiet(self) -> None:
        """Wait until nothing of that kind is under way."""
        await self._quiet.wait()
