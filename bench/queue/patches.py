"""Patches of which some are bad and some pairs clash, and a gate that flakes; all of it drawn from a seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """Of what is drawn: how many patches, the share of bad ones, of pairs that clash, and of gate runs that flake."""

    patches: int = 50
    bad: float
    clash: float = 0.0
    flake: float = 0.0


class Patches:
    """One draw. Two draws from one seed are the same, so that each queue is given the same patches."""

    def __init__(self, odds: Odds, *, seed: int) -> None:
        chance = random.Random(f"patches {odds.bad} {odds.clash} {seed}")
        self.names = tuple(f"{number:02d}" for number in range(odds.patches))
        self.bad = frozenset(name for name in self.names if chance.random() < odds.bad)
        pairs = combinations(self.names, 2) if odds.clash else ()
        self._clash = [frozenset(pair) for pair in pairs if chance.random() < odds.clash]
        self._flake = odds.flake
        self._gate = random.Random(f"gate {seed}")

    def judge(self, landed: Sequence[str], stack: Sequence[str]) -> tuple[bool, bool]:
        """Whether a stack passes on top of what landed, and, if not, whether that is only because the gate flakes."""
        there = {*landed, *stack}
        green = self.bad.isdisjoint(stack) and not any(pair <= there for pair in self._clash)
        flakes = self._gate.random() < self._flake
        return green and not flakes, green and flakes
