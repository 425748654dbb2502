"""Which task answers for which check of the spec. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from ..nouns.plan import LockedTest, Plan
from .critical_path import topological


def assign_checks(plan: Plan, locked: Iterable[LockedTest]) -> Plan:
    """The plan with each check locked to the last task, in topological order, that covers any of its requirements.

    A check that spans several tasks can only pass once the last of them is done. One whose requirements no task covers
    stays with none. What a planner wrote under ``checks`` is replaced. Raises ValueError for a cyclic plan.
    """
    position = {task: number for number, task in enumerate(topological(plan))}
    owned: dict[str, list[str]] = {task.id: [] for task in plan.tasks}
    for check, requirements in requirements_by_check(locked).items():
        covering = covering_tasks(plan, requirements)
        if covering:
            owned[max(covering, key=position.__getitem__)].append(check)
    return replace(plan, tasks=tuple(replace(task, checks=tuple(owned[task.id])) for task in plan.tasks))


def covering_tasks(plan: Plan, requirements: Collection[str]) -> tuple[str, ...]:
    """The tasks that cover any of ``requirements``, in the order of the plan."""
    return tuple(task.id for task in plan.tasks if not set(requirements).isdisjoint(task.requirements))


def locked_for(
    task_id: str, plan: Plan, locked: Sequence[LockedTest], landed: Collection[str]
) -> tuple[LockedTest, ...]:
    """The tests locked to a task and to those that have landed, in the order of ``locked``: what its tree must pass."""
    wanted = {check for task in plan.tasks if task.id == task_id or task.id in landed for check in task.checks}
    return tuple(test for test in locked if test.check in wanted)


def requirements_by_check(locked: Iterable[LockedTest]) -> dict[str, set[str]]:
    """Requirements by check: a check may come as several files."""
    found: dict[str, set[str]] = {}
    for test in locked:
        found.setdefault(test.check, set()).update(test.requirements)
    return found
