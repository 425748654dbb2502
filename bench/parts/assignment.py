"""A plan whose tasks write real Python, the spec it comes from, and a script that answers its calls."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...orchestrator.nouns.plan import Plan, Task
from ...orchestrator.rules.critical_path import remaining
from ..sim.plans import random_plan

CALLS = 4
"""Model calls of a task: a look, the module, its test, the submission. The estimate of a plan counts with as many."""

LATENCIES = (0.5, 4.0)
"""Seconds that a call takes, uniformly distributed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What is to be built; ``latencies`` are the seconds of each task's calls, in order."""

    plan: Plan
    density: float
    latencies: Mapping[str, tuple[float, ...]]
    asks: str | None = None
    """The task whose first call is a question to a person instead of a look."""

    @property
    def spec(self) -> str:
        """The spec as markdown: one requirement a task."""
        lines = ["# A package of small modules", "", "## Requirements", ""]
        lines += [
            f"- **{task.requirements[0]}** `{task.id.lower()}.value()` MUST return {_value(task)}."
            for task in self.tasks
        ]
        return "\n".join([*lines, ""])

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The plan's tasks."""
        return self.plan.tasks

    @property
    def edges(self) -> int:
        """Dependencies in the plan."""
        return sum(len(task.needs) for task in self.tasks)

    def script(self) -> dict[str, Any]:
        """Rules for a scripted server, which also plays the planner."""
        planner = {"when": {"contains": "Cut this spec into tasks"}, "text": _plan_reply(self.plan)}
        workers = [
            {
                "when": {"contains": f"# Your task: {task.id} ", "turn": turn},
                "latency": self.latencies[task.id][turn],
                "calls": [call],
            }
            for task in self.tasks
            for turn, call in enumerate(self._calls(task))
        ]
        return {"rules": [planner, *workers], "otherwise": {"fault": "bad_request"}}

    def _calls(self, task: Task) -> list[dict[str, Any]]:
        name = task.id.lower()
        return [
            _question(task) if task.id == self.asks else _call("read", path="README.md"),
            _call("write", path=f"src/{name}.py", content=_module(task)),
            _call("write", path=f"tests/test_{name}.py", content=_test(task)),
            _call("submit", summary=f"{name} is written and tested"),
        ]


def assignment(*, seed: int, tasks: int, density: float) -> Assignment:
    """A random DAG: each task needs each of the eight before it with a chance of ``density``."""
    chance = random.Random(seed)
    drawn = random_plan(seed=seed, tasks=tasks, density=density)
    plan = replace(drawn, tasks=tuple(map(_real, drawn.tasks)))
    latencies = {task.id: tuple(chance.uniform(*LATENCIES) for _ in range(CALLS)) for task in plan.tasks}
    return Assignment(plan=plan, density=density, latencies=latencies)


def with_question(original: Assignment) -> Assignment:
    """The same, but the first task of the longest path has to ask a person first."""
    weighed = replace(original.plan, tasks=tuple(_weighed(task, original) for task in original.tasks))
    longest = remaining(weighed)
    return replace(original, asks=max(longest, key=longest.__getitem__))


def _weighed(task: Task, of: Assignment) -> Task:
    return replace(task, minutes=sum(of.latencies[task.id]))


def _real(task: Task) -> Task:
    name = task.id.lower()
    return replace(
        task,
        goal=f"Write `value()` in src/{name}.py and test it in tests/test_{name}.py.",
        owns=(f"src/{name}.py", f"tests/test_{name}.py"),
    )


def _value(task: Task) -> int:
    return int(task.id[1:])


def _module(task: Task) -> str:
    imports = [f"from {need.lower()} import value as {need.lower()}" for need in task.needs]
    calls = [f"    assert {need.lower()}() == {need[1:]}" for need in task.needs]
    parts = [*imports, "", "", "def value():", *calls, f"    return {_value(task)}", ""]
    return "\n".join(parts).lstrip("\n")


def _test(task: Task) -> str:
    name = task.id.lower()
    return f"from {name} import value\n\n\ndef test_{name}():\n    assert value() == {_value(task)}\n"


def _call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def _question(task: Task) -> dict[str, Any]:
    return _call(
        "ask",
        question=f"Is {_value(task)} what {task.id} shall return?",
        why="Everything that builds on it counts with it.",
        options=[{"text": "yes"}, {"text": "no"}],
        recommended=1,
    )


def _plan_reply(plan: Plan) -> str:
    fields = ("id", "team", "title", "goal", "requirements", "owns", "needs", "minutes")
    return json.dumps(
        {
            "summary": plan.summary,
            "teams": [{"id": team.id, "purpose": team.purpose} for team in plan.teams],
            "tasks": [{name: getattr(task, name) for name in fields} for task in plan.tasks],
            "notes": [],
        }
    )
