"""TieredModel in virtual time: where nothing listens a person is asked soon, and a pulled brake ends every wait."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from agentctl.agents.caller import Caller, Caps
from agentctl.agents.models import errors
from agentctl.agents.models.port import Reply, Request, Usage
from agentctl.agents.models.retry import TieredModel
from agentctl.agents.models.tiers import Deployment, Tiers
from agentctl.orchestrator.brake import Brake, Draining
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.store.journal import Journal

REPLY = Reply(text="done", calls=(), usage=Usage(prompt=10, completion=5), model="m", usd=0.01, seconds=1.0)


class Ends:
    """What is at the end of a deployment: raises these one after the other, the last for ever, or answers at None."""

    def __init__(self, clock: Any, *endings: errors.ModelError | None, latency: float = 0.0) -> None:
        self._clock = clock
        self._endings = list(endings)
        self._latency = latency
        self.sent: list[float] = []
        self.called = asyncio.Event()

    async def complete(self, _: CallKey, __: Request) -> Reply:
        self.sent.append(self._clock.time)
        self.called.set()
        await self._clock.sleep(self._latency)
        ending = self._endings.pop(0) if len(self._endings) > 1 else self._endings[0]
        if ending is not None:
            raise ending
        return REPLY


Build = Callable[..., TieredModel]


@pytest.fixture
def brake() -> Brake:
    return Brake()


@pytest.fixture
def tiered(clock: Any, chance: Random, brake: Brake, deployment: Callable[..., Deployment]) -> Build:
    """A TieredModel over these ends, with a brake."""

    def build(*ends: Ends, brake: Brake = brake, **limits: Any) -> TieredModel:
        ways = {deployment(f"test/{number}", **limits): end for number, end in enumerate(ends)}
        tiers = Tiers(flash=tuple(ways), pro=tuple(ways))
        return TieredModel(tiers, ways.__getitem__, clock=clock, random=chance, brake=brake)

    return build


def keys() -> Iterator[CallKey]:
    yield from (CallKey(attempt=AttemptKey(task=f"T{number}"), role="worker", turn=0) for number in range(1, 100))


async def test_where_nothing_listens_it_is_tried_three_times_within_ten_seconds(
    tiered: Build, clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    end = Ends(clock, errors.Unreachable("nothing listens at 127.0.0.1:9"))
    [error] = await clock.run(tiered(end).complete(key, ask()))
    assert isinstance(error, errors.Unreachable)
    assert (len(end.sent), error.usd) == (3, 0.0)
    assert 1 <= clock.time - 1000 <= 10


async def test_a_fleet_before_a_closed_port_waits_no_longer_than_one_worker(
    tiered: Build, clock: Any, ask: Callable[..., Request]
) -> None:
    model = tiered(Ends(clock, errors.Unreachable("nothing listens at 127.0.0.1:9")))
    outcomes = await clock.run(*(model.complete(each, ask()) for each in keys()))
    assert {type(outcome) for outcome in outcomes} == {errors.Unreachable}
    assert clock.time - 1000 <= 10


async def test_a_server_that_starts_meanwhile_is_found(
    tiered: Build, clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    refused = errors.Unreachable("nothing listens at 127.0.0.1:9")
    [reply] = await clock.run(tiered(Ends(clock, refused, refused, None)).complete(key, ask()))
    assert reply == REPLY


async def test_what_is_unreachable_is_passed_over_for_a_while_where_another_answers(
    tiered: Build, clock: Any, ask: Callable[..., Request]
) -> None:
    closed, other = Ends(clock, errors.Unreachable("nothing listens there")), Ends(clock, None)
    model, [first, *others] = tiered(closed, other), list(keys())
    [reply] = await clock.run(model.complete(first, ask()))
    replies = await clock.run(*(model.complete(each, ask()) for each in others))
    assert {reply, *replies} == {REPLY}
    assert (len(closed.sent), len(other.sent)) == (3, 99)


@pytest.mark.parametrize(
    ("error", "sends"), [(errors.Overloaded("503"), 8), (errors.Disconnected("no route"), 8)], ids=["503", "no route"]
)
async def test_what_heals_by_itself_is_waited_for_as_long_as_ever(
    tiered: Build, clock: Any, key: CallKey, ask: Callable[..., Request], error: errors.ModelError, sends: int
) -> None:
    end = Ends(clock, error)
    await clock.run(tiered(end).complete(key, ask()))
    assert len(end.sent) == sends
    assert clock.time - 1000 > 60


async def pulled_at(clock: Any, brake: Brake, seconds: float) -> None:
    await clock.sleep(seconds)
    brake.pull()


@pytest.mark.parametrize(
    "error",
    [errors.Overloaded("503"), errors.RateLimited("429", retry_after=600), errors.Unreachable("nothing listens")],
    ids=["back-off", "pause of the lane", "nothing listens"],
)
async def test_a_pulled_brake_ends_a_wait_at_once_and_nothing_was_charged(
    tiered: Build, clock: Any, brake: Brake, key: CallKey, ask: Callable[..., Request], error: errors.ModelError
) -> None:
    end = Ends(clock, error)
    stopped, _ = await clock.run(tiered(end).complete(key, ask()), pulled_at(clock, brake, 0.1))
    assert isinstance(stopped, errors.Interrupted)
    assert (stopped.usd, len(end.sent), clock.time) == (0.0, 1, 1000.1)


async def test_a_pulled_brake_lets_a_send_finish_and_those_that_wait_for_their_turn_go(
    tiered: Build, clock: Any, brake: Brake, ask: Callable[..., Request]
) -> None:
    end = Ends(clock, None, latency=5.0)
    model, [first, second, third, *_] = tiered(end, concurrency=1), list(keys())
    calls = [model.complete(each, ask()) for each in (first, second, third)]
    reply, *others, _ = await clock.run(*calls, pulled_at(clock, brake, 1.0))
    assert reply == REPLY
    assert [(type(other), other.usd) for other in others] == [(errors.Interrupted, 0.0)] * 2
    assert (end.sent, clock.time) == ([1000.0], 1005.0)


async def test_after_the_brake_nothing_is_sent_at_all(
    tiered: Build, clock: Any, brake: Brake, key: CallKey, ask: Callable[..., Request]
) -> None:
    brake.pull()
    end = Ends(clock, None)
    [stopped] = await clock.run(tiered(end).complete(key, ask()))
    assert isinstance(stopped, errors.Interrupted)
    assert end.sent == []


async def test_a_reply_that_cannot_be_used_is_not_mended_after_the_brake_but_counts(
    tiered: Build, clock: Any, brake: Brake, key: CallKey, ask: Callable[..., Request]
) -> None:
    end = Ends(clock, errors.Malformed("no JSON", problems=["no JSON"], usd=0.02), latency=5.0)
    stopped, _ = await clock.run(tiered(end, end).complete(key, ask()), pulled_at(clock, brake, 1.0))
    assert isinstance(stopped, errors.Interrupted)
    assert (stopped.usd, len(end.sent)) == (pytest.approx(0.02), 1)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "calls.db", clock=SystemClock(), redact=str) as journal:
        yield journal


@pytest.mark.parametrize("usd", [0.0, 0.3])
async def test_a_call_ended_by_the_brake_is_journaled_at_what_it_cost_and_made_again_by_a_resume(
    tiered: Build, clock: Any, key: CallKey, ask: Callable[..., Request], journal: Journal, usd: float
) -> None:
    def caller(*endings: errors.ModelError | None, brake: Brake) -> Caller:
        caps = Caps(run_usd=9.0, planning_usd=9.0)
        model = tiered(Ends(clock, *endings), brake=brake)
        return Caller(model, journal, brake=brake, caps=caps, price=lambda _: 0.5)

    brake = Brake()
    failing = caller(errors.Overloaded("502", usd=usd), brake=brake)
    stopped, _ = await clock.run(failing.complete(key, ask()), pulled_at(clock, brake, 0.1))
    assert isinstance(stopped, Draining)
    [call] = journal.calls()
    assert (call.state, call.usd, journal.totals().reserved_usd) == ("failed", usd, 0.0)
    [reply] = await clock.run(caller(None, brake=Brake()).complete(key, ask()))
    assert reply.text == "done"
    assert journal.totals().usd == pytest.approx(usd + 0.01)


async def test_a_wait_that_ends_by_itself_raises_what_it_raised_and_leaves_no_task(clock: Any, brake: Brake) -> None:
    async def fails() -> None:
        raise LookupError

    before = asyncio.all_tasks()
    with pytest.raises(LookupError):
        await brake.or_pulled(fails())
    await clock.run(brake.or_pulled(clock.sleep(5)))
    assert (asyncio.all_tasks(), clock.time) == (before, 1005.0)
