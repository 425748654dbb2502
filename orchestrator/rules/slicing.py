"""Cuts a run's landings into slices that a person reviews one after the other. Pure.

1. Tasks are taken in the order in which they landed, which is an order of what they need.
2. A task joins the latest slice of its team and of its owners, unless reading that would take longer than the limit, or
   the two would come to need each other over a third: then it begins the next slice of its team. A task that is too
   long alone is a slice alone.
3. A slice is stacked on one other. Where it needs several that do not hold each other, they are put in one line.
4. The order of review: what a slice stands on comes first; of those that may come next, the one that landed first.

A slice is never cut inside a task: a task is one commit.

What was added to the run afterwards goes to the task that it is about, into whose slice it is put: `hosts`. It was made
on all that was there, so of what it needs only that counts which is in that slice or below it; whether the slice is
well without the rest is for the gate to say.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..nouns.delivery import Slice
from .review_minutes import by_kind, review_minutes

RESERVED = frozenset({"all"})
"""Names that no slice has: the integration branch ends so."""
GROUND = "start"
"""What the slice is called that holds what all tasks start from, where several stand on that."""
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """A landing as far as cutting is concerned."""

    task: str
    team: str
    order: int
    """Of landing."""
    needs: frozenset[str] = frozenset()
    """All tasks that have to be below it or beside it; what has not landed is left out of account."""
    changed: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Lines added and removed, by path."""
    owners: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What will be a slice: its portions in landing order, and what a reviewer has to know of how it was cut."""

    portions: tuple[Portion, ...]
    notes: tuple[str, ...] = ()

    @property
    def tasks(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(each.task for each in self.portions)


def slices(
    portions: Sequence[Portion], *, minutes: float = 0.0, beside: Mapping[str, str] | None = None
) -> tuple[Slice, ...]:
    """The slices of these landings, in the order of review; ``minutes`` is what one may take to read, 0 for no limit.

    ``portions`` are in the order of landing; what one needs comes before it. ``beside`` is as in `shares`.
    """
    return arranged(shares(portions, minutes=minutes, beside=beside))


def shares(
    portions: Sequence[Portion], *, minutes: float = 0.0, beside: Mapping[str, str] | None = None
) -> tuple[Share, ...]:
    """The landings, dealt out by team, owners and time to read; no two shares need each other.

    ``beside`` has for some tasks one that landed earlier, whose share they join however long that gets.
    """
    dealt: list[list[Portion]] = []
    latest: dict[tuple[str, frozenset[str]], int] = {}
    place: dict[str, int] = {}
    below: list[set[int]] = []
    for each in portions:
        host = place.get((beside or {}).get(each.task, ""))
        portion = each if host is None else _leaning(each, {host, *_all_below(host, below)}, place)
        needed = {place[need] for need in portion.needs if need in place}
        at = latest.get((portion.team, portion.owners)) if host is None else host
        if at is None or (host is None and (_too_long([*dealt[at], portion], minutes) or _circular(at, needed, below))):
            at = len(dealt)
            dealt.append([])
            below.append(set())
            latest[portion.team, portion.owners] = at
        dealt[at].append(portion)
        below[at] |= needed - {at}
        place[portion.task] = at
    return tuple(Share(portions=tuple(each), notes=_said(each, minutes)) for each in dealt)


def hosts(
    portions: Sequence[Portion],
    *,
    added: Collection[str],
    said: Mapping[str, str],
    shut: Collection[str] = (),
    minutes: float = 0.0,
) -> dict[str, str]:
    """For each added task the one in whose slice it belongs; tasks without one are dealt as all others are.

    Args:
        portions: in the order of landing.
        added: the tasks that came when the rest was there.
        said: for some of them what is known already; empty for one that stays on top.
        shut: tasks in whose slices nothing can be put any more.
        minutes: as in `shares`.
    """
    found: dict[str, str] = {}
    for n, portion in enumerate(portions):
        host = said.get(portion.task)
        if host is None and portion.task in added:
            host = _host(portion, shares(portions[:n], minutes=minutes, beside=found), shut)
        if host:
            found[portion.task] = host
    return found


def joined(all_: Sequence[Share], first: int, second: int, *, why: str) -> tuple[Share, ...]:
    """Two shares as one, with whatever stands between them, so that still no two need each other."""
    between = _between(all_, first, second)
    together = sorted((p for n in between for p in all_[n].portions), key=lambda each: each.order)
    notes = dict.fromkeys((*(note for n in sorted(between) for note in all_[n].notes), why))
    share = Share(portions=tuple(together), notes=tuple(notes))
    at = min(between)
    return tuple(share if n == at else each for n, each in enumerate(all_) if n == at or n not in between)


def arranged(all_: Sequence[Share]) -> tuple[Slice, ...]:
    """Shares of which no two need each other, as slices: named, stacked, and in the order of review."""
    on = _stacked(all_)
    names = _names(all_)
    order = _in_order(len(all_), {n: {on[n]} if on[n] >= 0 else set() for n in range(len(all_))})
    return tuple(_slice(all_[n], name=names[n], on=names[on[n]] if on[n] >= 0 else "") for n in order)


def grounded(all_: Sequence[Slice], changed: Mapping[str, tuple[int, int]]) -> tuple[Slice, ...]:
    """Slices with what was there before the first task, such as stubs: part of the first one, if all stand on that.

    Else it is a slice without tasks, which comes first.
    """
    if not changed:
        return tuple(all_)
    first, *others = all_
    minutes = review_minutes(by_kind(changed))
    if all(each.on for each in others):
        paths = tuple(sorted({*first.paths, *changed}))
        return (replace(first, paths=paths, minutes=first.minutes + minutes), *others)
    name = unique(GROUND, [each.name for each in all_])
    ground = Slice(name=name, team="", tasks=(), paths=tuple(sorted(changed)), minutes=minutes)
    return (ground, *(each if each.on else replace(each, on=name) for each in all_))


def chain(name: str, all_: Iterable[Slice]) -> tuple[Slice, ...]:
    """What a slice stands on, lowest first, and the slice itself."""
    known = {each.name: each for each in all_}
    found = [known[name]]
    while found[-1].on:
        found.append(known[found[-1].on])
    return tuple(reversed(found))


def unique(name: str, taken: Collection[str]) -> str:
    """A name for a branch made of any text, which none of the others has: ``core``, then ``core-2``."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST_NAME].strip("-") or "slice"
    number, found = 1, plain
    while found in taken or found in RESERVED:
        number += 1
        found = f"{plain}-{number}"
    return found


