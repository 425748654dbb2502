"""The suite ``pareto``: ways of working in simulated worlds, and how well one chooses who has nothing but history."""

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...orchestrator.rules.forecast import Tried, held, learn
from ...orchestrator.rules.sizing import Values, as_one, as_team, best, best_ladder, whole_size
from ..report import Bar, Report
from .picture import write
from .ways import COMPARED, LADDERS, WORKERS, Done, Way, solo, team
from .world import Outcome, Spec, World, drawn, spec

SEEDS, QUICK_SEEDS = 60, 12
LEARNED = 20
"""Specs after which regret counts."""
SPECS = 30
DRAWS = 40
REGRET, DOMINATED = 0.10, 0.05
FOLDER = Path("build/bench")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A way's averages over draws; ``person`` are a person's minutes, ``done`` the part that needed none."""

    minutes: float
    usd: float
    person: float
    done: float
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One spec: what the planner chose, and what everything would have come to."""

    name: str
    chosen: Mean
    others: Mapping[str, Mean]

    @property
    def regret(self) -> float:
        """By what part the choice costs more than the best."""
        best = min([self.chosen.cost, *(mean.cost for mean in self.others.values())])
        return self.chosen.cost / best - 1.0

    @property
    def dominated(self) -> bool:
        """Whether one strong agent alone would have been cheaper and no slower."""
        alone = self.others["solo Pro"]
        return alone.cost < self.chosen.cost * (1 - 1e-9) and alone.minutes <= self.chosen.minutes


def run(*, quick: bool) -> Report:
    """All seeds; the frontier is written to build/bench as JSON and SVG."""
    choices = [choice for seed in range(QUICK_SEEDS if quick else SEEDS) for choice in lived(seed)]
    means = {name: _over([choice.others[name] for choice in choices]) for name in COMPARED}
    means["the planner's choice"] = _over([choice.chosen for choice in choices])
    write(FOLDER, {name: (mean.minutes, mean.cost) for name, mean in means.items()})
    names = [choice.name for choice in choices]
    bars = (
        Bar(
            name=f"mean regret of the planner's choice after {LEARNED} specs",
            value=statistics.fmean(choice.regret for choice in choices),
            limit=REGRET,
            unit="of the best",
        ),
        Bar(
            name="specs on which one strong agent alone dominates the choice",
            value=statistics.fmean(choice.dominated for choice in choices),
            limit=DOMINATED,
            unit="of all",
        ),
    )
    figures = {
        "specs": len(choices),
        "chosen": {name: names.count(name) / len(names) for name in sorted(set(names))},
        "ways": {name: _told(mean) for name, mean in means.items()},
        "written": [str(FOLDER / "pareto.json"), str(FOLDER / "pareto.svg")],
    }
    return Report(suite="pareto", quick=quick, bars=bars, figures=figures)


def lived(seed: int) -> list[Choice]:
    """The specs of one world after the first ones, each chosen for with what is known by then."""
    world, values = drawn(seed), Values()
    chance = random.Random(f"specs {seed}")
    tried: list[Tried] = []
    plannings: list[Outcome] = []
    choices: list[Choice] = []
    for number in range(SPECS):
        given = spec(world, chance)
        name, way = chosen(given, tried, plannings, values)
        done = way(world, given, random.Random(f"{seed} {number}"))
        tried += done.tried
        plannings += [done.planning] if done.planning else []
        if number >= LEARNED:
            others = {each: _mean(COMPARED[each], world, given, number, values) for each in COMPARED}
            choices.append(Choice(name=name, chosen=_mean(way, world, given, number, values), others=others))
    return choices


def chosen(given: Spec, tried: Sequence[Tried], plannings: Sequence[Outcome], values: Values) -> tuple[str, Way]:
    """What the planner would do: the least of what it expects, from the plan and its history alone."""
    curves, plan = learn(tried), given.plan
    values = replace(
        values,
        planning_usd=held(values.planning_usd, [each.usd for each in plannings]),
        planning_minutes=held(values.planning_minutes, [each.minutes for each in plannings]),
    )
    sized = {task.id: best_ladder(task.minutes, LADDERS, curves, values) for task in plan.tasks}
    alone = best_ladder(whole_size(plan, values), LADDERS, curves, values)
    one = as_one(plan, ladder=alone, curves=curves, values=values, name="one task")
    many = as_team(plan, ladders=sized, workers=WORKERS, curves=curves, values=values, name="team")
    return best((one, many), ((one.name, solo(alone)), (many.name, team(sized))))


def _mean(way: Way, world: World, given: Spec, number: int, values: Values) -> Mean:
    """Over the same draws for each way."""
    done = [way(world, given, random.Random(f"{number} {draw}")) for draw in range(DRAWS)]
    return _over([_as_mean(each, values) for each in done])


def _as_mean(done: Done, values: Values) -> Mean:
    said = done.outcome
    return Mean(minutes=said.minutes, usd=said.usd, person=said.person, done=said.green, cost=done.cost(values))


def _over(means: Sequence[Mean]) -> Mean:
    return Mean(
        minutes=statistics.fmean(mean.minutes for mean in means),
        usd=statistics.fmean(mean.usd for mean in means),
        person=statistics.fmean(mean.person for mean in means),
        done=statistics.fmean(mean.done for mean in means),
        cost=statistics.fmean(mean.cost for mean in means),
    )


def _told(mean: Mean) -> dict[str, float]:
    return {
        "minutes": mean.minutes,
        "usd": mean.usd,
        "person_minutes": mean.person,
        "without_a_person": mean.done,
        "cost": mean.cost,
    }
