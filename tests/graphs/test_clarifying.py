"""What is asked before anything is planned, in virtual time."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from agentctl.bench.sim.loop import run_virtually
from agentctl.bench.sim.world import World
from agentctl.orchestrator.clarifying import ASSUMED_BY
from agentctl.orchestrator.errors import AuthenticationError
from agentctl.orchestrator.nouns.events import Noted
from agentctl.orchestrator.nouns.plan import SpecView
from agentctl.orchestrator.nouns.questions import Asked, Option, Question
from agentctl.orchestrator.nouns.runs import Run
from agentctl.orchestrator.rules.probing import Assumption, Cluster, Probed, Raised

CLUSTER = Cluster(items=("R1",), digest="d")


def raised(number: int) -> Raised:
    question = Question(
        key=f"probe:{number}",
        kind="decision",
        text=f"What of case {'abcdefgh'[number]} where {'klmnopqr'[number]} stands?",
        options=(Option(text=f"one {number}"), Option(text=f"two {number}")),
        recommended=0,
        asked_by="prober",
        requirements=("R1",),
    )
    return Raised(question=question, divergence=1.0 - number / 10, weight=2)


class Readers:
    """A prober that finds what it is told to find, and remembers what it was told was decided."""

    def __init__(self, *found: Probed) -> None:
        self.found = found
        self.told: list[tuple[tuple[str, str], ...]] = []
        self.failures: list[Exception] = []

    async def probe(
        self, spec: SpecView, *, decisions: Sequence[tuple[str, str]] = (), turn: int = 0
    ) -> tuple[Probed, ...]:
        assert spec.requirements
        assert turn == 0
        self.told.append(tuple(decisions))
        if self.failures:
            raise self.failures.pop()
        return self.found


def drive(world: World, readers: Readers, *, most: int = 5) -> Run:
    """One process with these readers and a person who answers."""
    driver = world.driver()
    settings = replace(driver.parts.settings, questions=most)
    driver.parts = replace(driver.parts, prober=readers, settings=settings)

    async def both() -> Run:
        person = asyncio.create_task(world.attend())
        try:
            return await driver.drive(wait=True)
        finally:
            person.cancel()

    return run_virtually(both())


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


def test_what_readers_disagree_about_is_asked_before_the_planner_is(world: World) -> None:
    asked: list[str] = []

    def reply(question: Asked) -> str | None:
        if question.question.asked_by == "prober":
            asked.append(question.question.key)
            assert world.planner.briefs == []
        return question.question.options[-1].text if question.question.options else "yes"

    world.reply = reply
    readers = Readers(Probed(cluster=CLUSTER, raised=(raised(0), raised(1))))
    assert drive(world, readers).state == "done"
    assert sorted(asked) == ["probe:0", "probe:1"]
    assert {answer for _, answer in world.planner.briefs[0].decisions} >= {"two 0", "two 1"}


def test_an_assumption_is_told_to_the_planner_and_nobody_is_asked(world: World) -> None:
    assumption = Assumption(text="Equal ones keep their order.", requirements=("R1",))
    readers = Readers(Probed(cluster=CLUSTER, assumptions=(assumption,)))
    assert drive(world, readers).state == "done"
    (asked,) = [each for each in world.store.questions() if each.question.asked_by == "prober"]
    assert (asked.answer, asked.answered_by) == ("Equal ones keep their order.", ASSUMED_BY)
    assert world.planner.briefs[0].decisions == (
        ("What the spec leaves open about R1", "Equal ones keep their order."),
    )


def test_what_does_not_fit_in_a_batch_is_assumed_as_recommended(world: World) -> None:
    readers = Readers(Probed(cluster=CLUSTER, raised=tuple(raised(number) for number in range(4))))
    assert drive(world, readers, most=2).state == "done"
    by = {each.question.key: each.answered_by for each in world.store.questions() if each.question.asked_by == "prober"}
    assert [key for key, who in by.items() if who != ASSUMED_BY] == ["probe:0", "probe:1"]
    assert len([who for who in by.values() if who == ASSUMED_BY]) == 2


def test_a_spec_is_probed_once_in_a_run(world: World) -> None:
    readers = Readers(Probed(cluster=CLUSTER, raised=(raised(0),)))
    assert drive(world, readers).state == "done"
    assert len(readers.told) == 1


def test_with_no_questions_allowed_nothing_is_probed(world: World) -> None:
    readers = Readers(Probed(cluster=CLUSTER, raised=(raised(0),)))
    assert drive(world, readers, most=0).state == "done"
    assert readers.told == []


def test_models_that_cannot_be_asked_are_a_question_and_then_it_is_probed_again(world: World) -> None:
    readers = Readers(Probed(cluster=CLUSTER, raised=(raised(0),)))
    readers.failures = [AuthenticationError("no key")]
    assert drive(world, readers).state == "done"
    assert [each.question.key for each in world.store.questions()][:2] == ["trouble:AuthenticationError:0", "probe:0"]


def test_answers_that_could_not_be_used_are_noted_and_keep_nobody_from_working(world: World) -> None:
    readers = Readers(Probed(cluster=CLUSTER, trouble="three readers gave no JSON"))
    assert drive(world, readers).state == "done"
    notes = [event.fact.text for event in world.store.events() if isinstance(event.fact, Noted)]
    assert "probing was cut short: three readers gave no JSON" in notes
