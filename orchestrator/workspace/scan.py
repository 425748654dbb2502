"""What a workspace holds now, held against its base. Reads only what may have changed since it was known."""

import os
from collections.abc import Container
from dataclasses import dataclass, field

from ..git.trees import begin_hash, object_hash
from ..kernel import file_clock
from ..ports import TreeEntry
from ..rules.tree_policy import LINK, TreeLimits
from .base import Base
from .files import HostFiles
from .memory import Memory, runs, stamped
from .walk import Walk, complain, walk

_HASH_LIMIT = 1_000_000_000
"""Bytes; a larger file is called changed without being read, which would take more than a second."""
_PIECE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What differs from the base."""

    changes: dict[str, TreeEntry | None] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    """Bytes of the changed files."""
    contents: dict[str, bytes] = field(default_factory=dict)
    """Of the blobs that git does not have, as far as the limits let them in."""


class Scanner:
    """Looks at one workspace.

    Args:
        files: its files.
        base: the tree to compare with.
        memory: what its files were.
        stored: ids of blobs that git has, beside those of the base.
        limits: how much of the changed files to hold.
    """

    def __init__(
        self, files: HostFiles, base: Base, *, memory: Memory, stored: Container[str], limits: TreeLimits
    ) -> None:
        self._files = files
        self._base = base
        self._memory = memory
        self._stored = stored
        self._limits = limits
        self._room = limits.total_bytes
        self._result = Scan()

    def scan(self) -> Scan:
        """Compare; raises PolicyViolation for what no tree can hold: a pipe, a hard link, a repository within."""
        tick = file_clock()
        found = walk(self._files.root, skip=self._base.ignored)
        complain(found.strange)
        for path, status in found.files.items():
            self._compare(path, status, tick=tick)
        self._compare_links(found)
        self._find_missing(found)
        return self._result

    def _compare(self, path: str, status: os.stat_result, *, tick: int) -> None:
        was = self._base.entries.get(path)
        mode = "100755" if runs(status) else "100644"
        blob = self._memory.find(path, status)
        if blob is None or not ((was is not None and was.id == blob) or blob in self._stored):
            blob = self._take(path, unless=was.id if was is not None else "")
            self._memory.keep(path, stamped(status), blob, tick=tick)
        if was is None or was.id != blob or was.mode != mode:
            self._result.changes[path] = TreeEntry(mode=mode, id=blob)
            self._result.sizes[path] = status.st_size

    def _take(self, path: str, *, unless: str) -> str:
        """The id of a file's content, which is held for writing if git does not have it and it fits the limits."""
        with self._files.opened(path) as (file, status):
            if status.st_size > self._limits.file_bytes:
                return _hash_pieces(file.fileno(), status.st_size, self._base.tree)
            content = file.read(self._limits.file_bytes + 1)
        blob = object_hash("blob", content, like=self._base.tree)
        if blob != unless and blob not in self._stored and len(content) <= self._room:
            self._result.contents[blob] = content
            self._room -= len(content)
        return blob

    def _compare_links(self, found: Walk) -> None:
        for path in found.links:
            target = self._files.link_target(path)
            if target is None or self._base.links.get(path) != target:
                blob = object_hash("blob", os.fsencode(target or ""), like=self._base.tree)
                self._result.changes[path] = TreeEntry(mode=LINK, id=blob)

    def _find_missing(self, found: Walk) -> None:
        """What is gone; a link that was left out is gone only if a folder with files stands in its place."""
        there = found.files.keys() | found.links
        for path in (self._base.files.keys() | self._base.links.keys()) - there:
            self._result.changes[path] = None
        for path in self._base.left_out:
            replaced = any(other.startswith(path + "/") for other in there)
            if self._base.entries[path].mode == LINK and replaced:
                self._result.changes[path] = None


def _hash_pieces(descriptor: int, size: int, like: str) -> str:
    digest = begin_hash("blob", size, like=like)
    left = size if size <= _HASH_LIMIT else 0
    while left and (piece := os.read(descriptor, min(left, _PIECE))):
        digest.update(piece)
        left -= len(piece)
    return digest.hexdigest()
