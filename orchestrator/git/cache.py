"""A bounded memory for what cannot change: things named by their own hash. Pure."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """Forgets what was used longest ago once the weights of what it holds pass ``limit``."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._weight = 0

    def find(self, key: K) -> V | None:
        """What is held under ``key``, if it is."""
        held = self._held.get(key)
        if held is None:
            return None
        self._held.move_to_end(key)
        return held[0]

    def keep(self, key: K, value: V, *, weight: int = 1) -> V:
        """Hold ``value`` unless it is too heavy by itself; returns it."""
        if key not in self._held and weight <= self._limit:
            self._held[key] = (value, weight)
            self._weight += weight
            while self._weight > self._limit:
                _, (_, lost) = self._held.popitem(last=False)
                self._weight -= lost
        return value
