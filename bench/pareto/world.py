"""A world to plan in: how skilled, fast and dear its models are, drawn once per seed and told to nobody.

Its shapes are not those that `orchestrator.rules.forecast` assumes: skill falls off like a Weibull law and never
reaches one, what is hard for one attempt is hard for the next, minutes and prices have a part that does not depend on
the size, and planners misjudge sizes, each with a leaning of its own. Ranges are those of published figures: a cheap
model can be slower than a dear one from start to end (343 s against 222 s a task), prices differ by five to thirty.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from ...orchestrator.nouns.plan import Plan, Task, Team, Tier
from ...orchestrator.rules.critical_path import topological
from ...orchestrator.rules.sizing import tier_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The truth about one tier."""

    ceiling: float
    """Even of the smallest tasks it does no more than this part."""
    half: float
    """Minutes of a task that half of its attempts manage, ceiling and difficulty apart."""
    steep: float
    begin_minutes: float
    pace: float
    begin_usd: float
    usd_a_minute: float

    def chance(self, hard: float) -> float:
        """That an attempt is green; ``hard`` is the size times how difficult it is for its size."""
        return self.ceiling * math.exp(-math.log(2.0) * (hard / self.half) ** self.steep)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A spec as the planner cuts it, with the true sizes of its tasks, in minutes."""

    plan: Plan
    """Its minutes are the planner's estimates."""
    sizes: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one attempt came to, or a way as a whole; ``person`` are minutes of a person."""

    minutes: float
    usd: float
    person: float = 0.0
    green: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One seed."""

    models: dict[Tier, Model]
    leaning: float
    """By what the planner's estimates are wrong on average, as a factor."""
    whole: float
    """What one attempt at everything is, over the sum of its parts."""
    planning: Outcome
    question: float
    """Minutes of a person for a task that no rung could do, whatever its size."""
    own_work: float
    """And for each minute of its size."""
    correction: float
    """Minutes of a person for a look and a sentence."""
    eased: float
    """How much easier that sentence makes what is left."""

    def attempt(self, tier: Tier, size: float, hard: float, chance: random.Random) -> Outcome:
        """One attempt at a task."""
        model = self.models[tier]
        noise = chance.gammavariate(6.0, 1 / 6.0)
        return Outcome(
            minutes=(model.begin_minutes + model.pace * size) * noise,
            usd=(model.begin_usd + model.usd_a_minute * size) * noise,
            green=chance.random() < model.chance(size * hard),
        )

    def planned(self, chance: random.Random) -> Outcome:
        """One call of the planner."""
        noise = chance.gammavariate(6.0, 1 / 6.0)
        return Outcome(minutes=self.planning.minutes * noise, usd=self.planning.usd * noise)

    def rescue(self, size: float) -> float:
        """Minutes of a person for what no rung could do."""
        return self.question + self.own_work * size

    def rung(self, rung: str, size: float, hard: float, chance: random.Random) -> Outcome:
        """One rung: its attempts side by side, the first green one wins and ends the others."""
        known = tier_of(rung)
        if known is None:
            raise ValueError(f"{rung!r} is no tier")
        tier, rollouts = known
        tries = [self.attempt(tier, size, hard, chance) for _ in range(rollouts)]
        ends = min((each.minutes for each in tries if each.green), default=max(each.minutes for each in tries))
        spent = sum(each.usd * min(1.0, ends / each.minutes) for each in tries)
        return Outcome(minutes=ends, usd=spent, green=any(each.green for each in tries))

    def climb(
        self, ladder: Sequence[str], size: float, hard: float, chance: random.Random
    ) -> tuple[Outcome, list[tuple[str, Outcome]]]:
        """A task up its ladder, then a person; and each rung that was tried."""
        minutes = usd = 0.0
        tried: list[tuple[str, Outcome]] = []
        for rung in ladder:
            tried.append((rung, self.rung(rung, size, hard, chance)))
            minutes, usd = minutes + tried[-1][1].minutes, usd + tried[-1][1].usd
            if tried[-1][1].green:
                return Outcome(minutes=minutes, usd=usd), tried
        return Outcome(minutes=minutes, usd=usd, person=self.rescue(size), green=False), tried


def drawn(seed: int) -> World:
    """The world of a seed."""
    chance = random.Random(f"world {seed}")
    ratio = chance.uniform(5.0, 30.0)
    flash_usd = chance.uniform(0.002, 0.012)
    flash = Model(
        ceiling=chance.uniform(0.75, 0.98),
        half=_around(chance, 10.0, 0.5),
        steep=chance.uniform(0.8, 2.0),
        begin_minutes=chance.uniform(0.2, 1.0),
        pace=chance.uniform(0.5, 1.6),
        begin_usd=chance.uniform(0.5, 2.0) * flash_usd,
        usd_a_minute=flash_usd,
    )
    pro = Model(
        ceiling=chance.uniform(0.9, 0.99),
        half=_around(chance, 40.0, 0.5),
        steep=chance.uniform(0.8, 2.0),
        begin_minutes=chance.uniform(0.3, 1.5),
        pace=chance.uniform(0.4, 1.2),
        begin_usd=chance.uniform(0.5, 2.0) * flash_usd * ratio,
        usd_a_minute=flash_usd * ratio,
    )
    return World(
        models={"flash": flash, "pro": pro},
        leaning=_around(chance, 1.0, 0.3),
        whole=chance.uniform(0.4, 0.9),
        planning=Outcome(minutes=chance.uniform(0.5, 2.0), usd=chance.uniform(2.0, 5.0) * flash_usd * ratio),
        question=3.0,
        own_work=0.5,
        correction=2.0,
        eased=chance.uniform(0.3, 0.8),
    )


def spec(world: World, chance: random.Random) -> Spec:
    """A spec of one to 25 tasks: chains, fans, and everything between."""
    most = chance.choices((3, 10, 25), weights=(3, 4, 3))[0]
    ids = [f"T{number}" for number in range(1, chance.randint(1, most) + 1)]
    density = chance.choice((0.1, 0.3, 0.9))
    sizes = {task: _around(chance, 4.0, 0.6) for task in ids}
    tasks = tuple(
        Task(
            id=task,
            team="core",
            title=task,
            goal=task,
            needs=tuple(other for other in ids[max(0, place - 4) : place] if chance.random() < density),
            minutes=sizes[task] * world.leaning * _around(chance, 1.0, 0.35),
        )
        for place, task in enumerate(ids)
    )
    plan = Plan(summary="", teams=(Team(id="core", purpose=""),), tasks=tasks)
    return Spec(plan=plan, sizes=sizes)


def difficulty(chance: random.Random) -> float:
    """How difficult a task is for its size, for every attempt at it: nobody can know beforehand."""
    return _around(chance, 1.0, 0.5)


def order(plan: Plan) -> tuple[str, ...]:
    """Its tasks, dependencies first."""
    return topological(plan)


def _around(chance: random.Random, median: float, spread: float) -> float:
    return median * chance.lognormvariate(0.0, spread)
