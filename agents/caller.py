"""Calls a model at most once for each key and never above a cap. The only module that spends.

A call whose reply is in the journal is answered from there, whatever has changed since; otherwise what it may cost is
reserved, the row is durable before the request goes out, and the reply is durable before anyone acts on it. What a
reservation holds and does not use is free again when the call ends, so a call that would fit then waits for it, and
only one that would not is a question of budget.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Literal

from ..orchestrator.brake import Brake, Draining
from ..orchestrator.errors import BudgetReached, RunStateError, WorkerStuck
from ..orchestrator.nouns.keys import PLANNING, CallKey
from ..orchestrator.store.journal import Journal
from .digest import digest, dump_reply, dump_request, load_reply
from .models.errors import Interrupted, ModelError, PriceUnknown
from .models.port import Model, Reply, Request

_MOST_SENDS = 2
_A_TRIFLE = 1e-9
"""USD by which sums of floats may differ."""

Scope = Literal["run", "planning"]


class CallLost(ModelError, WorkerStuck):
    """Sent twice, and each time the process died before the answer was stored; another attempt may do better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """What a run may cost in USD, and the planner's part of it; ``raised`` is what a person added to each since."""

    run_usd: float
    planning_usd: float
    raised: Callable[[], float] = lambda: 0.0

    def usd(self, scope: Scope) -> float:
        """The cap as it stands."""
        run = self.run_usd + self.raised()
        return run if scope == "run" else min(run, self.planning_usd + self.raised())


def free(_: Request) -> float:
    """The price of a model that costs nothing: a person, a recording, a local server."""
    return 0.0


