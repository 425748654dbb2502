"""Makes a folder hold exactly a tree's files, whatever a worker made of it before."""

import os
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from ..errors import PolicyViolation
from .base import Base
from .files import HostFiles
from .memory import Memory, clock_tick, runs
from .trash import Trash
from .walk import Walk, walk


class Checkout:
    """The files of one workspace.

    Args:
        folder: the workspace's own folder; ``folder/tree`` is what a command sees, ``folder/staging`` what it does not.
        trash: where a tree goes that cannot be put right.
    """

    def __init__(self, folder: Path, trash: Trash) -> None:
        self.root = folder / "tree"
        self.memory = Memory()
        self.has_history = False
        self.size = 0
        """Bytes that were written here by `write`."""
        self._staging = folder / "staging"
        self._trash = trash
        self._staging.mkdir(parents=True)
        self.root.mkdir()
        self.files = HostFiles(self.root, self._staging)
        self._fresh: dict[str, os.stat_result] = {}

    def clear_for(self, base: Base) -> Sequence[str]:
        """Remove what is not in ``base``; returns the files that are still to be written, folder by folder."""
        try:
            found = walk(self.files.root, skip=_nothing)
            if not found.strange:
                return self._clear(base, found)
        except (OSError, PolicyViolation):
            pass
        self._start_over()
        return sorted(base.files, key=_by_folder)

    def write(self, base: Base, paths: Sequence[str], contents: Mapping[str, bytes]) -> None:
        """Write these files, which `clear_for` named, from the contents of their blobs."""
        for folder, group in groupby(paths, key=lambda path: path.rpartition("/")[0]):
            names = [(path.rpartition("/")[2], base.files[path]) for path in group]
            files = [(name, contents[entry.id], entry.mode == "100755") for name, entry in names]
            self.size += sum(len(content) for _, content, _ in files)
            self._fresh |= self.files.write_folder(folder, files)

    def finish(self, base: Base) -> None:
        """Make the links, and remember what was written; nobody else may touch the files before this returns."""
        for path, target in base.links.items():
            if self.files.link_target(path) != target:
                self.files.link(path, target)
        tick = clock_tick()
        for path, status in self._fresh.items():
            self.memory.keep(path, status, base.files[path].id, tick=tick)
        self._fresh = {}

    def _clear(self, base: Base, found: Walk) -> Sequence[str]:
        for path in found.links - base.links.keys():
            self.files.delete(path)
        for path in found.files.keys() - base.files.keys():
            self.files.delete(path)
        for folder in reversed(found.folders):
            if folder not in base.folders:
                self.files.remove_folder(folder)
        return sorted((path for path in base.files if self._is_stale(path, base, found)), key=_by_folder)

    def _is_stale(self, path: str, base: Base, found: Walk) -> bool:
        status, entry = found.files.get(path), base.files[path]
        if status is None or runs(status) != (entry.mode == "100755"):
            return True
        return self.memory.find(path, status) != entry.id

    def _start_over(self) -> None:
        self.files.close()
        self._trash.put(self.root)
        self.root.mkdir()
        self.files = HostFiles(self.root, self._staging)
        self.memory = Memory()
        self.has_history = False


def _nothing(_path: str, _folder: bool) -> bool:  # noqa: FBT001 - the shape of `Skip`
    return False


def _by_folder(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name
