"""Secrets out of facts before they are stored. Only free text is rewritten: ids, keys, paths and commands stay."""

from collections.abc import Callable
from dataclasses import replace
from functools import singledispatch

from ..nouns.events import (
    Acted,
    AttemptEnded,
    Fact,
    Judged,
    Noted,
    Planned,
    QuestionAnswered,
    QuestionAsked,
    RunMoved,
    TaskMoved,
)

Clean = Callable[[str], str]


@singledispatch
def _scrubbed(fact: Fact, clean: Clean) -> Fact:  # noqa: ARG001 - a fact without free text has nothing to clean
    return fact


def scrub(fact: Fact, clean: Clean) -> Fact:
    """The same fact with ``clean`` applied to every sentence a person, a model or a tool may have written."""
    return _scrubbed(fact, clean)


@_scrubbed.register
def _(fact: QuestionAsked, clean: Clean) -> Fact:
    asked = fact.question
    options = tuple(replace(o, text=clean(o.text), consequence=clean(o.consequence)) for o in asked.options)
    question = replace(
        asked,
        text=clean(asked.text),
        why=clean(asked.why),
        evidence=clean(asked.evidence),
        options=options,
        default=None if asked.default is None else clean(asked.default),
    )
    return replace(fact, question=question)


@_scrubbed.register
def _(fact: QuestionAnswered, clean: Clean) -> Fact:
    return replace(fact, answer=clean(fact.answer))


@_scrubbed.register
def _(fact: Planned, clean: Clean) -> Fact:
    plan = fact.plan
    tasks = tuple(replace(task, title=clean(task.title), goal=clean(task.goal)) for task in plan.tasks)
    teams = tuple(replace(team, purpose=clean(team.purpose)) for team in plan.teams)
    notes = tuple(map(clean, plan.notes))
    return replace(fact, plan=replace(plan, summary=clean(plan.summary), teams=teams, tasks=tasks, notes=notes))


@_scrubbed.register
def _(fact: Judged, clean: Clean) -> Fact:
    return replace(fact, verdict=replace(fact.verdict, reasons=tuple(map(clean, fact.verdict.reasons))))


@_scrubbed.register(Acted)
@_scrubbed.register(Noted)
def _(fact: Acted | Noted, clean: Clean) -> Fact:
    return replace(fact, text=clean(fact.text))


@_scrubbed.register(AttemptEnded)
@_scrubbed.register(RunMoved)
@_scrubbed.register(TaskMoved)
def _(fact: AttemptEnded | RunMoved | TaskMoved, clean: Clean) -> Fact:
    return replace(fact, reason=clean(fact.reason))
