"""TieredModel: asks a tier's deployments until one gives a usable reply. The only module that asks again.

One request is sent at most twice where each time may be charged (a repair turn, or a second try after a cut), and a few
times more where the provider turned it away for nothing; so what it costs stays within `Tiers.reservation`.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ...orchestrator.brake import Brake, Draining
from ...orchestrator.nouns.keys import CallKey
from ...orchestrator.ports import Clock, Random
from .errors import (
    BadReply,
    ContextOverflow,
    Interrupted,
    KeyRefused,
    Malformed,
    ModelError,
    NotInstalled,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    Refused,
    Repeating,
    TimedOut,
    Unavailable,
    UnknownModel,
    Unreachable,
)
from .limits import Lane, LaneClosed
from .port import Model, Reply, Request, Usage
from .replies import repair
from .tiers import PAID_SENDS, Deployment, Tiers

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often to try. All times in seconds."""

    failures: int = 8
    """Of one request at one deployment, those that cost nothing included."""
    unreachable: int = 3
    """How often one request may find that nothing listens: with the back-offs in between, a few seconds."""
    throttles: int = 30
    """How often one request may meet a rate limit: that is nobody's failure, and the lane slows everyone down."""
    pause: float = 60.0
    """The longest pause of a deployment that is waited for while another could answer."""
    longest_pause: float = 900.0
    """The longest pause that is waited for where no other can."""
    total: float = 900.0
    """Of one request: time in calls and back-offs, without waiting for its turn."""
    first_backoff: float = 1.0
    longest_backoff: float = 30.0


