"""The caller pays once for each call and never passes a cap, whatever runs at once and whenever it is killed."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from agentctl.agents.caller import Caller, CallLost, Caps, free
from agentctl.agents.models.errors import Overloaded, PriceUnknown, TimedOut
from agentctl.agents.models.port import Message, Reply, Request, ToolCall, Usage
from agentctl.orchestrator.brake import Brake, Draining
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import BudgetReached
from agentctl.orchestrator.nouns.keys import PLANNING, AttemptKey, CallKey
from agentctl.orchestrator.store.journal import Journal

REQUEST = Request(tier="flash", messages=(Message(role="user", text="Write a.py, please."),))


def key(turn: int = 0, *, task: str = "T1", role: str = "worker") -> CallKey:
    return CallKey(attempt=AttemptKey(task=task), role=role, turn=turn)


def reply(text: str = "done", usd: float | None = 0.01) -> Reply:
    call = ToolCall(id="1", name="write", arguments={"path": "a.py", "lines": [1, None, {"x": 1.5}]})
    usage = Usage(prompt=10, completion=5)
    return Reply(text=text, calls=(call,), usage=usage, model="m", usd=usd, seconds=0.5)


class Scripted:
    """Answers when it is let go; counts what was sent, and how much was in flight at most."""

    def __init__(self, *answers: Reply | BaseException, held: bool = False) -> None:
        self.answers = list(answers)
        self.sent: list[CallKey] = []
        self.gate = asyncio.Event()
        self.started = asyncio.Event()
        if not held:
            self.gate.set()

    async def complete(self, key: CallKey, _: Request) -> Reply:
        self.sent.append(key)
        self.started.set()
        await self.gate.wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer


Make = Callable[..., tuple[Caller, Journal]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def caller(model: object, *, usd: float = 1.0, planning: float = 0.5, **more: object) -> tuple[Caller, Journal]:
        journal = Journal(tmp_path / "calls.db", clock=SystemClock(), redact=lambda text: text.replace("s3cret", "***"))
        options = {"brake": Brake(), "price": lambda _: 0.1, "caps": Caps(run_usd=usd, planning_usd=planning)} | more
        return Caller(model, journal, **options), journal

    return caller


def totals(journal: Journal) -> tuple[float, float, int]:
    found = journal.totals()
    return round(found.usd, 6), round(found.reserved_usd, 6), found.in_flight


async def test_a_call_is_answered_once_and_then_from_the_journal(make: Make) -> None:
    model = Scripted(reply(), reply("another"))
    caller, journal = make(model)
    first = await caller.complete(key(), REQUEST)
    journal.close()
    again, _ = make(model)
    assert await again.complete(key(), REQUEST) == first == reply()
    assert len(model.sent) == 1


async def test_a_done_call_is_not_paid_again_when_its_request_has_changed(make: Make) -> None:
    drifted: list[CallKey] = []
    model = Scripted(reply())
    caller, _ = make(model, on_drift=drifted.append)
    await caller.complete(key(), REQUEST)
    assert await caller.complete(key(), replace(REQUEST, max_tokens=7)) == reply()
    assert (len(model.sent), drifted) == (1, [key()])


async def test_what_is_stored_and_handed_back_is_redacted_alike(make: Make) -> None:
    caller, journal = make(Scripted(reply('say "s3cret"')))
    request = replace(REQUEST, messages=(Message(role="user", text="my s3cret"),))
    assert (await caller.complete(key(), request)).text == 'say "***"'
    (call,) = journal.calls()
    assert "s3cret" not in journal.blob(call.request_blob) + (call.reply or "")


async def test_fifty_calls_at_once_never_reserve_more_than_the_cap(make: Make) -> None:
    most = 0.0

    class Watching:
        async def complete(self, _: CallKey, __: Request) -> Reply:
            nonlocal most
            for _ in range(3):
                found = journal.totals()
                most = max(most, found.usd + found.reserved_usd)
                await asyncio.sleep(0)
            return reply(usd=0.01)

    caller, journal = make(Watching(), usd=1.0)
    await asyncio.gather(*(caller.complete(key(turn), REQUEST) for turn in range(50)))
    assert most == pytest.approx(1.0)
    assert totals(journal) == (0.5, 0.0, 0)


async def test_a_call_waits_for_room_that_calls_in_flight_may_leave(make: Make) -> None:
    model = Scripted(reply(usd=0.01), held=True)
    caller, _ = make(model, usd=0.15)
    both = asyncio.gather(caller.complete(key(1), REQUEST), caller.complete(key(2), REQUEST))
    await model.started.wait()
    assert model.sent == [key(1)]
    model.gate.set()
    await both
    assert model.sent == [key(1), key(2)]


async def test_the_cap_is_refused_with_what_is_missing_and_lifted_by_what_is_raised(make: Make) -> None:
    raised = [0.0]
    caps = Caps(run_usd=0.15, planning_usd=0.15, raised=lambda: raised[0])
    model = Scripted(reply(usd=0.1))
    caller, _ = make(model, caps=caps)
    await caller.complete(key(1), REQUEST)
    with pytest.raises(BudgetReached, match=r"run budget of \$0.15, of which \$0.1000 is spent") as refused:
        await caller.complete(key(2), REQUEST)
    assert (refused.value.scope, round(refused.value.missing_usd, 6)) == ("run", 0.05)
    raised[0] = refused.value.missing_usd
    await caller.complete(key(2), REQUEST)
    assert model.sent == [key(1), key(2)]


async def test_waiting_calls_are_refused_when_the_room_they_waited_for_was_used(make: Make) -> None:
    model = Scripted(reply(usd=0.1), held=True)
    caller, journal = make(model, usd=0.15)
    both = asyncio.gather(*(caller.complete(key(turn), REQUEST) for turn in (1, 2)), return_exceptions=True)
    await model.started.wait()
    model.gate.set()
    first, second = await both
    assert (first, type(second), totals(journal)) == (reply(usd=0.1), BudgetReached, (0.1, 0.0, 0))


async def test_planning_has_a_cap_of_its_own_within_the_run(make: Make) -> None:
    caller, _ = make(Scripted(reply(usd=0.1)), usd=1.0, planning=0.15)
    plan = [key(turn, task=PLANNING, role="planner") for turn in (1, 2)]
    await caller.complete(plan[0], REQUEST)
    with pytest.raises(BudgetReached) as refused:
        await caller.complete(plan[1], REQUEST)
    assert refused.value.scope == "planning"
    await caller.complete(key(), REQUEST)


async def test_a_tier_without_a_price_is_refused_before_anything_is_sent(make: Make) -> None:
    model = Scripted(reply())
    caller, journal = make(model, price=lambda _: None)
    with pytest.raises(PriceUnknown, match=r"agentctl\.toml"):
        await caller.complete(key(), REQUEST)
    assert (model.sent, journal.calls()) == ([], ())


async def test_a_model_that_costs_nothing_needs_no_budget(make: Make) -> None:
    caller, journal = make(Scripted(reply(usd=None)), usd=0.0, price=free)
    await caller.complete(key(), REQUEST)
    assert totals(journal) == (0.0, 0.0, 0)


@pytest.mark.parametrize(("error", "spent"), [(Overloaded("busy"), 0.0), (TimedOut("late", usd=None), 0.1)])
async def test_a_failed_call_costs_what_it_cost_and_may_be_made_again(
    make: Make, error: Exception, spent: float
) -> None:
    model = Scripted(error, reply(usd=0.02))
    caller, journal = make(model)
    with pytest.raises(type(error)):
        await caller.complete(key(), REQUEST)
    assert (journal.calls()[0].state, totals(journal)) == ("failed", (spent, 0.0, 0))
    assert (await caller.complete(key(), REQUEST)).usd == 0.02
    assert totals(journal) == (round(spent + 0.02, 6), 0.0, 0)


async def test_a_cancelled_call_counts_as_spent_at_its_reservation(make: Make) -> None:
    model = Scripted(reply(), held=True)
    caller, journal = make(model)
    call = asyncio.create_task(caller.complete(key(), REQUEST))
    await model.started.wait()
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert (journal.calls()[0].state, totals(journal)) == ("failed", (0.1, 0.0, 0))


class Killed(BaseException):
    """The process died here."""


async def test_a_call_open_when_the_process_died_is_sent_once_more_and_never_a_third_time(make: Make) -> None:
    for life in (1, 2):
        model = Scripted(Killed())
        caller, journal = make(model)
        journal.settle_interrupted()
        with pytest.raises(Killed):
            await caller.complete(key(), REQUEST)
        assert (len(model.sent), totals(journal)) == (1, (round(0.1 * (life - 1), 6), 0.1, 1))
        journal.close()
    model = Scripted(reply())
    caller, journal = make(model)
    journal.settle_interrupted()
    with pytest.raises(CallLost, match="sent 2 times"):
        await caller.complete(key(), REQUEST)
    assert (model.sent, totals(journal)) == ([], (0.2, 0.0, 0))


async def test_what_a_lost_call_may_have_cost_stays_reserved_after_a_restart(make: Make) -> None:
    caller, journal = make(Scripted(Killed()), usd=0.15)
    with pytest.raises(Killed):
        await caller.complete(key(), REQUEST)
    journal.close()
    caller, _ = make(Scripted(reply()), usd=0.15)
    with pytest.raises(BudgetReached):
        await caller.complete(key(2), REQUEST)


async def test_after_the_brake_is_pulled_no_call_starts_and_those_in_flight_finish(make: Make) -> None:
    brake, model = Brake(), Scripted(reply(), held=True)
    caller, _ = make(model, brake=brake, usd=0.1)
    first, waiting = (asyncio.create_task(caller.complete(key(turn), REQUEST)) for turn in (1, 2))
    await model.started.wait()
    brake.pull()
    with pytest.raises(Draining):
        await caller.complete(key(3), REQUEST)
    model.gate.set()
    assert await first == reply()
    with pytest.raises(Draining):
        await waiting
    assert model.sent == [key(1)]


async def test_a_drained_run_still_reads_what_is_paid_for(make: Make) -> None:
    brake = Brake()
    caller, _ = make(Scripted(reply()), brake=brake)
    await caller.complete(key(), REQUEST)
    brake.pull()
    assert await caller.complete(key(), REQUEST) == reply()


async def test_the_same_call_twice_at_once_is_a_mistake(make: Make) -> None:
    model = Scripted(reply(), held=True)
    caller, _ = make(model)
    first = asyncio.create_task(caller.complete(key(), REQUEST))
    await model.started.wait()
    with pytest.raises(ValueError, match="in flight already"):
        await caller.complete(key(), REQUEST)
    model.gate.set()
    await first
