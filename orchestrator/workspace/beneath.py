"""Opens paths so that the kernel keeps them beneath a folder. The only module that turns a worker's path into a file.

``openat2`` with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS resolves the whole path in one step that
no concurrent rename can bend; where there is none, or a filter refuses it, each component is opened with O_NOFOLLOW.
"""

import ctypes
import errno
import os
import stat
from functools import cache

from .. import kernel
from ..errors import PolicyViolation
from ..rules.tree_policy import is_git_name, shown

_OPENAT2 = 437
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_RESOLVE = _NO_MAGICLINKS | _NO_SYMLINKS | _BENEATH
_REFUSED = frozenset({errno.ELOOP, errno.EXDEV})
_ABSENT = frozenset({errno.ENOSYS, errno.EPERM})
_TRIES = 8
ON_THE_WAY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""How a folder is opened that the path only leads through; where it has to be opened for reading, one that cannot be
read is in the way."""


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def checked(path: str) -> str:
    """A relative path of plain names, none of them ``.git``; raises PolicyViolation on anything else."""
    parts = path.split("/")
    if "\0" in path or any(part in {"", ".", ".."} or is_git_name(part) for part in parts):
        raise PolicyViolation(f"{shown(path)} is not a path of a file in the workspace", paths=[path])
    return path


def open_beneath(folder: int, path: str, flags: int, mode: int = 0) -> int:
    """A descriptor of ``path`` beneath the open folder; ``""`` is the folder itself.

    Raises:
        PolicyViolation: the path leads through a symbolic link, or out of the folder.
        OSError: as `os.open` does.
    """
    try:
        if kernel_resolves():
            return _openat2(folder, path or ".", flags | os.O_CLOEXEC, mode)
        return _step_by_step(folder, path or ".", flags | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    except OSError as error:
        if error.errno in _REFUSED:
            raise PolicyViolation(
                f"{shown(path)} leads through a symbolic link or out of the workspace", paths=[path]
            ) from error
        raise


@cache
def kernel_resolves() -> bool:
    """Whether ``openat2`` is there and allowed; found by using it, on Linux: its number is another call elsewhere."""
    if not kernel.LINUX:
        return False
    here = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.close(_openat2(here, ".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, 0))
    except OSError as error:
        if error.errno in _ABSENT:
            return False
        raise
    finally:
        os.close(here)
    return True


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _openat2(folder: int, path: str, flags: int, mode: int) -> int:
    how = _How(flags, mode if flags & os.O_CREAT else 0, _RESOLVE)
    name = os.fsencode(path)
    code = errno.EAGAIN
    for _ in range(_TRIES):
        descriptor: int = _libc().syscall(_OPENAT2, folder, name, ctypes.byref(how), ctypes.sizeof(how))
        if descriptor >= 0:
            return descriptor
        code = ctypes.get_errno()
        if code not in {errno.EAGAIN, errno.EINTR}:
            break
    raise OSError(code, os.strerror(code), path)


def _step_by_step(folder: int, path: str, flags: int, mode: int) -> int:
    *above, name = path.split("/")
    here = os.dup(folder)
    try:
        for part in above:
            below = _step(here, part, ON_THE_WAY, 0)
            os.close(here)
            here = below
        return _step(here, name, flags, mode)
    finally:
        os.close(here)


def _step(here: int, name: str, flags: int, mode: int) -> int:
    if name in {"", ".."}:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), name)
    try:
        return os.open(name, flags, mode, dir_fd=here)
    except NotADirectoryError:
        if stat.S_ISLNK(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name) from None
        raise
