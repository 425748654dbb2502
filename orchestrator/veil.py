"""A repository as models may see it: without the files that its policy keeps from them. They look absent, everywhere.

What is written goes to the real repository, and a tree keeps its id: only what is read through here is less.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .ports import Git, Hunk, Merge, TreeEntry
from .rules.hiding import Withheld, is_hidden, withheld

_T = TypeVar("_T")
_LARGEST = 1_000_000
_BATCH = 250


def veiled(git: Git, never_send: Sequence[str]) -> Git:
    """The repository without those files; the very same where nothing is hidden."""
    return Veiled(git=git, never_send=tuple(never_send)) if never_send else git


@dataclass(frozen=True, slots=True, kw_only=True)
class Veiled:
    """The Git port over another one, less what is hidden."""

    git: Git
    never_send: tuple[str, ...]

    async def resolve(self, revision: str) -> str | None:
        """As it is."""
        return await self.git.resolve(revision)

    async def tree_of(self, commit: str) -> str:
        """As it is."""
        return await self.git.tree_of(commit)

    async def entries(self, tree: str) -> Mapping[str, TreeEntry]:
        """Without what is hidden."""
        return self._shown(await self.git.entries(tree))

    async def read(self, blob: str) -> bytes:
        """As it is: who has an id has seen its entry."""
        return await self.git.read(blob)

    async def read_many(self, blobs: Sequence[str]) -> Mapping[str, bytes]:
        """As they are."""
        return await self.git.read_many(blobs)

    async def write(self, content: bytes) -> str:
        """As it is."""
        return await self.git.write(content)

    async def amend_tree(self, tree: str | None, changes: Mapping[str, TreeEntry | None]) -> str:
        """The real tree, changed; what is hidden in it stays."""
        return await self.git.amend_tree(tree, self._shown(changes))

    async def changed(self, old_tree: str, new_tree: str) -> Mapping[str, TreeEntry | None]:
        """Without what is hidden."""
        return self._shown(await self.git.changed(old_tree, new_tree))

    async def diff(self, old_tree: str, new_tree: str, paths: Sequence[str] = ()) -> str:
        """Without what is hidden."""
        wanted = [path for path in paths or await self.changed(old_tree, new_tree) if not self._hides(path)]
        return await self.git.diff(old_tree, new_tree, wanted) if wanted else ""

    async def merge(self, *, base: str, ours: str, theirs: str) -> Merge:
        """Of the real trees."""
        return await self.git.merge(base=base, ours=ours, theirs=theirs)

    async def hunks(self, pairs: Sequence[tuple[str, str]]) -> Sequence[tuple[Hunk, ...]]:
        """As they are: who has an id has seen its entry."""
        return await self.git.hunks(pairs)

    async def commit(self, *, tree: str, parents: Sequence[str], message: str, at: float, author: str = "") -> str:
        """As it is."""
        return await self.git.commit(tree=tree, parents=parents, message=message, at=at, author=author)

    async def move_ref(self, ref: str, *, new: str | None, old: str | None) -> bool:
        """As it is."""
        return await self.git.move_ref(ref, new=new, old=old)

    async def refs(self, prefix: str) -> Mapping[str, str]:
        """As they are."""
        return await self.git.refs(prefix)

    async def log(self, *, since: str, tip: str) -> Sequence[tuple[str, str]]:
        """As it is."""
        return await self.git.log(since=since, tip=tip)

    async def reaches(self, *, tip: str, commit: str) -> bool:
        """As it is."""
        return await self.git.reaches(tip=tip, commit=commit)

    def _hides(self, path: str) -> bool:
        return is_hidden(path, self.never_send)

    def _shown(self, files: Mapping[str, _T]) -> dict[str, _T]:
        return {path: each for path, each in files.items() if not self._hides(path)}


async def contents_withheld(git: Git, tree: str, never_send: Sequence[str], *, also: Sequence[str] = ()) -> Withheld:
    """What texts may not repeat of the hidden files of a tree; ``also`` are texts whose words may be said."""
    entries = await git.entries(tree) if never_send else {}
    hidden = {path: entry.id for path, entry in entries.items() if is_hidden(path, never_send)}
    if not hidden:
        return Withheld()
    secret = await _texts(git, list(dict.fromkeys(hidden.values())))
    rest = dict.fromkeys(entry.id for path, entry in entries.items() if path not in hidden)
    return withheld(
        {path: secret[blob] for path, blob in hidden.items() if blob in secret},
        [*(await _texts(git, [blob for blob in rest if blob not in secret])).values(), *also],
    )


async def _texts(git: Git, blobs: Sequence[str]) -> dict[str, str]:
    """What is text, and not too long to have been written by hand."""
    found: dict[str, str] = {}
    for begin in range(0, len(blobs), _BATCH):
        contents = await git.read_many(blobs[begin : begin + _BATCH])
        found |= {
            blob: content.decode("utf-8", "replace")
            for blob, content in contents.items()
            if len(content) <= _LARGEST and b"\0" not in content
        }
    return found
