"""Which open question a person should answer first, why, and which can wait for the digest. Pure.

What holds up the whole run, or concerns money or security, comes first and always gets through. A worker's question is
ranked by the longest path that waits for it, then by whether its answer could be taken back, then by age. A person is
interrupted a few times an hour at most; what ranks lower waits, as long as other work goes on without it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..nouns.events import QuestionRaised
from ..nouns.keys import AttemptKey
from ..nouns.questions import Asked, Question
from ..nouns.runs import TaskStatus
from .critical_path import longest

ALIKE = "alike:"
"""Prefix of the choices that say of a question which other one answers it too."""
HOUR = 3600.0
_FIRST = {"plan": 0, "budget": 1, "policy": 2}
_PERSON = "person:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A question, what cannot go on without its answer, and whether it waits for the digest."""

    asked: Asked
    blocks: int
    """Tasks: those that wait for it, and all that need them."""
    minutes: float = 0.0
    """Of the longest path among those tasks, as planned."""
    askers: tuple[str, ...] = ()
    """The attempts that raised it, where more than one did."""
    held: bool = False


def rank(
    questions: Iterable[Asked],
    tasks: Iterable[TaskStatus],
    *,
    waiting: Mapping[str, Sequence[AttemptKey]] | None = None,
) -> tuple[Ranked, ...]:
    """The questions, the most urgent first; ``waiting`` are the attempts that raised each, by its key."""
    statuses = tuple(tasks)
    ranked = [_ranked(asked, statuses, (waiting or {}).get(asked.question.key, ())) for asked in questions]
    return tuple(sorted(ranked, key=_urgency))


def waiting_for(
    raised: Iterable[QuestionRaised], same_as: Callable[[str], str | None]
) -> dict[str, tuple[AttemptKey, ...]]:
    """By the key of a question the attempts that wait for it; ``same_as`` names the one that serves for another."""
    found: dict[str, tuple[AttemptKey, ...]] = {}
    for fact in raised:
        key = same_as(fact.question.key) or fact.question.key
        found[key] = (*found.get(key, ()), fact.key)
    return found


def with_digest(
    ranked: Sequence[Ranked], answered: Iterable[Asked], tasks: Iterable[TaskStatus], *, now: float, per_hour: int
) -> tuple[Ranked, ...]:
    """The same, those held that would interrupt a person once too often; ``answered`` are the run's other questions."""
    if not any(status.state in ("working", "queued") for status in tasks):
        return tuple(ranked)
    spent = sum(1 for asked in answered if _interrupted(asked, now))
    room, marked = max(per_hour - spent, 0), []
    for each in ranked:
        may_wait = each.asked.question.kind == "decision" and each.asked.answer is None
        marked.append(_held(each) if may_wait and room <= 0 else each)
        room -= may_wait
    return tuple(marked)


def cause(question: Question) -> str:
    """What a question comes from, for those of one cause to be answered in one go."""
    match question.kind:
        case "plan":
            return "the plan"
        case "budget":
            return "the budget"
        case "escalation":
            return "the models" if question.asked_by == "models" else "tasks that are stuck"
        case _:
            return ", ".join(question.requirements) or "the whole spec"


def taken_at(asked: Asked) -> float | None:
    """When the default is taken, in seconds since the epoch; None where it is not taken by the clock."""
    waits = asked.answer is None and asked.question.wait and asked.question.default is not None
    return asked.at + asked.question.wait if waits else None


def reasons(ranked: Ranked, *, now: float) -> str:
    """Why it stands where it stands: ``blocks 3 tasks, 6 min of the longest path; asked 4 min ago``."""
    asked, question = ranked.asked, ranked.asked.question
    parts = []
    if ranked.blocks:
        tasks = "1 task" if ranked.blocks == 1 else f"{ranked.blocks} tasks"
        path = f", {ranked.minutes:.0f} min of the longest path" if ranked.minutes >= 1 else ""
        parts.append(f"blocks {tasks}{path}")
    if ranked.askers:
        parts.append(f"waited for by {', '.join(ranked.askers)}")
    if question.default is not None:
        parts.append("can be taken back")
    minutes = max(now - asked.at, 0.0) / 60
    parts.append(f"asked {minutes:.0f} min ago" if minutes >= 1 else "asked just now")
    return "; ".join(parts)


def _ranked(asked: Asked, tasks: tuple[TaskStatus, ...], askers: Sequence[AttemptKey]) -> Ranked:
    left = {status.task.id: status for status in tasks if not status.over}
    held = _held_up(asked, left, askers)
    names = tuple(map(str, askers)) if len(askers) > 1 else ()
    return Ranked(asked=asked, blocks=len(held), minutes=longest(left[task] for task in held), askers=names)


def _held_up(asked: Asked, left: Mapping[str, TaskStatus], askers: Sequence[AttemptKey]) -> frozenset[str]:
    if asked.question.kind in _FIRST:
        return frozenset(left)
    held = {asked.question.asked_by.partition(":")[0], *(key.task for key in askers)}
    size = 0
    while len(held) > size:  # until no further task needs one that is held up
        size = len(held)
        held |= {name for name, each in left.items() if not held.isdisjoint((*each.task.needs, *each.extra_needs))}
    return frozenset(held & left.keys())


def _urgency(ranked: Ranked) -> tuple[int, float, int, bool, float]:
    question = ranked.asked.question
    by_path = (-ranked.minutes, -ranked.blocks)
    return _FIRST.get(question.kind, 3), *by_path, question.default is not None, ranked.asked.at


def _interrupted(asked: Asked, now: float) -> bool:
    by_person = (asked.answered_by or "").startswith(_PERSON) and asked.question.kind == "decision"
    return by_person and not asked.question.replaces and now - (asked.answered_at or 0.0) < HOUR


def _held(ranked: Ranked) -> Ranked:
    return Ranked(asked=ranked.asked, blocks=ranked.blocks, minutes=ranked.minutes, askers=ranked.askers, held=True)
