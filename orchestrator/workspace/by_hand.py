"""The files of a work tree that a person has: laid out once, and read back under the tree policy's own eyes.

Unlike a worker's workspace nobody else owns it, and nothing in it is ever removed by us.
"""

import asyncio
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from ..ports import Git
from ..rules.tree_policy import DEFAULT_LIMITS, GITLINK
from .base import Base, Bases
from .files import HostFiles
from .memory import Memory
from .scan import Scan, Scanner

_STAGING = ".agentctl-staging"


async def lay_out(git: Git, tree: str, folder: Path) -> None:
    """Write every file of ``tree`` into ``folder``, which holds nothing but its ``.git``; raises GitError, OSError."""
    base = await Bases(git).load(tree)
    contents = await git.read_many([entry.id for entry in base.files.values()])
    await asyncio.to_thread(_write, base, contents, folder)


def _write(base: Base, contents: Mapping[str, bytes], folder: Path) -> None:
    staging = folder / _STAGING
    staging.mkdir()
    files = HostFiles(folder, staging)
    try:
        for name, group in groupby(sorted(base.files, key=_by_folder), key=lambda path: path.rpartition("/")[0]):
            entries = [(path.rpartition("/")[2], base.files[path]) for path in group]
            files.write_folder(name, [(leaf, contents[each.id], each.mode == "100755") for leaf, each in entries])
        for path, target in base.links.items():
            files.link(path, target)
    finally:
        files.close()
        staging.rmdir()
    for path in base.left_out:
        if base.entries[path].mode == GITLINK:
            (folder / path).mkdir(parents=True, exist_ok=True)


async def read_back(git: Git, base_tree: str, folder: Path) -> tuple[str, Mapping[str, int]]:
    """The tree of what is there now, and the bytes of what differs from the base, whose rules say what is ignored.

    Raises:
        PolicyViolation: there is what no tree can hold: a pipe, a hard link, a repository within.
        OSError: the folder is gone, or cannot be read.
    """
    base = await Bases(git).load(base_tree)
    found = await asyncio.to_thread(_scan, base, folder)
    for content in found.contents.values():
        await git.write(content)
    small = {path: entry for path, entry in found.changes.items() if _fits(found, path)}
    return await git.amend_tree(base_tree, small), found.sizes


def _scan(base: Base, folder: Path) -> Scan:
    files = HostFiles(folder, folder)
    try:
        return Scanner(files, base, memory=Memory(), stored=frozenset(), limits=DEFAULT_LIMITS).scan()
    finally:
        files.close()


def _fits(found: Scan, path: str) -> bool:
    """Whether a changed file is in git by now: one that is too large is not, and the policy says so by its size."""
    return found.sizes.get(path, 0) <= DEFAULT_LIMITS.file_bytes


def _by_folder(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name
