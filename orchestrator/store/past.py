"""What earlier runs of a repository tried, and what planning took. Only reads; a broken folder teaches nothing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from ..clock import SystemClock
from ..errors import AgentctlError
from ..nouns.keys import PLANNING, AttemptKey
from ..nouns.runs import AttemptStatus
from ..rules.forecast import Past, Tried
from ..rules.sizing import tier_of
from .folder import RunFolder, all_runs
from .journal import Call, Journal
from .sqlite import SqliteStore, open_readonly

MOST_RUNS = 40
"""Runs that are looked at, the latest ones; each costs a few milliseconds."""
_BY_HAND = frozenset({"desk", "replay"})
"""Profiles whose times and prices are those of no model."""


def past_of(root: Path, *, run: str = "") -> Past:
    """What the latest runs under the repository's root teach, without the run that asks."""
    tried: list[Tried] = []
    planning: list[tuple[float | None, float]] = []
    for folder in all_runs(root)[-MOST_RUNS:]:
        if folder.run == run:
            continue
        try:
            with open_readonly(folder.run_db) as store, _journal(folder) as journal:
                if store.run().settings.profile not in _BY_HAND:
                    calls = journal.calls()
                    tried += _tried(store, calls)
                    planning += [(call.usd, call.seconds / 60) for call in calls if call.key.attempt.task == PLANNING]
        except AgentctlError:
            continue
    return Past(tried=tuple(tried), planning=tuple(planning))


def _journal(folder: RunFolder) -> Journal:
    return Journal(folder.calls_db, clock=SystemClock(), redact=str, readonly=True)


def _tried(store: SqliteStore, calls: Sequence[Call]) -> Iterator[Tried]:
    """Each rung that is over by itself: not one that clashed with what others landed, or that a person ended."""
    plan = store.plan()
    sizes = {task.id: task.minutes for task in plan.tasks} if plan else {}
    spent = _spent(calls)
    for task, of_task in groupby(store.attempts(), key=lambda each: each.key.task):
        failed = False
        for _, group in groupby(of_task, key=lambda each: each.key.attempt):
            rollouts = tuple(group)
            green = any(each.state == "landed" for each in rollouts)
            known = tier_of(rollouts[0].rung)
            used = [spent[each.key] for each in rollouts if each.key in spent]
            if known and used and task in sizes and (green or _failed(rollouts)):
                prices = [usd for usd, _ in used if usd is not None]
                yield Tried(
                    tier=known[0],
                    size=sizes[task],
                    green=green,
                    minutes=max(minutes for _, minutes in used),
                    usd=sum(prices) / len(used) if prices else None,
                    after=failed,
                    rollouts=len(rollouts),
                )
            failed = failed or not green


def _failed(rollouts: Sequence[AttemptStatus]) -> bool:
    return all(each.state == "failed" and not each.clash for each in rollouts)


def _spent(calls: Sequence[Call]) -> dict[AttemptKey, tuple[float | None, float]]:
    """Dollars and minutes of model calls, by attempt."""
    groups: defaultdict[AttemptKey, list[Call]] = defaultdict(list)
    for call in calls:
        groups[call.key.attempt].append(call)
    return {
        key: (
            sum(call.sunk_usd + call.usd for call in group if call.usd is not None)
            if any(call.usd is not None for call in group)
            else None,
            sum(call.seconds for call in group) / 60,
        )
        for key, group in groups.items()
    }
