"""Which open question a person should answer first, and why. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..orchestrator.nouns.questions import Asked
from ..orchestrator.nouns.runs import TaskStatus

_FIRST = {"plan": 0, "budget": 1, "policy": 2}
"""Questions that hold up the whole run, or that concern money or security, come before any task's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A question and the number of tasks that cannot go on without its answer."""

    asked: Asked
    blocks: int


def rank(questions: Iterable[Asked], tasks: Iterable[TaskStatus]) -> tuple[Ranked, ...]:
    """The questions, the most urgent first: what holds up everything, then what blocks most, then the oldest.

    Among equals, one that waits comes before one with a default, which can be reverted.
    """
    statuses = tuple(tasks)
    ranked = [Ranked(asked=asked, blocks=_blocked(asked, statuses)) for asked in questions]
    return tuple(sorted(ranked, key=_urgency))


def _urgency(ranked: Ranked) -> tuple[int, int, bool, float]:
    question = ranked.asked.question
    return _FIRST.get(question.kind, 3), -ranked.blocks, question.default is not None, ranked.asked.at


def _blocked(asked: Asked, tasks: tuple[TaskStatus, ...]) -> int:
    unfinished = [status for status in tasks if status.state not in ("landed", "dropped")]
    if asked.question.kind in _FIRST:
        return len(unfinished)
    held = {asked.question.asked_by.partition(":")[0]}
    size = 0
    while len(held) > size:  # until no further task needs one that is held up
        size = len(held)
        held |= {s.task.id for s in unfinished if held.intersection(s.task.needs) or held.intersection(s.extra_needs)}
    return sum(status.task.id in held for status in unfinished)
