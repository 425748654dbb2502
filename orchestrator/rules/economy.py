"""What a run's calls cost in tokens and in time, beside one strong agent that does it all alone. Pure.

The agent alone was measured once: a spec of 14 requirements took it 9 calls in a row with 87,000 prompt tokens and
10,600 completion tokens. Other sizes are in proportion to the requirements.
"""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..nouns.keys import PLANNING, CallKey
from ..nouns.plan import Plan
from .critical_path import natural

ALONE_REQUIREMENTS, ALONE_PROMPT, ALONE_COMPLETION = 14, 87_000, 10_600
TIMES_ALONE = 1.5
"""A team that takes more than this many times the tokens of one agent alone is told so."""
TEAM = "team-"
"""How the name begins under which a lead's calls are entered."""
_STRONG = frozenset({"pro", "ultra"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """One call that was answered: who made it, of what tier, tokens, and seconds.

    ``fresh`` are the prompt tokens that no cache held.
    """

    key: CallKey
    tier: str
    prompt: int
    fresh: float
    completion: int
    seconds: float


def times_alone(prompt: int, completion: int, *, requirements: int) -> float:
    """How many times the tokens of one strong agent alone these are, for a spec with so many requirements."""
    alone = (ALONE_PROMPT + ALONE_COMPLETION) / ALONE_REQUIREMENTS
    return (prompt + completion) / (alone * max(requirements, 1))


def told(prompt: int, completion: int, *, requirements: int, tasks: int) -> str:
    """A sentence where a team took too many tokens, else nothing; one task alone is no team."""
    times = times_alone(prompt, completion, requirements=requirements)
    if tasks <= 1 or times <= TIMES_ALONE:
        return ""
    alone = round((ALONE_PROMPT + ALONE_COMPLETION) / ALONE_REQUIREMENTS * max(requirements, 1), -2)
    return (
        f"{times:.1f} times the tokens that one strong agent alone takes for a spec of this size (about {alone:,.0f}): "
        "a team pays here by time and by evidence, not by tokens."
    )


def strong_share(calls: Iterable[Spending]) -> float:
    """The part of all tokens that the Pro tier and above took."""
    calls = tuple(calls)
    whole = sum(call.prompt + call.completion for call in calls)
    return sum(call.prompt + call.completion for call in calls if call.tier in _STRONG) / whole if whole else 0.0


def fresh_per_task(calls: Iterable[Spending]) -> dict[str, float]:
    """For each task the prompt tokens of all its calls that no cache held."""
    found: defaultdict[str, float] = defaultdict(float)
    for call in calls:
        task = call.key.attempt.task
        if task != PLANNING and not task.startswith(TEAM):
            found[task] += call.fresh
    return {task: found[task] for task in sorted(found, key=natural)}


def median_fresh(calls: Iterable[Spending]) -> float:
    """The median of `fresh_per_task`; raises ValueError where no task has a call."""
    per_task = fresh_per_task(calls)
    if not per_task:
        raise ValueError("no task has a call")
    return statistics.median(per_task.values())


def critical_seconds(calls: Iterable[Spending], plan: Plan) -> float:
    """Model time of the longest chain of calls that had to wait for one another.

    What is planned comes one call after the other; then all leads side by side; then each task after those it needs,
    where attempts follow one another and rollouts of one attempt run side by side.
    """
    planning, leads, tasks = _seconds(calls)
    ends: dict[str, float] = {}

    def end(task: str) -> float:
        if task not in ends:
            needs = (end(need) for need in plan.task(task).needs)
            ends[task] = max(needs, default=0.0) + tasks.get(task, 0.0)
        return ends[task]

    built = max((end(task.id) for task in plan.tasks), default=0.0)
    return planning + max(leads.values(), default=0.0) + built


def _seconds(calls: Iterable[Spending]) -> tuple[float, Mapping[str, float], Mapping[str, float]]:
    """Of planning, of each lead, and of each task: attempts added, the longest of an attempt's rollouts."""
    planning, leads = 0.0, defaultdict[str, float](float)
    rollouts: defaultdict[tuple[str, int], defaultdict[int, float]] = defaultdict(lambda: defaultdict(float))
    side_by_side: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    for call in calls:
        key = call.key.attempt
        if key.task == PLANNING and call.key.role == "planner":
            planning += call.seconds
        elif key.task == PLANNING:
            side_by_side[call.key.role, call.key.turn].append(call.seconds)
        elif key.task.startswith(TEAM):
            leads[key.task] += call.seconds
        else:
            rollouts[key.task, key.attempt][key.rollout] += call.seconds
    tasks: defaultdict[str, float] = defaultdict(float)
    for (task, _), each in rollouts.items():
        tasks[task] += max(each.values())
    return planning + sum(max(each) for each in side_by_side.values()), leads, tasks


def by_role(calls: Sequence[Spending]) -> dict[str, dict[str, float]]:
    """Where the tokens go: for each role its calls, tokens, and those of its prompts that no cache held."""
    roles = sorted({call.key.role for call in calls})
    return {
        role: {
            "calls": float(len(own)),
            "prompt": float(sum(call.prompt for call in own)),
            "fresh": sum(call.fresh for call in own),
            "completion": float(sum(call.completion for call in own)),
            "seconds": sum(call.seconds for call in own),
        }
        for role in roles
        if (own := [call for call in calls if call.key.role == role])
    }
