"""Runs whose disk gets full at some moment: a file system of its own for each, with room again for the next driver.

It is a mount that only this process and its children see; that takes root.
"""

import ctypes
import errno
import os
import tempfile
from pathlib import Path

from .lives import Case, Life, Scene, lived

AMPLE = 2 << 30
"""Bytes of a disk that is not full; what is not used takes none."""
_NEWNS, _REC, _PRIVATE, _REMOUNT, _DETACH = 0x20000, 0x4000, 1 << 18, 0x20, 2


def why_not() -> str:
    """Why such a disk cannot be had; empty where it can."""
    return "" if os.geteuid() == 0 else "a file system of its own takes root"


def live_on_full_disk(case: Case, left: int) -> Life:
    """A run whose disk has at most ``left`` bytes more, from the case's moment until its first driver has ended."""
    with tempfile.TemporaryDirectory(prefix="crash-") as place:
        disk = Path(place, "repo")
        disk.mkdir()
        _private()
        _mount(disk, size=AMPLE)
        try:
            scene = Scene.begin(Path(place))
            scene.fill = lambda: _fill(disk, left)
            return lived(scene, case, mended=lambda: _mount(disk, size=AMPLE, flags=_REMOUNT))
        finally:
            _checked(_libc().umount2(os.fsencode(disk), _DETACH))


def _private() -> None:
    """See mounts of this process's own; asking for it again does no harm."""
    _checked(_libc().unshare(_NEWNS))
    _checked(_libc().mount(b"none", b"/", None, _REC | _PRIVATE, None))


def _mount(disk: Path, *, size: int, flags: int = 0) -> None:
    _checked(_libc().mount(b"tmpfs", os.fsencode(disk), b"tmpfs", flags, f"size={size}".encode()))


def _fill(disk: Path, left: int) -> None:
    """Let it have ``left`` bytes more than are used: what is written meanwhile makes a size too small to be taken."""
    while True:
        try:
            return _mount(disk, size=_used(disk) + left, flags=_REMOUNT)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise


def _used(disk: Path) -> int:
    found = os.statvfs(disk)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(answer: int) -> None:
    if answer:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
