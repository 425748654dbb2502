"""One folder of files that a worker may have changed in any way, read and written by the host's own hands.

Writes go to a staging folder that the worker never sees and are renamed into place: nothing is written through a link
or into a file that has a second name elsewhere, and no reader sees half a file.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from itertools import count
from pathlib import Path

from ..errors import DiskFull, PolicyViolation
from ..rules.tree_policy import shown
from ..unwritable import told
from .beneath import checked, open_beneath
from .memory import Stamp, stamped

READ_LIMIT = 64_000_000
"""Bytes; above what any file that is worth showing has, below what would fill memory."""

_CLOSED = -1
"""No descriptor; using it is EBADF."""
_PLACE = "A workspace"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_FOLDER = os.O_RDONLY | os.O_DIRECTORY
_numbers = count()


class HostFiles:
    """The files beneath ``root``; every path is relative to it and stays there.

    Args:
        root: the folder a worker has seen.
        staging: a folder on the same file system that it never sees.
    """

    def __init__(self, root: Path, staging: Path) -> None:
        self.root = os.open(root, _FOLDER | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            self._staging = os.open(staging, _FOLDER | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            os.close(self.root)
            raise

    def close(self) -> None:
        """Give the descriptors back, once: their numbers are soon somebody else's."""
        for descriptor in (self.root, self._staging):
            if descriptor != _CLOSED:
                os.close(descriptor)
        self.root = self._staging = _CLOSED

    def read(self, path: str) -> bytes:
        """The content of a regular file.

        Raises:
            PolicyViolation: the path leads elsewhere, or to what is no regular file, or the file is absurdly large.
            OSError: it does not exist (FileNotFoundError), is a folder (IsADirectoryError), or cannot be read.
        """
        with self.opened(path) as (file, found), told(_PLACE):
            content = file.read(READ_LIMIT + 1) if found.st_size <= READ_LIMIT else None
        if content is None or len(content) > READ_LIMIT:
            raise PolicyViolation(f"{shown(path)} has more than {READ_LIMIT} bytes", paths=[path])
        return content

    @contextmanager
    def opened(self, path: str) -> Iterator[tuple[FileIO, os.stat_result]]:
        """A regular file for reading, and what it was when it was opened; raises as `read` does."""
        descriptor = open_beneath(self.root, checked(path), os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        with FileIO(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if stat.S_ISDIR(found.st_mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
            if not stat.S_ISREG(found.st_mode):
                raise PolicyViolation(f"{shown(path)} is not a regular file", paths=[path])
            yield file, found

    def write(self, path: str, content: bytes, *, executable: bool | None = None) -> os.stat_result:
        """Replace a file, making the folders above it; ``executable`` None keeps what it was.

        Raises:
            PolicyViolation: the path leads elsewhere.
            OSError: a folder has this name, or a file has that of a folder above it.
        """
        with self._folder_of(checked(path), make=True) as (folder, name):
            runs = _is_executable(folder, name) if executable is None else executable
            return self._put(folder, name, content, mode=0o755 if runs else 0o644)

    def write_folder(self, folder: str, files: Iterable[tuple[str, bytes, bool]]) -> list[Stamp]:
        """Write many files of one folder, given as (name, content, executable); what each became, in their order.

        New ones are made in place, not staged: a rename costs more than the file, and nobody looks on meanwhile.
        """
        prefix = f"{folder}/" if folder else ""
        with self._folder_of(f"{prefix}x", make=True) as (descriptor, _), told(_PLACE):
            return [
                stamped(self._make_new(descriptor, name, content, mode=0o755 if executable else 0o644))
                for name, content, executable in files
            ]

    def link(self, path: str, target: str) -> None:
        """A symbolic link; the caller knows that its target stays in the tree."""
        with self._folder_of(checked(path), make=True) as (folder, name):
            staged = _staged_name()
            with told(_PLACE):
                os.symlink(target, staged, dir_fd=self._staging)
                os.rename(staged, name, src_dir_fd=self._staging, dst_dir_fd=folder)

    def link_target(self, path: str) -> str | None:
        """Where a symbolic link points; None if it is something else by now."""
        with self._folder_of(checked(path), make=False) as (folder, name):
            try:
                return os.readlink(name, dir_fd=folder)
            except OSError:
                return None

    def delete(self, path: str) -> None:
        """Remove a file or a link; raises IsADirectoryError for a folder, FileNotFoundError where there is nothing."""
        with self._folder_of(checked(path), make=False) as (folder, name):
            os.unlink(name, dir_fd=folder)

    def remove_folder(self, path: str) -> None:
        """Remove a folder if it is empty."""
        with suppress(OSError), self._folder_of(path, make=False) as (folder, name):
            os.rmdir(name, dir_fd=folder)

    @contextmanager
    def _folder_of(self, path: str, *, make: bool) -> Iterator[tuple[int, str]]:
        above, _, name = path.rpartition("/")
        try:
            folder = open_beneath(self.root, above, _FOLDER)
        except FileNotFoundError:
            if not make:
                raise
            folder = self._make(above)
        try:
            yield folder, name
        finally:
            os.close(folder)

    def _make(self, folder: str) -> int:
        parts = folder.split("/")
        for end in range(1, len(parts) + 1):
            above_it = self._folder_of("/".join(parts[:end]), make=False)
            with above_it as (above, name), suppress(FileExistsError), told(_PLACE):
                os.mkdir(name, 0o755, dir_fd=above)
        return open_beneath(self.root, folder, _FOLDER)

    def _make_new(self, folder: int, name: str, content: bytes, *, mode: int) -> os.stat_result:
        try:
            return _create(folder, name, content, mode=mode)
        except FileExistsError:
            return self._put(folder, name, content, mode=mode)

    def _put(self, folder: int, name: str, content: bytes, *, mode: int) -> os.stat_result:
        staged = _staged_name()
        try:
            with told(_PLACE):
                _create(self._staging, staged, content, mode=mode)
                os.rename(staged, name, src_dir_fd=self._staging, dst_dir_fd=folder)
        except (OSError, DiskFull):
            with suppress(OSError):
                os.unlink(staged, dir_fd=self._staging)
            raise
        return os.stat(name, dir_fd=folder, follow_symlinks=False)


def _staged_name() -> str:
    """Of this process alone: several write into one workspace, and one that was killed leaves what it had staged."""
    return f"{os.getpid()}.{next(_numbers)}"


def _create(folder: int, name: str, content: bytes, *, mode: int) -> os.stat_result:
    """A new file; whatever stands there already is FileExistsError, links and pipes included."""
    descriptor = os.open(name, _NEW, mode, dir_fd=folder)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        found = os.fstat(descriptor)
        if stat.S_IMODE(found.st_mode) == mode:
            return found
        os.fchmod(descriptor, mode)  # the umask took something away
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)


def _is_executable(folder: int, name: str) -> bool:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and bool(found.st_mode & stat.S_IXUSR)
