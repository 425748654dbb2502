"""Merges that are accounted for: what git calls clean counts as clean only with every hunk of both sides in it.

Paths are held against each other by their ids; lines are looked at only where both sides changed a file. Git follows
renames, so a file may have to be looked for under the name that one side gave it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from .ports import Git, Hunk, Merge, TreeEntry
from .rules.accounting import Account, account, in_words
from .rules.both_sides import Change, Region, regions
from .rules.tree_policy import REGULAR

MOST_TRIED = 400
"""Ways in which renames may explain a merge; where there are more, it counts as not accounted for."""

Files = Mapping[str, TreeEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """One file as it was, as it landed, and as a patch has it: blobs."""

    base: str
    landed: str
    own: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """How a path of a patch may have come to be what it is in the merge: from these files, and under which name."""

    path: str
    sides: Sides
    merged: str
    under: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trees:
    """The files of the four trees of a merge, where looking at what changed does not suffice."""

    base: Files
    landed: Files
    own: Files
    merged: Files


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounted:
    """The merges of one repository."""

    git: Git

    async def merge(self, *, base: str, ours: str, theirs: str) -> Merge:
        """What ``theirs`` changed since ``base``, applied to ``ours``; without a tree where anything of it was lost."""
        merge = await self.git.merge(base=base, ours=ours, theirs=theirs)
        if merge.tree is None or theirs in {merge.tree, base}:
            return merge
        accounts = await self._accounts(base, ours, theirs, merge.tree)
        lost = tuple(each for one in accounts for each in one.lost)
        if lost:
            paths = tuple(sorted({each.path for each in accounts if each.lost}))
            return replace(merge, tree=None, conflicts=paths, lost=lost)
        return replace(merge, told=in_words(accounts))

    async def _accounts(self, base: str, ours: str, theirs: str, merged: str) -> tuple[Account, ...]:
        wanted, done = await self.git.changed(base, theirs), await self.git.changed(ours, merged)
        rest = {path for path, entry in wanted.items() if path not in done or done[path] != entry}
        more = done.keys() - wanted.keys()
        if not rest and not more:
            return ()
        read = [await self.git.entries(tree) for tree in (base, ours, theirs, merged)]
        trees = _Trees(base=read[0], landed=read[1], own=read[2], merged=read[3])
        rest = {path for path in rest if not trees.landed.get(path) == trees.own.get(path) == trees.merged.get(path)}
        deleted = [path for path, entry in wanted.items() if entry is None]
        came = sorted(path for path in trees.merged if path in trees.landed and path not in trees.base)
        ways = [way for path in sorted(rest) for way in _ways(path, trees, came=came, deleted=deleted)]
        found = await self._tried(ways[:MOST_TRIED])
        good: dict[str, tuple[_Way, Account]] = {}
        for way, told in found:
            if not told.lost:
                good.setdefault(way.path, (way, told))
        explained = {way.under for way, _ in good.values()}
        first = {way.path: told for way, told in reversed(found)}
        return (
            *(told for _, told in good.values()),
            *(first.get(path) or _unlike(path) for path in sorted(rest - good.keys())),
            *(_unlike(path) for path in sorted(more - explained)),
        )

    async def _tried(self, ways: list[_Way]) -> list[tuple[_Way, Account]]:
        """Each way with what it leaves unexplained."""
        found = await regions_of(self.git, [way.sides for way in ways])
        texts = await self.git.read_many([blob for way in ways for blob in (way.sides.base, way.merged)])
        return [
            (way, account(way.path, texts[way.sides.base], each, texts[way.merged]))
            for way, each in zip(ways, found, strict=True)
        ]


async def regions_of(git: Git, files: list[Sides]) -> list[tuple[Region, ...]]:
    """What each side changed in these files, region by region."""
    pairs = [(each.base, side) for each in files for side in (each.landed, each.own)]
    hunks: list[tuple[Hunk, ...]] = list(await git.hunks(pairs)) if pairs else []
    texts = await git.read_many([blob for each in files for blob in (each.base, each.landed, each.own)])
    return [
        regions(
            texts[each.base],
            landed=Change(text=texts[each.landed], hunks=hunks[2 * number]),
            own=Change(text=texts[each.own], hunks=hunks[2 * number + 1]),
        )
        for number, each in enumerate(files)
    ]


def _ways(path: str, trees: _Trees, *, came: list[str], deleted: list[str]) -> Iterator[_Way]:
    """Where a path's file may have come from and gone to: it has its own name, or a new one of either side's."""
    own = trees.own.get(path)
    origins = [path] if path in trees.base else deleted
    targets = [path] if path in trees.merged else came
    for origin in origins if own is not None else []:
        for target in targets:
            landed = trees.landed.get(target) or trees.landed.get(origin)
            files = (trees.base.get(origin), landed, own, trees.merged.get(target))
            if way := _way(path, target, files):
                yield way


def _way(path: str, target: str, files: tuple[TreeEntry | None, ...]) -> _Way | None:
    """Of regular files, whose modes merge as their lines do."""
    there = [each for each in files if each is not None and each.mode in REGULAR]
    if len(there) < len(files):
        return None
    base, landed, own, merged = there
    mode = landed.mode if own.mode == base.mode else own.mode
    if merged.mode != mode:
        return None
    sides = Sides(base=base.id, landed=landed.id, own=own.id)
    return _Way(path=path, sides=sides, merged=merged.id, under=target)


def _unlike(path: str) -> Account:
    return Account(path=path, lost=(f"{path}: the merged file is neither what landed nor what the patch has",))
