"""The suite ``crash``: kill the process anywhere, start it again until the run is done, and see what still holds.

Simulated: in virtual time with doubles of everything outside, at every fault point of one history and in many random
ones. Real: processes killed with SIGKILL, or whose disk gets full, on real files, git, sandbox and gate, with a model
in process. Both check the invariants 1 to 4 and 6 of the design; real ones also what is left behind and that the user's
checkout is untouched.
"""

import os
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Any, Protocol

from .parts import full_disks
from .parts.lives import Case, Life, end_with_parent, live
from .parts.simulated import History, live_through, random_history
from .report import Bar, Report, Unmeasured, cores

SEED = 7
"""Of the history that dies at every fault point."""
SHOWN = 20
"""Violations told in full; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is tried. ``stride`` n means every n-th fault point."""

    histories: int
    stride: int
    real_stride: int
    random_moments: int
    full_disks: int


FULL = Extent(histories=1000, stride=1, real_stride=1, random_moments=200, full_disks=100)
QUICK = Extent(histories=40, stride=12, real_stride=24, random_moments=4, full_disks=2)
KILLS = "AGENTCTL_BENCH_CRASH_KILLS"
"""How many random moments real processes are killed at, where that is to be another number."""
FULL_DISKS = "violations, real, full disks"
LEFT = 200_000
"""The most bytes that a full disk takes yet: journal and tables meet their end in the middle of a write."""


def _extent(*, quick: bool) -> Extent:
    """How much is to be tried; raises SystemExit where the number that was asked for is none."""
    extent, said = QUICK if quick else FULL, os.environ.get(KILLS, "")
    if said and not said.isdecimal():
        raise SystemExit(f"{KILLS} is {said!r}: give a number of kills, such as 200.")
    return replace(extent, random_moments=int(said)) if said else extent


class Found(Protocol):
    """What both kinds of history tell."""

    @property
    def told(self) -> list[str]:
        """Each violation with what brings it about again."""
        ...


def run(*, quick: bool) -> Report:
    """Everything, or a sample of under a minute, with as many random moments as are asked for."""
    extent = _extent(quick=quick)
    with workers() as pool:
        simulated = simulate(pool, extent)
        real = really(pool, extent)
        full = on_full_disks(pool, extent, seconds=real.figures["real_seconds_of_a_calm_life"])
    every = [simulated, real, *([full] if full else [])]
    bars = [
        Bar(name=f"violations, {name}", value=float(sum(map(len, told(found)))), limit=0.0, unit="")
        for outcome in every
        for name, found in outcome.kinds.items()
    ]
    return Report(
        suite="crash",
        quick=quick,
        bars=tuple(bars),
        unmeasured=() if full else (Unmeasured(name=FULL_DISKS, limit=0.0, unit="", why=full_disks.why_not()),),
        figures={name: figure for outcome in every for name, figure in outcome.figures.items()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The histories of each kind, and what to say of them."""

    kinds: dict[str, Sequence[Found]]
    figures: dict[str, Any]


def told(found: Iterable[Found]) -> list[list[str]]:
    """The violations of each history."""
    return [each.told for each in found]


def simulate(pool: ProcessPoolExecutor, extent: Extent) -> Outcome:
    """Every fault point of one history, then random ones."""
    calm = live_through(SEED, ())
    points = range(1, calm.points + 1, extent.stride)
    every = list(pool.map(_die_at, points))
    chance = list(pool.map(random_history, range(1, extent.histories + 1), chunksize=5))
    all_of_them: list[History] = [calm, *every, *chance]
    return Outcome(
        kinds={"simulated, every fault point": [calm, *every], "simulated, random kills": chance},
        figures={
            "simulated_fault_points": calm.points,
            "simulated_fault_points_tried": len(every),
            "simulated_histories": len(chance),
            "simulated_kills": sum(each.struck for each in all_of_them),
            "simulated_violations": _first(all_of_them),
        },
    )


def really(pool: ProcessPoolExecutor, extent: Extent) -> Outcome:
    """Processes: every fault point, then random moments."""
    calm = pool.submit(live, Case(name="calm")).result()
    points = calm.points
    every = list(pool.map(live, [Case(name=f"point {n}", fault=n) for n in range(1, points + 1, extent.real_stride)]))
    chance = random.Random(SEED)
    moments = [
        Case(name=f"moment {n}", seconds=chance.uniform(0.0, calm.seconds), whole_tree=bool(n % 2))
        for n in range(extent.random_moments)
    ]
    random_ones = list(pool.map(live, moments))
    lives: list[Life] = [calm, *every, *random_ones]
    return Outcome(
        kinds={"real, every fault point": [calm, *every], "real, random moments": random_ones},
        figures={
            "real_fault_points": points,
            "real_fault_points_tried": len(every),
            "real_random_moments": len(random_ones),
            "real_kills": sum(each.killed for each in lives),
            "real_killed_at": dict(Counter(each.point for each in lives if each.point)),
            "real_seconds_of_a_calm_life": calm.seconds,
            "real_violations": _first(lives),
        },
    )


def on_full_disks(pool: ProcessPoolExecutor, extent: Extent, *, seconds: float) -> Outcome | None:
    """A disk that gets full at a random moment of a run that takes ``seconds``; None where none is to be had."""
    if full_disks.why_not():
        return None
    chance = random.Random(SEED)
    moments = [
        Case(name=f"full disk {n}", seconds=chance.uniform(0.0, seconds), full=True) for n in range(extent.full_disks)
    ]
    lives = list(pool.map(full_disks.live_on_full_disk, moments, [chance.randrange(LEFT) for _ in moments]))
    return Outcome(
        kinds={FULL_DISKS.removeprefix("violations, "): lives},
        figures={
            "full_disks": len(lives),
            "full_disks_that_ended_a_driver": sum(each.killed for each in lives),
            "full_disks_violations": _first(lives),
        },
    )


def _first(found: Iterable[Found]) -> list[str]:
    return [each for several in told(found) for each in several][:SHOWN]


def _die_at(point: int) -> History:
    return live_through(SEED, (point,))


def workers() -> ProcessPoolExecutor:
    """Forked from this process, which has everything imported, so that each life costs what it does and no more."""
    return ProcessPoolExecutor(max_workers=cores(), mp_context=get_context("fork"), initializer=end_with_parent)
