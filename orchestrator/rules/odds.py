"""How likely it is that a patch does not pass the gate on top of the others. Pure, and the same in every replay.

A patch has a *weight*: how much likelier it breaks something than an ordinary one, from what is known when it arrives.
A group of patches with weights w passes with the chance (1 - rate) ** sum(w), where ``rate`` is that of an ordinary
patch. The rate starts as a beta distribution with a mean of 0.1 and learns from this run's verdicts: what passed, what
was rejected, and groups of which one at least is bad, which say less the larger they are.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

PRIOR_BAD, PRIOR_GOOD = 0.5, 4.5
"""As if five patches had been seen before the run: what the run itself shows soon counts for more."""
GREEN_ENOUGH = 0.45
"""The least odds that a group passes. Below them more is lost by halving it than its size gains (bench/queue)."""
_STEPS = 50
_RATES = tuple((step + 0.5) / _STEPS for step in range(_STEPS))
_LOG_GOOD = tuple(math.log1p(-rate) for rate in _RATES)
_LOG_PRIOR = tuple(
    (PRIOR_BAD - 1) * math.log(rate) + (PRIOR_GOOD - 1) * good for rate, good in zip(_RATES, _LOG_GOOD, strict=True)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What is known of a patch when it arrives."""

    green_alone: bool = True
    """The gate passed it on its own base."""
    files: int = 1
    """How many it changes."""
    overlaps: int = 0
    """Patches in the queue that change one of those."""
    retries: int = 0
    """Attempts at its task that did not land."""


def weight(known: Features) -> float:
    """1 for a small patch that was green alone, touches what nobody else does and is the first try at its task."""
    size = 1.0 + 0.1 * min(max(known.files - 1, 0), 10)
    crowd = 1.0 + 0.5 * min(known.overlaps, 4)
    again = 1.0 + 0.5 * min(known.retries, 4)
    return size * crowd * again * (1.0 if known.green_alone else 4.0)


def rate(*, good: float, bad: Iterable[float], suspect: Iterable[float]) -> float:
    """The mean odds that an ordinary patch is bad.

    Args:
        good: the weights of what passed, together.
        bad: the weight of each patch that was rejected.
        suspect: the weight of each group of which one patch at least is bad.
    """
    return _mean(round(good, 6), tuple(sorted(round(each, 6) for each in (*bad, *suspect))))


@lru_cache(maxsize=4096)
def _mean(good: float, red: tuple[float, ...]) -> float:
    logs = [
        prior + good * log_good + sum(math.log(-math.expm1(each * log_good)) for each in red)
        for prior, log_good in zip(_LOG_PRIOR, _LOG_GOOD, strict=True)
    ]
    most = max(logs)
    chances = [math.exp(each - most) for each in logs]
    return sum(map(float.__mul__, chances, _RATES)) / sum(chances)


def best_size(weights: Sequence[float], rate: float) -> int:
    """How many from the front are judged together: the x of most x * prod(1 - p), as long as that is green enough."""
    best, most, together = 1, 0.0, 0.0
    for number, each in enumerate(weights, start=1):
        together += each
        passes = (1 - rate) ** together
        if passes >= GREEN_ENOUGH and number * passes > most:
            best, most = number, number * passes
    return best
