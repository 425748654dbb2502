"""A team or one agent: what each way of doing a plan will come to, and whether fanning out pays. Pure.

A way is a schedule of climbs: each task goes up its ladder until a rung is green, and a person is asked where none is.
Everything is put into dollars, a person's minutes and the waiting too, so that ways can be compared at equal quality:
what the gate has not accepted is not delivered by any of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, get_args

from ..nouns.plan import Alone, Finding, Plan, Tier
from .estimate import gain, makespan
from .forecast import Curve, Curves, Past, learn, tries

T = TypeVar("T")
LEAST_GAIN = 1.3
"""A team is worth its trouble from here on: the time of one worker after another over that of the team."""
LEAST_TEAM = 2
_STRONG = ("pro", "pro")
ISSUE_SIZED = 12.0
"""Minutes up to which one attempt may do it all; beyond it a plan is cut for its size, whatever runs side by side."""
_ABOUT = 1.08
_RUNG = re.compile(r"(\w+?)(?:\*(\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What things are worth, in dollars."""

    person_minute: float = 1.0
    question_minutes: float = 3.0
    """What it takes a person to look into something that no rung could do, whatever its size."""
    own_work: float = 0.5
    """Minutes of a person for each minute of its size, until it is done."""
    waiting_minute: float = 0.02
    planning_usd: float = 0.10
    """What a planner's call costs as a rule; one agent alone needs none."""
    planning_minutes: float = 1.0
    whole: float = 0.6
    """One attempt at everything is smaller than the sum of its parts: what they share is read and said once."""

    def rescue(self, size: float) -> float:
        """Minutes of a person for something of that size that is left to them."""
        return self.question_minutes + self.own_work * size


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What one way of working is expected to come to."""

    name: str
    usd: float
    minutes: float
    person: float
    """Minutes of a person, for what no rung could do."""
    cost: float
    """All of it in dollars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """One task on its ladder, on average; ``stuck`` is the chance that no rung is green."""

    usd: float
    minutes: float
    stuck: float


def climb(size: float, ladder: Sequence[str], curves: Curves) -> Climb:
    """What a task of that size takes on this ladder."""
    usd = minutes = 0.0
    reached = 1.0
    for number, rung in enumerate(ladder):
        known = tier_of(rung)
        if known is None:
            break
        tier, rollouts = known
        curve = curves.of(tier, after=number > 0)
        usd += reached * rollouts * curve.usd(size)
        minutes += reached * curve.minutes(size)
        reached *= 1.0 - _one_green(curve, size, rollouts)
    return Climb(usd=usd, minutes=minutes, stuck=reached)


def tier_of(rung: str) -> tuple[Tier, int] | None:
    """The tier and the number of rollouts of ``flash*3``; None for a rung that is a person."""
    found = _RUNG.fullmatch(rung)
    if found is None:
        return None
    for tier in get_args(Tier):
        if tier == found[1]:
            return tier, int(found[2] or 1)
    return None


def _one_green(curve: Curve, size: float, rollouts: int) -> float:
    return 1.0 - float((1.0 - curve.chance(size)) ** tries(rollouts))


def as_team(
    plan: Plan, *, ladders: Mapping[str, Sequence[str]], workers: int, curves: Curves, values: Values, name: str
) -> Way:
    """The plan as it is cut, each task on its ladder (``ladders`` by task id)."""
    climbs = {task.id: climb(task.minutes, ladders[task.id], curves) for task in plan.tasks}
    timed = replace(plan, tasks=tuple(replace(task, minutes=climbs[task.id].minutes) for task in plan.tasks))
    return _way(
        name,
        usd=sum(each.usd for each in climbs.values()) + values.planning_usd,
        minutes=makespan(timed, workers=workers) + values.planning_minutes,
        person=sum(climbs[task.id].stuck * values.rescue(task.minutes) for task in plan.tasks),
        values=values,
    )


def as_one(plan: Plan, *, ladder: Sequence[str], curves: Curves, values: Values, name: str) -> Way:
    """The whole plan as a single task."""
    return alone(name, whole_size(plan, values), ladder, curves, values)


def alone(name: str, size: float, ladder: Sequence[str], curves: Curves, values: Values) -> Way:
    """A single task of that size."""
    found = climb(size, ladder, curves)
    return _way(name, usd=found.usd, minutes=found.minutes, person=found.stuck * values.rescue(size), values=values)


def whole_size(plan: Plan, values: Values) -> float:
    """The planner's estimate of the whole plan as a single task, in minutes."""
    together = sum(task.minutes for task in plan.tasks)
    return together if len(plan.tasks) == 1 else values.whole * together


def best_ladder(size: float, ladders: Sequence[Sequence[str]], curves: Curves, values: Values) -> tuple[str, ...]:
    """The ladder for a task of that size: as `best` chooses."""
    return tuple(best([alone("", size, ladder, curves, values) for ladder in ladders], ladders))


def best(ways: Sequence[Way], named: Sequence[T]) -> T:
    """What costs least; of those that cost about the same the fastest, for forecasts are not better than that."""
    least = min(way.cost for way in ways)
    close = [(way.minutes, place) for place, way in enumerate(ways) if way.cost <= least * _ABOUT]
    return named[min(close)[1]]


def counterfactual(plan: Plan, past: Past, *, priced: bool) -> Alone | None:
    """What one strong agent would take for it all, from what was tried here; None for a plan of one task."""
    if len(plan.tasks) < LEAST_TEAM:
        return None
    values = Values()
    way = as_one(plan, ladder=_STRONG, curves=learn(past.tried), values=values, name="alone")
    return Alone(minutes=round(way.minutes, 2), usd=round(way.usd, 4) if priced else None, tried=len(past.tried))


def sizing_findings(plan: Plan, *, workers: int) -> tuple[Finding, ...]:
    """Whether the plan should not be a plan of several tasks, in words a planner can act on."""
    if not fans_out_in_vain(plan, workers=workers):
        return ()
    total, together = sum(task.minutes for task in plan.tasks), makespan(plan, workers=workers)
    message = (
        f"These {len(plan.tasks)} tasks take {total:g} min one after another and {together:g} min as a team: fanning "
        f"out gains {total / together:.1f}x, and under {LEAST_GAIN:g}x it does not pay for what each task has to read "
        "and prove anew. Merge them into one task, or cut them so that they run side by side."
    )
    return (Finding(task=None, message=message),)


def fans_out_in_vain(plan: Plan, *, workers: int) -> bool:
    """Whether the plan is cut into parts that save no time and that one attempt could do together."""
    if len(plan.tasks) < LEAST_TEAM or gain(plan, workers=workers) >= LEAST_GAIN:
        return False
    return sum(task.minutes for task in plan.tasks) <= ISSUE_SIZED


def _way(name: str, *, usd: float, minutes: float, person: float, values: Values) -> Way:
    return Way(name=name, usd=usd, minutes=minutes, person=person, cost=_cost(usd, minutes, person, values))


def _cost(usd: float, minutes: float, person: float, values: Values) -> float:
    return usd + minutes * values.waiting_minute + person * values.person_minute
