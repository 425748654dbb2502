"""What a glob of paths can mean, without looking at a disk. Pure.

Globs are relative to the root of the repository and match whole segments: ``*``, ``?`` and ``[...]`` stay within one,
``**`` stands for any number of them. A glob that matches a folder owns all that is in it, so ``src``, ``src/`` and
``src/**`` are the same.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import takewhile

_LONGEST = 300
_RESERVED = frozenset({".git", ".agentctl"})
_WILD = re.compile(r"[*?\[]")
_FILE = re.compile(r".+\.[A-Za-z0-9]+")


def problem(glob: str) -> str:
    """Why ``glob`` cannot be owned by a task; empty if it can."""
    segments = glob.split("/")
    if not glob.strip() or len(glob) > _LONGEST or not glob.isprintable():
        return f"is empty, longer than {_LONGEST} characters, or not printable"
    if glob.startswith(("/", "~", "!")) or "\\" in glob or re.match(r"[A-Za-z]:", glob):
        return "is not relative to the root of the repository"
    if ".." in segments or "." in segments or "" in segments[:-1]:
        return "has an empty, `.` or `..` segment"
    if any(segment.casefold() in _RESERVED for segment in segments):
        return "reaches into `.git` or `.agentctl`"
    return ""


def may_overlap(one: str, other: str) -> bool:
    """Whether some path could be owned by both; true when in doubt (character classes are taken for ``?``)."""
    return _meet(_segments(one), _segments(other))


def covers(outer: str, inner: str) -> bool:
    """Whether ``outer`` owns all that ``inner`` owns; false when in doubt."""
    return _covers(_segments(outer), _segments(inner))


def owned(globs: Iterable[str], paths: Sequence[str]) -> list[str]:
    """Which of ``paths``, which are sorted, these globs own; looks only where a glob's plain beginning leads."""
    found: set[str] = set()
    for glob in globs:
        plain = "/".join(takewhile(lambda segment: not _WILD.search(segment), _segments(glob)))
        below = f"{plain}/" if plain else ""
        begin, end = bisect_left(paths, below), bisect_left(paths, f"{below}\U0010ffff")
        near = [*paths[begin:end], plain] if plain in paths[bisect_left(paths, plain) :][:1] else paths[begin:end]
        found.update(path for path in near if covers(glob, path))
    return sorted(found)


def _segments(glob: str) -> tuple[str, ...]:
    parts = tuple(part for part in glob.split("/") if part)
    return (*parts, "**") if glob.endswith("/") else parts


@lru_cache(maxsize=20_000)
def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    reached = _walk(one, other, any_number="**", alike=_segments_meet)
    mirrored = {(j, i) for i, j in reached}
    return any(_ends(one, other, j, reached) for i, j in reached if i == len(one)) or any(
        _ends(other, one, i, mirrored) for i, j in reached if j == len(other)
    )


def _ends(one: tuple[str, ...], other: tuple[str, ...], j: int, reached: set[tuple[int, int]]) -> bool:
    """Whether ``one``, matched whole by the first ``j`` segments of ``other``, may own what ``other`` goes on to.

    What looks like a file is taken for a folder only if ``other`` itself names it as one.
    """
    if not one or j == len(other) or not _FILE.fullmatch(one[-1]):
        return True
    named = j > 0 and other[j - 1] != "**" and _segments_meet(one[-1], other[j - 1])
    return named and (len(one) - 1, j - 1) in reached


@lru_cache(maxsize=20_000)
def _segments_meet(one: str, other: str) -> bool:
    if not _WILD.search(one) and not _WILD.search(other):
        return one == other
    left, right = _signs(one), _signs(other)
    return (len(left), len(right)) in _walk(left, right, any_number="*", alike=_signs_meet)


def _signs_meet(one: str, other: str) -> bool:
    return one == other or "?" in {one, other}


def _signs(segment: str) -> str:
    """The segment with each character class as ``?``."""
    return re.sub(r"\[[!^]?\]?[^\]]*\]", "?", segment)


def _walk(
    one: Sequence[str], other: Sequence[str], *, any_number: str, alike: Callable[[str, str], bool]
) -> set[tuple[int, int]]:
    """Every pair of positions up to which the two patterns can match the same text."""
    seen: set[tuple[int, int]] = set()
    waiting = [(0, 0)]
    while waiting:
        i, j = place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        left, right = i < len(one), j < len(other)
        free_left, free_right = left and one[i] == any_number, right and other[j] == any_number
        if free_left or (free_right and left):
            waiting.append((i + 1, j))
        if free_right or (free_left and right):
            waiting.append((i, j + 1))
        if left and right and not free_left and not free_right and alike(one[i], other[j]):
            waiting.append((i + 1, j + 1))
    return seen


@lru_cache(maxsize=20_000)
def _covers(outer: tuple[str, ...], inner: tuple[str, ...]) -> bool:
    """A wildcard of ``inner`` counts as text that only the same or a wider wildcard of ``outer`` matches."""
    reached = _walk_within(outer, inner)
    return any(i == len(outer) for i, _ in reached)


def _walk_within(outer: tuple[str, ...], inner: tuple[str, ...]) -> set[tuple[int, int]]:
    seen: set[tuple[int, int]] = set()
    waiting = [(0, 0)]
    while waiting:
        i, j = place = waiting.pop()
        if place in seen or i == len(outer):
            seen.add(place)
            continue
        seen.add(place)
        if outer[i] == "**":
            waiting += [(i + 1, j)] + ([(i, j + 1)] if j < len(inner) else [])
        elif j < len(inner) and inner[j] != "**" and _segment_covers(outer[i], inner[j]):
            waiting.append((i + 1, j + 1))
    return seen


def _segment_covers(outer: str, inner: str) -> bool:
    if outer == inner:
        return True
    if _WILD.search(inner) and re.search(r"[?\[]", outer):
        return False
    return fnmatchcase(inner, outer)
