"""What a plan may cost, shown before it is approved. Pure."""

import heapq
from collections.abc import Mapping

from ..nouns.plan import Estimate, Plan, Tier
from .critical_path import critical_path, known_needs, natural, remaining
from .ladder import Rung, parse_rung

Prices = Mapping[str, float | None]
"""What a typical call costs in dollars, by tier; None where no price applies to one."""
FLASH: Tier = "flash"
PRO: Tier = "pro"


def estimate(
    plan: Plan,
    *,
    workers: int,
    calls_per_task: float,
    prices: Prices,
    rungs: Mapping[str, str] | None = None,
    beside: Mapping[str, int] | None = None,
) -> Estimate:
    """Likely figures, not caps.

    Minutes are those of the scheduler's own rule, longest remaining path first, on ``workers`` at once with the
    planner's minutes per task; queueing for the gate is left out. ``rungs`` says on which rung a task begins, Flash
    where it does not: each rollout of it makes ``calls_per_task``. ``beside`` are the calls of others than workers, by
    tier. Dollars are known where each tier that is asked has a price.
    """
    calls: dict[str, float] = dict(beside or {})
    for rung in _worked(plan, rungs or {}):
        calls[rung.tier] = calls.get(rung.tier, 0.0) + rung.rollouts * calls_per_task
    return Estimate(
        calls=round(sum(calls.values())),
        usd=_dollars(calls, prices),
        minutes=round(makespan(plan, workers=workers), 2),
        critical_path=critical_path(plan),
        gain=round(gain(plan, workers=workers), 2),
    )


def others(plan: Plan, *, leads: int, critic: bool, rungs: Mapping[str, str]) -> dict[str, int]:
    """The calls that are not workers': of the leads that write contracts, and of the critic.

    The critic reads the patch of each task once, and once more decides each race. What leads are asked by workers
    nobody can foresee.
    """
    read = sum(2 if rung.rollouts > 1 else 1 for rung in _worked(plan, rungs)) if critic else 0
    return {PRO: leads, FLASH: read}


def _worked(plan: Plan, rungs: Mapping[str, str]) -> list[Rung]:
    """The rungs on which the tasks begin that a model works on."""
    return [parse_rung(rungs.get(task.id, FLASH)) for task in plan.tasks if not task.by_code]


def _dollars(calls: Mapping[str, float], prices: Prices) -> float | None:
    """What that many calls cost; None where a tier among them has no price, or nothing has one."""
    asked = [(count, prices.get(tier)) for tier, count in calls.items() if count]
    known = [count * price for count, price in asked if price is not None]
    return round(sum(known), 4) if is_priced(prices) and len(known) == len(asked) else None


def is_priced(prices: Prices) -> bool:
    """Whether any tier has a price."""
    return any(price is not None for price in prices.values())


def unasked(plan: Plan) -> Estimate:
    """What is told of a plan that nobody is asked about: its longest path."""
    path = critical_path(plan)
    return Estimate(calls=0, usd=None, minutes=sum(plan.task(task).minutes for task in path), critical_path=path)


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
