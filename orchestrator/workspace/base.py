"""The tree a workspace started from: what of it becomes files, what is left out, and what it ignores."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..git.cache import Bounded
from ..ports import Git, TreeEntry
from ..rules.tree_policy import LINK, REGULAR, is_git_name
from .ignored import Ignored, folders_of, rule_files

_REMEMBERED = 200_000
"""Files in all remembered bases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A tree, and how it looks on disk."""

    tree: str
    entries: Mapping[str, TreeEntry]
    files: Mapping[str, TreeEntry]
    """The regular files."""
    links: Mapping[str, str]
    """Symbolic links that stay within the tree, and their targets."""
    folders: frozenset[str]
    """Every folder that holds one of these."""
    left_out: frozenset[str]
    """Submodules, links that lead elsewhere, and names no folder can hold; they stay in the tree as they are."""
    rules: Mapping[str, bytes]
    """The .gitignore files that ``ignored`` obeys, by folder."""
    ignored: Ignored

    def may_be_laid(self, path: str) -> bool:
        """Whether a file of this name would be no part of anybody's work, and has room beside what there is."""
        above = folders_of([path])
        return path not in self.folders and above.isdisjoint(self.entries) and self.ignored(path, False)


class Bases:
    """Reads bases, and remembers the latest for the next workspace on them.

    Args:
        git: where they are.
    """

    def __init__(self, git: Git) -> None:
        self._git = git
        self._known: Bounded[str, Base] = Bounded(_REMEMBERED)

    async def load(self, tree: str) -> Base:
        """The base of that tree, under its own ignore rules; raises GitError."""
        known = self._known.find(tree)
        if known is not None:
            return known
        base = await _read(self._git, tree)
        return self._known.keep(tree, base, weight=len(base.entries) + 1)

    async def load_under(self, tree: str, rules: Mapping[str, bytes]) -> Base:
        """The base of that tree, under the ignore rules of another one; raises GitError."""
        base = await self.load(tree)
        return base if base.rules == rules else replace(base, rules=rules, ignored=Ignored(base.entries, rules))


async def _read(git: Git, tree: str) -> Base:
    entries = await git.entries(tree)
    linked = {path: entry.id for path, entry in entries.items() if entry.mode == LINK}
    named = rule_files(path for path, entry in entries.items() if entry.mode in REGULAR)
    wanted = [*linked.values(), *(entries[path].id for path in named.values())]
    contents = await git.read_many(wanted) if wanted else {}
    targets = {path: contents[blob].decode("utf-8", "surrogateescape") for path, blob in linked.items()}
    links = {path: target for path, target in targets.items() if _plain(path) and stays(path, target, targets)}
    files = {path: entry for path, entry in entries.items() if entry.mode in REGULAR and _plain(path)}
    rules = {folder: contents[entries[path].id] for folder, path in named.items()}
    return Base(
        tree=tree,
        entries=entries,
        files=files,
        links=links,
        folders=frozenset(folders_of([*files, *links])),
        left_out=frozenset(entries.keys() - files.keys() - links.keys()),
        rules=rules,
        ignored=Ignored(entries, rules),
    )


def stays(path: str, target: str, links: Mapping[str, str]) -> bool:
    """Whether a link stays in the tree by its words: not absolute, not above the root, not through another link."""
    if not target or target.startswith("/") or "\0" in target:
        return False
    here = path.split("/")[:-1]
    parts = [part for part in target.split("/") if part not in {"", "."}]
    for number, part in enumerate(parts):
        if part == "..":
            if not here:
                return False
            here.pop()
        elif is_git_name(part):
            return False
        else:
            here.append(part)
            if number < len(parts) - 1 and "/".join(here) in links:
                return False
    return True


def _plain(path: str) -> bool:
    parts = path.split("/")
    return "\0" not in path and not any(part in {"", ".", ".."} or is_git_name(part) for part in parts)
