"""Processes that write the files of large trees: one interpreter makes files on one core, however many threads it has.

Fifty workspaces of 5,000 files took 14.6 s with four threads, which mostly waited for each other, and 8.8 s this way
(docs/adr/0014).
"""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from ..kernel import cores
from .in_thread import in_thread
from .memory import Stamp
from .writing import Done, Folder, ordered, receive, send

MANY = 1_000
"""Files to write, from which on it is worth a process: one takes 0.1 s to start, and writes these in 0.04 s."""
_MOST = 64_000_000
"""Bytes in one order, which stands in the memory of both."""
_PROCESSES = 4
_KEPT = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL")
"""What of our environment such a process has: enough to start, and no key."""


class Writers:
    """As many processes as there are cores, up to four; each is started when it is first needed."""

    def __init__(self) -> None:
        self._count = min(_PROCESSES, cores())
        self._usable = True
        self._begin()

    async def write(self, root: Path, staging: Path, folders: Sequence[Folder]) -> list[Stamp] | None:
        """What each file became, in this order; None where our own hands have to try."""
        if not self._usable or sum(len(content) for _, files in folders for _, content, _ in files) > _MOST:
            return None
        return await in_thread(self._threads, self._write, root, staging, folders)

    async def close(self) -> None:
        """End the processes; new ones are started when something is written after this."""
        threads, processes = self._threads, self._processes
        self._begin()
        await asyncio.to_thread(_end, threads, processes)

    def _begin(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=self._count, thread_name_prefix="writer")
        self._processes: list[subprocess.Popen[bytes]] = []
        self._mine = threading.local()

    def _write(self, root: Path, staging: Path, folders: Sequence[Folder]) -> list[Stamp] | None:
        try:
            process = self._process()
            send(cast("BinaryIO", process.stdin), ordered(root, staging, folders))
            done = msgspec.msgpack.decode(receive(cast("BinaryIO", process.stdout)), type=Done)
        except (OSError, EOFError):  # it could not be started, or was killed: none is tried again
            self._usable = False
            return None
        return None if done.refused else done.stamps

    def _process(self) -> subprocess.Popen[bytes]:
        """The process of this thread."""
        mine: subprocess.Popen[bytes] | None = getattr(self._mine, "process", None)
        if mine is None:
            mine = self._mine.process = _start()
            self._processes.append(mine)
        return mine


def _start() -> subprocess.Popen[bytes]:
    """In a session of its own, so that Ctrl-C is for us alone; it ends when its standard input does."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", f"{__package__}.writing"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in _KEPT if name in os.environ},
        start_new_session=True,
    )


def _end(threads: ThreadPoolExecutor, processes: Sequence[subprocess.Popen[bytes]]) -> None:
    threads.shutdown()
    for process in processes:
        process.communicate()
