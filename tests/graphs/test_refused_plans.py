"""A plan that goes back to the planner: the run's log says so, by whom and why, once."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from agentctl.bench.sim.roles import MemoryPlanner
from agentctl.bench.sim.world import World
from agentctl.orchestrator.nouns.events import Event, Planned, PlanRefused
from agentctl.orchestrator.nouns.plan import Plan
from agentctl.orchestrator.nouns.questions import Asked
from agentctl.orchestrator.ports import Brief
from agentctl.orchestrator.run_steps import CHECKED_BY


class Corrected(MemoryPlanner):
    """Leaves out a task until it is told that one is missing; what it proposes follows from the brief alone."""

    async def plan(self, brief: Brief) -> Plan:
        whole = await super().plan(brief)
        return whole if brief.findings else replace(whole, tasks=whole.tasks[:-1])


@pytest.fixture
def corrected(make_world: Callable[..., World], plan_of: Callable[..., Plan]) -> Callable[..., World]:
    def make(*, approve: bool = True) -> World:
        plan = plan_of((), ())
        world = make_world(plan=plan, approve=approve)
        world.planner = Corrected(lambda: plan, clock=world.clock)
        return world

    return make


def refusals(world: World) -> list[Event]:
    return [event for event in world.store.events() if isinstance(event.fact, PlanRefused)]


def end(world: World) -> str:
    run = world.live()
    assert run is not None
    return run.state


def test_a_plan_that_does_not_hold_goes_back_with_its_reason(corrected: Callable[..., World]) -> None:
    world = corrected()
    assert end(world) == "done"
    (refused,) = refusals(world)
    assert refused.author == CHECKED_BY
    assert isinstance(refused.fact, PlanRefused)
    assert refused.fact.number == 1
    assert refused.fact.reasons == world.planner.briefs[1].findings != ()
    kinds = [type(event.fact) for event in world.store.events()]
    assert [kind for kind in kinds if kind in {Planned, PlanRefused}] == [Planned, PlanRefused, Planned]
    assert world.store.run().reason == ""


def test_what_a_person_refuses_goes_back_too_and_the_tries_are_counted(corrected: Callable[..., World]) -> None:
    world = corrected(approve=False)
    said = iter(["one task too many", "approve"])

    def reply(asked: Asked) -> str | None:
        return next(said) if asked.question.kind == "plan" else None

    world.reply = reply
    assert end(world) == "done"
    told = [(event.author, event.fact.number) for event in refusals(world) if isinstance(event.fact, PlanRefused)]
    assert told == [(CHECKED_BY, 1), ("person:sim", 2)]
    assert refusals(world)[1].fact == PlanRefused(number=2, reasons=("one task too many",))


@pytest.mark.parametrize("die_at", range(1, 30))
def test_a_driver_that_is_killed_while_planning_says_it_once(die_at: int, corrected: Callable[..., World]) -> None:
    world = corrected()
    world.live(die_at=die_at)
    assert end(world) == "done"
    assert len(refusals(world)) == 1
