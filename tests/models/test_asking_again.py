"""TieredModel in virtual time, over scripted deployments."""

import asyncio
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from agentctl.agents.models import errors
from agentctl.agents.models.port import Request
from agentctl.agents.models.retry import Patience, TieredModel
from agentctl.agents.models.tiers import Deployment, Tiers
from agentctl.bench.scripted import Answer, Asked, Rules, Script, ScriptCall, ScriptedModel
from agentctl.orchestrator.nouns.keys import CallKey

READ_A = ScriptCall(name="read", arguments={"path": "a.py"})


@pytest.fixture
def tiered(clock: Any, chance: Random, deployment: Callable[..., Deployment]) -> Callable[..., tuple[Any, ...]]:
    """A TieredModel over one scripted deployment for each script given, and the doubles behind it."""

    def build(*scripts: Any, patience: Patience | None = None, **limits: Any) -> tuple[Any, ...]:
        names = [f"test/{letter}" for letter, _ in zip("ab", scripts, strict=False)]
        deployments = tuple(deployment(name, **limits) for name in names)
        doubles = {
            name: ScriptedModel(script, clock=clock, model=name, price=deployments[0].price)
            for name, script in zip(names, scripts, strict=True)
        }
        tiers = Tiers(flash=deployments, pro=deployments)
        model = TieredModel(tiers, lambda d: doubles[d.model], clock=clock, random=chance, patience=patience)
        return model, *doubles.values()

    return build


def then(*faults: Any, **answer: Any) -> Script:
    """A script: these faults one after the other, then success."""
    left = list(faults)

    def script(_: Asked) -> Answer:
        return Answer(fault=left.pop(0), **answer) if left else Answer(text="done", prompt=1000, completion=100)

    return script


async def test_a_rate_limit_is_waited_for_as_long_as_the_provider_says(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    model, double = tiered(then("rate", retry_after=45))
    [reply] = await clock.run(model.complete(key, ask()))
    assert (reply.text, double.calls) == ("done", 2)
    assert 1045 <= clock.time <= 1050


@pytest.mark.parametrize("fault", ["error", "overloaded"])
async def test_failures_that_cost_nothing_are_tried_again_with_growing_pauses(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request], fault: Any
) -> None:
    model, double = tiered(then(fault, fault, fault))
    [reply] = await clock.run(model.complete(key, ask()))
    assert (reply.text, double.calls) == ("done", 4)
    assert 1003.5 <= clock.time <= 1007


@pytest.mark.parametrize("fault", ["quota", "key", "filter", "overflow", "bad_request", "unknown_model"])
async def test_a_refusal_is_never_asked_twice(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request], fault: Any
) -> None:
    model, double = tiered(then(fault))
    [error] = await clock.run(model.complete(key, ask()))
    assert isinstance(error, errors.Refused)
    assert double.calls == 1


@pytest.mark.parametrize("fault", ["quota", "key", "filter", "bad_request", "unknown_model", "repeat", "hang"])
async def test_the_fallback_answers_what_the_first_will_not(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request], fault: Any
) -> None:
    patience = Patience(total=60)
    script = Rules({"rules": [{"fault": fault, "when": {}}]})
    model, first, second = tiered(script, then(), patience=patience)
    [reply] = await clock.run(model.complete(key, ask()))
    if fault == "hang":
        assert isinstance(reply, errors.TimedOut)
    else:
        assert (reply.text, reply.model, first.calls, second.calls) == ("done", "test/b", 1, 1)


