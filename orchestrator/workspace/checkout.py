"""Makes a folder hold exactly a tree's files, whatever a worker made of it before."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from ..errors import PolicyViolation
from ..kernel import file_clock
from ..ports import TreeEntry
from .base import Base
from .files import HostFiles
from .memory import SIZE, Memory, Stamp, runs
from .trash import Trash
from .walk import Walk, walk
from .writing import Folder


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
        """Bytes of the files that were written here."""
        self.staging = folder / "staging"
        self._trash = trash
        self.staging.mkdir(parents=True)
        self.root.mkdir()
        self.files = HostFiles(self.root, self.staging)
        self._fresh: dict[str, Stamp] = {}

    def clear_for(self, base: Base) -> Sequence[str]:
        """Remove what is not in ``base``; returns the files that are still to be written, folder by folder."""
        try:
            found = walk(self.files.root, skip=_nothing)
            if not found.strange:
                return self._clear(base, found)
        except (OSError, PolicyViolation):
            pass
        self._start_over()
        return sorted(base.files, key=_place)

    def write(self, folders: Iterable[Folder]) -> list[Stamp]:
        """Write files with our own hands; what each became, in their order."""
        return [stamp for folder, files in folders for stamp in self.files.write_folder(folder, files)]

    def wrote(self, paths: Sequence[str], stamps: Sequence[Stamp]) -> None:
        """Note what files became that were named by `clear_for` and are written by now."""
        self._fresh.update(zip(paths, stamps, strict=True))
        self.size += sum(stamp[SIZE] for stamp in stamps)

    def finish(self, base: Base) -> None:
        """Make the links, and remember what was written; nobody else may touch the files before this returns."""
        for path, target in base.links.items():
            if self.files.link_target(path) != target:
                self.files.link(path, target)
        tick = file_clock()
        for path, stamp in self._fresh.items():
            self.memory.keep(path, stamp, base.files[path].id, tick=tick)
        self._fresh = {}

    def _clear(self, base: Base, found: Walk) -> Sequence[str]:
        for path in found.links - base.links.keys():
            self.files.delete(path)
        for path in found.files.keys() - base.files.keys():
            self.files.delete(path)
        for folder in reversed(found.folders):
            if folder not in base.folders:
                self.files.remove_folder(folder)
        return sorted((path for path in base.files if self._is_stale(path, base, found)), key=_place)

    def _is_stale(self, path: str, base: Base, found: Walk) -> bool:
        status, entry = found.files.get(path), base.files[path]
        if status is None or runs(status) != (entry.mode == "100755"):
            return True
        return self.memory.find(path, status) != entry.id

    def _start_over(self) -> None:
        self.files.close()
        self._trash.put(self.root)
        self.root.mkdir()
        self.files = HostFiles(self.root, self.staging)
        self.memory = Memory()
        self.has_history = False


def by_folder(base: Base, paths: Iterable[str], contents: Mapping[str, bytes]) -> list[Folder]:
    """These files, in this order, from the contents of their blobs."""
    return [
        (folder, [_file(path, base.files[path], contents) for path in group])
        for folder, group in groupby(paths, key=lambda path: path.rpartition("/")[0])
    ]


def _file(path: str, entry: TreeEntry, contents: Mapping[str, bytes]) -> tuple[str, bytes, bool]:
    return path.rpartition("/")[2], contents[entry.id], entry.mode == "100755"


def _nothing(_path: str, _folder: bool) -> bool:  # noqa: FBT001 - the shape of `Skip`
    return False


def _place(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name
