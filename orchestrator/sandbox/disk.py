"""Notices a command that fills the disk. Only looks; whoever asked stops the command."""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from .port import CommandLimits

_NEW_FILES = 200_000
_FEWEST_INODES = 1_000
_SCAN_EVERY = 1.0


class DiskWatch:
    """Compares the free space under some folders with what was free at the start.

    Asking the file system costs a microsecond, walking the folders does not: they are walked only when so much space is
    gone that the command may have passed its limit, because others write to the same disk.
    """

    def __init__(self, folders: Sequence[Path], limits: CommandLimits) -> None:
        self._folders = folders
        self._limits = limits
        self._start = time.time()
        self._free = [os.statvfs(folder) for folder in folders]
        self._scanned = 0.0

    async def full(self) -> bool:
        """Whether the command is to be stopped."""
        suspect = False
        for folder, then in zip(self._folders, self._free, strict=True):
            now = os.statvfs(folder)
            gone = (then.f_bavail - now.f_bavail) * now.f_frsize
            if gone > 0 and now.f_bavail * now.f_frsize < self._limits.free_bytes:
                return True
            if then.f_favail > now.f_favail and now.f_favail < _FEWEST_INODES:
                return True
            suspect |= gone > self._limits.disk_bytes or then.f_favail - now.f_favail > _NEW_FILES
        if not suspect or time.monotonic() - self._scanned < _SCAN_EVERY:
            return False
        size, count = await asyncio.to_thread(self._written)
        self._scanned = time.monotonic()
        return size > self._limits.disk_bytes or count > _NEW_FILES

    def _written(self) -> tuple[int, int]:
        size = count = 0
        for folder in self._folders:
            for status in _files(folder):
                if status.st_ctime >= self._start:
                    size += status.st_blocks * 512
                    count += 1
        return size, count


def _files(folder: Path) -> Iterator[os.stat_result]:
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.lstat(os.path.join(parent, name))  # noqa: PTH118 - a Path for each of 200,000 files
            except OSError:
                continue
