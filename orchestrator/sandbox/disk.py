"""Notices a disk that fills up, and tells whose doing it is. Only looks; whoever asked stops the command.

A command is to blame when most of what has gone is its own, and that is no trifle of what it may write. A disk that
was full before, or that others fill, is nobody's failed test: it is DiskFull, which a person can do something about.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import DiskFull
from ..kernel import file_clock
from .port import CommandLimits

_NEW_FILES = 200_000
_FEWEST_FILES = 1_000
_SCAN_EVERY = 1.0
_TRIFLE = 1 / 8
"""The part of what a command may write that is never held against it: 256 MB, unless it was told otherwise."""


class Room(NamedTuple):
    """So many bytes, and so many files: what a disk has left, or what was written there."""

    bytes: int
    files: int


def room(folder: Path) -> Room:
    """What a person without privileges may still add under ``folder``."""
    found = os.statvfs(folder)
    # Some file systems, btrfs among them, have no table of files, and say 0 of 0.
    return Room(found.f_bavail * found.f_frsize, found.f_favail if found.f_files else sys.maxsize)


def shortage(left: Room, limits: CommandLimits) -> str:
    """What is too little for a command to start, in words; empty where there is enough."""
    floor = _floor(limits)
    if left.bytes < floor.bytes:
        return f"{left.bytes >> 20} MB free, and no command runs with less than {floor.bytes >> 20} MB"
    if left.files < floor.files:
        return f"room for {left.files} more files (inodes), and no command runs with less than {floor.files}"
    return ""


class DiskWatch:
    """Compares the free space under some folders with what was free at the start.

    Asking the file system costs a microsecond, walking the folders does not: they are walked only when so much space is
    gone that the command may have passed its limit, because others write to the same disk.

    Args:
        folders: where the command may write.
        limits: how much that may be, and what has to stay free.
        measure: asks the file system.

    Raises DiskFull where so little is free already that the command is not to be started.
    """

    def __init__(
        self, folders: Sequence[Path], limits: CommandLimits, *, measure: Callable[[Path], Room] = room
    ) -> None:
        self._folders = folders
        self._limits = limits
        self._most = Room(limits.disk_bytes, _NEW_FILES)
        self._measure = measure
        self._start = file_clock()
        self._before = self._now = [measure(folder) for folder in folders]
        self._scanned = 0.0
        for folder, left in zip(folders, self._before, strict=True):
            if found := shortage(left, limits):
                raise DiskFull(_words(folder, found))

    async def full(self) -> bool:
        """Whether the command is to be stopped, whosever doing it is."""
        self._now = [self._measure(folder) for folder in self._folders]
        if any(shortage(left, self._limits) for left in self._now):
            return True
        gone = (_more(before, left) for before, left in zip(self._before, self._now, strict=True))
        if not any(map(self._too_much, gone)) or time.monotonic() - self._scanned < _SCAN_EVERY:
            return False
        written = await asyncio.to_thread(self._written)
        self._scanned = time.monotonic()
        return self._too_much(written)

    async def blame(self) -> None:
        """Return if it was the command that filled the disk, after `full` was true and the command has ended.

        What comes back with its end was held by it in files that no longer had a name. Raises DiskFull if others did.
        """
        written = await asyncio.to_thread(self._written)
        if self._too_much(written):
            return
        for folder, before, then in zip(self._folders, self._before, self._now, strict=True):
            back = _more(self._measure(folder), then)
            own = Room(written.bytes + back.bytes, written.files + back.files)
            if (found := shortage(then, self._limits)) and not self._guilty(own, gone=_more(before, then), left=then):
                raise DiskFull(_words(folder, found))

    def _guilty(self, own: Room, *, gone: Room, left: Room) -> bool:
        """Whether of each thing that is lacking the most that has gone is the command's own."""
        each = zip(own, gone, left, _floor(self._limits), self._most, strict=True)
        return all(mine > max(most * _TRIFLE, lost / 2) for mine, lost, has, needs, most in each if has < needs)

    def _too_much(self, written: Room) -> bool:
        return written.bytes > self._most.bytes or written.files > self._most.files

    def _written(self) -> Room:
        size = count = 0
        for folder in self._folders:
            for status in _files(folder):
                if status.st_ctime_ns >= self._start:
                    size += status.st_blocks * 512
                    count += 1
        return Room(size, count)


def _floor(limits: CommandLimits) -> Room:
    return Room(limits.free_bytes, _FEWEST_FILES if limits.free_bytes else 0)


def _more(one: Room, other: Room) -> Room:
    """By how much the first is more than the second; nothing where it is less."""
    return Room(max(0, one.bytes - other.bytes), max(0, one.files - other.files))


def _words(folder: Path, found: str) -> str:
    return f"the disk under {folder} has {found}: make room there, then `agentctl resume`"


def _files(folder: Path) -> Iterator[os.stat_result]:
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.lstat(os.path.join(parent, name))  # noqa: PTH118 - a Path for each of 200,000 files
            except OSError:
                continue
