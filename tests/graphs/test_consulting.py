"""A worker's question on its way: to its lead, to one that is asked already, to a default, to a person."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from agentctl.agents.models.errors import Overloaded
from agentctl.agents.models.port import Reply, Request
from agentctl.bench.sim.loop import run_virtually
from agentctl.bench.sim.roles import Habits, MemoryModel, MemoryWorker
from agentctl.bench.sim.world import World
from agentctl.orchestrator.errors import WaitingForPerson
from agentctl.orchestrator.nouns.events import Heard, Noted, QuestionRaised
from agentctl.orchestrator.nouns.hand_facts import PauseAsked, PauseEnded
from agentctl.orchestrator.nouns.keys import CallKey
from agentctl.orchestrator.nouns.plan import Plan, Team
from agentctl.orchestrator.nouns.questions import Asked, Option
from agentctl.orchestrator.nouns.runs import Limits
from agentctl.orchestrator.ports import Job, Move

STEADY = Habits(bad=0.0, hates=0.0, asks=0.0, objects=0.0, seconds=(1.0, 1.0))
QUOTE = {"quote": "T1 exists as a file", "answer": "yes, a file"}
MakeWorld = Callable[..., World]


def _end(world: World) -> str:
    run = world.live()
    assert run is not None
    return run.state


def _calls(world: World, role: str) -> list[str]:
    return [str(call.key) for call in world.journal.calls() if call.key.role == role]


@pytest.fixture
def led(make_world: MakeWorld, plan_of: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch) -> MakeWorld:
    """A world whose first task asks, and whose lead answers as given; None for one that cannot be reached."""

    def make(said: object, **how: object) -> World:
        world = make_world(**{"plan": plan_of(()), "habits": STEADY, "lead_answers": True, **how})
        world.model.asking = {"T1"}
        honest = MemoryModel.complete

        async def complete(model: MemoryModel, key: CallKey, request: Request) -> Reply:
            reply = await honest(model, key, request)
            if key.role == "lead" and said is None:
                raise Overloaded("the model is overloaded", usd=0.0)
            return replace(reply, text=json.dumps(said)) if key.role == "lead" else reply

        monkeypatch.setattr(MemoryModel, "complete", complete)
        return world

    return make


@pytest.fixture
def asks_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers give options, and name a default that can be undone."""
    honest = MemoryWorker.act

    async def act(worker: MemoryWorker, job: Job, *args: object, **more: object) -> Move:
        move = await honest(worker, job, *args, **more)  # type: ignore[arg-type]
        if move.question is None:
            return move
        options = (Option(text="utc"), Option(text="local time"))
        return replace(move, question=replace(move.question, options=options, default="utc"))

    monkeypatch.setattr(MemoryWorker, "act", act)


def test_a_lead_answers_with_words_of_the_spec_and_no_person_is_asked(led: MakeWorld) -> None:
    world = led(QUOTE | {"answer": "a file it is"})
    world.looks_every = 1e5
    assert _end(world) == "done"
    (asked,) = world.store.questions()
    assert (asked.answer, asked.answered_by) == ("a file it is", "lead")
    assert asked.question.evidence == 'R1: "T1 exists as a file"'
    assert _calls(world, "lead") == ["T1/1/0/lead/0/0"]
    told = world.journal.results(world.store.attempts()[0].key, 0)
    assert told["ask"] == 'a file it is\nR1: "T1 exists as a file"'
    assert [event.fact.question for event in world.store.events() if isinstance(event.fact, Heard)] == ["about:T1"]


@pytest.mark.parametrize(
    "said",
    [
        QUOTE | {"quote": "T1 exists as a folder"},
        QUOTE | {"quote": "a file"},
        QUOTE | {"answer": ""},
        {"quote": 1},
        None,
    ],
)
def test_a_quote_that_is_not_there_or_says_too_little_and_a_lead_that_is_not_there_leave_it_to_a_person(
    said: object, led: MakeWorld
) -> None:
    world = led(said)
    assert _end(world) == "done"
    (asked,) = world.store.questions()
    assert (asked.answer, asked.answered_by) == ("yes", "person:sim")
    noted = [event.fact.text for event in world.store.events() if isinstance(event.fact, Noted)]
    assert bool(noted) == (said in ({"quote": 1}, None))


def test_a_lead_that_passes_it_on_may_put_it_better(led: MakeWorld) -> None:
    options = [{"text": "one", "consequence": "small"}, {"text": "two", "consequence": "large"}]
    world = led({"question": "One file or two?", "options": options, "recommended": 2, "why": "R1 counts no files."})
    assert _end(world) == "done"
    (asked,) = world.store.questions()
    assert asked.question.text == "One file or two?"
    assert (asked.question.recommended, asked.answer) == (1, "one")
    assert asked.question.why == "Its lead: R1 counts no files."


def test_no_lead_is_asked_of_a_small_spec_or_where_the_settings_say_so(led: MakeWorld) -> None:
    without, small = led(QUOTE, lead_answers=False), led(QUOTE)
    small.spec = replace(small.spec, small=True)
    for world in (without, small):
        assert _end(world) == "done"
        assert _calls(world, "lead") == []
        assert world.store.questions()[0].answered_by == "person:sim"