class TieredModel:
    """The Model port over tiers of deployments, with limits shared by everyone who uses this object.

    Args:
        tiers: which deployments answer for which tier; the first two of each are used.
        make: the model behind a deployment; called once for each, at its first request.
        clock: on which all waits pass.
        random: jitter.
        patience: how long and how often to try.
        brake: once it is pulled nothing more is sent; a request in flight is let finish.
    """

    def __init__(
        self,
        tiers: Tiers,
        make: Callable[[Deployment], Model],
        *,
        clock: Clock,
        random: Random,
        patience: Patience | None = None,
        brake: Brake | None = None,
    ) -> None:
        self._brake = brake or Brake()
        self._tiers = tiers
        self._make = make
        self._clock = clock
        self._random = random
        self._patience = patience or Patience()
        self._ways: dict[Deployment, _Way] = {}

    async def complete(self, key: CallKey, request: Request) -> Reply:
        """A usable reply; its usage and cost include what the tries before it cost.

        Raises subclasses of ModelError whose ``usd`` is what all tries cost together; Interrupted when the brake ended
        the tries, which costs nothing where nothing was sent.
        """
        effort = _Effort(left=self._patience.total)
        ways = [self._way(deployment) for deployment in self._tiers.of(request.tier)[:2]]
        for way, following in zip(ways, [*ways[1:], None], strict=True):
            try:
                return effort.settle(await self._ask(way, key, request, effort, fallback=following))
            except Draining:
                raise effort.blame(Interrupted("the run was stopped before this call had a usable reply")) from None
            except LaneClosed:
                if following is None:
                    raise effort.blame(_closed(way.lane)) from None
            except ModelError as error:
                if following is None or effort.exhausted or not _another_may(error, way, following):
                    raise effort.blame(error) from None
        raise AssertionError("a tier has at least one deployment")

    def _way(self, deployment: Deployment) -> "_Way":
        if deployment not in self._ways:
            lane = Lane(deployment, clock=self._clock, random=self._random, brake=self._brake)
            self._ways[deployment] = _Way(lane=lane, model=self._make(deployment))
        return self._ways[deployment]

    async def _ask(
        self, way: "_Way", key: CallKey, request: Request, effort: "_Effort", *, fallback: "_Way | None"
    ) -> Reply:
        """Ask one deployment, again where that helps."""
        failed = throttled = unreached = 0
        while True:
            try:
                return await self._send(way, key, request, effort, fallback=fallback)
            except Refused as error:
                effort.note(error, reservation=0.0)
                raise
            except (Unavailable, BadReply) as error:
                effort.note(error, reservation=way.lane.deployment.reservation(request))
                throttled += isinstance(error, RateLimited)
                failed += not isinstance(error, RateLimited)
                unreached += isinstance(error, Unreachable)
                patience = self._patience
                if unreached >= patience.unreachable:
                    way.lane.refused()
                    raise
                spent = failed >= patience.failures or throttled >= patience.throttles
                if spent or effort.exhausted or (fallback is not None and isinstance(error, TimedOut | Repeating)):
                    raise
                if isinstance(error, Malformed):
                    request = repair(request, error)
                elif isinstance(error, Unavailable) and not isinstance(error, RateLimited):
                    await self._back_off(failed, effort)

    async def _send(
        self, way: "_Way", key: CallKey, request: Request, effort: "_Effort", *, fallback: "_Way | None"
    ) -> Reply:
        lane, patience = way.lane, self._patience
        longest = patience.longest_pause if fallback is None else patience.pause
        async with lane.slot(patience=longest, elsewhere=fallback is not None):
            sent_at = self._clock.monotonic()
            try:
                reply = await _within(self._clock, effort.left, way.model.complete(key, request), lane.deployment.model)
            except Unreachable:
                raise  # which takes no time and troubles nobody, so that a pause for everyone would only hide it
            except Unavailable as error:
                lane.failed(error, sent_at=sent_at)
                raise
            except (QuotaExhausted, KeyRefused, NotInstalled, UnknownModel):
                lane.refused()
                raise
            except (BadReply, Refused):
                lane.succeeded(sent_at=sent_at)
                raise
            finally:
                effort.left -= self._clock.monotonic() - sent_at
            lane.succeeded(sent_at=sent_at)
            return reply

    async def _back_off(self, failed: int, effort: "_Effort") -> None:
        longest = min(self._patience.longest_backoff, self._patience.first_backoff * 2.0 ** (failed - 1))
        seconds = min(longest * self._random.uniform(0.5, 1.0), max(0.0, effort.left))
        effort.left -= seconds
        await self._brake.or_pulled(self._clock.sleep(seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A deployment's lane and the model at its end."""

    lane: Lane
    model: Model


@dataclass(slots=True, kw_only=True)
class _Effort:
    """What one request has taken so far."""

    left: float
    """Seconds it may still take."""
    usd: float = 0.0
    paid: int = 0
    """Sends that were charged, or may have been."""
    usages: list[Usage] = field(default_factory=list)

    @property
    def exhausted(self) -> bool:
        """Whether nothing more may be sent."""
        return self.paid >= PAID_SENDS or self.left <= 0

    def note(self, error: ModelError, *, reservation: float) -> None:
        """Enter a failed send; ``reservation`` is what it counts as where nobody knows."""
        self.paid += error.usd is None or isinstance(error, BadReply)
        self.usd += reservation if error.usd is None else error.usd
        if error.usage is not None:
            self.usages.append(error.usage)

    def settle(self, reply: Reply) -> Reply:
        """The reply with everything that was spent for it."""
        if not self.paid:
            return reply
        usage = Usage(
            prompt=reply.usage.prompt + sum(usage.prompt for usage in self.usages),
            completion=reply.usage.completion + sum(usage.completion for usage in self.usages),
            cached=reply.usage.cached + sum(usage.cached for usage in self.usages),
            estimated=reply.usage.estimated or len(self.usages) < self.paid or any(u.estimated for u in self.usages),
        )
        usd = None if reply.usd is None and not self.usd else (reply.usd or 0.0) + self.usd
        return replace(reply, usage=usage, usd=usd)

    def blame(self, error: ModelError) -> ModelError:
        """The error with everything that was spent for nothing."""
        error.usd = self.usd
        return error


def _another_may(error: ModelError, way: _Way, following: _Way) -> bool:
    """Whether another deployment may answer what this one did not."""
    if isinstance(error, ContextOverflow):
        return following.lane.deployment.context > way.lane.deployment.context
    return not isinstance(error, Malformed)


def _closed(lane: Lane) -> Overloaded:
    seconds = lane.pause
    return Overloaded(
        f"{lane.deployment.model} asks to be left alone for {seconds:.0f} s; add a second deployment to this tier, "
        "or resume the run later",
        retry_after=seconds,
    )


async def _within(clock: Clock, seconds: float, work: Coroutine[Any, Any, T], model: str) -> T:
    """The result of ``work``, unless the clock passes ``seconds`` first; leaves no task behind, whatever happens."""
    task = asyncio.ensure_future(work)
    alarm = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((task, alarm), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise TimedOut(f"{model}: no usable reply in the time a request may take; asking again may help", usd=None)
        return task.result()
    finally:
        task.cancel()
        alarm.cancel()
        await asyncio.gather(task, alarm, return_exceptions=True)
