"""The ways of doing a spec that are compared, carried out in a world."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ...orchestrator.rules.estimate import makespan
from ...orchestrator.rules.forecast import Tried
from ...orchestrator.rules.sizing import Values, tier_of, whole_size
from .world import Outcome, Spec, World, difficulty

WORKERS = 16
DEFAULT = ("flash", "pro")
CASCADE = ("flash", "flash*3", "pro")
SOLO_PRO = ("pro", "pro")
SOLO_FLASH = ("flash", "flash")
LADDERS = (DEFAULT, CASCADE, ("flash*3", "pro"), SOLO_PRO)
"""What the planner may choose from for each task."""

Way = Callable[[World, Spec, random.Random], "Done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A spec that was done, and what was tried on the way, as a planner would remember it."""

    outcome: Outcome
    tried: tuple[Tried, ...] = ()
    planning: Outcome | None = None
    """What the planner's call came to; None where there was none."""

    def cost(self, values: Values) -> float:
        """All of it in dollars."""
        said = self.outcome
        return said.usd + said.minutes * values.waiting_minute + said.person * values.person_minute


def solo(ladder: Sequence[str]) -> Way:
    """Everything as one task."""

    def way(world: World, spec: Spec, chance: random.Random) -> Done:
        outcome, tried = world.climb(ladder, whole(world, spec), difficulty(chance), chance)
        return Done(outcome=outcome, tried=tuple(_remembered(tried, whole_size(spec.plan, Values()))))

    return way


def team(ladders: Mapping[str, Sequence[str]] | Sequence[str], *, workers: int = WORKERS) -> Way:
    """Each task on its ladder, as many at once as there are workers and dependencies allow."""

    def way(world: World, spec: Spec, chance: random.Random) -> Done:
        minutes: dict[str, float] = {}
        planning = world.planned(chance)
        usd, person, green = planning.usd, 0.0, True
        remembered: list[Tried] = []
        for task in spec.plan.tasks:
            ladder = ladders[task.id] if isinstance(ladders, Mapping) else ladders
            outcome, tried = world.climb(ladder, spec.sizes[task.id], difficulty(chance), chance)
            minutes[task.id] = outcome.minutes
            usd, person, green = usd + outcome.usd, person + outcome.person, green and outcome.green
            remembered += _remembered(tried, task.minutes)
        timed = replace(spec.plan, tasks=tuple(replace(t, minutes=minutes[t.id]) for t in spec.plan.tasks))
        lasted = makespan(timed, workers=workers) + planning.minutes
        outcome = Outcome(minutes=lasted, usd=usd, person=person, green=green)
        return Done(outcome=outcome, tried=tuple(remembered), planning=planning)

    return way


def three_and_a_person(world: World, spec: Spec, chance: random.Random) -> Done:
    """Three Flash calls at the whole, a person's sentence after each that is not yet right, then the person."""
    size, hard = whole(world, spec), difficulty(chance)
    minutes = usd = person = 0.0
    for _ in range(3):
        outcome = world.attempt("flash", size, hard, chance)
        minutes, usd = minutes + outcome.minutes, usd + outcome.usd
        if outcome.green:
            return Done(outcome=Outcome(minutes=minutes + person, usd=usd, person=person))
        person += world.correction
        hard *= world.eased
    person += world.rescue(size)
    return Done(outcome=Outcome(minutes=minutes + person, usd=usd, person=person, green=False))


COMPARED: Mapping[str, Way] = {
    "solo Pro": solo(SOLO_PRO),
    "solo Flash": solo(SOLO_FLASH),
    "Flash cascade": team(CASCADE, workers=1),
    "team": team(DEFAULT),
    "three Flash calls and a person": three_and_a_person,
}


def whole(world: World, spec: Spec) -> float:
    """The size of everything as one task."""
    together = sum(spec.sizes.values())
    return together if len(spec.sizes) == 1 else world.whole * together


def _remembered(tried: Sequence[tuple[str, Outcome]], size: float) -> Iterator[Tried]:
    for number, (rung, outcome) in enumerate(tried):
        if (known := tier_of(rung)) is not None:
            tier, rollouts = known
            yield Tried(
                tier=tier,
                size=size,
                green=outcome.green,
                minutes=outcome.minutes,
                usd=outcome.usd / rollouts,
                after=number > 0,
                rollouts=rollouts,
            )