async def test_a_deployment_that_refused_the_key_is_passed_over_for_a_while(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    model, first, second = tiered(then("key"), then())
    await clock.run(*(model.complete(key, ask()) for _ in range(1)))
    await clock.run(*(model.complete(key, ask()) for _ in range(9)))
    assert (first.calls, second.calls) == (1, 10)
    clock.time += 61
    [reply] = await clock.run(model.complete(key, ask()))
    assert reply.model == "test/a"


async def test_an_overflow_goes_only_to_a_longer_context(
    clock: Any, chance: Random, deployment: Callable[..., Deployment], key: CallKey, ask: Callable[..., Request]
) -> None:
    for context, expected in ((8_000, 0), (32_000, 1)):
        small, other = deployment("test/a", context=8_000), deployment("test/b", context=context)
        first = ScriptedModel(then("overflow"), clock=clock)
        second = ScriptedModel(then(), clock=clock)
        tiers = Tiers(flash=(small, other), pro=(small,))
        model = TieredModel(tiers, {small: first, other: second}.__getitem__, clock=clock, random=chance)
        await clock.run(model.complete(key, ask()))
        assert second.calls == expected


async def test_a_pause_beyond_patience_sends_everyone_to_the_fallback(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    model, _, second = tiered(then("rate", retry_after=600), then())
    replies = await clock.run(*(model.complete(key, ask()) for _ in range(5)))
    replies += await clock.run(*(model.complete(key, ask()) for _ in range(20)))
    assert {reply.text for reply in replies} == {"done"}
    assert second.calls >= 20
    assert clock.time < 1001


async def test_a_long_pause_without_a_fallback_is_waited_for(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    model, _ = tiered(then("rate", retry_after=600))
    [reply] = await clock.run(model.complete(key, ask()))
    assert reply.text == "done"
    assert clock.time >= 1600


async def test_a_pause_of_hours_without_a_fallback_says_what_to_do(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    model, double = tiered(then("rate", retry_after=7200))
    [error] = await clock.run(model.complete(key, ask()))
    assert isinstance(error, errors.Overloaded)
    assert "second deployment" in str(error)
    assert (double.calls, error.retry_after > 7000) == (1, True)


@pytest.mark.parametrize("fault", ["bad_arguments", "wrong_arguments", "unknown_tool", "duplicate_ids"])
async def test_a_malformed_reply_gets_one_repair_turn_that_names_what_was_wrong(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request], fault: Any
) -> None:
    seen = []

    def script(asked: Asked) -> Answer:
        seen.append(asked)
        spoilt = fault if asked.turn == 0 else None
        return Answer(text="here", calls=(READ_A,), fault=spoilt, prompt=1000, completion=100)

    model, _ = tiered(script)
    [reply] = await clock.run(model.complete(key, ask()))
    assert [call.arguments for call in reply.calls] == [{"path": "a.py"}]
    assert "could not be used" in seen[1].last
    assert (reply.usage.prompt, reply.usage.completion, reply.usd) == (2000, 200, pytest.approx(0.004))


async def test_a_second_malformed_reply_ends_it(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    model, double, other = tiered(lambda _: Answer(calls=(READ_A,), fault="bad_arguments", prompt=1000), then())
    [error] = await clock.run(model.complete(key, ask()))
    assert isinstance(error, errors.Malformed)
    assert (double.calls, other.calls) == (2, 0)
    assert error.usd > 0.002


@pytest.mark.parametrize("fault", ["empty", "disconnect", "cut", "bad_arguments", "no_choices", "drip", "not_json"])
async def test_no_request_costs_more_than_its_reservation(
    tiered: Callable[..., tuple[Any, ...]],
    clock: Any,
    key: CallKey,
    ask: Callable[..., Request],
    fault: Any,
    deployment: Callable[..., Deployment],
) -> None:
    request = ask(max_tokens=200)
    model, *doubles = tiered(*[lambda _: Answer(text="x", calls=(READ_A,), fault=fault, completion=200)] * 2)
    [error] = await clock.run(model.complete(key, request))
    assert sum(double.calls for double in doubles) == 2
    one = deployment()
    assert 0 < error.usd <= Tiers(flash=(one,), pro=(one,)).reservation(request) + 1e-12


async def test_a_cut_reply_counts_at_its_reservation_when_the_next_one_is_good(
    tiered: Callable[..., tuple[Any, ...]],
    clock: Any,
    key: CallKey,
    ask: Callable[..., Request],
    deployment: Callable[..., Deployment],
) -> None:
    model, _ = tiered(then("cut"))
    request = ask(max_tokens=200)
    [reply] = await clock.run(model.complete(key, request))
    assert reply.usd == pytest.approx(deployment().reservation(request) + 0.002)
    assert reply.usage.estimated


async def test_a_burst_of_rate_limits_is_one_wait_for_all(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    """Fifty calls meet a limit at once: none dies, and the pause does not grow fifty times."""

    def script(_: Asked) -> Answer:
        late = clock.time >= 1030
        return Answer(text="done", latency=1) if late else Answer(fault="rate", retry_after=30, latency=0.1)

    model, double = tiered(script)
    replies = await clock.run(*(model.complete(key, ask()) for _ in range(50)))
    assert Counter(getattr(reply, "text", repr(reply)) for reply in replies) == {"done": 50}
    assert double.calls == 100
    assert clock.time < 1045


async def test_a_limit_without_a_retry_after_is_found_by_slowing_down(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    """The provider takes two requests a second and says nothing else; a hundred callers all come through."""
    accepted: list[float] = []

    def script(_: Asked) -> Answer:
        if sum(at > clock.time - 1 for at in accepted) >= 2:
            return Answer(fault="rate")
        accepted.append(clock.time)
        return Answer(text="done", latency=1)

    model, double = tiered(script)
    replies = await clock.run(*(model.complete(key, ask()) for _ in range(100)))
    assert Counter(getattr(reply, "text", repr(reply)) for reply in replies) == {"done": 100}
    assert double.calls < 300


async def test_after_a_burst_fewer_are_let_through_at_first(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    script = Rules({"rules": [{"fault": "rate", "retry_after": 5, "times": 8}], "otherwise": {"latency": 1}})
    model, double = tiered(script, concurrency=8)
    peaks = []

    async def watch() -> None:
        await clock.sleep(6)
        peaks.append(double.in_flight)

    await clock.run(*(model.complete(key, ask()) for _ in range(16)), watch())
    assert peaks == [4]


async def test_a_broken_deployment_is_left_alone_and_then_tried_by_one(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    def script(_: Asked) -> Answer:
        return Answer(text="done") if clock.time > 1300 else Answer(fault="error", latency=0.1)

    model, first, second = tiered(script, lambda _: Answer(text="other"))

    async def worker(number: int) -> str:
        await clock.sleep(number)
        return (await model.complete(key, ask())).text

    texts = await clock.run(*(worker(number) for number in range(600)))
    assert Counter(texts)["done"] > 150
    assert set(texts) == {"done", "other"}
    assert first.calls - Counter(texts)["done"] < 40
    assert second.calls == Counter(texts)["other"]


async def test_without_a_fallback_the_fleet_outlives_a_minute_of_outage(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    def script(_: Asked) -> Answer:
        return Answer(text="done", latency=1) if clock.time > 1060 else Answer(fault="error", latency=0.1)

    model, _ = tiered(script)
    replies = await clock.run(*(model.complete(key, ask()) for _ in range(50)))
    assert Counter(getattr(reply, "text", repr(reply)) for reply in replies) == {"done": 50}


async def test_fifty_callers_stay_within_the_concurrency_and_all_come_through(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    model, double = tiered(lambda _: Answer(text="done", latency=1), concurrency=7)
    replies = await clock.run(*(model.complete(key, ask()) for _ in range(50)))
    assert (len(replies), double.most_in_flight) == (50, 7)
    assert clock.time == pytest.approx(1000 + 8)


async def test_requests_a_minute_are_kept(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    sent = []
    model, _ = tiered(lambda _: sent.append(clock.time) or Answer(text="done"), requests_per_minute=60)
    await clock.run(*(model.complete(key, ask()) for _ in range(50)))
    within_a_minute = [sum(1 for at in sent if start <= at < start + 10) for start in sent]
    assert max(within_a_minute) <= 16
    assert clock.time == pytest.approx(1044)


async def test_both_tiers_share_the_limits_of_one_deployment(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    model, double = tiered(lambda _: Answer(text="done", latency=1), concurrency=2)
    await clock.run(*(model.complete(key, ask(tier=tier)) for tier in ("flash", "pro", "ultra") * 2))
    assert double.most_in_flight == 2


async def test_the_total_deadline_ends_a_request_that_never_answers(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    model, double = tiered(lambda _: Answer(fault="hang"), patience=Patience(total=100))
    [error] = await clock.run(model.complete(key, ask()))
    assert isinstance(error, errors.TimedOut)
    assert (clock.time, double.in_flight) == (1100, 0)


async def test_cancelling_leaves_no_task_and_frees_the_place(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    model, double = tiered(
        lambda asked: Answer(fault="hang" if "slow" in asked.text else None, text="done"), concurrency=1
    )
    before = asyncio.all_tasks()
    slow = asyncio.create_task(model.complete(key, ask("slow")))
    waiting = asyncio.create_task(model.complete(key, ask("slow too")))
    for _ in range(20):
        await asyncio.sleep(0)
    assert double.in_flight == 1
    waiting.cancel()
    slow.cancel()
    outcomes = await asyncio.gather(slow, waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError] * 2
    assert asyncio.all_tasks() == before
    [reply] = await clock.run(model.complete(key, ask("quick")))
    assert (reply.text, double.in_flight) == ("done", 0)


async def test_cancelling_the_one_who_waits_for_a_pause_passes_the_turn_on(
    tiered: Callable[..., tuple[Any, ...]], clock: Any, key: CallKey, ask: Callable[..., Request]
) -> None:
    model, _ = tiered(then("rate", retry_after=30))
    calls = [asyncio.create_task(model.complete(key, ask())) for _ in range(3)]
    for _ in range(30):
        await asyncio.sleep(0)
    calls[0].cancel()

    async def outcome(call: Any) -> Any:
        return await call

    replies = await clock.run(*(outcome(call) for call in calls))
    assert isinstance(replies[0], asyncio.CancelledError)
    assert [reply.text for reply in replies[1:]] == ["done", "done"]
