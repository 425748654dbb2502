"""Whether a path matches a glob as rules files write them: of .gitignore's kind, with braces. Pure.

Globs come from repositories, so matching takes time in proportion to glob times path, whatever is in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")
_LONGEST = 200
_MOST = 32
"""Ways to read the braces of one glob."""
_BRACES = re.compile(r"\{([^{}]*)\}")


def matches(glob: str, path: str) -> bool:
    """Whether ``path``, relative to the root, matches ``glob``.

    A glob without a slash matches names in any folder, ``/name`` only at the root; ``src/`` matches all that is in it.
    """
    segments = path.split("/")
    return any(_meet(each, segments, star="**", alike=_segments_meet) for each in _patterns(glob))


def example(glob: str) -> str:
    """A path that a glob could stand for: ``src/**`` gives ``src/_``, and ``src/*.ts`` gives ``src/_.ts``."""
    return re.sub(r"[*?]+", "_", glob.rstrip("/") + ("/_" if glob.endswith("/") else ""))


@lru_cache(maxsize=2_000)
def _patterns(glob: str) -> tuple[tuple[str, ...], ...]:
    """The glob as lists of segments, one for each reading of its braces."""
    text = glob.strip().removeprefix(".") if glob.strip().startswith("./") else glob.strip()
    if not text.strip("/") or len(text) > _LONGEST:
        return ()
    return tuple(_segments(each) for each in _without_braces(text))


def _without_braces(glob: str) -> list[str]:
    waiting = [glob]
    done: list[str] = []
    while waiting and len(waiting) + len(done) <= _MOST:
        text = waiting.pop(0)
        found = _BRACES.search(text)
        if found is None:
            done.append(text)
        else:
            waiting += [text[: found.start()] + part + text[found.end() :] for part in found[1].split(",")]
    return done


def _segments(glob: str) -> tuple[str, ...]:
    parts = [each for each in glob.split("/") if each]
    if "/" not in glob.rstrip("/"):
        parts = ["**", *parts]
    return (*parts, "**") if glob.endswith("/") else tuple(parts)


def _segments_meet(pattern: str, segment: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return pattern == segment
    return _meet(pattern, segment, star="*", alike=lambda sign, char: sign in {"?", char})


def _meet(pattern: Sequence[T], text: Sequence[T], *, star: T, alike: Callable[[T, T], bool]) -> bool:
    """Whether ``text`` is ``pattern``, in which ``star`` stands for any number of things."""
    i = j = 0
    last, tried = -1, 0
    while j < len(text):
        if i < len(pattern) and pattern[i] == star:
            last, tried = i, j
            i += 1
        elif i < len(pattern) and alike(pattern[i], text[j]):
            i, j = i + 1, j + 1
        elif last >= 0:
            tried += 1  # only the last star is ever moved, so this is no search
            i, j = last + 1, tried
        else:
            return False
    return all(each == star for each in pattern[i:])
