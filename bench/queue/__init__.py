"""The suite ``queue``: gate runs and time of the merge queue, against four others on the same patches.

Simulated: 50 patches wait, one in none, ten or three is bad, on one, two and eight gate slots; first without clashes,
then with pairs that clash and a gate that flakes. Time is in units of one gate run, which all take as long. The rules
are the product's own, not a copy.

Real: patches in a real repository, landed by the product's own queue, where a suite of two seconds runs for each tree;
its time is compared with that of the simulation of the very same patches.

Audited: seeded histories of that queue on real git, with patches that clash, a gate that flakes, a base that is
followed and processes that die. Each commit that the branch pointed at has to have had its verdict before.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import product
from multiprocessing import get_context
from statistics import mean
from typing import Any

from ..report import Bar, Report, cores
from .audit import Audit, audit
from .baselines import BASELINES, Played, Policy
from .patches import Odds, Patches
from .real import Known, Worked, work_off
from .simulated import fan_out

BAD, SLOTS = (0.0, 0.1, 0.3), (1, 2, 8)
CLASH, FLAKE = 0.002, 0.03
SEEDS, QUICK_SEEDS = 1000, 120
DESIGNED = {(0.1, 8): (36.0, 5.8), (0.3, 8): (61.0, 8.6)}
"""Runs and rounds that the design promises without clashes, by the share of bad patches and the slots."""
MORE, BEHIND = 1.10, 1.2
REAL_SLOTS, REAL = 2, 1.15
HISTORIES, QUICK_HISTORIES = 100, 8
MOST_TRIED = 10
"""Histories in which the seeded fault has to show."""
SHOWN = 20
"""Violations told in full; all are counted."""
POLICIES: dict[str, Policy] = {"fan": fan_out, **BASELINES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One cell of the table."""

    odds: Odds
    slots: int
    seeds: int

    @property
    def name(self) -> str:
        """For people."""
        clashes = "with clashes and flakes" if self.odds.clash else "calm"
        return f"{self.odds.bad:.0%} bad, {self.slots} slots, {clashes}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """Means over the seeds."""

    runs: float
    rounds: float
    landed: float


def run(*, quick: bool) -> Report:
    """All settings; quick: with fewer seeds."""
    settings = list(_settings(QUICK_SEEDS if quick else SEEDS))
    with ProcessPoolExecutor(max_workers=cores(), mp_context=get_context("fork")) as pool:
        found = dict(zip(settings, pool.map(compare, settings), strict=True))
        audited = list(pool.map(audit, range(1, (QUICK_HISTORIES if quick else HISTORIES) + 1)))
        hasty = next((each.seed for each in map(_hasty, range(1, MOST_TRIED + 1)) if each.violations), 0)
    bars = [bar for setting, means in found.items() for bar in _bars(setting, means)]
    bad = frozenset({"T4"} if quick else {"T7", "T13", "T21", "T38", "T44"})
    patches = 12 if quick else 50
    promised = fan_out(Known(patches, bad), REAL_SLOTS)
    worked = work_off(patches=patches, bad=bad, slots=REAL_SLOTS)
    bars += [_real(worked, promised), *_audited(audited, hasty)]
    figures: dict[str, Any] = {
        "patches": Odds(bad=0.0).patches,
        "seeds": settings[0].seeds,
        "chance_that_a_pair_clashes": CLASH,
        "chance_that_a_gate_run_flakes": FLAKE,
        "real": {"patches": patches, "bad": len(bad), "slots": REAL_SLOTS, **asdict(worked)},
        "real_simulated": {"runs": promised.runs, "makespan": promised.rounds},
        "retries": "a patch that failed by itself, where only what is known to flake failed: once, for every queue",
        "audited": _counted(audited) | {"the history that showed the seeded fault": hasty},
        "runs_rounds_landed": {setting.name: _told(means) for setting, means in found.items()},
    }
    return Report(suite="queue", quick=quick, bars=tuple(bars), figures=figures)


def compare(setting: Setting) -> dict[str, Mean]:
    """What each queue makes of the same patches."""
    seeds = range(setting.seeds)
    return {name: _mean([_play(policy, setting, seed) for seed in seeds]) for name, policy in POLICIES.items()}


def _play(policy: Policy, setting: Setting, seed: int) -> Played:
    return policy(Patches(setting.odds, seed=seed), setting.slots)


def _mean(played: list[Played]) -> Mean:
    return Mean(
        runs=mean(each.runs for each in played),
        rounds=mean(each.rounds for each in played),
        landed=mean(each.landed for each in played),
    )


def _settings(seeds: int) -> Iterator[Setting]:
    for (clash, flake), bad, slots in product(((0.0, 0.0), (CLASH, FLAKE)), BAD, SLOTS):
        yield Setting(odds=Odds(bad=bad, clash=clash, flake=flake), slots=slots, seeds=seeds)


def _bars(setting: Setting, means: dict[str, Mean]) -> Iterator[Bar]:
    fan, zuul, disturbed = means["fan"], means["window"], bool(setting.odds.clash)
    yield Bar(name=f"runs over Zuul's, {setting.name}", value=fan.runs / zuul.runs, limit=1.0, unit="times")
    most = BEHIND if disturbed else 1.0
    yield Bar(name=f"time over Zuul's, {setting.name}", value=fan.rounds / zuul.rounds, limit=most, unit="times")
    designed = DESIGNED.get((setting.odds.bad, setting.slots)) if not disturbed else None
    if designed is not None:
        runs, rounds = designed
        yield Bar(name=f"runs over the design's, {setting.name}", value=fan.runs / runs, limit=MORE, unit="times")
        yield Bar(name=f"time over the design's, {setting.name}", value=fan.rounds / rounds, limit=MORE, unit="times")


def _real(worked: Worked, promised: Played) -> Bar:
    return Bar(name="real time over the simulated", value=worked.makespan / promised.rounds, limit=REAL, unit="times")


def _hasty(seed: int) -> Audit:
    """A history in which the branch moves before its verdict is in the tables."""
    return audit(seed, hasty=True)


def _audited(found: Sequence[Audit], hasty: int) -> Iterator[Bar]:
    wrong = sum(len(each.violations) for each in found)
    yield Bar(name="commits without a verdict before, or lines that are gone", value=float(wrong), limit=0.0, unit="")
    yield Bar(name="seeded fault found", value=float(bool(hasty)), limit=1.0, unit="", least=True)


def _counted(found: Sequence[Audit]) -> dict[str, Any]:
    told = [violation for each in found for violation in each.violations]
    sums = {name: sum(getattr(each, name) for each in found) for name in ("commits", "landed", "clashes", "killed")}
    return {"histories": len(found), **sums, "violations": told[:SHOWN]}


def _told(means: dict[str, Mean]) -> dict[str, str]:
    return {name: f"{each.runs:.1f} / {each.rounds:.1f} / {each.landed:.1f}" for name, each in means.items()}
