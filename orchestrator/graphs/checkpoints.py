"""Where checkpoints are kept: one SQLite connection for all threads of a run.

WAL with synchronous=NORMAL takes 1 to 2 ms a step with 50 threads, against 6 to 8 ms at FULL; what NORMAL may lose when
the power fails is found again in git, in the tables and in the call journal. Only JSON types are ever read back.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from ..refused_by_sqlite import BUSY_SECONDS, translated


@asynccontextmanager
async def open_checkpoints(path: Path) -> AsyncIterator["BaseCheckpointSaver[str]"]:
    """The checkpoints of a run, made if they are not there; closed when the block ends.

    Raises, also while the block runs:
        DiskFull: the disk is full, or fails.
        RunStateError: the file is damaged, or cannot be used.
    """
    with translated(path):
        async with aiosqlite.connect(path) as connection:
            await connection.execute("PRAGMA journal_mode=WAL")
            await connection.execute("PRAGMA synchronous=NORMAL")
            await connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000:.0f}")
            yield AsyncSqliteSaver(connection, serde=JsonPlusSerializer(allowed_msgpack_modules=None))
