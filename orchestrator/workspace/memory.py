"""Which blob each file of a workspace was, so that unchanged files are not read again."""

import os
import stat

Stamp = tuple[int, int, int, int, bool]
"""Inode, size, the times of the last change of content and status in nanoseconds, and whether it is executable."""
SIZE, _CTIME = 1, 3


class Memory:
    """What each file was when it was last read or written, believed for as long as its stat is the same.

    A file cannot change without a new ctime, and no program can set that back. But two changes within one tick of the
    kernel's clock look alike, so what was touched in the tick it was looked at is not believed (git: "racily clean").
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[Stamp, str]] = {}

    def keep(self, path: str, stamp: Stamp, blob: str, *, tick: int) -> None:
        """Remember a file that nobody else changed between ``tick``, from `file_clock`, and the taking of ``blob``."""
        if stamp[_CTIME] < tick:
            self._known[path] = (stamp, blob)
        else:
            self._known.pop(path, None)

    def find(self, path: str, status: os.stat_result) -> str | None:
        """The blob this file still is, if that is known."""
        known = self._known.get(path)
        return known[1] if known is not None and known[0] == stamped(status) else None

    def clear(self) -> None:
        """Believe nothing."""
        self._known.clear()


def runs(status: os.stat_result) -> bool:
    """Whether git would call this file executable."""
    return bool(status.st_mode & stat.S_IXUSR)


def stamped(status: os.stat_result) -> Stamp:
    """What of a file's status tells whether it is still the same."""
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, runs(status))
