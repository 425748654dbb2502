"""Lanes: who may send to a deployment, and when. Shared by all workers of a process; waits on the Clock only.

A lane admits in the order of arrival, within the deployment's concurrency and requests a minute. When the provider says
"too many", everyone waits together, once for each burst however many calls it hit, and half as many are let through
afterwards; each success lets a little more through. A lane on which nothing succeeds any more is broken: it is left
alone, longer each time, and then tried by a single call.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ...orchestrator.brake import Brake
from ...orchestrator.ports import Clock, Random
from .errors import Overloaded, RateLimited, Unavailable
from .tiers import Deployment

_BROKEN_AFTER = 5
"""Failures in a row, over all workers, after which a lane counts as broken."""

_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 120.0
_REFUSED_FOR = 60.0
"""Seconds for which a deployment that refused the key or the account is passed over, where another can answer."""

_BURST_SHARE = 0.1
"""The part of a minute's requests that may go out at once."""


class LaneClosed(Exception):
    """Nothing can be sent here within the time the caller would wait; it should try elsewhere."""


class Lane:
    """The way to one deployment.

    Args:
        deployment: whose limits these are.
        clock: on which waits pass.
        random: spreads the ends of pauses, so that several processes do not come back at the same moment.
        brake: lets nobody in once it is pulled, and ends every wait.
    """

    def __init__(self, deployment: Deployment, *, clock: Clock, random: Random, brake: Brake) -> None:
        self.deployment = deployment
        self._brake = brake
        self._clock = clock
        self._random = random
        self._turn = asyncio.Lock()
        self._room = asyncio.Event()
        self._running = 0
        self._allowed = float(deployment.concurrency)
        self._bucket = _Bucket(deployment.requests_per_minute, now=clock.monotonic())
        self._paused_until = 0.0
        self._eased_at = float("-inf")
        self._refused_until = 0.0
        self._strain = 0
        self._failures = 0

    @property
    def broken(self) -> bool:
        """Whether the last calls all failed, so that only a single one may try."""
        return self._failures >= _BROKEN_AFTER

    @property
    def pause(self) -> float:
        """Seconds for which nothing may be sent."""
        return max(0.0, self._paused_until - self._clock.monotonic())

    @asynccontextmanager
    async def slot(self, *, patience: float, elsewhere: bool) -> AsyncIterator[None]:
        """A place among the calls in flight; waits for it in turn.

        Raises LaneClosed where the lane is paused for longer than ``patience`` seconds and, if there is a lane
        ``elsewhere``, also where this one is broken or refused us a moment ago; and Draining.
        """
        async with self._turn:
            self._brake.check()
            while not self._open(patience=patience, elsewhere=elsewhere):
                await self._brake.or_pulled(self._wait())
                self._brake.check()
            self._running += 1
            self._bucket.take(self._clock.monotonic())
        try:
            yield
        finally:
            self._running -= 1
            self._room.set()

    def succeeded(self, *, sent_at: float) -> None:
        """The provider answered a call that was sent at that time (monotonic)."""
        if sent_at <= self._eased_at:
            return
        if self.broken:
            self._allowed = max(1.0, self.deployment.concurrency / 2)
        self._failures = self._strain = 0
        self._allowed = min(float(self.deployment.concurrency), self._allowed + 1 / self._allowed)
        self._room.set()

    def failed(self, error: Unavailable, *, sent_at: float) -> None:
        """A call that was sent at that time found the provider unavailable."""
        throttled = isinstance(error, RateLimited) or (isinstance(error, Overloaded) and error.retry_after is not None)
        if error.retry_after is not None:
            self._pause(error.retry_after * self._random.uniform(1.0, 1.1))
        if sent_at <= self._eased_at:
            return
        if throttled:
            self._ease(self._allowed / 2, pause=error.retry_after is None)
            return
        self._failures += 1
        if self.broken:
            self._ease(1.0, pause=True)

    def refused(self) -> None:
        """The deployment refused the key, the account, or the name of the model; or nothing listens there."""
        self._refused_until = self._clock.monotonic() + _REFUSED_FOR

    def _ease(self, allowed: float, *, pause: bool) -> None:
        self._allowed = max(1.0, allowed)
        self._eased_at = self._clock.monotonic()
        if pause:
            longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**self._strain)
            self._pause(longest * self._random.uniform(0.5, 1.0))
        self._strain += 1

    def _pause(self, seconds: float) -> None:
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)

    def _open(self, *, patience: float, elsewhere: bool) -> bool:
        now = self._clock.monotonic()
        if self.pause > patience or (elsewhere and (self._refused_until > now or self._being_tried())):
            raise LaneClosed
        return not self.pause and self._running < int(self._allowed) and not self._bucket.delay(now)

    def _being_tried(self) -> bool:
        return self.broken and (self.pause > 0 or self._running > 0)

    async def _wait(self) -> None:
        now = self._clock.monotonic()
        delay = max(self.pause, self._bucket.delay(now))
        if delay > 0:
            await self._clock.sleep(delay)
        else:
            self._room.clear()
            await self._room.wait()


class _Bucket:
    """A token bucket: so many requests a minute, a tenth of them at once."""

    def __init__(self, per_minute: float | None, *, now: float) -> None:
        self._per_second = None if per_minute is None else per_minute / 60
        self._size = 1.0 if per_minute is None else max(1.0, per_minute * _BURST_SHARE)
        self._tokens = self._size
        self._at = now

    def delay(self, now: float) -> float:
        """Seconds until a request may go out."""
        if self._per_second is None:
            return 0.0
        self._tokens = min(self._size, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        # Rounding may leave a token a hair short after exactly the delay that was asked for.
        return 0.0 if self._tokens > 1 - 1e-9 else (1 - self._tokens) / self._per_second

    def take(self, now: float) -> None:
        """Note that a request goes out."""
        if self._per_second is not None:
            self.delay(now)
            self._tokens -= 1
