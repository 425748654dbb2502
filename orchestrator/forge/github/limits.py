"""How long GitHub wants to be left alone, and how fast it may be asked. Waits by the given clock, opens no connection.

Source of the figures: GitHub's pages on rate limits and on best practices of its REST API. A secondary limit that says
no time wants a minute, then twice as much each time; writes want a second between them, and one at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from ...errors import ForgeAway
from ...ports import Clock, Random

PATIENCE = 30.0
"""Seconds that are waited inside a call; who has to wait longer is told to come again."""
TRIES = 4
LIMITED = 60.0
"""Seconds of rest where GitHub says no time."""
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 16.0
_LIMITING = (403, 429)
_SERVER_ERROR = 500
_WORDS = ("secondary rate limit", "abuse detection", "rate limit exceeded")


def wanted_rest(status: int, headers: Mapping[str, str], said: str, *, now: float, tries: int) -> float | None:
    """Seconds for which an answer asks to be left alone because of a limit; None where it speaks of none.

    Args:
        status: of the answer.
        headers: of the answer, looked up in small letters.
        said: its message.
        now: seconds since the epoch.
        tries: how often the same was limited before.
    """
    if status not in _LIMITING:
        return None
    if (after := _number(headers.get("retry-after"))) is not None:
        return max(after, 0.0)
    if headers.get("x-ratelimit-remaining") == "0":
        return _until_reset(headers, now)
    if status == _LIMITING[1] or any(each in said.lower() for each in _WORDS):
        return LIMITED * float(2**tries)
    return None


def spent(headers: Mapping[str, str], *, now: float) -> float:
    """Seconds until something is left to ask with, as an answer that came tells; 0 where there is."""
    return _until_reset(headers, now) if headers.get("x-ratelimit-remaining") == "0" else 0.0


def is_outage(status: int) -> bool:
    """Whether the server, and not what was asked, is at fault."""
    return status >= _SERVER_ERROR


def pause(tries: int, chance: Random) -> float:
    """Seconds before trying again after an outage: full jitter under a ceiling that doubles."""
    return chance.uniform(0.0, min(_LONGEST_PAUSE, _FIRST_PAUSE * float(2**tries)))


class Pace:
    """How fast one login may go on: shared by everything that speaks with it."""

    def __init__(self, clock: Clock, *, between_writes: float = 1.0) -> None:
        self._clock = clock
        self._between_writes = between_writes
        self._writing = asyncio.Lock()
        self._next_write = 0.0
        self._rest_until = 0.0

    def rest(self, seconds: float) -> None:
        """Nothing is asked for so long."""
        self._rest_until = max(self._rest_until, self._clock.now() + seconds)

    @property
    def resting(self) -> float:
        """Seconds of rest that are left."""
        return max(self._rest_until - self._clock.now(), 0.0)

    async def ready(self, what: str) -> None:
        """Wait until something may be asked.

        Raises:
            ForgeAway: it takes longer than anybody waits inside a call.
        """
        left = self.resting
        if left > PATIENCE:
            raise ForgeAway(f"GitHub wants to be left alone for {left:.0f} s; {what} is for later.", seconds=left)
        if left:
            await self._clock.sleep(left)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """One write at a time, some time after the one before."""
        async with self._writing:
            if (early := self._next_write - self._clock.monotonic()) > 0:
                await self._clock.sleep(early)
            try:
                yield
            finally:
                self._next_write = self._clock.monotonic() + self._between_writes


def _until_reset(headers: Mapping[str, str], now: float) -> float:
    reset = _number(headers.get("x-ratelimit-reset"))
    return LIMITED if reset is None else max(reset - now, 0.0) + 1.0


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and text.strip().isascii() and text.strip().isdigit() else None
