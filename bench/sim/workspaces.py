"""The Workspaces port in memory: a dictionary of files, gone when the process is."""

from collections.abc import Sequence

from ...orchestrator.nouns.keys import AttemptKey
from ...orchestrator.ports import Completed, TreeEntry
from .git import MemoryGit


class MemoryWorkspace:
    """One attempt's files."""

    def __init__(self, git: MemoryGit, tree: str, open_now: set["MemoryWorkspace"]) -> None:
        self._git = git
        self._files: dict[str, bytes] = {}
        self._open_now = open_now
        self._load(tree)
        open_now.add(self)

    def paths(self) -> Sequence[str]:
        """The files, sorted."""
        return sorted(self._files)

    def read(self, path: str) -> bytes:
        """A file's bytes."""
        return self._files[path]

    def write(self, path: str, content: bytes) -> None:
        """Set a file's bytes."""
        self._files[path] = content

    def delete(self, path: str) -> None:
        """Remove a file."""
        del self._files[path]

    async def run(self, command: str, *, seconds: float) -> Completed:
        """Nothing runs here; every command succeeds and says its own name, within ``seconds``."""
        return Completed(exit=0, output=command, seconds=min(0.0, seconds), cpu_seconds=0.0)

    async def snapshot(self) -> str:
        """The tree of what is there."""
        files = {path: TreeEntry(mode="100644", id=await self._git.write(text)) for path, text in self._files.items()}
        return await self._git.amend_tree(None, files)

    async def restore(self, tree: str) -> None:
        """Become a tree."""
        self._load(tree)

    async def close(self) -> None:
        """Be gone."""
        self._open_now.discard(self)

    def _load(self, tree: str) -> None:
        self._files = {path: self._git.blobs[entry.id] for path, entry in self._git.trees[tree].items()}


class MemoryWorkspaces:
    """What one simulated process has open."""

    def __init__(self, git: MemoryGit) -> None:
        self._git = git
        self.open_now: set[MemoryWorkspace] = set()

    async def open(self, key: AttemptKey, tree: str) -> MemoryWorkspace:
        """A workspace of this tree; ``key`` says whose it is."""
        return MemoryWorkspace(self._git, tree, self.open_now) if key.task else MemoryWorkspace(self._git, tree, set())

    async def sweep(self) -> None:
        """A killed process took its workspaces along."""
        self.open_now.clear()
