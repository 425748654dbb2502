"""A world in virtual time for the tests of graphs, scheduler and queue."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.bench.sim.loop import run_virtually
from agentctl.bench.sim.plans import random_plan, spec_of
from agentctl.bench.sim.roles import Habits
from agentctl.bench.sim.world import World
from agentctl.orchestrator.nouns.events import TaskMoved
from agentctl.orchestrator.nouns.plan import Plan, Task, Team
from agentctl.orchestrator.nouns.questions import Autonomy
from agentctl.orchestrator.nouns.runs import Critique, Follows, Limits

ME = "person:Ada"


@pytest.fixture
def make_world(tmp_path: Path) -> Callable[..., World]:
    """Makes a world that has its repository; habits, plan, limits and approval as given."""

    def make(  # noqa: PLR0913 - what a run is made of
        *,
        seed: int = 1,
        plan: Plan | None = None,
        habits: Habits | None = None,
        limits: Limits | None = None,
        approve: bool = True,
        ladder: tuple[str, ...] = ("flash", "pro"),
        critic: Critique = "off",
        lead_answers: bool = False,
        wait_minutes: float = 0.0,
        team_autonomy: dict[str, Autonomy] | None = None,
        files: dict[str, str] | None = None,
        follow: Follows = "never",
        base_branch: str = "",
    ) -> World:
        chosen = plan or random_plan(seed=seed, tasks=6, density=0.3)
        folder = tmp_path / f"world{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        world = World(
            folder,
            seed=seed,
            plan=chosen,
            spec=spec_of(chosen),
            habits=habits or Habits(bad=0.0, hates=0.0, asks=0.0, seconds=(1.0, 1.0)),
            limits=limits or Limits(workers=4),
        )
        world.approve = approve
        world.ladder, world.critic = ladder, critic
        world.lead_answers, world.wait_minutes = lead_answers, wait_minutes
        world.team_autonomy = team_autonomy or {}
        world.files = files or {}
        world.follow, world.base_branch = follow, base_branch
        run_virtually(world.create())
        return world

    return make


@pytest.fixture
def plan_of() -> Callable[..., Plan]:
    """Makes a plan of tasks T1, T2, ... that need what is given for each."""

    def make(*needs: tuple[str, ...]) -> Plan:
        tasks = tuple(
            Task(
                id=f"T{number}",
                team="only",
                title=f"Write T{number}",
                goal="write",
                requirements=(f"R{number}",),
                owns=(f"src/T{number}.txt",),
                needs=each,
            )
            for number, each in enumerate(needs, start=1)
        )
        return Plan(summary="a plan", teams=(Team(id="only", purpose="all"),), tasks=tasks)

    return make


def at(world: World, seconds: float, *facts: Any) -> None:
    """Have a person say this so many seconds after the process began."""

    async def speak() -> None:
        await world.clock.sleep(seconds)
        world.fate.guard()
        world.store.append(*facts, author=ME)

    beside(world, speak)


def beside(world: World, act: Callable[[], Awaitable[None]]) -> None:
    """Have somebody do this while the process lives."""
    attend = world.attend

    async def attending() -> None:
        await asyncio.gather(act(), attend())

    world.attend = attending  # type: ignore[method-assign]


def when_queued(world: World, task: str, *facts: Any) -> None:
    """Have a person say this as soon as the task waits in the queue."""
    append = world.store.append

    def noticed(*said: Any, author: str) -> Any:
        stored = append(*said, author=author)
        if any(isinstance(fact, TaskMoved) and (fact.task, fact.state) == (task, "queued") for fact in said):
            append(*facts, author=ME)
        return stored

    world.store.append = noticed  # type: ignore[method-assign]
