"""Which files of a tree a text is about: a cheap lexical ranking. Reads git objects, runs no model.

Words are identifiers and their parts (``parseLine`` is also ``parse`` and ``line``). A word that few files have says
more than one that all have (inverse document frequency), and a word in a path more than one in a body. Long files are
damped.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..orchestrator.ports import Git, TreeEntry

MAX_FILES = 5_000
MAX_BYTES = 200_000
"""Larger files are generated, or data."""
_BATCH = 250
_CACHED = 40_000
_PATH_WEIGHT = 3.0
_DAMPING = 200
"""Words of a file of ordinary length."""

_NAMES = re.compile(rb"[A-Za-z_][A-Za-z0-9_]{2,60}")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_REGULAR = frozenset({"100644", "100755"})
_SKIPPED_FOLDERS = frozenset({".git", "node_modules", "vendor", "third_party", "dist", "build", "__pycache__", ".venv"})
_SKIPPED_NAMES = frozenset(
    ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "poetry.lock", "uv.lock", "Cargo.lock", "go.sum")
)
_SKIPPED_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("png", "jpg", "jpeg", "gif", "ico", "webp", "pdf", "svg", "mp3", "mp4", "mov", "woff", "woff2", "ttf"),
        *("zip", "gz", "bz2", "xz", "tar", "whl", "jar", "so", "dll", "exe", "pyc", "class", "bin"),
        *("sqlite", "db", "parquet", "npy", "csv", "map", "lock"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A file and how much it has to do with the question; ``size`` in bytes."""

    path: str
    blob: str
    score: float
    size: int


@dataclass(frozen=True, slots=True)
class _Body:
    size: int
    words: tuple[str, ...]


class Ranker:
    """Ranks the files of trees; what it has read of a blob it keeps, so that a second tree costs only what differs."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._bodies: dict[str, _Body] = {}
        self._learning = asyncio.Lock()

    async def rank(self, tree: str, query: Mapping[str, float]) -> tuple[Ranked, ...]:
        """The text files of a tree that share words with the query, best first, equal ones in the order of their paths.

        ``query`` gives each word a weight, as `query_of` makes it. At most MAX_FILES files are looked at, those near
        the root first.
        """
        entries = candidates(await self._git.entries(tree))
        await self._learn([entry.id for entry in entries.values()])
        bodies = {path: self._bodies[entry.id] for path, entry in entries.items() if entry.id in self._bodies}
        scores = await asyncio.to_thread(score, {path: body.words for path, body in bodies.items()}, query)
        found = [
            Ranked(path=path, blob=entries[path].id, score=value, size=bodies[path].size)
            for path, value in scores.items()
            if value > 0
        ]
        return tuple(sorted(found, key=lambda each: (-each.score, each.path)))

    async def _learn(self, blobs: Sequence[str]) -> None:
        """Read what is not known yet; one at a time, or fifty workers that start together would all read everything."""
        async with self._learning:
            await self._read(blobs)

    async def _read(self, blobs: Sequence[str]) -> None:
        unknown = sorted({blob for blob in blobs if blob not in self._bodies})
        if len(self._bodies) + len(unknown) > _CACHED:
            self._bodies.clear()
            unknown = sorted(set(blobs))
        for start in range(0, len(unknown), _BATCH):
            contents = await self._git.read_many(unknown[start : start + _BATCH])
            self._bodies.update(await asyncio.to_thread(_bodies, contents))


def candidates(entries: Mapping[str, TreeEntry]) -> dict[str, TreeEntry]:
    """The files of a tree that may hold text written by people, by path; near the root first, at most MAX_FILES."""
    paths = [path for path, entry in entries.items() if entry.mode in _REGULAR and _is_text(path)]
    paths.sort(key=lambda path: (path.count("/"), path))
    return {path: entries[path] for path in paths[:MAX_FILES]}


def query_of(*texts: tuple[str, float]) -> dict[str, float]:
    """The words of some texts, each with the greatest weight of a text it stands in."""
    weights: dict[str, float] = {}
    for text, weight in texts:
        for word in words_of(text.encode("utf-8", errors="replace")):
            weights[word] = max(weight, weights.get(word, 0.0))
    return weights


def words_of(content: bytes) -> tuple[str, ...]:
    """The identifiers of a text and their parts, in lower case, without repeats, sorted."""
    found: set[str] = set()
    for name in set(_NAMES.findall(content)):
        found.update(_split(name))
    return tuple(sorted(found))


def score(files: Mapping[str, Sequence[str]], query: Mapping[str, float]) -> dict[str, float]:
    """For each file, given by its words, how much it has to do with the query; 0 where nothing is shared."""
    shared = {path: [word for word in words if word in query] for path, words in files.items()}
    spread = Counter(word for words in shared.values() for word in words)
    rarity = {word: query[word] * math.log(1 + len(files) / count) for word, count in spread.items()}
    unseen = math.log(1 + len(files))
    scores: dict[str, float] = {}
    for path, words in shared.items():
        named = [word for word in words_of(path.encode("utf-8", errors="replace")) if word in query]
        body = sum(rarity[word] for word in words) / (1 + math.log1p(len(files[path]) / _DAMPING))
        place = sum(rarity.get(word, query[word] * unseen) for word in named)
        scores[path] = round(body + _PATH_WEIGHT * place, 6)
    return scores


@lru_cache(maxsize=100_000)
def _split(name: bytes) -> tuple[str, ...]:
    text = name.decode("ascii")
    parts = [part.lower() for part in _PARTS.findall(text) if len(part) > 2]  # noqa: PLR2004 - shorter ones say nothing
    return (text.lower(), *parts)


def _bodies(contents: Mapping[str, bytes]) -> dict[str, _Body]:
    return {blob: _Body(len(content), _body_words(content)) for blob, content in contents.items()}


def _body_words(content: bytes) -> tuple[str, ...]:
    if len(content) > MAX_BYTES or b"\0" in content[:8_000]:
        return ()
    return words_of(content)


def _is_text(path: str) -> bool:
    pure = PurePosixPath(path)
    return not (
        pure.name in _SKIPPED_NAMES
        or pure.suffix.lower() in _SKIPPED_SUFFIXES
        or pure.name.endswith(".min.js")
        or _any_in(pure.parts[:-1], _SKIPPED_FOLDERS)
    )


def _any_in(parts: Iterable[str], folders: frozenset[str]) -> bool:
    return any(part in folders for part in parts)
