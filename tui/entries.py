"""What screens are made of: lines of styled text, some of which the cursor can stand on. Pure; knows no terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from .clean import clean, clean_lines

Span = tuple[str, str]
"""A text, and the name of its style (tui.colours); the empty name is plain text."""
MOST_LINES = 20_000
"""Of a text that is shown; the rest is told by a line."""
MOST_WRAPPED = 20_000
"""Characters of a text that is told in words."""
_RAW = 8
"""Characters that may stand for one cell, spaces and combining ones among them."""
LONGEST = 2_000
"""Characters of one line of it."""
_DIFF = {"+": "good", "-": "bad", "@": "cold"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. ``key`` is what the cursor stands on; an entry without one is passed over."""

    spans: tuple[Span, ...] = ()
    key: str = ""

    @property
    def text(self) -> str:
        """The line without its styles."""
        return "".join(text for text, _ in self.spans)

    @property
    def cells(self) -> int:
        """How wide it is on a terminal."""
        return cell_len(self.text)


def entry(*spans: Span | str, key: str = "") -> Entry:
    """A line of these; what has no style is plain. Texts have to be clean already."""
    return Entry(spans=tuple((span, "") if isinstance(span, str) else span for span in spans), key=key)


def columns(left: Sequence[Span], right: str, *, width: int, key: str = "", style: str = "dim") -> Entry:
    """``left`` cut to what ``right`` leaves of ``width`` cells, and ``right`` at the edge."""
    room = max(width - cell_len(right) - (1 if right else 0), 0)
    kept = tuple(cut(left, room))
    gap = max(width - sum(cell_len(text) for text, _ in kept) - cell_len(right), 0)
    return Entry(spans=(*kept, (" " * gap, ""), *(((right, style),) if right else ())), key=key)


def cut(spans: Iterable[Span], cells: int) -> Iterator[Span]:
    """As much of these as fits, the last with an ellipsis where it was cut."""
    left = cells
    for text, style in spans:
        size = cell_len(text)
        if size <= left:
            left -= size
            yield text, style
            continue
        if left > 0:
            yield f"{set_cell_size(text, left - 1)}…", style
        return


def short(text: str, width: int) -> str:
    """As `clean` has it, without a look at what is far beyond the cut."""
    return clean(text[: _RAW * width + _RAW], width=width)


def wrapped(text: str, width: int, *, style: str = "", indent: str = "") -> list[Entry]:
    """Words over as many lines as they need; lines of the text stay lines, and a very long text is cut."""
    entries: list[Entry] = []
    told = text if len(text) <= MOST_WRAPPED else f"{text[:MOST_WRAPPED]}…"
    for line in clean_lines(told).split("\n"):
        entries += [Entry(spans=((f"{indent}{part}", style),)) for part in _broken(line, max(width - len(indent), 8))]
    return entries


def verbatim(text: str, *, diff: bool = False) -> list[Entry]:
    """A text of a model, a repository or a test, line by line; of a diff what was added and taken away is coloured."""
    lines = clean_lines(text[: MOST_LINES * LONGEST]).split("\n")
    shown = [
        Entry(spans=((line if len(line) <= LONGEST else f"{line[:LONGEST]}…", style_of(line) if diff else ""),))
        for line in lines[:MOST_LINES]
    ]
    if len(lines) > MOST_LINES:
        shown.append(entry((f"… {len(lines) - MOST_LINES} lines more", "dim")))
    return shown


def folded(line: str, width: int) -> list[str]:
    """A clean line over as many as it needs, each further one as far in as it is; at least one."""
    inside = len(line) - len(line.lstrip())
    indent = line[: min(inside, width // 2)]
    if cell_len(line) <= width:
        return [line]
    return [f"{indent}{part}" for part in _broken(line.strip(), width - len(indent))]


def prose(text: str, width: int) -> list[Entry]:
    """A text of a model, a repository or a command, line by line; long lines go on below, as far in."""
    return [Entry(spans=((part, ""),)) for line in verbatim(text) for part in folded(line.text, width)]


def style_of(line: str) -> str:
    """Of a line of a patch, by its sign."""
    if line.startswith(("+++", "---", "diff ", "index ")):
        return "bold"
    return _DIFF.get(line[:1], "")


def _broken(line: str, width: int) -> Iterator[str]:
    """Cut between words; a word longer than a line is cut inside."""
    if not line.strip():
        yield ""
        return
    current = ""
    for word in line.split(" "):
        if len(word) > width or cell_len(word) > width:
            if current:
                yield current
            *whole, word = _pieces(word, width)  # noqa: PLW2901 - what is left of it
            yield from whole
            current = ""
        joined = f"{current} {word}" if current else word
        if cell_len(joined) > width:
            yield current
            current = word
        else:
            current = joined
    if current.strip():
        yield current


def _pieces(word: str, width: int) -> list[str]:
    """A long word in parts that fit, the last one short enough to go on with."""
    parts, current, cells = [], "", 0
    for char in word:
        size = cell_len(char)
        if cells + size > width:
            parts.append(current)
            current, cells = "", 0
        current += char
        cells += size
    return [*parts, current]
