"""Conflicts that are foreseen: the planner hears of them once, the person each time, and they stop nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from agentctl.bench.sim.loop import run_virtually
from agentctl.bench.sim.plans import spec_of
from agentctl.bench.sim.roles import Habits, MemoryPlanner
from agentctl.bench.sim.world import World
from agentctl.orchestrator.nouns.events import Planned, PlanRefused
from agentctl.orchestrator.nouns.plan import Plan, Task, Team
from agentctl.orchestrator.nouns.questions import Asked
from agentctl.orchestrator.nouns.runs import Limits
from agentctl.orchestrator.ports import Brief
from agentctl.orchestrator.run_steps import CHECKED_BY

FILES = {"io_.py": "def load(): ...\n", "api.py": "from io_ import load\n"}


def plan_of(goal: str, *, needs: tuple[str, ...] = ()) -> Plan:
    """T1 owns what is defined, T2 what relies on it; both take so long that the team is worth it."""
    tasks = (
        Task(id="T1", team="all", title="Do", goal=goal, requirements=("R1",), owns=("src/T1.txt", "io_.py")),
        Task(id="T2", team="all", title="Do", goal="Go on.", requirements=("R2",), owns=("src/T2.txt", "api.py")),
    )
    tasks = (tasks[0], replace(tasks[1], needs=needs, minutes=20.0))
    return Plan(summary="a plan", teams=(Team(id="all", purpose="all"),), tasks=tasks)


STRONG, WEAK = plan_of("Rename `load` to `read`."), plan_of("Change how `load` reads.")
ORDERED = plan_of("Rename `load` to `read`.", needs=("T1",))


class Obedient(MemoryPlanner):
    """Puts the tasks in order once it is told of a conflict."""

    async def plan(self, brief: Brief) -> Plan:
        proposed = await super().plan(brief)
        return ORDERED if brief.findings else proposed


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., World]:
    """Makes a world whose repository has the two files."""

    def made(plan: Plan, planner: type[MemoryPlanner], *, approve: bool = True) -> World:
        habits = Habits(bad=0.0, hates=0.0, asks=0.0, seconds=(1.0, 1.0))
        world = World(tmp_path, seed=1, plan=plan, spec=spec_of(plan), habits=habits, limits=Limits(workers=2))
        world.files, world.approve = dict(FILES), approve
        world.planner = planner(lambda: world.plan, clock=world.clock)
        run_virtually(world.create())
        return world

    return made


def end(world: World) -> str:
    run = world.live()
    assert run is not None
    return run.state


def proposals(world: World) -> list[Planned]:
    return [event.fact for event in world.store.events() if isinstance(event.fact, Planned)]


def refusals(world: World) -> list[tuple[str, tuple[str, ...]]]:
    return [(e.author, e.fact.reasons) for e in world.store.events() if isinstance(e.fact, PlanRefused)]


def test_a_strong_one_goes_back_once_and_an_ordered_plan_has_none(make: Callable[..., World]) -> None:
    world = make(STRONG, Obedient)
    assert end(world) == "done"
    first, second = proposals(world)
    (told,) = first.conflicts
    assert refusals(world) == [(CHECKED_BY, (f"T2: {told.message}",))]
    assert second.conflicts == ()
    assert second.plan.task("T2").needs == ("T1",)


def test_a_planner_that_insists_is_not_blocked(make: Callable[..., World]) -> None:
    world = make(STRONG, MemoryPlanner)
    assert end(world) == "done"
    assert [len(each.conflicts) for each in proposals(world)] == [1, 1]
    assert len(refusals(world)) == 1


def test_a_hint_is_told_and_not_sent_back(make: Callable[..., World]) -> None:
    world = make(WEAK, Obedient)
    assert end(world) == "done"
    assert [[told.strong for told in each.conflicts] for each in proposals(world)] == [[False]]
    assert refusals(world) == []


def test_the_person_who_approves_is_told_and_an_edit_is_looked_at_anew(make: Callable[..., World]) -> None:
    world = make(WEAK, MemoryPlanner, approve=False)
    heard: list[str] = []

    def reply(asked: Asked) -> str | None:
        if asked.question.kind != "plan":
            return None
        heard.append(asked.question.why)
        edits = [STRONG, ORDERED]
        again = len(heard) <= len(edits)
        return f"edited: {msgspec.json.encode(edits[len(heard) - 1]).decode()}" if again else "approve"

    world.reply = reply
    assert end(world) == "done"
    assert [why.count("\n- ") for why in heard] == [1, 1, 0]
    assert heard[0].startswith("1 conflict foreseen, and nothing that stops it:\n- T1 changes `load` (io_.py:1)")
    assert "T1 renames `load`" in heard[1]
    assert heard[2] == ""
    assert [len(each.conflicts) for each in proposals(world)] == [1, 1, 0]
    assert refusals(world) == []


@pytest.mark.parametrize("die_at", range(1, 30, 2))
def test_a_driver_that_is_killed_while_planning_says_it_once(die_at: int, make: Callable[..., World]) -> None:
    world = make(STRONG, Obedient)
    world.live(die_at=die_at)
    assert end(world) == "done"
    assert len(refusals(world)) == 1
    assert proposals(world)[-1].conflicts == ()
