"""What the bot remembers: messages taken and not yet done, which run belongs to which thread, and what was done once.

One SQLite file beside the clones. Everything else is asked of the forge and of the runs' own folders.
"""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ...orchestrator.nouns.forge import RepoName
from ...orchestrator.store.database import open_database, transaction, translated

_STEPS = (
    (
        """CREATE TABLE messages (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, body BLOB, at REAL NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0, not_before REAL NOT NULL DEFAULT 0, done_at REAL, said TEXT) STRICT""",
        "CREATE INDEX waiting ON messages (seq) WHERE done_at IS NULL",
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


class Book:
    """The bot's file; safe beside other processes, one writer at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = open_database(path, _STEPS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def take(self, messages: Sequence[Message]) -> tuple[str, ...]:
        """Keep messages, durably, in one transaction; returns the ids that had not been there."""
        with translated(self._path), transaction(self._db):
            rows = ((each.id, each.kind, each.body, each.at) for each in messages)
            return tuple(row[0] for each in rows if (row := self._inserted(each)))

    def waiting(self, *, now: float, most: int = 100) -> tuple[Message, ...]:
        """What was taken and is not done, oldest first, without what has to rest until later."""
        query = """SELECT id, kind, body, at, tries FROM messages WHERE done_at IS NULL AND not_before <= ?
            ORDER BY seq LIMIT ?"""
        with translated(self._path), closing(self._db.execute(query, (now, most))) as rows:
            return tuple(Message(id=r[0], kind=r[1], body=bytes(r[2]), at=r[3], tries=r[4]) for r in rows)

    def end(self, id_: str, *, said: str, at: float) -> None:
        """A message is done: what became of it stays, its body goes."""
        self._do("UPDATE messages SET done_at = ?, said = ?, body = NULL WHERE id = ?", (at, said, id_))

    def postpone(self, id_: str, *, until: float, why: str) -> None:
        """A message could not be done yet."""
        self._do("UPDATE messages SET tries = tries + 1, not_before = ?, said = ? WHERE id = ?", (until, why, id_))

    def said(self, id_: str) -> str | None:
        """What became of a message; None for one that never came, or that nothing was said of."""
        row = self._one("SELECT said FROM messages WHERE id = ?", (id_,))
        return str(row[0]) if row and row[0] is not None else None

    def forget(self, *, before: float) -> int:
        """Forget messages that were done before that moment; they would be taken again."""
        with translated(self._path), transaction(self._db):
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
        with translated(self._path), transaction(self._db):
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

    def _inserted(self, row: tuple[str, str, bytes, float]) -> tuple[str, ...] | None:
        query = "INSERT OR IGNORE INTO messages (id, kind, body, at) VALUES (?, ?, ?, ?)"
        return (row[0],) if self._db.execute(query, row).rowcount else None

    def _do(self, query: str, values: Sequence[object]) -> None:
        with translated(self._path), transaction(self._db):
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
