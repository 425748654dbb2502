"""Everything that the screens show of a run, read at one moment; and what reads it whenever something has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from ..orchestrator.errors import AgentctlError
from ..orchestrator.nouns.events import RunCreated
from ..orchestrator.rules.ranking import Ranked
from .inbox import standing
from .snapshot import CallJournal, Snapshot, take

if TYPE_CHECKING:
    from ..orchestrator.nouns.events import Event
    from ..orchestrator.nouns.plan import Plan
    from ..orchestrator.nouns.questions import Asked
    from ..orchestrator.nouns.runs import AttemptStatus, Evidence, Landing
    from ..orchestrator.ports import Store
    from ..orchestrator.store.journal import Totals

LATEST = 200
"""Events that the screens hold; the log has them all."""


class LookedAt(CallJournal, Protocol):
    """What the screens read of the call journal."""

    def by_task(self) -> Mapping[str, Totals]:
        """The ledger of each task that has made a call."""
        ...

    def version(self) -> int:
        """A number that changes when another process has written."""
        ...


@dataclass(frozen=True, kw_only=True)
class Look:
    """A run as it stands. What a screen needs and others do not is read from the store when it is asked for."""

    snapshot: Snapshot
    ranked: tuple[Ranked, ...]
    spent: Mapping[str, Totals]
    """The ledger of each task."""
    live: bool
    """Whether a process drives the run."""
    now: float
    store: Store = field(repr=False)

    @cached_property
    def questions(self) -> Mapping[str, Asked]:
        """All that was ever asked, by id."""
        return {asked.id: asked for asked in self.store.questions()}

    @cached_property
    def attempts(self) -> tuple[AttemptStatus, ...]:
        """All attempts, in the order of their beginning."""
        return self.store.attempts()

    @cached_property
    def landings(self) -> tuple[Landing, ...]:
        """What is part of the branch, in its order."""
        return self.store.landings()

    @cached_property
    def plan(self) -> Plan | None:
        """The plan, once there is one."""
        return self.store.plan()

    @cached_property
    def spec(self) -> str:
        """The spec's text when the run began."""
        (first,) = self.store.events(limit=1)
        try:
            return self.store.blob(first.fact.spec_blob) if isinstance(first.fact, RunCreated) else ""
        except AgentctlError as error:
            return f"The spec's text cannot be read: {error}"

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        """What speaks for the requirements."""
        return self.store.evidence()


@dataclass(slots=True)
class Feed:
    """Looks again only when a file, or the driver, says that something is new; asking costs microseconds.

    Args:
        store: the run's tables, opened for reading.
        journal: its calls.
        alive: whether a process drives it.
        clock: seconds since the epoch.
    """

    store: Store
    journal: LookedAt
    alive: Callable[[], bool]
    clock: Callable[[], float]
    _seen: tuple[int, int, bool] | None = None
    _events: list[Event] = field(default_factory=list)
    _after: int = -1

    def changed(self) -> bool:
        """Whether a look would show something new."""
        return self._version() != self._seen

    def look(self) -> Look:
        """Read what there is."""
        self._seen = self._version()
        now = self.clock()
        snapshot = take(self.store, self.journal)
        return Look(
            snapshot=snapshot,
            ranked=standing(self.store, snapshot.open, now=now),
            spent=self.journal.by_task(),
            live=self._seen[2],
            now=now,
            store=self.store,
        )

    def latest(self) -> tuple[Event, ...]:
        """The last events, oldest first; each is read once, and of a long history only the end."""
        if self._after < 0:
            self._after = max(self.store.last_event() - LATEST, 0)
        fresh = self.store.events(after=self._after)
        if fresh:
            self._after = fresh[-1].seq
            self._events = [*self._events, *fresh][-LATEST:]
        return tuple(self._events)

    def _version(self) -> tuple[int, int, bool]:
        return self.store.version(), self.journal.version(), self.alive()
