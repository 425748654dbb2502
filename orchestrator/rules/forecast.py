"""What an attempt of a tier will come to, learned from attempts that were made: chance, minutes, money. Pure.

Minutes and money are powers of a task's size; the chance is logistic in the root of it, half way between skill that
fades with the order of magnitude and skill that is lost minute by minute. Each is fitted to what was tried, held by a
prior as weak as a few attempts. Sizes are minutes as planners estimate them, so a planner that is always
wrong by the same factor does no harm. What was tried after a failure is learned apart from what was tried first: a
task on which Flash has failed is harder than one of the same size on which nobody has.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..nouns.plan import Tier

_MIDDLE = 4.0
"""Minutes of a task of middling size, where curves are anchored."""
_ALIKE = 0.5
_STEPS = 25
_FAR = 12.0
"""Beyond this a logit is as good as certain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One rung that is over; ``size`` is what the planner said the task would take, in minutes."""

    tier: Tier
    size: float
    green: bool
    """One of its rollouts was; the others were ended, and nobody knows what they would have come to."""
    minutes: float
    usd: float | None = None
    """Of one rollout; None where no price is known."""
    after: bool = False
    """Another rung had failed on the same task before."""
    rollouts: int = 1

    @property
    def tries(self) -> float:
        """Rollouts side by side fail alike on what is hard, so further ones count as half a try."""
        return tries(self.rollouts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What earlier runs tried, and what each planner's call took: dollars (None where no price is known), minutes."""

    tried: tuple[Tried, ...] = ()
    planning: tuple[tuple[float | None, float], ...] = ()


def tries(rollouts: int) -> float:
    """How many independent tries so many rollouts are worth."""
    return 1.0 + (rollouts - 1) * _ALIKE


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """``level + slope * x``, and how sure both are (standard deviations of the prior)."""

    level: float
    slope: float
    level_sd: float
    slope_sd: float

    def at(self, x: float) -> float:
        """Its value; x is 0 for a task of four minutes and rises by 1 from there to one of eight."""
        return self.level + self.slope * x


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What is expected of one tier."""

    logit: Line
    log_minutes: Line
    log_usd: Line
    spread: float = 1.0
    """By how much the mean of minutes exceeds their median: times vary, and long ones weigh more."""
    usd_spread: float = 1.0

    def chance(self, size: float) -> float:
        """That an attempt ends green."""
        return _chance(self.logit.at(_root(size)))

    def minutes(self, size: float) -> float:
        """How long an attempt takes, green or not."""
        return math.exp(self.log_minutes.at(_power(size))) * self.spread

    def usd(self, size: float) -> float:
        """What an attempt costs, green or not."""
        return math.exp(self.log_usd.at(_power(size))) * self.usd_spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What is expected of each tier, first and after a failure; ``known`` counts the attempts behind it."""

    first: dict[Tier, Curve]
    later: dict[Tier, Curve]
    known: int = 0

    def of(self, tier: Tier, *, after: bool) -> Curve:
        """The curve of a tier."""
        return (self.later if after else self.first)[tier]


def _prior(chance: float, slope: float, usd: float, *, pace: float) -> Curve:
    return Curve(
        logit=Line(level=math.log(chance / (1 - chance)), slope=slope, level_sd=1.0, slope_sd=0.3),
        log_minutes=Line(level=math.log(_MIDDLE * pace), slope=math.log(2.0) * 0.9, level_sd=0.7, slope_sd=0.15),
        log_usd=Line(level=math.log(usd), slope=math.log(2.0) * 0.9, level_sd=1.0, slope_sd=0.15),
    )


PRIOR = Curves(
    first={
        "flash": _prior(0.70, -1.0, 0.03, pace=1.0),
        "pro": _prior(0.87, -0.8, 0.35, pace=0.9),
        "ultra": _prior(0.92, -0.6, 1.20, pace=1.2),
    },
    later={
        "flash": _prior(0.50, -1.0, 0.03, pace=1.0),
        "pro": _prior(0.75, -0.8, 0.35, pace=0.9),
        "ultra": _prior(0.85, -0.6, 1.20, pace=1.2),
    },
)
"""Before anything was tried: cheap models first and a strong one after them solve 92 of 100 issue-sized tasks at about
half the price of the strong one alone, which solves 84 (SWE-bench Verified); both lose on larger ones."""


