"""The plan as what needs what: tasks in the order in which they can begin, and the longest path among them."""

from __future__ import annotations

from collections.abc import Mapping

from ...orchestrator.nouns.plan import Plan
from ...orchestrator.nouns.questions import Asked
from ...orchestrator.rules.critical_path import critical_path
from ..entries import Entry, Span, columns, entry, short, wrapped
from ..look import Look
from ..snapshot import GLYPHS, WORDS

_TITLE = 48


def rows(look: Look, *, asked: Asked | None, wanted: str, width: int) -> list[Entry]:
    """A group for each step: the tasks that can begin once those of the groups above have landed.

    Above them stands the question that ``asked`` whether it is to be built.
    """
    plan = look.plan
    if plan is None:
        return [entry(("no plan yet", "dim"))]
    steps, longest = _steps(plan), set(critical_path(plan))
    states = {status.task.id: status.state for status in look.snapshot.tasks}
    lines = [*wrapped(f"{asked.id} {asked.question.text}", width, style="warm"), entry()] if asked else []
    lines += [entry((f"{len(plan.tasks)} tasks in {max(steps.values(), default=0)} steps", "bold"), _path(longest))]
    for step in sorted(set(steps.values())):
        group: list[Entry] = []
        for task in plan.tasks:
            if steps[task.id] != step:
                continue
            state = states.get(task.id, "blocked")
            left: list[Span] = [
                (f"{GLYPHS[state]} {WORDS[state]:<8}", state),
                (f"{short(task.id, 12):<6}", "bold"),
                ("═ " if task.id in longest else "  ", "warm"),
                (short(task.title, _TITLE), ""),
                (f"  after {', '.join(task.needs)}" if task.needs else "", "dim"),
            ]
            group.append(columns(left, f"{task.minutes:g} min", width=width, key=task.id))
        group = [line for line in group if wanted.lower() in line.text.lower()]
        lines += [entry(), entry((f"step {step}", "dim")), *group] if group else []
    return lines


def hint(asked: Asked) -> str:
    """The keys that answer it, with the options as they are: a plan that does not hold has no approval among them."""
    options = " · ".join(f"{n} {option.text.partition(':')[0]}" for n, option in enumerate(asked.question.options, 1))
    return f"{asked.id}: {options} · e edit · enter open · / filter · esc"


def _path(longest: set[str]) -> str:
    return f"; ═ is the longest path, {len(longest)} tasks" if longest else ""


def _steps(plan: Plan) -> Mapping[str, int]:
    """The number of each task's step, from 1; what a task needs and is not in the plan is there already."""
    steps: dict[str, int] = {}
    left = {task.id: task for task in plan.tasks}
    while left:
        ready = [task for task in left.values() if not any(name in left for name in task.needs)]
        number = 1 + max(steps.values(), default=0)
        for task in ready or list(left.values()):
            steps[task.id] = number
            del left[task.id]
    return steps
