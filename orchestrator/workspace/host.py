"""Opens workspaces in folders of this machine, and clears what a killed process left of them."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from .. import faults
from ..nouns.keys import AttemptKey
from ..ports import Git
from ..rules.tree_policy import DEFAULT_LIMITS, TreeLimits
from .attempt import HostWorkspace, Parts, fill
from .base import Bases
from .checkout import Checkout
from .histories import Histories
from .runner import History, Runner
from .trash import Trash
from .writers import Writers

THREADS = 2
"""In which files are walked, read, and written; more would only wait for the interpreter."""


class HostWorkspaces:
    """Satisfies the port Workspaces. One process at a time may use ``root``: who holds the run's lock.

    Args:
        git: where trees come from and go to.
        root: a folder of its own, on the file system the workspaces shall be on; made when it is needed.
        runner: what confines commands.
        history: what makes the ``.git`` that commands see; None for none.
        limits: how much one snapshot may bring.
        laid: files that each workspace has beside its base, if that ignores them.
    """

    def __init__(
        self,
        git: Git,
        root: Path,
        runner: Runner,
        *,
        history: History | None = None,
        limits: TreeLimits = DEFAULT_LIMITS,
        laid: Mapping[str, bytes] | None = None,
    ) -> None:
        self._open = root / "open"
        self._root = root
        self._trash = Trash(root / "trash")
        self._numbers = count()
        self._live: set[str] = set()
        threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="workspace")
        histories = Histories(root / "histories", history, threads) if history is not None else None
        self._parts = Parts(
            git=git,
            bases=Bases(git),
            runner=runner,
            trash=self._trash,
            limits=limits,
            threads=threads,
            writers=Writers(),
            histories=histories,
            laid=laid or {},
        )

    async def open(self, key: AttemptKey, tree: str) -> HostWorkspace:
        """A workspace that holds exactly ``tree``; raises GitError, OSError."""
        base = await self._parts.bases.load(tree)
        self._open.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = next(p for n in self._numbers if not (p := self._open / f"{n}-{_slug(key)}").exists())
        self._live.add(folder.name)
        checkout = None
        try:
            checkout = Checkout(folder, self._trash)
            await fill(checkout, base, self._parts)
        except BaseException:
            if checkout is not None:
                checkout.files.close()
            self._trash.put(folder)
            self._gone(folder.name)
            raise
        faults.reach("workspace.opened")
        return HostWorkspace(folder, base, checkout=checkout, parts=self._parts, closed=lambda: self._gone(folder.name))

    async def sweep(self) -> None:
        """Throw away every workspace that this process does not have open; deleting goes on in the background."""
        left = [path for path in self._open.iterdir() if path.name not in self._live] if self._open.is_dir() else []
        for path in left:
            self._trash.put(path)
        self._trash.empty()
        if self._parts.histories is not None and not self._live:
            await self._parts.histories.clear()

    async def drain(self) -> None:
        """Wait until everything thrown away is deleted, and remove the empty folders."""
        try:
            await self._trash.drain()
        finally:
            await self._parts.writers.close()
        if self._live:
            return
        if self._parts.histories is not None:
            await self._parts.histories.clear()
        await asyncio.get_running_loop().run_in_executor(self._parts.threads, self._remove_folders)

    def _gone(self, name: str) -> None:
        """With the last workspace closed, nobody is slowed down by deleting."""
        self._live.discard(name)
        if not self._live:
            self._trash.empty()

    def _remove_folders(self) -> None:
        for folder in (self._open, self._root / "trash", self._root):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _slug(key: AttemptKey) -> str:
    """Words for who looks at the folder; the number before them is what tells workspaces apart."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in str(key))[:60]
