"""Aligns the columns of examples tables, as edits. Pure."""

import re
import unicodedata
from collections.abc import Sequence

from .edits import Edit, Group
from .nouns import Examples

_WIDEST = 160
"""Beyond this many columns a table is written without padding: nobody sees its columns in one view anyway."""
_PREFIX = re.compile(r"[ \t>]*")
_CELL = re.compile(r"(?<!\\)\|")
_BLANK = " \t"


def aligned(table: Examples, lines: Sequence[str]) -> Group:
    """The edits that pad each cell of a table to its column's width; none where the table is not written plainly."""
    last = table.rows[-1].line if table.rows else table.line + 1
    written = [(number, lines[number - 1]) for number in range(table.line, last + 1)]
    prefixes = [_PREFIX.match(line) for _, line in written]
    starts = [found.end() if found else 0 for found in prefixes]
    rows = [_cells(line[start:]) for (_, line), start in zip(written, starts, strict=True)]
    if len({len(row) for row in rows}) != 1:
        return ()
    widths = [max(3, *(_width(row[n]) for row in (rows[0], *rows[2:]))) for n in range(len(rows[0]))]
    if max(starts) + sum(widths) + 3 * len(widths) + 1 > _WIDEST:
        widths = [0] * len(widths)
    marks = rows[1]
    edits = []
    for place, ((number, line), start, row) in enumerate(zip(written, starts, rows, strict=True)):
        cells = [
            _rule(mark, width) if place == 1 else f" {_padded(cell, width, mark)} "
            for cell, width, mark in zip(row, widths, marks, strict=True)
        ]
        new = f"|{'|'.join(cells)}|"
        if new != line[start:]:
            edits.append(Edit(line=number, col=start + 1, old=line[start:], new=new))
    return tuple(edits)


def _cells(row: str) -> list[str]:
    cells = _CELL.split(row.strip(_BLANK))
    if cells and not cells[0].strip(_BLANK):
        cells = cells[1:]
    if cells and not cells[-1].strip(_BLANK):
        cells = cells[:-1]
    return [cell.strip(_BLANK) for cell in cells]


def _rule(mark: str, width: int) -> str:
    """The dashes under a header, with the colons that say to which side the column is aligned."""
    left, right = mark.startswith(":"), mark.endswith(":")
    return f"{':' * left}{'-' * (max(width, 1) + 2 - left - right)}{':' * right}"


def _padded(cell: str, width: int, mark: str) -> str:
    room = max(0, width - _width(cell))
    if not mark.endswith(":"):
        return cell + " " * room
    before = room // 2 if mark.startswith(":") else room
    return " " * before + cell + " " * (room - before)


def _width(text: str) -> int:
    """Columns on a terminal: two for a wide character, none for one that combines with the one before it."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
        for char in text
    )
