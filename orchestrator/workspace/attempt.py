"""One attempt's files: what the host reads and writes in them, and the tree they come to."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from .. import faults
from ..errors import PolicyViolation
from ..ports import Completed, Git, TreeEntry
from ..rules.tree_policy import TreeLimits, offences
from .base import Base, Bases
from .checkout import Checkout, by_folder
from .files import HostFiles
from .histories import Histories
from .in_thread import in_thread
from .runner import Runner
from .scan import Scan, Scanner
from .trash import Trash
from .walk import walk
from .writers import MANY, Writers

T = TypeVar("T")

_BATCH = 500
"""Files written between two looks at git, which bounds what is held at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What every workspace of a run shares."""

    git: Git
    bases: Bases
    runner: Runner
    trash: Trash
    limits: TreeLimits
    threads: Executor
    writers: Writers
    histories: Histories | None
    """None where workers see no git directory."""
    laid: Mapping[str, bytes] = field(default_factory=dict)
    """Files of ours that are laid into workspaces whose base ignores them, and so are in no snapshot."""


class HostWorkspace:
    """Satisfies the port Workspace; `HostWorkspaces` opens it.

    Args:
        folder: its own folder, made by `open_workspace`.
        base: the tree its files are.
        checkout: the files themselves.
        parts: what it shares with the others.
        closed: called once when it is gone.
    """

    def __init__(
        self, folder: Path, base: Base, *, checkout: Checkout, parts: Parts, closed: Callable[[], None]
    ) -> None:
        self.root = checkout.root
        self._folder = folder
        self._base = base
        self._opened_on = base.tree
        self._checkout = checkout
        self._parts = parts
        self._closed = closed
        self._busy = asyncio.Lock()
        self._last: tuple[Mapping[str, TreeEntry | None], str] = ({}, base.tree)
        self._stored: set[str] = set()

    def paths(self) -> Sequence[str]:
        """Regular files, sorted; ignored ones and caches left out."""
        return sorted(walk(self._files.root, skip=self._base.ignored).files)

    def read(self, path: str) -> bytes:
        """The content of a regular file.

        Raises:
            PolicyViolation: the path leads elsewhere, or to what is no regular file.
            OSError: FileNotFoundError, IsADirectoryError, and their like.
        """
        return self._files.read(path)

    def write(self, path: str, content: bytes) -> None:
        """Replace a file, making folders as needed; keeps its executable bit. Raises as `read` does."""
        self._files.write(path, content)

    def delete(self, path: str) -> None:
        """Remove a file. Raises as `read` does."""
        self._files.delete(path)

    async def run(self, command: str, *, seconds: float) -> Completed:
        """A shell command inside the sandbox, in the workspace's root; before the first one, its ``.git`` is made."""
        async with self._busy:
            if self._parts.histories is not None and not self._checkout.has_history:
                await self._parts.histories.copy(self._opened_on, self.root / ".git")
                self._checkout.has_history = True
        return await self._parts.runner.run(command, root=self.root, seconds=seconds)

    async def snapshot(self) -> str:
        """The tree of what is there now; raises PolicyViolation, DiskFull, GitError."""
        async with self._busy:
            found = await self._aside(self._scanner().scan)
            self._check(found)
            if found.changes == self._last[0]:
                return self._last[1]
            written = await asyncio.gather(*(self._parts.git.write(content) for content in found.contents.values()))
            self._stored.update(written)
            tree = await self._parts.git.amend_tree(self._base.tree, found.changes)
            self._last = (found.changes, tree)
            faults.reach("workspace.snapshot")
            return tree

    async def restore(self, tree: str) -> None:
        """Make the files exactly this tree, without ignored ones and caches; ``.git`` stays what it was.

        What is ignored afterwards is still decided by the tree the workspace was opened on.
        """
        async with self._busy:
            base = await self._parts.bases.load_under(tree, self._base.rules)
            await fill(self._checkout, base, self._parts)
            self._base = base
            self._last = ({}, base.tree)

    async def close(self) -> None:
        """Remove it: renamed at once, deleted later in the background. Closing twice is closing once."""
        async with self._busy:
            self._files.close()
            self._parts.trash.put(self._folder, size=self._checkout.size)
            self._closed()
        faults.reach("workspace.closed")

    @property
    def _files(self) -> HostFiles:
        return self._checkout.files

    def _scanner(self) -> Scanner:
        checkout, limits = self._checkout, self._parts.limits
        return Scanner(checkout.files, self._base, memory=checkout.memory, stored=self._stored, limits=limits)

    def _check(self, found: Scan) -> None:
        wrong = offences(self._base.entries, found.changes, sizes=found.sizes, limits=self._parts.limits)
        if wrong:
            paths = [offence.path for offence in wrong if offence.path is not None]
            raise PolicyViolation("; ".join(offence.words for offence in wrong), paths=paths)

    async def _aside(self, work: Callable[[], T]) -> T:
        return await in_thread(self._parts.threads, work)


async def fill(checkout: Checkout, base: Base, parts: Parts) -> None:
    """Make the files of a checkout exactly those of ``base``."""
    aside = partial(in_thread, parts.threads)
    stale = await aside(checkout.clear_for, base)
    for start in range(0, len(stale), _BATCH):
        batch = stale[start : start + _BATCH]
        contents = await parts.git.read_many([base.files[path].id for path in batch])
        folders = by_folder(base, batch, contents)
        stamps = None
        if len(stale) >= MANY:
            stamps = await parts.writers.write(checkout.root, checkout.staging, folders)
        if stamps is None:
            stamps = await aside(checkout.write, folders)
        checkout.wrote(batch, stamps)
    await aside(checkout.finish, base)
    for path, content in parts.laid.items():
        if base.may_be_laid(path):
            await aside(checkout.files.write, path, content)
