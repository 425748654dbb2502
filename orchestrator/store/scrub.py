"""Secrets out of facts before they are stored. Only free text is rewritten: ids, keys, paths and commands stay."""

from collections.abc import Callable
from dataclasses import replace
from functools import singledispatch

from ..nouns.events import (
    Acted,
    AttemptEnded,
    Contracted,
    Fact,
    Judged,
    Noted,
    Planned,
    PlanRefused,
    QuestionAnswered,
    QuestionAsked,
    QuestionRaised,
    RunMoved,
    TaskMoved,
)
from ..nouns.hand_facts import Amended, LessonJudged, RevertAsked, Reverted, Steered
from ..nouns.notices import HumanNeeded

Clean = Callable[[str], str]


@singledispatch
def _scrubbed(fact: Fact, clean: Clean) -> Fact:  # noqa: ARG001 - a fact without free text has nothing to clean
    return fact


def scrub(fact: Fact, clean: Clean) -> Fact:
    """The same fact with ``clean`` applied to every sentence a person, a model or a tool may have written."""
    return _scrubbed(fact, clean)


@_scrubbed.register(QuestionAsked)
@_scrubbed.register(QuestionRaised)
def _(fact: QuestionAsked | QuestionRaised, clean: Clean) -> Fact:
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
    conflicts = tuple(replace(each, message=clean(each.message)) for each in fact.conflicts)
    plan = replace(plan, summary=clean(plan.summary), teams=teams, tasks=tasks, notes=notes)
    return replace(fact, plan=plan, conflicts=conflicts)


@_scrubbed.register
def _(fact: PlanRefused, clean: Clean) -> Fact:
    return replace(fact, reasons=tuple(map(clean, fact.reasons)))


@_scrubbed.register
def _(fact: Contracted, clean: Clean) -> Fact:
    contract = fact.contract
    stubs = tuple(replace(stub, text=clean(stub.text)) for stub in contract.stubs)
    tests = tuple(replace(test, text=clean(test.text)) for test in contract.tests)
    notes, left = tuple(map(clean, contract.notes)), tuple(map(clean, contract.left))
    return replace(fact, contract=replace(contract, stubs=stubs, tests=tests, notes=notes, left=left))


@_scrubbed.register
def _(fact: Judged, clean: Clean) -> Fact:
    return replace(fact, verdict=replace(fact.verdict, reasons=tuple(map(clean, fact.verdict.reasons))))


@_scrubbed.register
def _(fact: HumanNeeded, clean: Clean) -> Fact:
    return replace(fact, text=clean(fact.text), why_now=clean(fact.why_now))


@_scrubbed.register
def _(fact: RevertAsked, clean: Clean) -> Fact:
    return replace(fact, why=clean(fact.why))


@_scrubbed.register(Acted)
@_scrubbed.register(Amended)
@_scrubbed.register(LessonJudged)
@_scrubbed.register(Noted)
@_scrubbed.register(Steered)
def _(fact: Acted | Amended | LessonJudged | Noted | Steered, clean: Clean) -> Fact:
    return replace(fact, text=clean(fact.text))


@_scrubbed.register(AttemptEnded)
@_scrubbed.register(Reverted)
@_scrubbed.register(RunMoved)
@_scrubbed.register(TaskMoved)
def _(fact: AttemptEnded | Reverted | RunMoved | TaskMoved, clean: Clean) -> Fact:
    return replace(fact, reason=clean(fact.reason))
