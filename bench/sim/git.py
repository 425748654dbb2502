"""The Git port in memory: content-addressed trees of whole files, merged file by file."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher

from ...orchestrator.errors import GitError
from ...orchestrator.ports import Hunk, Merge, TreeEntry


class MemoryGit:
    """Objects and refs in dictionaries. What is written stays: a crash of the driver takes nothing away.

    ``guard`` is called before each write; it raises in a process that is dead.
    """

    def __init__(self, guard: Callable[[], None] = lambda: None) -> None:
        self._guard = guard
        self.blobs: dict[str, bytes] = {}
        self.trees: dict[str, dict[str, TreeEntry]] = {}
        self.commits: dict[str, tuple[str, tuple[str, ...], str]] = {}
        self.branches: dict[str, str] = {}
        self.pointed_at: list[str] = []
        """Every commit a branch under refs/heads ever pointed at, in order."""

    async def resolve(self, revision: str) -> str | None:
        """The commit a full ref or id names."""
        return self.branches.get(revision) or (revision if revision in self.commits else None)

    async def tree_of(self, commit: str) -> str:
        """The tree of a commit."""
        return self.commits[commit][0]

    async def entries(self, tree: str) -> Mapping[str, TreeEntry]:
        """Every file of a tree."""
        return self.trees[tree]

    async def read(self, blob: str) -> bytes:
        """The bytes of a file."""
        return self.blobs[blob]

    async def read_many(self, blobs: Sequence[str]) -> Mapping[str, bytes]:
        """The bytes of many files."""
        return {each: self.blobs[each] for each in blobs}

    async def write(self, content: bytes) -> str:
        """Keep the bytes of a file."""
        self._guard()
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        self.blobs[digest] = content
        return digest

    async def amend_tree(self, tree: str | None, changes: Mapping[str, TreeEntry | None]) -> str:
        """A tree with some paths set or removed."""
        files = dict(self.trees[tree]) if tree else {}
        for path, entry in changes.items():
            if entry is None:
                files.pop(path, None)
            else:
                files[path] = entry
        return self._keep(files)

    async def changed(self, old_tree: str, new_tree: str) -> Mapping[str, TreeEntry | None]:
        """Paths that differ, as they are in the new tree."""
        old, new = self.trees[old_tree], self.trees[new_tree]
        return {path: new.get(path) for path in sorted({*old, *new}) if old.get(path) != new.get(path)}

    async def diff(self, old_tree: str, new_tree: str, paths: Sequence[str] = ()) -> str:
        """A line for each path that changed."""
        return "\n".join(f"+{path}" for path in await self.changed(old_tree, new_tree) if not paths or path in paths)

    async def merge(self, *, base: str, ours: str, theirs: str) -> Merge:
        """Three-way, file by file: a file changed on both sides in different ways is a conflict."""
        was, mine, other = self.trees[base], self.trees[ours], self.trees[theirs]
        merged = dict(mine)
        conflicts = []
        for path in sorted({*was, *mine, *other}):
            a, b, c = was.get(path), mine.get(path), other.get(path)
            if c in (a, b):
                continue
            if b != a:
                conflicts.append(path)
            elif c is None:
                merged.pop(path, None)
            else:
                merged[path] = c
        return Merge(tree=None, conflicts=tuple(conflicts)) if conflicts else Merge(tree=self._keep(merged))

    async def hunks(self, pairs: Sequence[tuple[str, str]]) -> Sequence[tuple[Hunk, ...]]:
        """The lines that differ between two files."""
        return [
            tuple(
                Hunk(at=at, gone=end - at, to=to, came=last - to)
                for tag, at, end, to, last in SequenceMatcher(
                    a=self.blobs[old].splitlines(), b=self.blobs[new].splitlines(), autojunk=False
                ).get_opcodes()
                if tag != "equal"
            )
            for old, new in pairs
        ]

    async def commit(self, *, tree: str, parents: Sequence[str], message: str, at: float, author: str = "") -> str:
        """A commit object."""
        self._guard()
        raw = json.dumps([tree, list(parents), message, at, author])
        digest = hashlib.sha1(raw.encode(), usedforsecurity=False).hexdigest()
        self.commits[digest] = (tree, tuple(parents), message)
        return digest

    async def move_ref(self, ref: str, *, new: str | None, old: str | None) -> bool:
        """Compare and swap."""
        self._guard()
        if self.branches.get(ref) != old:
            return False
        if new is None:
            self.branches.pop(ref, None)
        elif new not in self.commits:
            raise GitError(f"{new} is no commit")
        else:
            self.branches[ref] = new
            if ref.startswith("refs/heads/"):
                self.pointed_at.append(new)
        return True

    async def refs(self, prefix: str) -> Mapping[str, str]:
        """Refs that are, or are below, a prefix."""
        below = prefix.rstrip("/") + "/"
        return {ref: new for ref, new in self.branches.items() if ref == prefix or ref.startswith(below)}

    async def log(self, *, since: str, tip: str) -> Sequence[tuple[str, str]]:
        """First-parent history, oldest first."""
        found: list[tuple[str, str]] = []
        commit = tip
        while commit != since:
            _, parents, message = self.commits[commit]
            found.append((commit, message))
            if not parents:
                break
            commit = parents[0]
        return found[::-1]

    async def reaches(self, *, tip: str, commit: str) -> bool:
        """Whether a commit is part of what another stands on."""
        found, waiting = set[str](), [tip]
        while waiting:
            each = waiting.pop()
            if each not in found and each in self.commits:
                found.add(each)
                waiting += self.commits[each][1]
        return commit in found

    def _keep(self, files: dict[str, TreeEntry]) -> str:
        raw = json.dumps([[path, entry.mode, entry.id] for path, entry in sorted(files.items())])
        digest = hashlib.sha1(raw.encode(), usedforsecurity=False).hexdigest()
        self.trees[digest] = dict(sorted(files.items()))
        return digest
