"""The tool `outline`: the symbols of a file, or of all files in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.port import ToolSpec
from ..outline import is_known, outline_text
from .site import MAX_RESULT, Outcome, Refused, Site, shown, text_of

if TYPE_CHECKING:
    from ..models.port import Json

MAX_FILES = 200

SPEC = ToolSpec(
    name="outline",
    description=(
        "List the classes, functions and constants of a file or of every file in a folder, with their signatures "
        "and line numbers. Python, JavaScript and TypeScript; of other files only the path."
    ),
    parameters={
        "type": "object",
        "properties": {"path": {"type": "string", "description": "a file or a folder; . is the whole repository"}},
        "required": ["path"],
        "additionalProperties": False,
    },
)


def outline(site: Site, arguments: dict[str, Json]) -> Outcome:
    """Signatures by file; once there is no room for signatures, paths only."""
    folder = site.path(text_of(arguments, "path"))
    paths = site.under(folder)
    if not paths:
        raise Refused(f"there is no file or folder {folder}")
    pieces: list[str] = []
    room = MAX_RESULT - 400
    for path in paths[:MAX_FILES]:
        symbols = _symbols(site, path) if room > 0 else ""
        piece = f"{path}\n{symbols}" if len(symbols) < room else f"{path}\n  (too long here: outline it by itself)\n"
        pieces.append(piece)
        room -= len(piece)
    if len(paths) > MAX_FILES:
        pieces.append(f"... and {len(paths) - MAX_FILES} more files: outline a smaller folder\n")
    return shown("".join(pieces)[: MAX_RESULT * 2], f"outline of {folder}")


def _symbols(site: Site, path: str) -> str:
    if not is_known(path):
        return ""
    try:
        return outline_text(path, site.read_bytes(path), indent="  ")
    except Refused as refused:
        return f"  ({refused})\n"
