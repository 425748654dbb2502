"""Schemas of the run's files and the steps between them. The only module that creates or alters tables.

A file's ``user_version`` is the number of steps it has been through; a step is a tuple of SQL statements, and is never
edited once released. Step 1 creates the tables; an older file is brought forward when it is opened for writing, in one
transaction. A file with more steps than this program knows is refused: guessing would lose what the newer one meant.

Events are immutable, so a fact whose meaning changes is not rewritten on disk: `EVENT_STEPS` holds, for each
(kind, schema), the function that turns its JSON object into the next schema's, and reading applies them in order. A
field gained with a default needs no entry.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import RunStateError
from ..nouns.events import SCHEMA

Step = tuple[str, ...]

RUN_STEPS: tuple[Step, ...] = (
    (
        """CREATE TABLE events (
            seq INTEGER PRIMARY KEY, at REAL NOT NULL, author TEXT NOT NULL, cause INTEGER,
            schema INTEGER NOT NULL, kind TEXT NOT NULL, fact TEXT NOT NULL) STRICT""",
        """CREATE TABLE run (
            one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, state TEXT NOT NULL, spec_id TEXT NOT NULL,
            title TEXT NOT NULL, base TEXT NOT NULL, settings TEXT NOT NULL, created_at REAL NOT NULL,
            finished_at REAL, reason TEXT NOT NULL) STRICT""",
        """CREATE TABLE plan (
            one INTEGER PRIMARY KEY CHECK (one = 1), plan TEXT NOT NULL, approved INTEGER NOT NULL,
            ever_approved INTEGER NOT NULL) STRICT""",
        """CREATE TABLE tasks (
            id TEXT PRIMARY KEY, position INTEGER NOT NULL, state TEXT NOT NULL, attempt INTEGER NOT NULL,
            rung TEXT NOT NULL, activity TEXT NOT NULL, extra_needs TEXT NOT NULL, task TEXT NOT NULL) STRICT""",
        """CREATE TABLE attempts (
            task TEXT NOT NULL, attempt INTEGER NOT NULL, rollout INTEGER NOT NULL, state TEXT NOT NULL,
            rung TEXT NOT NULL, base_tree TEXT NOT NULL, decisions TEXT NOT NULL, patch TEXT, tree TEXT,
            gate TEXT, reason TEXT NOT NULL, clash INTEGER NOT NULL,
            PRIMARY KEY (task, attempt, rollout)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE questions (
            number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, at REAL NOT NULL, answer TEXT, answered_by TEXT,
            answered_at REAL, question TEXT NOT NULL) STRICT""",
        """CREATE TABLE verdicts (
            tree TEXT NOT NULL, gate TEXT NOT NULL, seq INTEGER NOT NULL, verdict TEXT NOT NULL,
            PRIMARY KEY (tree, gate)) STRICT, WITHOUT ROWID""",
        "CREATE INDEX attempts_by_tree ON attempts (tree)",
        """CREATE TABLE landings (
            task TEXT NOT NULL, attempt INTEGER NOT NULL, rollout INTEGER NOT NULL, position INTEGER NOT NULL,
            landing TEXT NOT NULL, PRIMARY KEY (task, attempt, rollout)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE evidence (
            requirement TEXT NOT NULL, check_id TEXT NOT NULL, evidence TEXT NOT NULL,
            PRIMARY KEY (requirement, check_id)) STRICT, WITHOUT ROWID""",
        "CREATE TABLE choices (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
        "CREATE TABLE budget (seq INTEGER PRIMARY KEY, usd REAL NOT NULL) STRICT",
    ),
)
"""run.db: the event log and its projections."""

CALLS_STEPS: tuple[Step, ...] = (
    (
        """CREATE TABLE calls (
            key TEXT PRIMARY KEY, task TEXT NOT NULL, attempt INTEGER NOT NULL, rollout INTEGER NOT NULL,
            role TEXT NOT NULL, turn INTEGER NOT NULL, step INTEGER NOT NULL, digest TEXT NOT NULL,
            state TEXT NOT NULL, tier TEXT NOT NULL, model TEXT NOT NULL, sends INTEGER NOT NULL,
            reserved_usd REAL NOT NULL, sunk_usd REAL NOT NULL DEFAULT 0, usd REAL,
            prompt INTEGER NOT NULL DEFAULT 0, completion INTEGER NOT NULL DEFAULT 0,
            cached INTEGER NOT NULL DEFAULT 0, estimated INTEGER NOT NULL DEFAULT 0,
            seconds REAL NOT NULL DEFAULT 0, started_at REAL NOT NULL, done_at REAL, request_blob TEXT NOT NULL,
            error TEXT NOT NULL DEFAULT '', reply TEXT) STRICT""",
        "CREATE INDEX calls_by_task ON calls (task)",
        """CREATE TABLE results (
            task TEXT NOT NULL, attempt INTEGER NOT NULL, rollout INTEGER NOT NULL, turn INTEGER NOT NULL,
            call TEXT NOT NULL, text TEXT NOT NULL,
            PRIMARY KEY (task, attempt, rollout, turn, call)) STRICT""",
        "CREATE TABLE bodies (digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT",
    ),
)
"""calls.db: the call journal."""

EventStep = Callable[[dict[str, Any]], dict[str, Any]]

EVENT_STEPS: Mapping[tuple[str, int], EventStep] = {}


def migrate(connection: sqlite3.Connection, steps: Sequence[Step]) -> None:
    """Bring the open file to ``len(steps)``: all missing steps, or none. Raises RunStateError for a newer file."""
    if check_version(connection, len(steps)) == len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = check_version(connection, len(steps))  # another process may have been faster
        for step in steps[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(steps):d}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def check_version(connection: sqlite3.Connection, known: int, *, exact: bool = False) -> int:
    """The file's schema version; raises RunStateError when it is above ``known``, or with ``exact`` below it."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (_, _, file), *_ = connection.execute("PRAGMA database_list").fetchall()
    where = file or "the state"
    if version > known:
        raise RunStateError(
            f"{where} has schema {version}, and this agentctl knows {known}: upgrade agentctl to use this run"
        )
    if exact and version == 0:
        raise RunStateError(f"{where} is still being created: try again, or start the run anew if it was interrupted")
    if exact and version < known:
        raise RunStateError(f"{where} has schema {version}, this agentctl {known}: `agentctl resume` brings it forward")
    return int(version)


def forward(
    kind: str, schema: int, fact: dict[str, Any], *, to: int = SCHEMA, steps: Mapping[tuple[str, int], EventStep]
) -> dict[str, Any]:
    """A fact's JSON object as schema ``to`` writes it; raises RunStateError if it was written by a newer one."""
    if schema > to:
        raise RunStateError(f"an event has schema {schema}, and this agentctl knows {to}: upgrade agentctl")
    for version in range(schema, to):
        fact = steps.get((kind, version), _unchanged)(fact)
    return fact


def _unchanged(fact: dict[str, Any]) -> dict[str, Any]:
    return fact
