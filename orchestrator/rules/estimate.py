"""What a plan may cost, shown before it is approved. Pure."""

import heapq

from ..nouns.plan import Estimate, Plan
from .critical_path import critical_path, known_needs, natural, remaining


def estimate(plan: Plan, *, workers: int, calls_per_task: float, usd_per_call: float | None) -> Estimate:
    """Likely figures, not caps.

    Minutes are those of the scheduler's own rule, longest remaining path first, on ``workers`` at once with the
    planner's minutes per task; queueing for the gate is left out. ``usd_per_call`` is None where no price applies.
    """
    calls = round(len(plan.tasks) * calls_per_task)
    return Estimate(
        calls=calls,
        usd=None if usd_per_call is None else round(calls * usd_per_call, 4),
        minutes=round(makespan(plan, workers=workers), 2),
        critical_path=critical_path(plan),
        gain=round(gain(plan, workers=workers), 2),
    )


def gain(plan: Plan, *, workers: int) -> float:
    """The minutes of one worker after another over those of the team; 1 where nothing runs side by side."""
    together = makespan(plan, workers=workers)
    return sum(task.minutes for task in plan.tasks) / together if together else 1.0


def makespan(plan: Plan, *, workers: int) -> float:
    """Minutes from the first start to the last end, when free workers take the task with most left behind it."""
    left = remaining(plan)
    minutes = {task.id: task.minutes for task in plan.tasks}
    waiting = {task: set(needs) for task, needs in known_needs(plan).items()}
    working: list[tuple[float, str]] = []
    now = 0.0
    while waiting or working:
        ready = sorted((task for task, needs in waiting.items() if not needs), key=lambda t: (-left[t], natural(t)))
        for task in ready[: max(workers, 1) - len(working)]:
            del waiting[task]
            heapq.heappush(working, (now + minutes[task], task))
        now, ended = heapq.heappop(working)
        for needs in waiting.values():
            needs.discard(ended)
    return now