def _leaning(portion: Portion, there: Collection[int], place: Mapping[str, int]) -> Portion:
    """A landing that needs no more than what is in these shares."""
    return replace(portion, needs=frozenset(need for need in portion.needs if place.get(need) in there))


def _host(portion: Portion, all_: Sequence[Share], shut: Collection[str]) -> str:
    """A task of the lowest share that holds, with what is below it, all files there were that a landing changes."""
    touched = [{path for each in share.portions for path in each.changed} for share in all_]
    known = set(portion.changed) & set[str]().union(*touched)
    direct = _direct(all_)
    for n in _in_order(len(all_), dict(enumerate(direct))):
        there = touched[n].union(*(touched[m] for m in _all_below(n, direct)))
        its = [each.task for each in all_[n].portions if known & set(each.changed)]
        if its and known <= there and set(all_[n].tasks).isdisjoint(shut):
            return its[0]
    return ""


def _too_long(portions: Sequence[Portion], minutes: float) -> bool:
    return minutes > 0 and _reading(portions) > minutes


def _reading(portions: Iterable[Portion]) -> float:
    """A file that several tasks change is found once, and its lines are read as often as they were written."""
    changed: dict[str, tuple[int, int]] = {}
    for portion in portions:
        for path, (added, removed) in portion.changed.items():
            had = changed.get(path, (0, 0))
            changed[path] = (had[0] + added, had[1] + removed)
    return review_minutes(by_kind(changed))


