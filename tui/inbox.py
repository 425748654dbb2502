"""Which open question a person should answer first, and why: the rules of ranking, on a run's store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..orchestrator.nouns.questions import Asked
from ..orchestrator.rules.ranking import ALIKE, Ranked, rank, waiting_for, with_digest

if TYPE_CHECKING:
    from ..orchestrator.ports import Store

__all__ = ["Ranked", "rank", "standing"]


def standing(store: Store, questions: Iterable[Asked], *, now: float) -> tuple[Ranked, ...]:
    """These questions of a run, the most urgent first, with what waits for them; some wait for the digest."""
    tasks, asked = store.tasks(), store.questions()
    waiting = waiting_for(store.raised(), lambda key: store.choice(f"{ALIKE}{key}"))
    ranked = rank(questions, tasks, waiting=waiting)
    return with_digest(ranked, asked, tasks, now=now, per_hour=store.run().settings.interrupts)