def learn(tried: Iterable[Tried], prior: Curves = PRIOR) -> Curves:
    """The curves after these attempts; equal attempts in any order give equal curves."""
    every = sorted(tried, key=lambda each: (each.tier, each.after, each.size, each.green, each.minutes, each.usd or 0))

    def fitted(tier: Tier, before: Curve, *, after: bool) -> Curve:
        return _curve([each for each in every if each.tier == tier and each.after == after], before)

    return Curves(
        first={tier: fitted(tier, before, after=False) for tier, before in prior.first.items()},
        later={tier: fitted(tier, before, after=True) for tier, before in prior.later.items()},
        known=len(every),
    )


def held(prior: float, found: Sequence[float]) -> float:
    """The mean of what was found, held by a prior that counts as one."""
    return (prior + sum(found)) / (1 + len(found))


def _curve(tried: Sequence[Tried], prior: Curve) -> Curve:
    if not tried:
        return prior
    minutes = [(_power(each.size), math.log(max(each.minutes, 1e-3))) for each in tried]
    usd = [(_power(each.size), math.log(each.usd)) for each in tried if each.usd]
    log_minutes, log_usd = _straight(minutes, prior.log_minutes), _straight(usd, prior.log_usd)
    return Curve(
        logit=_logistic([(_root(each.size), each.tries, each.green) for each in tried], prior.logit),
        log_minutes=log_minutes,
        log_usd=log_usd,
        spread=_spread(minutes, log_minutes),
        usd_spread=_spread(usd, log_usd),
    )


def _straight(points: Sequence[tuple[float, float]], prior: Line) -> Line:
    """Least squares with noise of one half, held by the prior."""
    weight = 1 / 0.5**2
    level_weight, slope_weight = 1 / prior.level_sd**2, 1 / prior.slope_sd**2
    a = level_weight + weight * len(points)
    b = weight * sum(x for x, _ in points)
    d = slope_weight + weight * sum(x * x for x, _ in points)
    up = level_weight * prior.level + weight * sum(y for _, y in points)
    right = slope_weight * prior.slope + weight * sum(x * y for x, y in points)
    return _solved(a, b, d, up, right, prior)


def _logistic(points: Sequence[tuple[float, float, bool]], prior: Line) -> Line:
    """The most likely logistic curve under the prior, where a point says whether any of its tries was green.

    By Newton's method with halved steps and the expected curvature.
    """
    level, slope = prior.level, prior.slope
    level_weight, slope_weight = 1 / prior.level_sd**2, 1 / prior.slope_sd**2
    for _ in range(_STEPS):
        up, right = level_weight * (prior.level - level), slope_weight * (prior.slope - slope)
        a, b, d = level_weight, 0.0, slope_weight
        for x, count, green in points:
            p = _chance(level + slope * x)
            missed = (1 - p) ** count
            pull = count * p * (missed / (1 - missed) if green else -1.0)
            weight = count * p * (1 - p)
            up, right = up + pull, right + pull * x
            a, b, d = a + weight, b + weight * x, d + weight * x * x
        determinant = a * d - b * b
        level += 0.5 * (d * up - b * right) / determinant
        slope += 0.5 * (a * right - b * up) / determinant
    return Line(level=level, slope=slope, level_sd=prior.level_sd, slope_sd=prior.slope_sd)


def _solved(a: float, b: float, d: float, up: float, right: float, prior: Line) -> Line:
    determinant = a * d - b * b
    return Line(
        level=(d * up - b * right) / determinant,
        slope=(a * right - b * up) / determinant,
        level_sd=prior.level_sd,
        slope_sd=prior.slope_sd,
    )


def _spread(points: Sequence[tuple[float, float]], line: Line) -> float:
    """The mean of what was found over what the line says, held at 1 by two points of that."""
    ratios = [math.exp(y - line.level - line.slope * x) for x, y in points]
    return (2 + sum(ratios)) / (2 + len(ratios))


def _chance(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-_FAR, min(_FAR, logit))))


def _power(size: float) -> float:
    return math.log2(max(size, 0.1) / _MIDDLE)


def _root(size: float) -> float:
    return (math.sqrt(max(size, 0.1) / _MIDDLE) - 1.0) / (math.sqrt(2.0) - 1.0)
