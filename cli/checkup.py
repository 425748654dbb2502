"""One thing that a run needs, or that went wrong: how it is here, and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..tui.clean import clean, clean_lines

_MARKS = {"fine": "✓", "note": "!", "fails": "✗"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing a run needs, how it is here, and what to do about it."""

    name: str
    state: Literal["fine", "note", "fails"]
    found: str
    todo: tuple[str, ...] = ()


def told(check: Check) -> Iterator[str]:
    """A check in words: mark and word, what was found, what to do."""
    yield f"{_MARKS[check.state]} {check.state:<6}{check.name}: {clean(check.found)}"
    yield from (f"    {line}" for todo in check.todo for line in clean_lines(todo).splitlines())