class Caller:
    """A Model that keeps a journal and a budget around another one.

    Args:
        model: what answers.
        journal: the run's calls; nobody else starts calls in it.
        brake: pulled to stop the run; no call starts after that, and those in flight end by themselves.
        caps: what the settings, and a person since, allow.
        price: USD to reserve for a request, for all that its answer may cost (`Tiers.reservation`); None where no
            price is known, which is refused. Models that cost nothing take `free`.
        on_drift: told of each call that is answered from the journal though its request is no longer the same.
        hold: waits while a person has paused the task of a call, or the run; a worker's call is held by its attempt.
        withhold: takes out of a request what no model may read, before it is kept, compared or sent.
        finishes: a stopping run waits for calls in flight though no price is known of them: they use up a plan.
    """

    def __init__(  # noqa: PLR0913 - its parts, which are wired in one place
        self,
        model: Model,
        journal: Journal,
        *,
        brake: Brake,
        caps: Caps,
        price: Callable[[Request], float | None],
        on_drift: Callable[[CallKey], None] = lambda _: None,
        hold: Callable[[CallKey], Awaitable[None]] | None = None,
        withhold: Callable[[Request], Request] | None = None,
        finishes: bool = False,
    ) -> None:
        self._model = model
        self._journal = journal
        self._brake = brake
        self._caps = caps
        self._price = price
        self._on_drift = on_drift
        self._hold = hold
        self._withhold = withhold
        self._finishes = finishes
        self._open: dict[CallKey, float] = {}
        self._ended = asyncio.Event()

    async def complete(self, key: CallKey, request: Request) -> Reply:
        """The reply to that call, from the journal or from the model; the same text either way.

        Raises Draining, BudgetReached, PriceUnknown and CallLost before anything is sent, and whatever the model
        raises, Draining in place of Interrupted; ValueError if the same call is in flight already.
        """
        if self._withhold is not None:
            request = self._withhold(request)
        identity = digest(request)
        if (reply := self._remembered(key, identity)) is not None:
            return reply
        if self._hold is not None:
            await self._hold(key)
        usd = self._price_of(request)
        await self._room(key, usd)
        with self._reserved(key, usd):
            self._journal.start(
                key, digest=identity, request=dump_request(request), tier=request.tier, model="", reserved_usd=usd
            )
            # What is paid for is let finish when the run is stopped; a prompt at the desk is not.
            async with self._brake.finishing() if usd > 0 or self._finishes else nullcontext():
                self._record(key, await self._sent(key, request, usd=usd))
        return load_reply(self._stored(key))

    def _remembered(self, key: CallKey, identity: str) -> Reply | None:
        """The reply in the journal, if there is one; raises CallLost where there will be none."""
        if key in self._open:
            raise ValueError(f"call {key} is in flight already; one thread makes one call at a time")
        call = self._journal.call(key)
        if call is None or call.state == "failed":
            return None
        if call.state == "done":
            if call.digest != identity:
                self._on_drift(key)
            return load_reply(self._stored(key))
        if call.sends >= _MOST_SENDS:
            raise CallLost(
                f"call {key} was sent {call.sends} times and the process died each time before its answer was stored; "
                "it may have been paid for and is not sent again: start the task's next attempt"
            )
        return None

    def _stored(self, key: CallKey) -> str:
        call = self._journal.call(key)
        if call is None or call.reply is None:
            raise RunStateError(
                f"the reply of call {key} is missing from the call journal: the run's folder is damaged"
            )
        return call.reply

    def _price_of(self, request: Request) -> float:
        usd = self._price(request)
        if usd is None:
            raise PriceUnknown(
                f"no price is known for a model of the tier {request.tier}, so the budget could not be kept; "
                "state its price in agentctl.toml, or choose another model"
            )
        return usd

    async def _room(self, key: CallKey, usd: float) -> None:
        """Return once the call fits under every cap; nothing else runs between that and the caller's next step."""
        while True:
            self._brake.check()
            short = [self._shortage(scope, usd) for scope in _scopes(key)]
            if all(shortage is None for shortage in short):
                return
            for shortage in short:
                if shortage is not None and not shortage.may_pass:
                    raise shortage.refusal(usd)
            await self._ended.wait()

    def _shortage(self, scope: Scope, usd: float) -> "_Shortage | None":
        """What is in the way of spending ``usd`` more, if anything is."""
        task = PLANNING if scope == "planning" else None
        totals = self._journal.totals(task=task)
        committed = totals.usd + totals.reserved_usd
        cap = self._caps.usd(scope)
        if committed + usd <= cap + _A_TRIFLE:
            return None
        held = sum(amount for key, amount in self._open.items() if scope in _scopes(key))
        return _Shortage(
            scope=scope, cap=cap, spent=committed - held, may_pass=committed - held + usd <= cap + _A_TRIFLE
        )

    @contextmanager
    def _reserved(self, key: CallKey, usd: float) -> Iterator[None]:
        """Know the call to be in flight; whoever waits for room looks again when it has ended."""
        self._open[key] = usd
        try:
            yield
        finally:
            del self._open[key]
            self._ended.set()
            self._ended = asyncio.Event()

    async def _sent(self, key: CallKey, request: Request, *, usd: float) -> Reply:
        try:
            return await self._model.complete(key, request)
        except ModelError as error:
            self._journal.failed(key, error=str(error), usd=usd if error.usd is None else error.usd)
            if isinstance(error, Interrupted):
                raise Draining from error
            raise
        except asyncio.CancelledError:
            self._journal.failed(key, error="it was cancelled in flight, and may have been paid for", usd=usd)
            raise

    def _record(self, key: CallKey, reply: Reply) -> None:
        self._journal.done(
            key,
            reply=dump_reply(reply),
            model=reply.model,
            usd=reply.usd,
            prompt=reply.usage.prompt,
            completion=reply.usage.completion,
            cached=reply.usage.cached,
            estimated=reply.usage.estimated,
            seconds=reply.seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shortage:
    """A cap that the next call does not fit under; ``may_pass`` if calls in flight hold what it lacks."""

    scope: Scope
    cap: float
    spent: float
    may_pass: bool

    def refusal(self, usd: float) -> BudgetReached:
        missing = max(self.spent + usd - self.cap, 0.0)
        return BudgetReached(
            f"the next call may cost up to ${usd:.4f} and does not fit under the {self.scope} budget of "
            f"${self.cap:.2f}, of which ${self.spent:.4f} is spent: raise it by at least ${missing:.4f} to go on",
            scope=self.scope,
            missing_usd=missing,
        )


def _scopes(key: CallKey) -> tuple[Scope, ...]:
    return ("run", "planning") if key.attempt.task == PLANNING else ("run",)
