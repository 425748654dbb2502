"""The tool `edit`: one piece of a file replaced. It never guesses between two places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fences import fence
from ..models.port import ToolSpec
from .read import lines_of, numbered
from .replacing import Ambiguous, nearest, replace_once
from .site import Outcome, Refused, Site, text_of
from .write import syntax_note

if TYPE_CHECKING:
    from ..models.port import Json

SPEC = ToolSpec(
    name="edit",
    description=(
        "Replace one piece of a file. `old` must stand there exactly once; add lines around it until it does. "
        "If only its indentation or spacing differs from the file, it is found all the same."
    ),
    parameters={
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "relative to the root of the repository, inside what you own"},
            "old": {"type": "string", "description": "the text to replace, without line numbers"},
            "new": {"type": "string", "description": "the text to put there; empty removes"},
        },
        "required": ["path", "old", "new"],
        "additionalProperties": False,
    },
)


def edit(site: Site, arguments: dict[str, Json]) -> Outcome:
    """The file with ``old`` replaced; raises Refused, saying what is there, where that is not possible."""
    path = site.writable(text_of(arguments, "path"))
    old, new = text_of(arguments, "old"), text_of(arguments, "new")
    if not old.strip():
        raise Refused("`old` is empty: say what to replace, or use write for a whole file")
    text = site.read_text(path)
    if old == new:
        raise Refused("`old` and `new` are the same: nothing to change")
    try:
        found = replace_once(text, old, new)
    except Ambiguous as places:
        where = ", ".join(map(str, places.lines[:20]))
        raise Refused(
            f"`old` stands in {path} {len(places.lines)} times, at lines {where}: add lines around it"
        ) from None
    if found is None:
        return _missing(path, text, old, new)
    site.write_text(path, found.text)
    how = "" if found.exact else ", spacing taken from the file"
    return Outcome(text=f"edited {path} at line {found.line}{how}{syntax_note(path, found.text)}")


def _missing(path: str, text: str, old: str, new: str) -> Outcome:
    """Done already, or not there; what comes nearest is shown."""
    if new.strip() and text.count(new) == 1:
        line = text[: text.index(new)].count("\n") + 1
        return Outcome(text=f"nothing to change: `new` already stands in {path} at line {line}, and `old` does not")
    lines = lines_of(text)
    place = nearest(lines, lines_of(old))
    if place is None:
        raise Refused(f"`old` is not in {path}, nor anything like it: read the file")
    shown = fence(numbered(lines, *place), f"file {path}, lines {place[0]}-{place[1]}, the nearest text")
    raise Refused(f"`old` is not in {path}; nothing was changed. Copy whole lines of the nearest:\n{shown}")
