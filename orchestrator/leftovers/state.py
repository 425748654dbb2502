"""The folder ``.agentctl`` of a repository, for who clears it: none of it is followed out of it."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import RunStateError


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where agentctl keeps what is its own in a repository."""

    root: Path

    @property
    def home(self) -> Path:
        """The folder itself."""
        return self.root / ".agentctl"

    @property
    def runs(self) -> Path:
        """A folder for each run."""
        return self.home / "runs"

    @property
    def work(self) -> Path:
        """Workspaces and checkouts, by run."""
        return self.home / "work"

    @property
    def environments(self) -> Path:
        """Environments of the target, by key."""
        return self.home / "environments"

    @property
    def trash(self) -> Path:
        """What was taken away and is still to be deleted."""
        return self.home / "trash"

    @property
    def lock(self) -> Path:
        """Held by who takes away."""
        return self.home / "gc.lock"

    def check(self) -> None:
        """Refuse a folder of ours that is a link or a file: a repository may hold one that leads elsewhere.

        Raises:
            RunStateError: names it.
        """
        for path in (self.home, self.runs, self.work, self.environments, self.trash):
            if os.path.lexists(path) and not stat.S_ISDIR(path.lstat().st_mode):
                raise RunStateError(f"{path} is no folder, where agentctl keeps what is its own: remove it")

    def inside(self, folder: Path) -> Iterator[Path]:
        """What stands in a folder, by name; nothing where it is missing."""
        try:
            yield from sorted(folder.iterdir())
        except FileNotFoundError:
            return


def size(path: Path) -> int:
    """The bytes of all regular files at and below a path; nothing is followed, and what cannot be read counts as 0."""
    try:
        found = path.lstat()
    except OSError:
        return 0
    if not stat.S_ISDIR(found.st_mode):
        return found.st_size if stat.S_ISREG(found.st_mode) else 0
    total, waiting = 0, [path]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    elif entry.is_file(follow_symlinks=False):
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total


def age(path: Path, *, now: float) -> float:
    """Seconds since a file or folder itself was changed; 0 for what is not there."""
    try:
        return now - path.lstat().st_mtime
    except OSError:
        return 0.0
