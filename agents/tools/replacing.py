"""How a piece of text is found and replaced: exactly, then by lines whose spacing may differ. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_NUMBERED = re.compile(r"\s*\d+\|")
_JOINED = re.compile(r"[\w.]")
"""What belongs together where it stands side by side."""
_MAX_COMPARED = 5_000
"""Lines of a file that are compared in search of the nearest text."""
_ALIKE = 0.5
"""Below this ratio two lines have nothing to do with each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """The new text, the line at which it changed, and whether ``old`` stood there to the letter."""

    text: str
    line: int
    exact: bool


class Ambiguous(Exception):
    """What is to be replaced stands in several places, which begin at these lines."""

    def __init__(self, lines: Sequence[int]) -> None:
        super().__init__(f"lines {', '.join(map(str, lines))}")
        self.lines = tuple(lines)


def replace_once(text: str, old: str, new: str) -> Replaced | None:
    """Replace the one place where ``old`` stands; None if there is none. Raises Ambiguous if there are several.

    The line ends of the file are kept: where all of them are alike, ``old`` and ``new`` may have the others.
    """
    crlf = "\r\n" in text and "\n" not in text.replace("\r\n", "")
    if crlf or "\r\n" not in text:
        text, old, new = (part.replace("\r\n", "\n") for part in (text, old, new))
    found = (
        _exact(text, old, new)
        or _by_lines(text, old, new)
        or _unnumbered(text, old, new)
        or _open_ended(text, old, new)
    )
    if found is None or not crlf:
        return found
    return Replaced(text=found.text.replace("\n", "\r\n"), line=found.line, exact=found.exact)


def nearest(lines: Sequence[str], old: Sequence[str], *, around: int = 3) -> tuple[int, int] | None:
    """First and last line, counting from 1, of what is most like ``old``; None if nothing is.

    The line of ``old`` with most to say is looked up among all lines; the first of equally good ones is taken.
    """
    anchor = max(range(len(old)), key=lambda index: (len(old[index].strip()), -index), default=None)
    if anchor is None:
        return None
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(old[anchor].strip())
    best, place = _ALIKE, -1
    for index, line in enumerate(lines[:_MAX_COMPARED]):
        matcher.set_seq1(line.strip()[:500])
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and (ratio := matcher.ratio()) > best:
            best, place = ratio, index
    if place < 0:
        return None
    first = max(1, place - anchor + 1 - around)
    return first, min(len(lines), place - anchor + len(old) + around, first + 60)


def _exact(text: str, old: str, new: str) -> Replaced | None:
    places = [place for place in _places(text, old) if not _is_deeper(text, place)]
    if not places:
        return None
    if len(places) > 1:
        raise Ambiguous([text.count("\n", 0, place) + 1 for place in places])
    start = places[0]
    changed = text[:start] + new + text[start + len(old) :]
    return Replaced(text=changed, line=text.count("\n", 0, start) + 1, exact=True)


def _is_deeper(text: str, place: int) -> bool:
    """Whether what begins with an indentation begins there within a deeper one: then it is another line."""
    before = text[text.rfind("\n", 0, place) + 1 : place]
    return text[place : place + 1] in (" ", "\t") and bool(before) and not before.strip()


def _places(text: str, old: str) -> list[int]:
    """Every offset of ``old``, overlapping ones too: those are two places as well."""
    places: list[int] = []
    start = text.find(old)
    while start >= 0:
        places.append(start)
        start = text.find(old, start + 1)
    return places


def _by_lines(text: str, old: str, new: str) -> Replaced | None:
    """Whole lines that are equal but for their spacing; ``new`` gets the indentation of the file."""
    lines, wanted = text.split("\n"), old.strip("\n").split("\n")
    keys, wanted_keys = [_key(line) for line in lines], [_key(line) for line in wanted]
    size = len(wanted)
    places = [i for i in range(len(keys) - size + 1) if keys[i : i + size] == wanted_keys]
    if not places or not any(wanted_keys):
        return None
    alike = [place for place in places if lines[place : place + size] == wanted]
    if len(places) > 1 and len(alike) != 1:
        raise Ambiguous([place + 1 for place in places])
    place = alike[0] if alike else places[0]
    body = new.strip("\n")
    fresh = _indented(body.split("\n"), wanted, lines[place : place + size]) if body.strip() else []
    if fresh is None:
        return None
    return Replaced(text="\n".join([*lines[:place], *fresh, *lines[place + size :]]), line=place + 1, exact=False)


def _unnumbered(text: str, old: str, new: str) -> Replaced | None:
    """As if without the NUMBER| that `read` puts before each line, where every line of ``old`` has one."""
    if not all(_NUMBERED.match(line) for line in old.strip("\n").split("\n")):
        return None
    bare_old, bare_new = ("\n".join(map(_bare, part.split("\n"))) for part in (old, new))
    found = _exact(text, bare_old, bare_new) if bare_old.strip() else None
    return found and Replaced(text=found.text, line=found.line, exact=False)


def _bare(line: str) -> str:
    """A line without the number before it, if it has one."""
    found = _NUMBERED.match(line)
    return line[found.end() :] if found else line


def _open_ended(text: str, old: str, new: str) -> Replaced | None:
    """Where both end in the same beginning of a line, which goes on in the file.

    A block of the text protocol cannot end within a line. Only whole words are replaced, and nothing where ``new``
    stands already.
    """
    bare = old.removesuffix("\n")
    last = bare.rpartition("\n")[2]
    if bare == old or not last.strip() or not new.endswith(f"{last}\n") or new[:-1] in text:
        return None
    places = _places(text, bare)
    if len(places) == 1 and _cuts_a_word(text, places[0], places[0] + len(bare)):
        return None
    found = _exact(text, bare, new[:-1])
    return found and Replaced(text=found.text, line=found.line, exact=False)


def _cuts_a_word(text: str, start: int, end: int) -> bool:
    """Whether a word, a number or a dotted name goes on beyond either end."""
    return any(0 < at < len(text) and all(map(_JOINED.match, text[at - 1 : at + 1])) for at in (start, end))


def _indented(fresh: Sequence[str], wanted: Sequence[str], there: Sequence[str]) -> list[str] | None:
    """``fresh`` moved as ``wanted`` has to be moved to become ``there``; None where that is not one clear way.

    An indentation that ``wanted`` has too becomes what the file has in its place; a deeper one stays as much deeper.
    """
    ways: dict[str, str] = {}
    for old_line, file_line in zip(wanted, there, strict=True):
        if old_line.strip() and ways.setdefault(_indent(old_line), _indent(file_line)) != _indent(file_line):
            return None
    moved: list[str] = []
    for line in fresh:
        indent = _indent(line)
        known = max((way for way in ways if indent.startswith(way)), key=len, default=None)
        if line.strip() and known is None:
            return None
        moved.append(ways[known] + line[len(known) :] if line.strip() and known is not None else "")
    return moved


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _key(line: str) -> str:
    return " ".join(line.split())
