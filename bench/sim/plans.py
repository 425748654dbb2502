"""Random task graphs of a given size and density, and the spec that goes with one."""

import random
from collections.abc import Sequence
from dataclasses import replace

from ...orchestrator.nouns.hands import Amendment
from ...orchestrator.nouns.plan import Plan, Requirement, SpecView, Task, Team


def random_plan(*, seed: int, tasks: int, density: float, teams: int = 5) -> Plan:
    """A DAG in which each task needs each of the eight before it with a chance of ``density``."""
    chance = random.Random(seed)
    ids = [f"T{number}" for number in range(1, tasks + 1)]
    made = [
        Task(
            id=task,
            team=f"team{number % teams}",
            title=f"Write {task}",
            goal=f"Write src/{task}.txt.",
            requirements=(f"R{number + 1}",),
            owns=(f"src/{task}.txt",),
            needs=tuple(other for other in ids[max(0, number - 8) : number] if chance.random() < density),
            minutes=1.0,
        )
        for number, task in enumerate(ids)
    ]
    named = tuple(Team(id=f"team{number}", purpose="a part") for number in range(min(teams, tasks)))
    return Plan(summary=f"{tasks} tasks", teams=named, tasks=tuple(made))


def spec_of(plan: Plan) -> SpecView:
    """A spec with one requirement a task."""
    requirements = tuple(
        Requirement(id=task.requirements[0], text=wanted(task.id), key=f"key-{task.id}") for task in plan.tasks
    )
    return SpecView(id="sim", digest="0" * 64, title="A simulated run", text="simulated", requirements=requirements)


def amended(spec: SpecView, amendments: Sequence[Amendment]) -> SpecView:
    """The spec with every sentence that a person added."""
    views = [spec]
    for each in amendments:
        more = Requirement(id=each.requirement, text=each.text, key=f"key-{each.requirement}")
        views.append(replace(views[-1], requirements=(*views[-1].requirements, more)))
    return replace(views[-1], before=tuple(views[:-1]))


def written_by(task: Task) -> str:
    """The file that a task's worker writes: the first it owns, or one of its own where it owns everything."""
    return f"src/{task.id}.txt" if task.broad else task.owns[0]


def wanted(task: str) -> str:
    """What a task's requirement says."""
    return f"{task} exists as a file"