@pytest.mark.usefixtures("asks_of_two")
def test_a_default_is_taken_at_once_or_after_the_time_a_person_has(led: MakeWorld) -> None:
    at_once, later, in_time = led({}), led({}, wait_minutes=2.0), led({}, wait_minutes=2.0)
    later.looks_every = 1e5
    for world, answer, by, waited in (
        (at_once, "utc", "policy:autonomy", 0.0),
        (later, "utc", "policy:deadline", 120.0),
        (in_time, "utc", "person:sim", 0.0),
    ):
        assert _end(world) == "done"
        (asked,) = world.store.questions()
        assert (asked.answer, asked.answered_by) == (answer, by)
        assert (asked.answered_at or 0.0) - asked.at >= waited


def test_tasks_that_ask_the_same_in_other_words_wait_for_one_answer(
    led: MakeWorld, plan_of: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {
        "T1": "Which time zone shall timestamps of entries be stored in?",
        "T2": "In which time zone should the timestamps of entries be stored?",
        "T3": "Which time zone shall timestamps of 2 entries be stored in?",
    }
    honest = MemoryWorker.act

    async def act(worker: MemoryWorker, job: Job, *args: object, **more: object) -> Move:
        move = await honest(worker, job, *args, **more)  # type: ignore[arg-type]
        if move.question is None:
            return move
        return replace(move, question=replace(move.question, text=words[job.task.id], requirements=("R1",)))

    monkeypatch.setattr(MemoryWorker, "act", act)
    world = led({}, plan=plan_of((), (), ()))
    world.model.asking = {"T1", "T2", "T3"}
    assert _end(world) == "done"
    keys = {asked.question.key for asked in world.store.questions()}
    assert keys in ({"about:T1", "about:T3"}, {"about:T2", "about:T3"})
    heard = [event.fact for event in world.store.events() if isinstance(event.fact, Heard)]
    told = {each.key.task: each.question for each in heard}
    assert told == {"T1": (keys - {"about:T3"}).pop(), "T2": told["T1"], "T3": "about:T3"}
    assert len(_calls(world, "lead")) == 2


@pytest.mark.parametrize("die_at", range(4, 120, 7))
def test_a_consulted_run_killed_anywhere_pays_each_lead_once_and_breaks_no_invariant(
    die_at: int, make_world: MakeWorld
) -> None:
    world = make_world(seed=5, habits=Habits(bad=0.2, hates=0.1, asks=0.6), lead_answers=True)
    world.live(die_at=die_at)
    assert _end(world) == "done"
    assert world.violations() == []
    assert {asked.answered_by for asked in world.store.questions()} <= {"lead", "person:sim"}


def _question(world: World) -> Asked:
    return world.store.questions()[0]


def test_a_kill_between_the_question_and_its_lead_loses_neither(led: MakeWorld) -> None:
    for name in ("question.raised", "question.asked"):
        world = led(QUOTE)
        world.live()
        reached = world.fate.names.index(name) + 1
        again = led(QUOTE)
        assert again.live(die_at=reached) is None
        assert _end(again) == "done"
        assert _question(again).answered_by == "lead"
        assert again.violations() == []
        assert len(_calls(again, "lead")) == 1


def test_a_team_may_have_an_autonomy_of_its_own(led: MakeWorld, plan_of: Callable[..., Plan]) -> None:
    plan = plan_of((), ())
    alone = replace(plan.tasks[1], team="alone")
    plan = replace(plan, tasks=(plan.tasks[0], alone), teams=(*plan.teams, Team(id="alone", purpose="the rest")))
    world = led({}, plan=plan, team_autonomy={"alone": "never"})
    world.model.asking = {"T1", "T2"}
    assert _end(world) == "done"
    by = {asked.question.key: asked.answered_by for asked in world.store.questions()}
    assert by == {"about:T1": "person:sim", "about:T2": "policy:autonomy"}


def test_a_paused_task_whose_question_goes_to_its_lead_holds_no_slot(
    led: MakeWorld, plan_of: Callable[..., Plan]
) -> None:
    world = led(QUOTE, plan=plan_of((), ()), habits=replace(STEADY, seconds=(10.0, 10.0)), limits=Limits(workers=1))
    append = world.store.append

    def paused_when_it_asks(*facts: Any, author: str) -> Any:
        stored = append(*facts, author=author)
        if any(isinstance(fact, QuestionRaised) for fact in facts):
            append(PauseAsked(task="T1"), author="person:Ada")
        return stored

    world.store.append = paused_when_it_asks  # type: ignore[method-assign]

    async def stops_for_its_person() -> None:
        async with asyncio.timeout(200.0):
            with pytest.raises(WaitingForPerson, match="T1 is paused by Ada"):
                await world.driver().drive(wait=False)

    run_virtually(stops_for_its_person())
    assert [landing.key.task for landing in world.store.landings()] == ["T2"]
    assert _calls(world, "lead") == []
    append(PauseEnded(), author="person:Ada")
    assert _end(world) == "done"
    assert _calls(world, "lead") == ["T1/1/0/lead/0/0"]
