"""Edits of a spec's text: what to put in the place of what, line by line. Bytes that no edit names stay. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_BREAK = re.compile(r"(\r\n|\r|\n)")
_BOM = "\ufeff"
_MOST_TRIES = 300
"""Texts that are read to find out which edits go together; a spec whose edits are all well needs one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """``old``, which stands in one line from ``col`` on, becomes ``new``; both count from 1, in characters."""

    line: int
    col: int
    old: str
    new: str


Group = tuple[Edit, ...]
"""Edits that make sense only together."""


def lines_of(text: str) -> list[str]:
    """The lines as the parser counts them, without their ends and without a byte order mark."""
    return _BREAK.split(text.removeprefix(_BOM))[::2]


def apply(text: str, edits: Sequence[Edit]) -> str:
    """The text with every edit made; line ends and a byte order mark stay as they are.

    Raises:
        ValueError: an edit's ``old`` is not where it says, or two edits overlap.
    """
    mark = text[: len(text) - len(text.removeprefix(_BOM))]
    parts = _BREAK.split(text[len(mark) :])
    free: dict[int, int] = {}  # how much of a line, from its beginning, no later edit has touched
    for edit in sorted(edits, key=lambda edit: (edit.line, edit.col), reverse=True):
        place = 2 * (edit.line - 1)
        line, start = parts[place], edit.col - 1
        end = start + len(edit.old)
        if line[start:end] != edit.old or end > free.get(place, end):
            raise ValueError(f"line {edit.line} has no {edit.old!r} at {edit.col}")
        parts[place] = line[:start] + edit.new + line[end:]
        free[place] = start
    return mark + "".join(parts)


def safe(text: str, groups: Sequence[Group], *, holds: Callable[[str], bool]) -> tuple[Group, ...]:
    """As many groups of edits as can be made together so that ``holds`` is true of the text that comes of them.

    All are tried at once; where that does not hold, halves are, so that one bad edit costs a few tries.
    """
    kept: list[Group] = []
    ahead = [list(groups)] if groups else []
    for _ in range(_MOST_TRIES):
        if not ahead:
            break
        batch = ahead.pop()
        try:
            together = holds(apply(text, [edit for group in (*kept, *batch) for edit in group]))
        except ValueError:  # two of them overlap
            together = False
        if together:
            kept += batch
        elif len(batch) > 1:
            middle = len(batch) // 2
            ahead += [batch[middle:], batch[:middle]]
    return tuple(kept)
