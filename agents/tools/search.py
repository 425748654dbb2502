"""The tool `search`: lines that contain a text or match a pattern. Patterns have a deadline: a model wrote them."""

from __future__ import annotations

import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ..models.port import ToolSpec
from .read import MAX_LINE, lines_of
from .site import MAX_RESULT, Outcome, Refused, Site, shown, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..models.port import Json

MAX_HITS = 80
DEADLINE = 5.0
"""Seconds for one search over all files; a pattern that needs more is refused."""

SPEC = ToolSpec(
    name="search",
    description=(
        f"Find lines in the files of the repository, as PATH:NUMBER|TEXT, at most {MAX_HITS}. "
        "The text is taken literally unless `regex` is true."
    ),
    parameters={
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "what to look for, within one line"},
            "regex": {"type": "boolean", "description": "take the text as a regular expression; default false"},
            "path": {"type": "string", "description": "a file or folder to look in; default the whole repository"},
            "glob": {"type": "string", "description": "only files whose name matches, such as *.py"},
        },
        "required": ["text"],
        "additionalProperties": False,
    },
)


def search(site: Site, arguments: dict[str, Json]) -> Outcome:
    """Matching lines in the order of their paths; says so if nothing matches, or if there is more."""
    wanted = text_of(arguments, "text")
    if not wanted.strip() or "\n" in wanted:
        raise Refused("`text` must be what stands within one line")
    folder, glob = site.path(text_of(arguments, "path", ".")), text_of(arguments, "glob", "*")
    matches = pattern(wanted) if arguments.get("regex") is True else _literal(wanted)
    hits: list[str] = []
    room, left_out = MAX_RESULT - 400, 0
    for path in site.under(folder):
        if not PurePosixPath(path).match(glob):
            continue
        for number, line in _lines(site, path):
            if not matches(line):
                continue
            hit = f"{path}:{number}|{line[:MAX_LINE]}"
            if len(hits) < MAX_HITS and len(hit) < room:
                hits.append(hit)
                room -= len(hit) + 1
            else:
                left_out += 1
    if not hits:
        return Outcome(text=f"nothing in {folder} matches" + ("" if left_out == 0 else "; the lines are too long"))
    more = f", {left_out} more left out: search for something narrower" if left_out else ""
    return shown("\n".join(hits), f"{len(hits)} lines{more}")


def _lines(site: Site, path: str) -> list[tuple[int, str]]:
    try:
        text = site.read_text(path)
    except Refused:
        return []
    return list(enumerate(lines_of(text), start=1))


def _literal(wanted: str) -> Callable[[str], bool]:
    return lambda line: wanted in line


def pattern(wanted: str, *, seconds: float = DEADLINE) -> Callable[[str], bool]:
    """Whether a line matches; raises Refused for what is no expression, and once ``seconds`` have gone by.

    `regex` and not `re`, because it can be stopped: ``(a+)+$`` needs years for one line of forty letters.
    """
    import regex  # type: ignore[import-untyped]  # noqa: PLC0415 - only a run needs it

    try:
        compiled = regex.compile(wanted)
    except regex.error as error:
        raise Refused(
            f"`text` is no regular expression: {error}; leave `regex` out to search for it literally"
        ) from None
    end = time.monotonic() + seconds

    def matches(line: str) -> bool:
        left = end - time.monotonic()
        try:
            if left > 0:
                return compiled.search(line, timeout=left) is not None
        except TimeoutError:
            pass
        raise Refused("this expression takes too long: make it simpler, or search in fewer files")

    return matches
