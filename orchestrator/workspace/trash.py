"""Where workspaces go: renamed at once, deleted later and in the background, whatever a worker made of them.

Later, because ext4 passes over an inode for some time after its deletion, one by one, whenever a file is made
(``recently_deleted`` in fs/ext4/ialloc.c): on a disk where much had just been deleted, making 5,000 files was seen to
take 1.4 to 2.9 s of system time, two thirds of it there, instead of 0.1 s.
"""

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path

_MANY = 64
"""Waiting folders, beyond which deleting begins."""
_LARGE = 500_000_000
"""Waiting bytes, as far as they are known, beyond which it begins too."""


class Trash:
    """A folder whose content is to be deleted.

    Args:
        folder: on the same file system as what is thrown away; made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()
        self._deleting: set[Future[None]] = set()
        self._waiting: list[int] = []
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trash")

    def put(self, path: Path, *, size: int = 0) -> None:
        """Take ``path`` away at once, ``size`` bytes as far as is known. Nothing there is nothing to do."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileNotFoundError):
            os.rename(path, self._free_name())  # noqa: PTH104 - replaces nothing: the name is free
            self._waiting.append(size)
        if len(self._waiting) > _MANY or sum(self._waiting) > _LARGE:
            self.empty()

    def empty(self) -> None:
        """Delete in the background what is in the folder, also what a killed process left there."""
        self._waiting = []
        doing = self._pool.submit(delete_all, self._folder)
        self._deleting.add(doing)
        doing.add_done_callback(self._deleting.discard)

    async def drain(self) -> None:
        """Wait until everything is deleted; raises OSError if something cannot be."""
        self.empty()
        while self._deleting:
            await asyncio.gather(*(asyncio.wrap_future(each) for each in self._deleting))

    def _free_name(self) -> Path:
        return next(p for n in self._numbers if not (p := self._folder / f"{os.getpid()}.{n}").exists())


def delete_all(folder: Path) -> None:
    """Delete everything in ``folder``, at any depth, following nothing.

    Folders are first moved up into ``folder``, so that neither the stack nor a path grows with their depth.
    """
    try:
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        names = _fresh_names(top)
        while inner := _clear(top):
            for name in inner:
                _delete_folder(top, name, names)
    finally:
        os.close(top)


def _delete_folder(top: int, name: str, names: Iterator[str]) -> None:
    _open_up(top, name)
    with suppress(FileNotFoundError):
        folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=top)
        try:
            for inner in _clear(folder):
                _open_up(folder, inner)
                os.rename(inner, next(names), src_dir_fd=folder, dst_dir_fd=top)
        finally:
            os.close(folder)
        os.rmdir(name, dir_fd=top)


def _clear(folder: int) -> list[str]:
    """Unlink the files of a folder; returns the names of the folders in it."""
    inner: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                inner.append(entry.name)
            else:
                with suppress(FileNotFoundError):
                    os.unlink(entry.name, dir_fd=folder)
    return inner


def _open_up(above: int, name: str) -> None:
    """A worker may have taken its own rights away; nobody else is in there by now."""
    with suppress(OSError):
        os.chmod(name, 0o700, dir_fd=above)


def _fresh_names(top: int) -> Iterator[str]:
    taken = set(os.listdir(top))
    return (name for n in count() if (name := f"inner.{n}") not in taken)