def _circular(at: int, needed: set[int], below: Sequence[set[int]]) -> bool:
    """Whether one of those would come to need a share that is to need it."""
    return any(n != at and at in _all_below(n, below) for n in needed)


def _all_below(at: int, below: Sequence[Collection[int]]) -> set[int]:
    found: set[int] = set()
    waiting = [at]
    while waiting:
        for each in below[waiting.pop()]:
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found


def _said(portions: Sequence[Portion], minutes: float) -> tuple[str, ...]:
    if len(portions) > 1 or not _too_long(portions, minutes):
        return ()
    took = _reading(portions)
    return (f"{portions[0].task} alone takes about {took:.0f} minutes to read; a task is one commit and is not cut.",)


def _direct(all_: Sequence[Share]) -> list[set[int]]:
    place = {task: n for n, share in enumerate(all_) for task in share.tasks}
    return [
        {place[need] for portion in share.portions for need in portion.needs if need in place} - {n}
        for n, share in enumerate(all_)
    ]


def _between(all_: Sequence[Share], first: int, second: int) -> set[int]:
    """Those two, and every share that one of them needs and that needs the other."""
    below = _direct(all_)
    under = [_all_below(n, below) for n in range(len(all_))]
    low, high = (first, second) if first in under[second] else (second, first)
    return {low, high, *(n for n in under[high] if low in under[n])}


def _stacked(all_: Sequence[Share]) -> list[int]:
    """For each share the one it stands on, -1 for none: the shares below it hold all that it needs.

    What stands in line already stays so, and the shares of a team stay together, as far as that goes.
    """
    direct = _direct(all_)
    on = [-1] * len(all_)
    teams = [share.portions[0].team for share in all_]
    first = {team: teams.index(team) for team in teams}
    for n in _in_order(len(all_), dict(enumerate(direct))):
        tip = -1
        for need in sorted(direct[n], key=lambda m: (-len(_down(m, on)), first[teams[m]], m)):
            tip = need if tip < 0 else _in_line(tip, need, on)
        on[n] = tip
    return on


def _in_line(tip: int, other: int, on: list[int]) -> int:
    """Put two chains into one, the second upon the first; returns its top."""
    ours, theirs = _down(tip, on), _down(other, on)
    if other in ours:
        return tip
    if tip in theirs:
        return other
    lowest = next(n for n in reversed(theirs) if n not in ours)
    on[lowest] = tip
    return other


def _down(at: int, on: Sequence[int]) -> list[int]:
    found = [at]
    while on[found[-1]] >= 0:
        found.append(on[found[-1]])
    return found


def _in_order(count: int, after: Mapping[int, Collection[int]]) -> list[int]:
    """What others come after first; of those that may come next, the first. Raises ValueError for a circle."""
    done: dict[int, None] = {}
    while len(done) < count:
        free = [n for n in range(count) if n not in done and all(m in done for m in after[n])]
        if not free:
            raise ValueError("these shares need each other")
        done[free[0]] = None
    return list(done)


def _names(all_: Sequence[Share]) -> list[str]:
    names: list[str] = []
    for share in all_:
        names.append(unique(share.portions[0].team, names))
    return names


def _slice(share: Share, *, name: str, on: str) -> Slice:
    made = Slice(
        name=name,
        team=share.portions[0].team,
        tasks=share.tasks,
        on=on,
        owners=tuple(sorted({owner for each in share.portions for owner in each.owners})),
        paths=tuple(sorted({path for each in share.portions for path in each.changed})),
        minutes=_reading(share.portions),
    )
    return replace(made, notes=share.notes)
