"""The tool `read`: part of a file, with line numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fences import plain
from ..models.port import ToolSpec
from .site import MAX_RESULT, Outcome, Refused, Site, number_of, shown, text_of

if TYPE_CHECKING:
    from ..models.port import Json

MAX_LINES = 400
MAX_LINE = 500
"""Characters of the longest line that is shown whole."""

SPEC = ToolSpec(
    name="read",
    description=(
        f"Read a text file. Each line comes as NUMBER|TEXT, at most {MAX_LINES} lines at a time. "
        "NUMBER| is not part of the file."
    ),
    parameters={
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "relative to the root of the repository"},
            "first": {"type": "integer", "description": "first line, counting from 1; default 1"},
            "last": {"type": "integer", "description": "last line, inclusive; default as many as fit"},
        },
        "required": ["path"],
        "additionalProperties": False,
    },
)


def read(site: Site, arguments: dict[str, Json]) -> Outcome:
    """Lines ``first`` to ``last`` of a file; says where the rest is if there is more."""
    path = site.path(text_of(arguments, "path"))
    lines = lines_of(site.read_text(path))
    first = max(1, number_of(arguments, "first", 1))
    last = min(len(lines), number_of(arguments, "last", len(lines)))
    if not lines:
        return Outcome(text=f"{path} is empty")
    if first > len(lines):
        raise Refused(f"{path} has {len(lines)} lines, none from {first} on")
    if last < first:
        raise Refused(f"`last` ({last}) comes before `first` ({first})")
    end = _end(lines, first, last)
    label = f"file {path}, lines {first}-{end} of {len(lines)}"
    return shown(numbered(lines, first, end), label)


def lines_of(text: str) -> list[str]:
    """The lines of a file as an editor counts them, without their ends."""
    lines = plain(text).split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def numbered(lines: list[str], first: int, last: int) -> str:
    """Lines ``first`` to ``last``, both counting from 1, as NUMBER|TEXT; an overlong line is cut and says so."""
    return "\n".join(f"{number}|{_cut(lines[number - 1])}" for number in range(first, last + 1))


def _end(lines: list[str], first: int, last: int) -> int:
    """The last line that still fits, at least the first."""
    room = MAX_RESULT - 200
    end = first - 1
    while end < min(last, first + MAX_LINES - 1):
        room -= min(len(lines[end]), MAX_LINE) + 40
        if room < 0 and end >= first:
            break
        end += 1
    return end


def _cut(line: str) -> str:
    return line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]} [{len(line) - MAX_LINE} more characters]"
