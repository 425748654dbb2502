"""The tool `write`: a whole file, new or replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.port import ToolSpec
from ..outline import first_error
from .site import Outcome, Site, text_of

if TYPE_CHECKING:
    from ..models.port import Json

SPEC = ToolSpec(
    name="write",
    description="Write a whole text file: a new one, or in place of what is there. Folders are made as needed.",
    parameters={
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "relative to the root of the repository, inside what you own"},
            "content": {"type": "string", "description": "the whole content of the file"},
        },
        "required": ["path", "content"],
        "additionalProperties": False,
    },
)


def write(site: Site, arguments: dict[str, Json]) -> Outcome:
    """The file is there afterwards with exactly this content."""
    path = site.writable(text_of(arguments, "path"))
    content = text_of(arguments, "content")
    site.write_text(path, content)
    lines = content.count("\n") + (not content.endswith("\n") and bool(content))
    return Outcome(text=f"wrote {path}: {lines} lines{syntax_note(path, content)}")


def syntax_note(path: str, text: str) -> str:
    """A warning if the text of this file does not parse, else nothing."""
    line = first_error(path, text.encode("utf-8", errors="replace"))
    return f". Warning: there seems to be a syntax error near line {line}" if line else ""
