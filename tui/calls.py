"""When the dashboard calls for a person: for each notice of the log; where the log has none, for each new question."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..orchestrator.nouns.notices import HumanNeeded

if TYPE_CHECKING:
    from ..orchestrator.nouns.events import Event
    from ..orchestrator.ports import Store
    from .look import Look

HISTORY = 2000
"""Events before the first look in which it is looked up what a person was told; a long log is not read whole."""


class Calls:
    """What a person was called for since they began to look at ``store``; nothing is called for twice."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._begin = store.last_event()
        self._after = max(self._begin - HISTORY, 0)
        self._called: set[str] = set()
        self._notified = False

    def fresh(self, before: Look, now: Look) -> Iterator[str]:
        """What to call for between two looks, each in one line."""
        for event in self._store.events(after=self._after):
            called = frozenset(self._called)
            self._take(event)
            fact = event.fact
            if event.seq <= self._begin or not isinstance(fact, HumanNeeded):
                continue
            if not (fact.questions and called.issuperset(fact.questions)):
                yield _words(fact, now)
        known = {each.asked.id for each in before.ranked if not each.held} | self._called
        new = [each.asked for each in now.ranked if not each.held and each.asked.id not in known]
        if new and not self._notified:
            self._called |= {each.id for each in new}
            yield f"{new[0].id}: {new[0].question.text}"

    def _take(self, event: Event) -> None:
        self._after = event.seq
        if isinstance(event.fact, HumanNeeded):
            self._notified = True
            self._called |= set(event.fact.questions)


def _words(fact: HumanNeeded, now: Look) -> str:
    asked = now.questions.get(fact.questions[0]) if len(fact.questions) == 1 else None
    return fact.text if asked is None else f"{asked.id}: {asked.question.text}"
