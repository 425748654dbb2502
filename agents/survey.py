"""What a repository looks like, within a budget: its files, its symbols, its own rules. Reads git objects only."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from .fences import fence, without_holdouts
from .outline import is_known, outline_text
from .own_rules import OwnRules, shared, told
from .retrieval import Ranked, Ranker, candidates, query_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ..orchestrator.nouns.plan import SpecView
    from ..orchestrator.ports import Git, TreeEntry

MANIFESTS = (
    "pyproject.toml",
    "setup.cfg",
    "pytest.ini",
    "tox.ini",
    "package.json",
    "tsconfig.json",
    "Makefile",
    "go.mod",
    "Cargo.toml",
)

_OUTLINED = 60
_KEPT = 16
"""Outlines that are kept: the tasks of a run share few bases."""


class Surveyor:
    """Describes trees for prompts. Equal trees and specs give equal texts."""

    def __init__(self, git: Git, ranker: Ranker) -> None:
        self._git = git
        self._ranker = ranker
        self._rules = OwnRules(git)
        self._outlines: OrderedDict[tuple[str, str, int, int, bool], str] = OrderedDict()

    async def files(self, tree: str, *, limit: int, without: Collection[str] = ()) -> str:
        """The paths of a tree, in at most ``limit`` characters, but for those ``without``."""
        paths = sorted(set(await self._git.entries(tree)).difference(without))
        if not paths:
            return "The repository is empty.\n"
        about = "the only file" if len(paths) == 1 else f"the {len(paths)} files"
        return fence(listing(paths, limit=limit), f"{about} of the repository")

    async def symbols(self, tree: str, spec: SpecView, *, limit: int, public: bool = False) -> str:
        """Outlines of the modules that have most to do with the spec, in the order of their paths.

        ``public`` leaves out tests and private names: what others may build on.
        """
        name = (tree, spec.digest, len(spec.locked), limit, public)
        if name not in self._outlines:
            self._outlines[name] = await self._outline(tree, spec, limit, public=public)
            if len(self._outlines) > _KEPT:
                self._outlines.popitem(last=False)
        return self._outlines[name]

    async def _outline(self, tree: str, spec: SpecView, limit: int, *, public: bool) -> str:
        ranked = await self._ranker.rank(tree, query_of((without_holdouts(spec.text), 1.0)))
        checks = {each.path for each in spec.locked}
        known = [each for each in ranked if is_known(each.path) and each.path not in checks]
        chosen = [each for each in known if not (public and is_test(each.path))][:_OUTLINED]
        contents = await self._git.read_many([each.blob for each in chosen])
        pieces = await asyncio.to_thread(_fitting, chosen, contents, limit, public=public)
        return fence("".join(pieces[path] for path in sorted(pieces)), "outline") if pieces else ""

    async def rules(self, tree: str, *, limit: int) -> str:
        """What the repository's own rules say to everybody, in about twice ``limit`` characters."""
        return told(shared(await self._rules.of(tree)), limit=2 * limit)

    async def manifests(self, tree: str, *, limit: int) -> str:
        """The manifests at the root, cut to ``limit`` characters each."""
        return await self._whole(await self._git.entries(tree), MANIFESTS, limit=limit)

    async def _whole(self, entries: Mapping[str, TreeEntry], names: Sequence[str], *, limit: int) -> str:
        present = [name for name in names if name in candidates(entries)]
        contents = await self._git.read_many([entries[name].id for name in present])
        texts = [(name, contents[entries[name].id].decode("utf-8", errors="replace")) for name in present]
        return "".join(fence(cut(without_holdouts(text), limit), f"file {name}") for name, text in texts)


def listing(paths: Sequence[str], *, limit: int) -> str:
    """All paths if there is room, else folders with the number of files in them, as deep as there is room."""
    whole = "\n".join(paths)
    if len(whole) <= limit:
        return whole
    best = _folders(paths, 1)
    for depth in range(2, 8):
        text = _folders(paths, depth)
        if len(text) > limit:
            break
        best = text
    return cut(best, limit)


def test_layout(paths: Iterable[str]) -> str:
    """Where the tests of a repository are, in a sentence; folders with most of them first."""
    folders = Counter(str(PurePosixPath(path).parent) for path in paths if is_test(path))
    if not folders:
        return "There are no tests yet."
    shown = sorted(folders.items(), key=lambda item: (-item[1], item[0]))[:5]
    return f"Tests are in {', '.join(f'{folder}/ ({_files(count)})' for folder, count in shown)}."


def is_test(path: str) -> bool:
    """Whether a file of this name holds tests, as pytest, vitest, jest, Go and cargo name them."""
    name = PurePosixPath(path).name
    stem = name.split(".")[0]
    return (
        (name.endswith(".py") and (stem.startswith("test_") or stem.endswith("_test")))
        or ".test." in name
        or ".spec." in name
        or name.endswith("_test.go")
        or (name.endswith(".rs") and "tests" in PurePosixPath(path).parts[:-1])
    )


def cut(text: str, limit: int) -> str:
    """The beginning of a text, whole lines, with a word on what is missing."""
    if len(text) <= limit:
        return text
    head = text[:limit].rsplit("\n", 1)[0]
    return f"{head}\n[... {len(text) - len(head)} more characters]"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _folders(paths: Sequence[str], depth: int) -> str:
    counts: Counter[str] = Counter()
    for path in paths:
        parts = path.split("/")
        counts["/".join(parts[:depth]) + ("/" if len(parts) > depth else "")] += 1
    return "\n".join(
        f"{name} ({_files(count)})" if name.endswith("/") else name for name, count in sorted(counts.items())
    )


def _fitting(chosen: Sequence[Ranked], contents: Mapping[str, bytes], limit: int, *, public: bool) -> dict[str, str]:
    """Outlines by path, the best ranked ones as long as there is room."""
    pieces: dict[str, str] = {}
    room = limit
    for each in chosen:
        symbols = outline_text(each.path, contents[each.blob], indent="  ", public=public)
        piece = f"{each.path}\n{symbols}"
        if symbols and len(piece) <= room:
            pieces[each.path] = piece
            room -= len(piece)
    return pieces
