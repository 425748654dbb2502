"""Calls that only Linux has, and what stands in for each elsewhere. The only module that asks which kernel this is."""

import os
import sys
import time

LINUX = sys.platform == "linux"
MACOS = sys.platform == "darwin"

_CLOCK_OF_FILES = 5
"""CLOCK_REALTIME_COARSE of linux/time.h, which Python has no name for; elsewhere 5 is another clock."""
_TICK = 1_000_000_000
"""Nanoseconds: HFS+ dates files by the second, APFS by the nanosecond, and neither says which it is."""


def unnamed_file(name: str, content: bytes = b"") -> int:
    """A descriptor at the beginning of a file that has no path and ends with it; no program started inherits it.

    ``name`` is what Linux, where it is memory, shows of it. A file and no pipe, so that nobody waits for a slow reader.
    """
    descriptor = _unnamed(name)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _unnamed(name: str) -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name)
    import tempfile  # noqa: PLC0415 - milliseconds that Linux does not pay

    with tempfile.TemporaryFile(buffering=0) as file:
        return os.dup(file.fileno())


def file_clock() -> int:
    """The clock that file times are taken from, in nanoseconds: no file is changed from now on with an earlier time.

    On Linux it moves every 1 to 10 ms. Where there is no such clock it is a second earlier than now: a file that is
    taken for younger than it is gets looked at once more, one that is taken for older would not be.
    """
    return time.clock_gettime_ns(_CLOCK_OF_FILES) if LINUX else time.time_ns() - _TICK


def cores() -> int:
    """How many cores this process may use; how many there are, where nothing tells that."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def prctl(option: int, value: int) -> None:
    """Have Linux set something of this process; another kernel is not asked."""
    if not LINUX:
        return
    import ctypes  # noqa: PLC0415 - milliseconds that only a process with a need for it should pay

    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
