"""The run's state in one SQLite file: an event log, its projections, and texts. Satisfies ports.Store.

An append is one transaction: the events and every projection, or nothing. Several processes may write; sequence numbers
and question ids are given while the write lock is held. Reads come from the projections and are remembered until the
file changes, so that polling costs microseconds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ..clock import SystemClock
from ..errors import RunStateError
from ..faults import reach
from ..nouns.contract import Contract
from ..nouns.delivery import Opened, Rebuilt
from ..nouns.events import SCHEMA, Event, Fact, QuestionRaised
from ..nouns.hands import Hands
from ..nouns.keys import AttemptKey
from ..nouns.plan import Plan, Task
from ..nouns.questions import Asked, Question
from ..nouns.runs import AttemptStatus, Evidence, Landing, Run, RunSettings, TaskStatus
from ..nouns.verdicts import Verdict
from ..refused_by_sqlite import translated
from .blobs import Blobs
from .codec import decode, decode_fact, encode
from .database import Fence, open_database, transaction
from .migrations import RUN_STEPS
from .projections import CONTRACT, HANDS, PULL, RAISED, REBUILT, is_known, project, rebuild
from .scrub import scrub

if TYPE_CHECKING:
    from ..ports import Clock

T = TypeVar("T")


class SqliteStore:
    """A run's state under ``path`` with its texts in the folder ``blobs``; in memory where they are None.

    ``redact`` sees every text before it is stored or hashed. Opening raises RunStateError for a damaged or newer file;
    writing raises DiskFull, and what the ``fence`` of who drives the run raises. Safe to use from several threads of a
    process.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        clock: Clock,
        redact: Callable[[str], str],
        blobs: Path | None,
        readonly: bool = False,
        fence: Fence | None = None,
    ) -> None:
        self._path = path
        self._clock = clock
        self._redact = redact
        self._blobs = Blobs(blobs)
        self._readonly = readonly
        self._fence = fence
        self._lock = threading.RLock()
        self._db = open_database(path, RUN_STEPS, readonly=readonly)
        self._own_commits = 0
        self._known_at = -1
        self._known: dict[object, Any] = {}

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, *facts: Fact, author: str, cause: int | None = None) -> tuple[Event, ...]:
        """Store what is new among ``facts``, in order, and return its events once they are durable.

        Asking a known question and choosing what is chosen are no events. An answer to an answered question is an
        event, but the first answer stands. Raises RunStateError for an answer to an unknown question, and DiskFull;
        nothing is stored then.
        """
        self._require_writable()
        at = self._clock.now()
        cleaned = [scrub(fact, self._clean) for fact in facts]
        with self._lock, translated(self._path):
            with transaction(self._db, self._fence):
                (seq,) = self._db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
                events = []
                for fact in cleaned:
                    if is_known(self._db, fact):
                        continue
                    seq += 1
                    event = Event(seq=seq, at=at, author=author, cause=cause, schema=SCHEMA, fact=fact)
                    self._insert(event)
                    events.append(event)
                reach("events.written")
            self._own_commits += 1
            reach("events.committed")
        return tuple(events)

    def events(self, *, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        """Events with a sequence number above ``after``, oldest first, at most ``limit``."""
        rows = self._rows(
            "SELECT seq, at, author, cause, schema, kind, fact FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
            after,
            -1 if limit is None else limit,
        )
        return tuple(map(_event, rows))

    def last_event(self) -> int:
        """The highest sequence number; 0 where nothing has happened."""
        ((seq,),) = self._rows("SELECT coalesce(max(seq), 0) FROM events")
        return int(seq)

    def run(self) -> Run:
        """The run as it stands; raises RunStateError before its first event."""
        return self._remember("run", self._read_run)

    def plan(self) -> Plan | None:
        """The latest plan, approved or not."""
        return self._remember("plan", lambda: self._one(Plan, "SELECT plan FROM plan"))

    def approved(self) -> bool:
        """Whether the latest plan is what will be built."""
        return self._remember("approved", lambda: self._rows("SELECT approved FROM plan") == [(1,)])

    def tasks(self) -> tuple[TaskStatus, ...]:
        """Tasks in the order of the plan."""
        return self._remember("tasks", self._read_tasks)

    def attempts(self, task: str | None = None) -> tuple[AttemptStatus, ...]:
        """Attempts, of one task or of all, by task, attempt and rollout."""
        every = self._remember("attempts", self._read_attempts)
        return tuple(every.values()) if task is None else tuple(a for a in every.values() if a.key.task == task)

    def attempt(self, key: AttemptKey) -> AttemptStatus | None:
        """That attempt, if it was started."""
        return self._remember("attempts", self._read_attempts).get(key)

    def questions(self, *, only_open: bool = False) -> tuple[Asked, ...]:
        """Questions in the order of asking."""
        every = self._remember("questions", self._read_questions).values()
        return tuple(asked for asked in every if not only_open or asked.answer is None)

    def question(self, key: str) -> Asked | None:
        """The question of that key, if it was asked."""
        return self._remember("questions", self._read_questions).get(key)

    def raised(self) -> tuple[QuestionRaised, ...]:
        """What workers wanted to know, by question and attempt."""
        query = f"SELECT value FROM choices WHERE key GLOB '{RAISED}*' ORDER BY key"  # noqa: S608 - a constant of ours
        return self._remember("raised", lambda: self._all(QuestionRaised, query))

    def verdict(self, tree: str, gate: str) -> Verdict | None:
        """What that gate said last of that exact tree."""
        return self._one(Verdict, "SELECT verdict FROM verdicts WHERE tree=? AND gate=?", tree, gate)

    def verdict_of_tree(self, tree: str) -> Verdict | None:
        """The latest verdict on a tree, whatever the gate."""
        return self._one(Verdict, "SELECT verdict FROM verdicts WHERE tree=? ORDER BY seq DESC LIMIT 1", tree)

    def landings(self) -> tuple[Landing, ...]:
        """Landings in their order."""
        return self._remember(
            "landings", lambda: self._all(Landing, "SELECT landing FROM landings ORDER BY position, task")
        )

    def evidence(self) -> tuple[Evidence, ...]:
        """The latest evidence of each requirement and check, by their ids."""
        query = "SELECT evidence FROM evidence ORDER BY requirement, check_id"
        return self._remember("evidence", lambda: self._all(Evidence, query))

    def contracts(self) -> tuple[Contract, ...]:
        """What leads wrote, in the order in which it was accepted."""
        query = f"SELECT value FROM choices WHERE key GLOB '{CONTRACT}*' ORDER BY key"  # noqa: S608 - a constant of ours
        return self._remember("contracts", lambda: self._all(Contract, query))

    def hands(self) -> Hands:
        """What people did with their own hands, as it stands."""
        return self._remember("hands", self._read_hands)

    def pulls(self) -> tuple[Opened, ...]:
        """The pull requests of the run as we left them, by number; those that are not opened yet come last."""
        query = f"SELECT value FROM choices WHERE key GLOB '{PULL}*'"  # noqa: S608 - a constant of ours
        return tuple(
            sorted(self._remember("pulls", lambda: self._all(Opened, query)), key=lambda p: (p.number or 1e9, p.name))
        )

    def rebuilt(self) -> tuple[Rebuilt, ...]:
        """Slices that were made anew on another base, by name."""
        query = f"SELECT value FROM choices WHERE key GLOB '{REBUILT}*' ORDER BY key"  # noqa: S608 - a constant of ours
        return self._remember("rebuilt", lambda: self._all(Rebuilt, query))

    def choice(self, key: str) -> str | None:
        """What was chosen first under ``key``."""
        rows = self._rows("SELECT value FROM choices WHERE key=?", key)
        return str(rows[0][0]) if rows else None

    def budget_raised(self) -> float:
        """Dollars allowed on top of the settings' cap: the sum of all raises."""
        return float(self._rows("SELECT coalesce(sum(usd), 0) FROM budget")[0][0])

    def put_blob(self, text: str) -> str:
        """Store a text without its secrets and return its sha-256. Raises DiskFull."""
        self._require_writable()
        return self._blobs.put(self._redact(text))

    def blob(self, digest: str) -> str:
        """The text stored under ``digest``; raises RunStateError where it is missing or damaged."""
        return self._blobs.text(digest)

    def version(self) -> int:
        """A number that grows with every commit, of this process or another."""
        with self._lock, translated(self._path):
            (others,) = self._db.execute("PRAGMA data_version").fetchone()
        return int(others) + self._own_commits

    def rebuild(self) -> None:
        """Fold the event log into the projections anew, in one transaction."""
        self._require_writable()
        with self._lock, translated(self._path):
            with transaction(self._db):
                rebuild(self._db, self.events)
            self._own_commits += 1

    def _require_writable(self) -> None:
        if self._readonly:
            raise RunStateError(f"{self._path} was opened for reading only")

    def _clean(self, text: str) -> str:
        return self._redact(text).encode("utf-8", "replace").decode()

    def _insert(self, event: Event) -> None:
        self._db.execute(
            "INSERT INTO events (seq, at, author, cause, schema, kind, fact) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (event.seq, event.at, event.author, event.cause, SCHEMA, type(event.fact).__name__, encode(event.fact)),
        )
        project(self._db, event)

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock, translated(self._path):
            return self._db.execute(query, values).fetchall()

    def _one(self, kind: type[T], query: str, *values: object) -> T | None:
        rows = self._rows(query, *values)
        return decode(rows[0][0], kind) if rows else None

    def _all(self, kind: type[T], query: str) -> tuple[T, ...]:
        return tuple(decode(row[0], kind) for row in self._rows(query))

    def _remember(self, name: str, read: Callable[[], T]) -> T:
        with self._lock:
            version = self.version()
            if version != self._known_at:
                self._known.clear()
                self._known_at = version
            if name not in self._known:
                self._known[name] = read()
            value: T = self._known[name]
        return value

    def _read_run(self) -> Run:
        rows = self._rows("SELECT id, state, spec_id, title, base, settings, created_at, finished_at, reason FROM run")
        if not rows:
            raise RunStateError("this run has no first event: it was interrupted while it was created; start it anew")
        run, state, spec, title, base, settings, created_at, finished_at, reason = rows[0]
        return Run(
            id=run,
            state=state,
            spec_id=spec,
            title=title,
            base=base,
            settings=decode(settings, RunSettings),
            created_at=created_at,
            finished_at=finished_at,
            reason=reason,
        )

    def _read_hands(self) -> Hands:
        text = self.choice(HANDS)
        return decode(text, Hands) if text else Hands()

    def _read_attempts(self) -> dict[AttemptKey, AttemptStatus]:
        query = (
            "SELECT task, attempt, rollout, state, rung, base_tree, decisions, patch, tree, gate, "
            "reason, clash FROM attempts "
            "ORDER BY task, attempt, rollout"
        )
        return {status.key: status for status in map(_attempt_status, self._rows(query))}

    def _read_tasks(self) -> tuple[TaskStatus, ...]:
        attempts = self.attempts()  # read before the tasks, so that what is remembered is never older than its version
        query = "SELECT task, state, attempt, rung, activity, extra_needs FROM tasks ORDER BY position, id"
        return tuple(_task_status(row, attempts) for row in self._rows(query))

    def _read_questions(self) -> dict[str, Asked]:
        query = "SELECT number, question, at, answer, answered_by, answered_at FROM questions ORDER BY number"
        return {asked.question.key: asked for asked in map(_asked, self._rows(query))}


def open_readonly(path: Path) -> SqliteStore:
    """A view of the run whose file is ``path``: beside a live driver, after a crash, or of a copied folder."""
    return SqliteStore(path, clock=SystemClock(), redact=str, blobs=path.parent / "blobs", readonly=True)


def _event(row: tuple[Any, ...]) -> Event:
    seq, at, author, cause, schema, kind, fact = row
    return Event(seq=seq, at=at, author=author, cause=cause, schema=schema, fact=decode_fact(kind, schema, fact))


def _task_status(row: tuple[Any, ...], attempts: tuple[AttemptStatus, ...]) -> TaskStatus:
    task, state, attempt, rung, activity, needs = row
    known = decode(task, Task)
    several = attempts if "*" in rung else ()
    return TaskStatus(
        task=known,
        state=state,
        attempt=attempt,
        rung=rung,
        activity=activity,
        extra_needs=decode(needs, tuple[str, ...]),
        rollouts=tuple(each.state for each in several if (each.key.task, each.key.attempt) == (known.id, attempt)),
    )


def _attempt_status(row: tuple[Any, ...]) -> AttemptStatus:
    task, attempt, rollout, state, rung, base_tree, decisions, patch, tree, gate, reason, clash = row
    return AttemptStatus(
        key=AttemptKey(task=task, attempt=attempt, rollout=rollout),
        state=state,
        rung=rung,
        base_tree=base_tree,
        decisions=decode(decisions, tuple[str, ...]),
        patch=patch,
        tree=tree,
        gate=gate,
        reason=reason,
        clash=bool(clash),
    )


def _asked(row: tuple[Any, ...]) -> Asked:
    number, question, at, answer, answered_by, answered_at = row
    return Asked(
        id=f"Q{number}",
        question=decode(question, Question),
        at=at,
        answer=answer,
        answered_by=answered_by,
        answered_at=answered_at,
    )
