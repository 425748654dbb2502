"""The git directories that workers see: made once for each base, then copied."""

import asyncio
import shutil
from collections import OrderedDict
from concurrent.futures import Executor
from itertools import count
from pathlib import Path

from .ignored import PATTERNS
from .in_thread import in_thread
from .runner import History

KEPT = 8
"""Bases whose git directory is kept for the next workspace; each holds a pack of one whole tree."""


class Histories:
    """Copies of git directories.

    Args:
        folder: where the originals are; no worker ever sees it.
        make: makes one.
        threads: where copies are made.
    """

    def __init__(self, folder: Path, make: History, threads: Executor) -> None:
        self._folder = folder
        self._make = make
        self._threads = threads
        self._made: OrderedDict[str, Path] = OrderedDict()
        self._numbers = count()
        self._one_at_a_time = asyncio.Lock()

    async def copy(self, tree: str, into: Path) -> None:
        """A fresh git directory of a checkout of ``tree``, in place of what there is; raises GitError."""
        async with self._one_at_a_time:
            original = self._made.get(tree) or await self._original(tree)
            self._made[tree] = original
            self._made.move_to_end(tree)
            old = [self._made.popitem(last=False)[1] for _ in range(len(self._made) - KEPT)]
            await in_thread(self._threads, _copy, original, into, old)

    async def _original(self, tree: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = next(p for n in self._numbers if not (p := self._folder / str(n)).exists())
        await self._make(tree, path)
        (path / "info").mkdir(exist_ok=True)
        (path / "info/exclude").write_text("".join(f"{line}\n" for line in PATTERNS), encoding="utf-8")
        return path

    async def clear(self) -> None:
        """Forget and remove every original."""
        async with self._one_at_a_time:
            self._made.clear()
            await in_thread(self._threads, _remove, self._folder)


def _copy(original: Path, into: Path, old: list[Path]) -> None:
    _remove(into)  # what a cancelled one, or a full disk, has left
    shutil.copytree(original, into)
    for path in old:
        shutil.rmtree(path)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
