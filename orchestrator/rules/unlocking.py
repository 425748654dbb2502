"""Which tests of contracts bind no more, once a person has overruled an answer that a lead wrote them on. Pure.

A lead writes on what was decided by then, guesses and defaults included. Where such an answer holds no more, its tests
of the requirements in question would be red whatever a worker does. They are let go by task: when somebody begins on
the new answer, or when a task is to follow that brings what has landed in line.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from ..nouns.contract import Contract
from ..nouns.events import Contracted, Event, QuestionAnswered, Unlocked
from ..nouns.plan import LockedTest
from ..nouns.questions import Asked, Question


def unlocked(
    task: str,
    known: Iterable[str],
    *,
    requirements: Collection[str],
    contracts: Sequence[Contract],
    questions: Sequence[Asked],
    events: Sequence[Event],
) -> tuple[Unlocked, ...]:
    """What binds a task no more under the questions of these keys; nothing where none of them overrules another.

    ``requirements`` are the ids of all of the spec's.
    """
    asked = {each.question.key: each for each in questions}
    written = [event.seq for event in events if isinstance(event.fact, Contracted)]
    facts: list[Unlocked] = []
    for key in known:
        gone: dict[str, None] = {}
        for old in _before(key, asked):
            answered = _answered(old.question.key, events)
            for contract, at in zip(contracts, written, strict=True):
                if answered is not None and answered < at:
                    rests = _rests_on(old.question, contract, requirements)
                    gone |= dict.fromkeys(test.check for test in filter(rests, _of(task, contract)))
        fresh = tuple(check for check in gone if all(check not in each.checks for each in facts))
        if fresh:
            facts.append(Unlocked(task=task, checks=fresh, question=key))
    return tuple(facts)


def freed_by(facts: Iterable[Unlocked], contracts: Iterable[Contract]) -> tuple[LockedTest, ...]:
    """The tests that these facts let go, as they stand in the contracts before."""
    checks = {check for each in facts for check in each.checks}
    return tuple(test for contract in contracts for test in contract.tests if test.check in checks)


def _before(key: str, asked: dict[str, Asked]) -> Iterator[Asked]:
    """The questions in whose place that one came, the latest first."""
    seen: set[str] = set()
    while key in asked and key not in seen:
        seen.add(key)
        key = asked[key].question.replaces
        if key in asked:
            yield asked[key]


def _answered(key: str, events: Iterable[Event]) -> int | None:
    found = (event.seq for event in events if isinstance(event.fact, QuestionAnswered) and event.fact.key == key)
    return next(found, None)


def _rests_on(asked: Question, contract: Contract, ids: Collection[str]) -> Callable[[LockedTest], bool]:
    """Whether a test of a contract may have been written on an answer, by the requirements that were asked about.

    A question that lists none concerns those that it names, and else all of them; but for what pins the code that was
    there, which no answer had changed.
    """
    named = set(asked.requirements) or {each for each in re.findall(r"[\w-]+", asked.text) if each in ids}
    if named:
        return lambda test: not named.isdisjoint(test.requirements)
    return lambda test: test.check not in contract.preserve


def _of(task: str, contract: Contract) -> Iterator[LockedTest]:
    return (test for test, owner in zip(contract.tests, contract.tasks, strict=True) if owner == task)
