"""How a run is told to stop: each step looks at the brake before it begins, and what is paid for is let finish."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Draining(Exception):
    """The run is being stopped; what was done is saved, and a resume goes on from here."""


class Brake:
    """Pulled once, it stays pulled for the life of the process."""

    def __init__(self) -> None:
        self.pulled = False
        self._finishing = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    def pull(self) -> None:
        """Let no further step begin."""
        self.pulled = True

    def check(self) -> None:
        """Raise Draining if the brake is pulled."""
        if self.pulled:
            raise Draining

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
