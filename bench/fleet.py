"""The suite ``fleet``: fifty workers in virtual time, with lost messages, stale locks, clocks that jump, and kills.

Each history follows from its seed. What must hold is what `crash` asks for (invariants 1 to 4 and 6 of the design).
That it would be seen if it did not is shown by faults that are seeded.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import get_args

from .crash import SHOWN, workers
from .parts.fleet import WORKERS, Fault, fleet_history
from .parts.simulated import History
from .report import Bar, Report

SMALL = 12
"""Workers and tasks of the histories in which faults are seeded."""
MOST_TRIED = 40
"""Histories in which a seeded fault has to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is tried."""

    histories: int
    workers: int


FULL = Extent(histories=1000, workers=WORKERS)
QUICK = Extent(histories=8, workers=SMALL)


def run(*, quick: bool) -> Report:
    """A thousand histories of fifty workers, most of an hour on two cores; or a few small ones."""
    extent = QUICK if quick else FULL
    seeds = range(1, extent.histories + 1)
    with workers() as pool:
        found = list(pool.map(fleet_history, seeds, [extent.workers] * len(seeds)))
        faults = {fault: next(_found(pool, fault), 0) for fault in get_args(Fault)}
    violations = [each for history in found for each in history.told]
    return Report(
        suite="fleet",
        quick=quick,
        bars=(
            Bar(name="violations", value=float(len(violations)), limit=0.0, unit=""),
            Bar(
                name="seeded faults found",
                value=sum(map(bool, faults.values())),
                limit=len(faults),
                unit="",
                least=True,
            ),
        ),
        figures={
            "histories": len(found),
            "workers": extent.workers,
            "killed": sum(each.struck for each in found),
            "overtaken": sum(each.overtaken for each in found),
            "violations": violations[:SHOWN],
            "seeded faults, and the history that showed them": faults,
        },
    )


def _found(pool: ProcessPoolExecutor, fault: Fault) -> Iterator[int]:
    """The seeds of the histories in which a seeded fault shows."""
    seeds = range(1, MOST_TRIED + 1)
    histories: Iterator[History] = pool.map(fleet_history, seeds, [SMALL] * len(seeds), [fault] * len(seeds))
    return (history.seed for history in histories if history.violations)
