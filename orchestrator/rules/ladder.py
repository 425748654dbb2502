"""The ladder: which tier tries a task next, how many at once, and when a person is asked. Pure.

A rung is ``flash``, ``pro`` or ``ultra``, with ``*2`` to ``*8`` for as many rollouts side by side, or ``ask``. A ladder
that neither begins nor ends with ``ask`` ends with it all the same: when nobody else is left, a person decides.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import get_args

from ..nouns.hands import PERSON
from ..nouns.keys import AttemptKey
from ..nouns.plan import Finding, Plan, Tier
from ..nouns.runs import AttemptState, AttemptStatus

ASK = "ask"
RACE = "race:"
"""Prefix of the choices that say which rollout of an attempt goes on."""
MOST_ROLLOUTS = 8
RUNGS = f"rungs are {', '.join(get_args(Tier))}, each of which may be *2 to *{MOST_ROLLOUTS}, and {ASK}"

_RUNG = re.compile(rf"({'|'.join(get_args(Tier))})(?:\*([1-9]))?")
_WORDS: Mapping[AttemptState, str] = {
    "failed": "red",
    "working": "working",
    "parked": "asking",
    "patched": "at the gate",
    "queued": "landing",
    "landed": "landed",
    "lost": "let go",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A tier, and how many of it work on a task at once."""

    tier: str
    rollouts: int = 1


def parse_rung(text: str) -> Rung:
    """Read a rung that is no ``ask``; raises ValueError on anything else. A person who took a task works alone."""
    if text == PERSON:
        return Rung(tier=PERSON)
    found = _RUNG.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no rung of a ladder: {RUNGS}")
    return Rung(tier=found[1], rollouts=int(found[2] or 1))


def problem(ladder: Sequence[str]) -> str:
    """What is wrong with a ladder, in words for who wrote it; empty where it can be used."""
    for text in ladder:
        found = _RUNG.fullmatch(text)
        if text != ASK and (found is None or not 1 <= int(found[2] or 1) <= MOST_ROLLOUTS or found[2] == "1"):
            return f"{text!r} is no rung: {RUNGS}"
    if all(text == ASK for text in ladder):
        return f"it needs a rung on which somebody works: {RUNGS}"
    if any(one == other == ASK for one, other in pairwise(ladder)):
        return f"asking twice in a row brings nothing new: leave one {ASK!r} out"
    return ""


def findings(plan: Plan) -> Iterator[Finding]:
    """What is wrong with the ladders that a plan gives its teams and tasks."""
    for team in plan.teams:
        if team.ladder and (wrong := problem(team.ladder)):
            yield Finding(task=None, message=f"The ladder of team {team.id}: {wrong}.")
    for task in plan.tasks:
        if task.ladder and (wrong := problem(task.ladder)):
            yield Finding(task=task.id, message=f"Its ladder: {wrong}.")


def ladder_of(task: str, plan: Plan, *, teams: Mapping[str, Sequence[str]], default: Sequence[str]) -> tuple[str, ...]:
    """The ladder of a task: its own, else its team's in the plan, else its team's in the settings, else the run's."""
    found = plan.task(task)
    team = next((each.ladder for each in plan.teams if each.id == found.team), ())
    return tuple(found.ladder or team or teams.get(found.team, ()) or default)


def first_rungs(plan: Plan, *, teams: Mapping[str, Sequence[str]], default: Sequence[str]) -> dict[str, str]:
    """The rung on which somebody first works at each task; of a ladder that cannot be used that of the run's."""
    ladders = {task.id: ladder_of(task.id, plan, teams=teams, default=default) for task in plan.tasks}
    usable = {task: default if problem(ladder) else ladder for task, ladder in ladders.items()}
    return {task: next(rung for rung in ladder if rung != ASK) for task, ladder in usable.items()}


def next_rung(ladder: Sequence[str], attempts: Sequence[AttemptStatus], *, answered: int = 0) -> str:
    """The rung of the next attempt, or ``ask`` when a person has to decide.

    Each attempt that failed uses up a rung, except one that clashed with what others landed, and each answer of a
    person uses up an ``ask``. Behind its last rung the ladder starts over.
    """
    rungs = (*ladder,) if ASK in (ladder[0], ladder[-1]) else (*ladder, ASK)
    used = sum(1 for tried in grouped(attempts) if _counts(tried))
    return rungs[(used + answered) % len(rungs)]


def _counts(tried: Sequence[AttemptStatus]) -> bool:
    if any(each.rung == PERSON for each in tried):
        return False
    return any(each.state == "failed" for each in tried) and not any(each.clash for each in tried)


def grouped(attempts: Iterable[AttemptStatus]) -> list[tuple[AttemptStatus, ...]]:
    """The attempts at one task by their number, each with its rollouts."""
    ordered = sorted(attempts, key=lambda each: (each.key.attempt, each.key.rollout))
    return [tuple(group) for _, group in groupby(ordered, key=lambda each: each.key.attempt)]


def rollouts(task: str, attempt: int, rung: str) -> tuple[AttemptKey, ...]:
    """Who works on this rung: one rollout, number 0, or several, numbered from 1."""
    width = parse_rung(rung).rollouts
    numbers = range(1, width + 1) if width > 1 else (0,)
    return tuple(AttemptKey(task=task, attempt=attempt, rollout=number) for number in numbers)


def still_going(attempt: Sequence[AttemptStatus], winner: AttemptKey | None) -> tuple[AttemptKey, ...]:
    """Which rollouts of an attempt that has begun are not over, those that wait for their first turn included."""
    first = attempt[0]
    keys = rollouts(first.key.task, first.key.attempt, first.rung) if winner is None else (winner,)
    over = {each.key for each in attempt if each.over}
    return tuple(key for key in keys if key not in over)


def race(key: AttemptKey) -> str:
    """The name of the choice that says which rollout of this attempt goes on."""
    return f"{RACE}{key.task}:{key.attempt}"


def in_words(rung: str, states: Sequence[AttemptState] = ()) -> str:
    """``pro``, or ``flash, 3 at once: 2 red, 1 working``; ``states`` are those of the rollouts that have begun."""
    tier, _, width = rung.partition("*")
    if not width:
        return tier
    known = [_WORDS[state] for state in states]
    waiting = int(width) - len(known)
    if known and waiting > 0 and not {"let go", "landed"} & set(known):
        known += ["waiting"] * waiting
    counts = ", ".join(f"{known.count(word)} {word}" for word in dict.fromkeys(known))
    return f"{tier}, {width} at once" + (f": {counts}" if counts else "")
