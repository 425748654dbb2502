"""What a plan's dependencies imply: an order, and what the end of the run waits for. Pure.

Dependencies on tasks that are not in the plan count as met; ``plan_check`` reports them. A cycle raises ValueError.
"""

import heapq
from collections.abc import Iterable

from ..nouns.plan import Plan, Task
from ..nouns.runs import TaskStatus


def natural(task_id: str) -> tuple[str, int, str]:
    """Sort key that puts T2 before T10."""
    letters = task_id.rstrip("0123456789")
    digits = task_id[len(letters) :]
    return letters, int(digits or 0), digits


def topological(plan: Plan) -> tuple[str, ...]:
    """Task ids, dependencies first; among tasks that may come next, the smallest id does."""
    needs = known_needs(plan)
    dependents = _dependents(needs)
    missing = {task: len(its) for task, its in needs.items()}
    ready = [(*natural(task), task) for task, count in missing.items() if not count]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        task = heapq.heappop(ready)[-1]
        order.append(task)
        for dependent in dependents[task]:
            missing[dependent] -= 1
            if not missing[dependent]:
                heapq.heappush(ready, (*natural(dependent), dependent))
    if len(order) < len(needs):
        raise ValueError(f"these tasks wait for each other: {', '.join(sorted(set(needs) - set(order), key=natural))}")
    return tuple(order)


def acyclic(plan: Plan) -> bool:
    """Whether no task waits for itself by way of others."""
    try:
        topological(plan)
    except ValueError:
        return False
    return True


def remaining(plan: Plan) -> dict[str, float]:
    """For each task the longest path from its start to the end of the run, its own time included, in minutes."""
    minutes = {task.id: task.minutes for task in plan.tasks}
    dependents = _dependents(known_needs(plan))
    left: dict[str, float] = {}
    for task in reversed(topological(plan)):
        left[task] = minutes[task] + max((left[dependent] for dependent in dependents[task]), default=0.0)
    return left


def critical_path(plan: Plan) -> tuple[str, ...]:
    """The tasks of the longest path, first to last; of equally long ones, the one with the smallest ids."""
    left = remaining(plan)
    needs = known_needs(plan)
    dependents = _dependents(needs)
    path: list[str] = []
    choices = [task for task, its in needs.items() if not its]
    while choices:
        path.append(min(choices, key=lambda task: (-left[task], natural(task))))
        choices = dependents[path[-1]]
    return tuple(path)


def longest(tasks: Iterable[TaskStatus]) -> float:
    """Minutes of the longest path through these tasks as they stand; what they need elsewhere counts nothing.

    A circle, which no plan that is built has, counts once.
    """
    left = {status.task.id: status for status in tasks}
    known: dict[str, float] = {}

    def end_of(name: str) -> float:
        if name not in known:
            known[name] = 0.0
            status = left[name]
            before = [end_of(need) for need in (*status.task.needs, *status.extra_needs) if need in left]
            known[name] = status.task.minutes + max(before, default=0.0)
        return known[name]

    return max((end_of(name) for name in sorted(left)), default=0.0)


def ancestors(plan: Plan) -> dict[str, frozenset[str]]:
    """For each task all tasks it waits for, directly or not."""
    needs = known_needs(plan)
    before: dict[str, frozenset[str]] = {}
    for task in topological(plan):
        before[task] = frozenset(needs[task]).union(*(before[need] for need in needs[task]))
    return before


def known_needs(plan: Plan) -> dict[str, tuple[str, ...]]:
    """The dependencies of each task, without repeats and without those that are not in the plan."""
    ids = {task.id for task in plan.tasks}
    return {task.id: _within(task, ids) for task in plan.tasks}


def _within(task: Task, ids: set[str]) -> tuple[str, ...]:
    return tuple(need for need in dict.fromkeys(task.needs) if need in ids)


def _dependents(needs: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {task: [] for task in needs}
    for task, its in needs.items():
        for need in its:
            found[need].append(task)
    return found
