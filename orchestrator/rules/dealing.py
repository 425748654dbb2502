"""How a run's landings are dealt into slices while it is found out what can stand alone. Pure.

A fix is put into the slice that it is about; two slices of which one cannot stand alone become one. Both are said of
tasks and not of slices, so that each can be taken back without the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..nouns.delivery import Slice
from .slicing import Portion, Share, arranged, grounded, joined, shares


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealing:
    """Landings, and all that decides which of them are read together."""

    portions: tuple[Portion, ...]
    minutes: float = 0.0
    ground: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Lines added and removed by path, of what was there before the first task."""
    beside: Mapping[str, str] = field(default_factory=dict)
    """By added task the one in whose slice it is put."""
    joins: tuple[tuple[str, str, str], ...] = ()
    """Two tasks whose slices are one, and why."""
    aside: Mapping[str, str] = field(default_factory=dict)
    """By added task why it is not in the slice that it is about."""

    def shares(self) -> tuple[Share, ...]:
        """As they are dealt now."""
        found = shares(self.portions, minutes=self.minutes, beside=self.beside)
        for first, second, why in self.joins:
            place = {task: n for n, share in enumerate(found) for task in share.tasks}
            if place[first] != place[second]:
                found = joined(found, place[first], place[second], why=why)
        return found

    def slices(self) -> tuple[Slice, ...]:
        """In the order of review; a fix that stands on top says why."""
        return tuple(
            replace(each, notes=(*each.notes, *(self.aside[task] for task in each.tasks if task in self.aside)))
            for each in grounded(arranged(self.shares()), self.ground)
        )

    def without_hosts(self) -> "Dealing":
        """Every fix on top."""
        return replace(self, beside={})

    def with_host(self, task: str, host: str) -> "Dealing":
        """That fix in the slice of the other task."""
        return replace(self, beside={**self.beside, task: host})

    def with_aside(self, task: str, why: str) -> "Dealing":
        """That fix is on top, for this reason."""
        return replace(self, aside={**self.aside, task: why})

    def with_neighbour(self, slice_: Slice, slices: Sequence[Slice], why: str) -> "Dealing | None":
        """That slice joined to what it stands on, else to the one before it, else to the one after it.

        None where there is no other.
        """
        order = [each for each in slices if each.tasks]
        if len(order) < 2 or not slice_.tasks:  # noqa: PLR2004 - one alone has no neighbour
            return None
        at = order.index(slice_)
        other = next((each for each in order if each.name == slice_.on), order[at - 1] if at else order[1])
        words = f"{other.name} and {slice_.name} are one here, because {slice_.name} cannot stand alone: {why}"
        return replace(self, joins=(*self.joins, (other.tasks[0], slice_.tasks[0], words)))
