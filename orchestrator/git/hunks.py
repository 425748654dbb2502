"""The lines that differ between two texts, as git's diff tells them. Pure."""

import re
from collections.abc import Iterable, Iterator

from ..ports import Hunk

HOW = ("-p", "-a", "-U1", "--histogram", "--no-indent-heuristic", "--inter-hunk-context=0", "--no-renames")
"""How a diff is asked for whose lines are aligned as ``merge-tree`` aligns them; without any context git would take
what both texts end with away first, and align what is left by itself."""

_FILE = b"diff --git a/"
_AT = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def parse_hunks(output: bytes) -> dict[str, tuple[Hunk, ...]]:
    """By path the hunks of a diff that was asked for so, of files whose names need no quotes."""
    found: dict[str, list[bytes]] = {}
    lines: list[bytes] = []
    for line in output.split(b"\n"):
        if line.startswith(_FILE):
            lines = found.setdefault(line.rpartition(b" b/")[2].decode(), [])
        lines.append(line)
    return {path: tuple(_hunks(lines)) for path, lines in found.items()}


def _hunks(lines: Iterable[bytes]) -> Iterator[Hunk]:
    """What a file's part of a diff says: each run of lines that went or came."""
    at = to = gone = came = 0
    inside = False
    for line in lines:
        head = _AT.match(line)
        if (head or line[:1] == b" ") and gone + came:
            yield Hunk(at=at, gone=gone, to=to, came=came)
        if head:
            at, to = (_first(number, count) for number, count in ((head[1], head[2]), (head[3], head[4])))
            gone, came, inside = 0, 0, True
        elif inside and line[:1] == b" ":
            at, to, gone, came = at + gone + 1, to + came + 1, 0, 0
        elif inside:
            gone, came = gone + (line[:1] == b"-"), came + (line[:1] == b"+")
    if gone + came:
        yield Hunk(at=at, gone=gone, to=to, came=came)


def _first(number: bytes, count: bytes | None) -> int:
    """Where a part begins, from 0; of an empty one git names the line before it."""
    return int(number) - (count != b"0")
