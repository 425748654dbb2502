"""What the errors of SQLite mean, for all that is kept in its files: tables, the journal, checkpoints. Pure."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import AgentctlError, RunStateError
from .unwritable import failing, full, told

BUSY_SECONDS = 5.0
"""How long a writer waits for another."""
_FAILING = ("SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC", "SQLITE_IOERR_TRUNCATE", "SQLITE_IOERR_READ")


@contextmanager
def translated(path: Path | None) -> Iterator[None]:
    """Raise what SQLite and the file system say as an error that a person can act on."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _meaning(error, path or Path(":memory:")) from error
    except OSError as error:
        place = str(error.filename or path or ".")
        with told(place):
            raise


def _meaning(error: sqlite3.DatabaseError, path: Path) -> AgentctlError | sqlite3.DatabaseError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_WRITE")):
        return full(str(path))
    if name.startswith(_FAILING):
        return failing(str(path), str(error))
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return RunStateError(
            f"{path} is damaged ({error}): restore the run's folder from a copy, or start a new run; "
            "what has landed is safe in git"
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return RunStateError(f"{path} has been locked by another process for {BUSY_SECONDS:.0f} s: try again")
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_IOERR")):
        return RunStateError(f"{path} cannot be used ({error}): look at its owner and permissions, and at the disk")
    return error
