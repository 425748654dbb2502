"""What the bot remembers: messages taken and not yet done, which run belongs to which thread, and what was done once.

One SQLite file beside the clones. Everything else is asked of the forge and of the runs' own folders.
"""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ...orchestrator.nouns.forge import RepoName
from ...orchestrator.refused_by_sqlite import translated
from ...orchestrator.store.database import open_database, transaction

_STEPS = (
    (
        """CREATE TABLE messages (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, lane TEXT NOT NULL, body BLOB,
            digest TEXT NOT NULL UNIQUE, at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
            not_before REAL NOT NULL DEFAULT 0, done_at REAL, failed_at REAL, said TEXT) STRICT""",
        """CREATE INDEX waiting ON messages (lane, seq, not_before)
            WHERE done_at IS NULL AND failed_at IS NULL""",
        "CREATE INDEX failed ON messages (failed_at) WHERE failed_at IS NOT NULL",
        "CREATE INDEX done ON messages (done_at) WHERE done_at IS NOT NULL",
        """CREATE TABLE threads (
            host TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL, run TEXT NOT NULL,
            pull INTEGER NOT NULL, by TEXT NOT NULL, sha TEXT NOT NULL, base TEXT NOT NULL, spec TEXT NOT NULL,
            at REAL NOT NULL, over INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (host, owner, name, run)) STRICT""",
        "CREATE TABLE deeds (key TEXT PRIMARY KEY, value TEXT NOT NULL, at REAL NOT NULL) STRICT",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it came: ``body`` is the raw payload of a webhook, or a `Delivery` that polling found, as JSON."""

    id: str
    kind: str
    """The forge's name of the event, such as ``issue_comment``; ``found`` for what polling found."""
    body: bytes
    at: float
    tries: int = 0
    lane: str = ""
    """The repository it is about, ``owner/name`` in small letters: of one lane one message is worked on at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A message that was set aside; its body is kept."""

    id: str
    kind: str
    lane: str
    at: float
    tries: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the messages stand."""

    waiting: int
    """Those that rest until later among them."""
    oldest: float | None
    """When the oldest of these came."""
    resting: int
    failed: int
    done: int
    """In the last thirty days, see `Book.forget`."""
    last: float | None
    """When the last message came."""


_OPEN = "done_at IS NULL AND failed_at IS NULL"
_COLUMNS = "id, kind, body, at, tries, lane"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A run and the issue or pull request that it was asked for in."""

    repo: RepoName
    number: int
    run: str
    pull: bool
    by: str
    """The login of who started it."""
    sha: str
    """The head that was seen when it was asked for, of a pull request; else the base's commit."""
    base: str
    """The branch that its pull requests go to."""
    spec: str
    """The path of the spec in the repository; empty where it is the text of the issue."""
    at: float
    over: bool = False
    """Nothing more is told of it."""


def rewritten_key(run: str) -> str:
    """Of the deed that names where the branch went that a run's pull requests go to, where it may have lost commits."""
    return f"rewritten:{run}"


class Book:
    """The bot's file; safe beside other processes, one writer at a time. One object is for one thread at a time."""

    def __init__(self, path: Path, *, readonly: bool = False, turn: "threading.Lock | None" = None) -> None:
        self._path = path
        self._turn = turn or threading.Lock()
        self._db = open_database(path, _STEPS, readonly=readonly)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def another(self) -> "Book":
        """The same book for another thread of this process; the two take turns.

        SQLite would have one of two writers sleep, longer each time, and writes that follow each other closely could
        keep the other waiting for a tenth of a second.
        """
        return Book(self._path, turn=self._turn)

    def version(self) -> int:
        """Another number once another connection has written."""
        with translated(self._path), closing(self._db.execute("PRAGMA data_version")) as rows:
            return int(rows.fetchone()[0])

    def take(self, messages: Sequence[Message]) -> tuple[str, ...]:
        """Keep messages, durably, in one transaction; returns the ids that had not been there.

        A message is known by its id, and by its body too: a signature covers the body and not the id, so whoever has
        heard one could send it again under another.
        """
        with self._writing():
            return tuple(each.id for each in messages if self._is_new(each))

    def waiting(self, *, now: float, most: int = 100, lane: str | None = None) -> tuple[Message, ...]:
        """What was taken and is not done, oldest first, without what has to rest; ``lane``: of that one only."""
        query = f"""SELECT {_COLUMNS} FROM messages WHERE {_OPEN} AND not_before <= ?1 AND (?3 IS NULL OR lane = ?3)
            ORDER BY seq LIMIT ?2"""  # noqa: S608 - constants of this module
        return self._messages(query, (now, most, lane))

    def heads(self, *, now: float, most: int = 100, without: Collection[str] = ()) -> tuple[Message, ...]:
        """The oldest message of each lane, oldest first, of what may be worked on now; ``without`` some lanes."""
        query = f"""SELECT {_COLUMNS} FROM messages WHERE seq IN (
                SELECT min(seq) FROM messages
                WHERE {_OPEN} AND not_before <= ? AND lane NOT IN (SELECT value FROM json_each(?)) GROUP BY lane)
            ORDER BY seq LIMIT ?"""  # noqa: S608 - constants of this module
        return self._messages(query, (now, json.dumps(sorted(without)), most))

    def due(self, *, without: Collection[str] = ()) -> float | None:
        """When the first of what waits may be worked on, which may be past; None where nothing waits."""
        query = f"""SELECT min(not_before) FROM messages
            WHERE {_OPEN} AND lane NOT IN (SELECT value FROM json_each(?))"""  # noqa: S608 - as above
        row = self._one(query, (json.dumps(sorted(without)),))
        return float(str(row[0])) if row and row[0] is not None else None

    def rest_no_longer(self, *, than: float) -> None:
        """No message rests beyond that moment: the clock by which it was told to may have been ahead."""
        query = f"UPDATE messages SET not_before = ?1 WHERE {_OPEN} AND not_before > ?1"  # noqa: S608 - as above
        self._do(query, (than,))

    def end(self, *ids: str, said: str, at: float) -> None:
        """Messages are done, all of them or none: what became of them stays, their bodies go."""
        query = "UPDATE messages SET done_at = ?, said = ?, body = NULL, failed_at = NULL WHERE id = ?"
        with self._writing():
            self._db.executemany(query, [(at, said, each) for each in ids])

    def postpone(self, id_: str, *, until: float, why: str, counts: bool = True) -> None:
        """A message could not be done yet; with ``counts`` that was a try of its own, and not the forge's rest."""
        query = "UPDATE messages SET tries = tries + ?, not_before = ?, said = ? WHERE id = ?"
        self._do(query, (int(counts), until, why, id_))

    def set_aside(self, id_: str, *, why: str, at: float) -> None:
        """A message cannot be done: it keeps its body, and is not tried again until somebody says so."""
        self._do("UPDATE messages SET tries = tries + 1, failed_at = ?, said = ? WHERE id = ?", (at, why, id_))

    def again(self, id_: str) -> bool:
        """Have a message that was set aside, or that rests, tried now; False where there is none such."""
        query = """UPDATE messages SET failed_at = NULL, tries = 0, not_before = 0
            WHERE id = ? AND done_at IS NULL AND (failed_at IS NOT NULL OR not_before > 0)"""
        with self._writing():
            return self._db.execute(query, (id_,)).rowcount > 0

    def failures(self, *, most: int = 20) -> tuple[Failed, ...]:
        """What was set aside, the latest first."""
        query = """SELECT id, kind, lane, at, tries, said FROM messages WHERE failed_at IS NOT NULL
            ORDER BY failed_at DESC, seq DESC LIMIT ?"""
        with translated(self._path), closing(self._db.execute(query, (most,))) as rows:
            return tuple(Failed(id=r[0], kind=r[1], lane=r[2], at=r[3], tries=r[4], said=r[5] or "") for r in rows)

    def standing(self, *, now: float) -> Standing:
        """How the messages stand."""
        query = f"""SELECT count(*) FILTER (WHERE {_OPEN}), min(at) FILTER (WHERE {_OPEN}),
            count(*) FILTER (WHERE {_OPEN} AND not_before > ?), count(*) FILTER (WHERE failed_at IS NOT NULL),
            count(*) FILTER (WHERE done_at IS NOT NULL), max(at) FROM messages"""  # noqa: S608 - as above
        with translated(self._path), closing(self._db.execute(query, (now,))) as rows:
            waiting, oldest, resting, failed, done, last = rows.fetchone()
        return Standing(waiting=waiting, oldest=oldest, resting=resting, failed=failed, done=done, last=last)

    def said(self, id_: str) -> str | None:
        """What became of a message; None for one that never came, or that nothing was said of."""
        row = self._one("SELECT said FROM messages WHERE id = ?", (id_,))
        return str(row[0]) if row and row[0] is not None else None

    def forget(self, *, before: float) -> int:
        """Forget messages that were done before that moment; they would be taken again."""
        with self._writing():
            return self._db.execute("DELETE FROM messages WHERE done_at < ?", (before,)).rowcount

    def bind(self, thread: Thread) -> None:
        """From here on a run belongs to a thread; saying it again changes what it says."""
        repo = thread.repo
        self._do(
            "INSERT OR REPLACE INTO threads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(repo.host, repo.owner, repo.name, thread.number, thread.run, thread.pull, thread.by, thread.sha),
                *(thread.base, thread.spec, thread.at, thread.over),
            ),
        )

    def threads(
        self, repo: RepoName | None = None, *, number: int | None = None, also_over: bool = False
    ) -> tuple[Thread, ...]:
        """Threads, oldest first: all, or those of a repository, or of an issue or pull request of it."""
        query = """SELECT host, owner, name, number, run, pull, by, sha, base, spec, at, over FROM threads
            WHERE (?1 IS NULL OR (host = ?1 AND owner = ?2 AND name = ?3)) AND (?4 IS NULL OR number = ?4)
            AND (?5 OR NOT over) ORDER BY at, run"""
        place = (repo.host, repo.owner, repo.name) if repo is not None else (None, None, None)
        with translated(self._path), closing(self._db.execute(query, (*place, number, also_over))) as rows:
            return tuple(_thread(row) for row in rows)

    def once(self, key: str, value: object, *, at: float) -> bool:
        """Whether a deed is done for the first time: it is kept with what it came to, as JSON."""
        row = (key, json.dumps(value, ensure_ascii=False), at)
        with self._writing():
            return self._db.execute("INSERT OR IGNORE INTO deeds VALUES (?, ?, ?)", row).rowcount > 0

    def keep(self, key: str, value: object, *, at: float) -> None:
        """Keep what a deed came to, in the place of what was kept before."""
        row = (key, json.dumps(value, ensure_ascii=False), at)
        self._do("INSERT OR REPLACE INTO deeds VALUES (?, ?, ?)", row)

    def deed(self, key: str) -> object | None:
        """What a deed came to; None where it was not done."""
        row = self._one("SELECT value FROM deeds WHERE key = ?", (key,))
        return json.loads(str(row[0])) if row else None

    def deeds(self, prefix: str) -> dict[str, object]:
        """All deeds whose keys begin so, in the order of their keys."""
        query = "SELECT key, value FROM deeds WHERE substr(key, 1, ?) = ? ORDER BY key"
        with translated(self._path), closing(self._db.execute(query, (len(prefix), prefix))) as rows:
            return {str(key): json.loads(str(value)) for key, value in rows}

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._turn, translated(self._path), transaction(self._db):
            yield

    def _is_new(self, message: Message) -> bool:
        query = "INSERT OR IGNORE INTO messages (id, kind, lane, body, digest, at) VALUES (?, ?, ?, ?, ?, ?)"
        digest = hashlib.sha256(message.body).hexdigest()
        row = (message.id, message.kind, message.lane, message.body, digest, message.at)
        return self._db.execute(query, row).rowcount > 0

    def _messages(self, query: str, values: Sequence[object]) -> tuple[Message, ...]:
        with translated(self._path), closing(self._db.execute(query, tuple(values))) as rows:
            return tuple(Message(id=r[0], kind=r[1], body=bytes(r[2]), at=r[3], tries=r[4], lane=r[5]) for r in rows)

    def _do(self, query: str, values: Sequence[object]) -> None:
        with self._writing():
            self._db.execute(query, tuple(values))

    def _one(self, query: str, values: Sequence[object]) -> tuple[object, ...] | None:
        with translated(self._path), closing(self._db.execute(query, tuple(values))) as rows:
            row: tuple[object, ...] | None = rows.fetchone()
            return row


def _thread(row: sqlite3.Row | tuple[object, ...]) -> Thread:
    host, owner, name, number, run, pull, by, sha, base, spec, at, over = row
    return Thread(
        repo=RepoName(owner=str(owner), name=str(name), host=str(host)),
        number=int(str(number)),
        run=str(run),
        pull=bool(pull),
        by=str(by),
        sha=str(sha),
        base=str(base),
        spec=str(spec),
        at=float(str(at)),
        over=bool(over),
    )
