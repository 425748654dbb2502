"""SQLite files: opening, transactions, and what their errors mean. The only module that calls ``sqlite3.connect``.

A file is in WAL mode with synchronous=FULL: a commit that returned survives a loss of power, readers never wait for a
writer, and writers of several processes wait for each other for up to five seconds.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import RunStateError
from ..refused_by_sqlite import BUSY_SECONDS, translated
from .migrations import Step, check_version, migrate

Fence = Callable[[], None]
"""Raises where another process has taken over what this one writes; called while the write lock is held."""

_PAUSE = 0.005
_PRIMARY = 0xFF
"""The part of an error code that names its family; the rest says which kind of it."""


def open_database(path: Path | None, steps: Sequence[Step], *, readonly: bool = False) -> sqlite3.Connection:
    """Open ``path`` (None: in memory) and bring its schema to ``len(steps)``.

    A read-only connection changes nothing and needs no lock: it works beside a live writer, after a crash, and on a
    read-only medium. Raises RunStateError for a missing, damaged or newer file, and DiskFull.
    """
    with translated(path):
        connection = _connect_readonly(path) if readonly and path else _connect(path)
        try:
            if readonly:
                check_version(connection, len(steps), exact=True)
            else:
                migrate(connection, steps)
        except BaseException:
            connection.close()
            raise
    return connection


def copy_database(source: Path, target: Path) -> None:
    """Write what a file holds now, and nothing of what was deleted from it, as the new file ``target``, without a log.

    Raises RunStateError for a missing or damaged file, and DiskFull.
    """
    with translated(source), closing(_connect_readonly(source)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def inspect_database(path: Path) -> None:
    """Look over a file that somebody else wrote: whole, and only tables and indexes, which run nothing by themselves.

    Raises RunStateError.
    """
    with translated(path), closing(_connect_readonly(path)) as connection:
        connection.execute("PRAGMA trusted_schema=OFF")
        parts = connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
        for kind, name, sql in parts:
            if kind not in {"table", "index"} or str(sql or "").upper().startswith("CREATE VIRTUAL"):
                raise RunStateError(f"{path.name} has a {kind} {name!r}, which no run of agentctl has: do not use it")
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise RunStateError(f"{path.name} is damaged: have the run packed again")


@contextmanager
def transaction(connection: sqlite3.Connection, fence: Fence | None = None) -> Iterator[None]:
    """All of the block's writes, or none; the write lock is held from the start, so what it reads stays true."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if fence is not None:
            fence()
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk may have rolled back already
            connection.execute("ROLLBACK")
        raise


def _connect(path: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        _use_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Two processes that open a new file at once refuse each other here without waiting, so this waits for them."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & _PRIMARY == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _connect_readonly(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise RunStateError(f"{path} does not exist: this run has not begun, or its folder is incomplete")
    uri = path.resolve().as_uri() + "?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.OperationalError:
        # On a read-only medium WAL's index cannot be made; without a log beside it the file is complete by itself.
        connection.close()
        if path.with_name(path.name + "-wal").exists():
            raise
        connection = sqlite3.connect(uri + "&immutable=1", uri=True, isolation_level=None, check_same_thread=False)
    return connection
