"""Answers that nobody asked a person for, what was built on them, and what a person's word against one changes. Pure.

An answer is never rewritten: whoever was given it was given that. A person's word against it is a question and an
answer of its own, which takes the place of the old one in everything that begins later.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..nouns.events import Event, Heard
from ..nouns.hands import PERSON
from ..nouns.keys import RECORDED, AttemptKey
from ..nouns.plan import Plan, Task
from ..nouns.questions import Asked, Question
from ..nouns.runs import AttemptStatus, TaskStatus
from .critical_path import ancestors, natural
from .quoting import LEAD

_POLICY = "policy:"
_KEPT_FROM_BEFORE = "policy:earlier run"
RECORDING = "policy:recording"
"""The author of an answer that was given when the run was recorded, by whoever gave it then."""
ANSWERED_BY = "answered_by:"
"""Prefix of the choices that say who gave a recorded answer, by the key of its question."""
_ATTEMPT = re.compile(r"[^\s:]+:\d+(?::\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """An answer that no person gave, and the tasks that were given it."""

    asked: Asked
    tasks: tuple[str, ...]
    """In the order of the plan."""
    by: str = ""
    """The id of the question with which a person overruled it; empty while it holds."""


def answered_by(question: str) -> str:
    """The name of the choice that says, in a replay, who answered a question when the run was recorded."""
    return f"{RECORDED}{ANSWERED_BY}{question}"


def is_assumed(asked: Asked) -> bool:
    """Whether the answer is a default that was taken, or a guess of the probe."""
    by = asked.answered_by or ""
    return asked.question.kind == "decision" and by.startswith(_POLICY) and by not in (_KEPT_FROM_BEFORE, RECORDING)


def is_of_worker(asked: Asked) -> bool:
    """Whether a worker's attempt asked: not the spec's author, the probe, or an earlier run."""
    return _ATTEMPT.fullmatch(asked.question.asked_by) is not None


def may_be_overruled(asked: Asked, *, anew: bool = False) -> bool:
    """Whether a person may still say otherwise: a lead or a rule answered in their place.

    ``anew``: they mean to, although a person had answered. What files an answer gave, no later one takes back.
    """
    if is_assumed(asked) or (asked.question.kind == "decision" and asked.answered_by == LEAD):
        return True
    by_person = (asked.answered_by or "").startswith("person:")
    return anew and by_person and asked.question.kind == "decision" and not asked.question.may_widen


def overruling(asked: Asked, questions: Sequence[Asked]) -> Question:
    """The question whose answer takes the place of that one's."""
    number = sum(1 for each in questions if each.question.replaces == asked.question.key) + 1
    return replace(
        asked.question,
        key=f"{asked.question.key}~{number}",
        why=f"A person overrules {asked.id}.",
        default=None,
        wait=0.0,
        evidence="",
        asked_by=asked.question.asked_by,
        replaces=asked.question.key,
    )


def replaced(questions: Iterable[Asked]) -> dict[str, str]:
    """Keys of questions whose answer was overruled, to the key of the question that took its place."""
    return {each.question.replaces: each.question.key for each in questions if each.question.replaces and each.answer}


def standing_answers(questions: Sequence[Asked]) -> tuple[Asked, ...]:
    """The questions without those whose answer a person overruled."""
    gone = replaced(questions)
    return tuple(each for each in questions if each.question.key not in gone)


def latest(key: str, questions: Iterable[Asked]) -> str:
    """The key of the question whose answer stands where that one was asked."""
    places = replaced(questions)
    while key in places:
        key = places[key]
    return key


def given(attempts: Iterable[AttemptStatus], events: Iterable[Event]) -> dict[AttemptKey, frozenset[str]]:
    """For each attempt the keys of the questions whose answers it was given, at its start or later."""
    heard: dict[AttemptKey, set[str]] = {}
    for event in events:
        if isinstance(event.fact, Heard):
            heard.setdefault(event.fact.key, set()).add(event.fact.question)
    return {each.key: frozenset({*each.decisions, *heard.get(each.key, ())}) for each in attempts}


def assumptions(
    questions: Sequence[Asked],
    *,
    tasks: Sequence[TaskStatus],
    attempts: Sequence[AttemptStatus],
    events: Iterable[Event],
) -> tuple[Built, ...]:
    """Every answer that a person may overrule or has overruled, and the tasks that built on it."""
    knows = given(attempts, events)
    places = {each.question.key: each.id for each in questions}
    gone = replaced(questions)
    counts = {each.key for each in attempts if each.state not in {"failed", "lost"}}
    return tuple(
        Built(
            asked=asked,
            tasks=tuple(
                status.task.id
                for status in tasks
                if any(key.task == status.task.id and asked.question.key in knows[key] for key in counts)
            ),
            by=places.get(gone.get(asked.question.key, ""), ""),
        )
        for asked in questions
        if may_be_overruled(asked)
    )


def stale(
    attempts: Iterable[AttemptStatus], knows: Mapping[AttemptKey, frozenset[str]], gone: Mapping[str, str]
) -> Iterator[AttemptStatus]:
    """Attempts of models that are not over and were given an answer that holds no more; the queue's are let finish."""
    for each in attempts:
        if each.rung == PERSON:
            continue
        if not each.over and each.state != "queued" and not knows[each.key].isdisjoint(gone):
            yield each


def follow_up(task: Task, asked: Question, *, named: str, needs: Sequence[str], owns: Sequence[str]) -> Task:
    """The task that brings a landed one in line with what was decided since, on top of it.

    ``owns`` is what the landed one owned, with what answers have given it.
    """
    return replace(
        task,
        id=named,
        title=f"Follow the new decision in {task.id}",
        goal=(
            f"{task.id} ({task.title}) has landed, and it was built on an answer that a person has overruled since. "
            f"What was asked: {asked.text}\nWhat holds now is among the decisions. Bring what {task.id} built into "
            "line with it and change nothing else. Tests that pin what was decided before are changed in place and "
            "keep their names. Its goal was:\n\n"
            f"{task.goal}"
        ),
        owns=tuple(dict.fromkeys((*task.owns, *owns))),
        needs=tuple(dict.fromkeys((task.id, *needs))),
        checks=(),
        removes=(),
    )


def with_follow_ups(
    plan: Plan, affected: Mapping[str, Question], *, owned: Mapping[str, Sequence[str]] | None = None
) -> tuple[Plan, dict[str, str]]:
    """The plan with a task more for each landed one, which follow one another as those did; and their ids.

    ``owned`` is what a landed task may write by now, where that is more than the plan says.
    """
    known = (*(task.id for task in (*plan.tasks, *plan.kept)), *plan.dropped)
    number = max((natural(task)[1] for task in known), default=0)
    old = [task.id for task in plan.tasks if task.id in affected]
    names = {task: f"T{number + place}" for place, task in enumerate(old, start=1)}
    before = ancestors(plan)
    added = tuple(
        follow_up(
            plan.task(task),
            affected[task],
            named=new,
            needs=[names[each] for each in sorted(before[task], key=natural) if each in names],
            owns=(owned or {}).get(task, ()),
        )
        for task, new in names.items()
    )
    return replace(plan, tasks=(*plan.tasks, *added)), names
