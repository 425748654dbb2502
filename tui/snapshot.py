"""A run at one moment, read from the store and the call journal: what every screen and `status` shows. No rich here."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ..orchestrator.nouns.delivery import Opened
from ..orchestrator.nouns.hands import Hands, Pause, Taken
from ..orchestrator.nouns.questions import Asked
from ..orchestrator.nouns.runs import Run, TaskState, TaskStatus
from ..orchestrator.opened import wished
from ..orchestrator.rules.asking import APPROVE, money
from ..orchestrator.rules.ladder import in_words
from ..orchestrator.rules.outside_cap import OUTSIDE_CAP, beside_the_cap
from ..orchestrator.rules.time_left import time_left
from ..orchestrator.store.journal import Totals
from .clean import clean

if TYPE_CHECKING:
    from ..orchestrator.ports import Store

GLYPHS: dict[TaskState, str] = {
    "blocked": "·",
    "ready": "○",
    "working": "●",
    "parked": "?",
    "queued": "↑",
    "landed": "✓",
    "dropped": "✗",
}
WORDS: dict[TaskState, str] = {
    "blocked": "waits",
    "ready": "ready",
    "working": "works",
    "parked": "asks",
    "queued": "lands",
    "landed": "landed",
    "dropped": "dropped",
}
"""A glyph is never alone: the word stands beside it, for those who cannot see the one or read the other."""

HELD = {"paused": "‖", "taken": "✎"}
"""The glyphs of what a person holds, by its word."""

FINISHED = frozenset({"done", "failed", "cancelled"})


class CallJournal(Protocol):
    """What a screen reads of the call journal."""

    def totals(self, *, task: str | None = None) -> Totals:
        """The ledger of one task, or of the run."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamView:
    """A team and its tasks, in the order of the plan."""

    id: str
    purpose: str
    tasks: tuple[TaskStatus, ...]

    @property
    def landed(self) -> int:
        """How many of its tasks are part of the branch."""
        return sum(status.state == "landed" for status in self.tasks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A run, its teams, its open questions and its ledger, as they stand."""

    run: Run
    teams: tuple[TeamView, ...]
    open: tuple[Asked, ...]
    """Questions that wait for a person; none once the run is over, which no answer can change."""
    ledger: Totals
    cap_usd: float
    outside_cap: str = ""
    """Models that do not say what they cost, by name."""
    hands: Hands = field(default_factory=Hands)
    """What people hold: tasks that are paused or taken, or the whole run."""
    building_since: float | None = None
    """When the plan was approved, in seconds since the epoch; None before."""
    wishes: tuple[str, ...] = ()
    """What people added, or want taken back, and nobody has seen to yet, in a few words each."""
    pulls: tuple[Opened, ...] = ()
    """Its pull requests, as we left them."""

    @property
    def tasks(self) -> tuple[TaskStatus, ...]:
        """Every task, team by team."""
        return tuple(status for team in self.teams for status in team.tasks)

    @property
    def landed(self) -> int:
        """How many tasks are part of the branch."""
        return sum(team.landed for team in self.teams)

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.run.state in FINISHED


def take(store: Store, journal: CallJournal) -> Snapshot:
    """Read everything once; costs a few queries."""
    run, plan, tasks = store.run(), store.plan(), store.tasks()
    purposes = {team.id: team.purpose for team in plan.teams} if plan else {}
    order = list(dict.fromkeys([*purposes, *(status.task.team for status in tasks)]))
    teams = (
        TeamView(
            id=team,
            purpose=purposes.get(team, ""),
            tasks=tuple(status for status in tasks if status.task.team == team),
        )
        for team in order
    )
    return Snapshot(
        run=run,
        teams=tuple(team for team in teams if team.tasks),
        open=() if run.state in FINISHED else store.questions(only_open=True),
        ledger=journal.totals(),
        cap_usd=run.settings.limits.usd + store.budget_raised(),
        outside_cap=store.choice(OUTSIDE_CAP) or "",
        hands=store.hands(),
        building_since=_since(store, run) if store.approved() else None,
        wishes=wished(store),
        pulls=tuple(pull for pull in store.pulls() if pull.number),
    )


def _since(store: Store, run: Run) -> float:
    """When a person approved the plan; where none was asked, when the run was made."""
    plans = [asked for asked in store.questions() if asked.question.kind == "plan" and asked.answer == APPROVE]
    return max((asked.answered_at or 0.0 for asked in plans), default=run.created_at)


def ahead(snapshot: Snapshot, *, now: float) -> str:
    """``about 6 min left``, or what the plan says before anything has landed; empty where nothing is being built."""
    if snapshot.building_since is None or snapshot.finished:
        return ""
    limits = snapshot.run.settings.limits
    left = time_left(snapshot.tasks, elapsed=now - snapshot.building_since, workers=limits.workers)
    if left is None:
        return "proves what landed" if snapshot.landed else ""
    minutes = math.ceil(left.seconds / 60)
    return f"about {minutes} min left" if left.measured else f"planned {minutes} min"


def mark(status: TaskStatus, hands: Hands) -> tuple[str, str, str]:
    """The glyph and the word of a task, and who holds it since when; that is empty where nobody does."""
    if status.state not in ("landed", "dropped", "queued"):
        taken = hands.taken_by(status.task.id)
        hold = taken or next((each for each in hands.pauses if each.task == status.task.id), None)
        if hold is not None:
            word = "paused" if taken is None else "taken"
            return HELD[word], word, f"by {held_by(hold)}"
    return GLYPHS[status.state], WORDS[status.state], ""


def paused(hands: Hands) -> str:
    """``paused by Ada since 12:31`` of a whole run; empty where it is not."""
    whole = next((each for each in hands.pauses if not each.task), None)
    return f"paused by {held_by(whole)}" if whole is not None else ""


def held_by(hold: Pause | Taken) -> str:
    """``Ada since 12:31``, in local time."""
    return f"{clean(hold.by.removeprefix('person:'), width=40)} since {time.strftime('%H:%M', time.localtime(hold.at))}"


def counted(number: int, noun: str) -> str:
    """``1 task``, ``2 tasks``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """``8s``, ``3m05s``, ``2h07m``."""
    whole = max(int(seconds), 0)
    if whole < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{whole}s"
    if whole < 3600:  # noqa: PLR2004 - seconds in an hour
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def headline(snapshot: Snapshot, *, now: float, live: bool = True) -> str:
    """The figures of a run on one line: whether its answers are recorded, tasks, calls in flight, cost, time.

    The time is that since the run was made. Where nothing drives an unfinished run (``live`` is false), it says so.
    """
    run = snapshot.run
    recorded = run.settings.replay or run.settings.profile == "replay"
    parts = ["recorded answers"] if recorded else []
    parts += [landed(snapshot), f"{counted(snapshot.ledger.in_flight, 'call')} in flight", spending(snapshot)]
    age = duration((run.finished_at or now) - run.created_at)
    parts.append(age if live or snapshot.finished else f"begun {age} ago")
    parts += [words] if live and (words := ahead(snapshot, now=now)) else []
    if snapshot.open:
        parts.append(f"{len(snapshot.open)} waiting for you")
    return " · ".join(parts)


def landed(snapshot: Snapshot) -> str:
    """``1/3 landed``."""
    return f"{snapshot.landed}/{len(snapshot.tasks)} landed"


def spending(snapshot: Snapshot) -> str:
    """``$0.42 of $5.00``; what is spent as fine as the cap is."""
    cap = money(snapshot.cap_usd)
    outside = beside_the_cap(clean(snapshot.outside_cap))
    return f"${snapshot.ledger.usd:.{len(cap.partition('.')[2])}f} of {cap}{outside}"


def tried(status: TaskStatus) -> str:
    """`` (attempt 2, pro)``, `` (flash, 3 at once: 2 red, 1 working)``; nothing on a first attempt by one."""
    several = "*" in status.rung and status.state not in {"landed", "dropped"}
    words = clean(in_words(status.rung, status.rollouts if several else ()))
    if status.attempt > 1:
        return f" (attempt {status.attempt}, {words})"
    return f" ({words})" if several else ""
