"""How many turns attempts have finished: as far as a hand, a race or a new answer found them. Pure."""

from collections.abc import Iterable

from ..nouns.events import Acted, Event
from ..nouns.keys import AttemptKey

WORKER = "worker"
"""The author of what a worker's tools did; who else says what an attempt does ends no turn of it."""


def finished(events: Iterable[Event]) -> dict[AttemptKey, int]:
    """The turns of each attempt whose tools have run; an attempt that has finished none is not in it."""
    turns: dict[AttemptKey, int] = {}
    for event in events:
        if isinstance(event.fact, Acted) and event.author == WORKER:
            turns[event.fact.key] = max(turns.get(event.fact.key, 0), event.fact.turn + 1)
    return turns
