"""The same document typed differently: paragraphs broken into lines of 60 columns, and a word of each emphasised. Pure.

Only lines of which it is certain that markdown reads them as one paragraph of text are touched, so that whatever
changes in the reading is the parser's doing. How many were touched is told, so that nothing passes for being tried.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...specs.front_matter import split
from ...specs.markdown import blocks

COLUMNS = 60
_FIRST = re.compile(r"(?P<before>[ ]*(?:(?:[-*+]|\d{1,9}[.)]) {1,4})?)(?P<text>\S.*)")
_STARTS = re.compile(r"[-*+#>|=~`:\[<&\\$]|\d+[.)]|[•◦▪‣]")
"""What a line that goes on must not begin with, lest markdown take it for something else."""
_PLAIN = re.compile(r"(?<= )[a-z]{3,}(?= [a-z])")
_MARKS = frozenset("*_<>[]&\\|$~!")
_LABEL = re.compile(r"^\*\*\w+\*\*")
_HARD_BREAK = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paragraph:
    """Its lines by index, what stands before its text on the first one, and its text on one line."""

    start: int
    stop: int
    before: str
    text: str


def rewrapped(text: str) -> tuple[str, int]:
    """The text with its simple paragraphs broken at 60 columns, and how many are broken otherwise than before."""
    lines = text.split("\n")
    moved = 0
    for paragraph in reversed(_paragraphs(text, lines)):
        wrapped = list(_wrapped(paragraph))
        if wrapped != lines[paragraph.start : paragraph.stop]:
            lines[paragraph.start : paragraph.stop] = wrapped
            moved += 1
    return "\n".join(lines), moved


def emphasised(text: str) -> tuple[str, int]:
    """The text with one word of each simple paragraph in italics, bold or both in turn, and how many were marked."""
    lines = text.split("\n")
    marked = 0
    for paragraph in _paragraphs(text, lines):
        line = lines[paragraph.start]
        plain = _LABEL.sub(lambda label: "x" * len(label[0]), line[len(paragraph.before) :])
        word = _PLAIN.search(plain)
        if not word or _MARKS & set(_LABEL.sub("", paragraph.text)) or "`" in plain[: word.start()]:
            continue
        mark = ("*", "**", "_", "***")[marked % 4]
        at, end = len(paragraph.before) + word.start(), len(paragraph.before) + word.end()
        lines[paragraph.start] = f"{line[:at]}{mark}{word[0]}{mark}{line[end:]}"
        marked += 1
    return "\n".join(lines), marked


def _paragraphs(text: str, lines: Sequence[str]) -> list[_Paragraph]:
    """Those that are nothing but plain lines, in their order."""
    found = []
    for block in blocks(split(text)[1]):
        own = lines[block.line - 1 : block.end_line]
        first = _FIRST.fullmatch(own[0]) if own and block.kind in {"bullet", "paragraph"} and not block.code else None
        bullet = bool(first and first["before"].strip())
        if first and bullet == (block.kind == "bullet") and _is_simple(own, first["text"], bullet=bullet):
            said = " ".join([first["text"], *(line.strip() for line in own[1:])])
            found.append(_Paragraph(start=block.line - 1, stop=block.end_line, before=first["before"], text=said))
    return found


def _is_simple(lines: Sequence[str], first: str, *, bullet: bool) -> bool:
    """Whether every line can be nothing but text, wherever it is broken."""
    whole = "\n".join(lines)
    begins = [line.strip() for line in lines[1:]] + ([] if bullet or _LABEL.match(first) else [first])
    return (
        not any(line.endswith((_HARD_BREAK, "\\")) for line in lines)
        and all(line and not _STARTS.match(line) for line in begins)
        and not any(sign in whole for sign in ("``", "<", "\t", "\r", "$$"))
        and not any(_HARD_BREAK in span for span in re.findall(r"`[^`]*`", " ".join(line.strip() for line in lines)))
    )


def _wrapped(paragraph: _Paragraph) -> Iterator[str]:
    """Lines of at most 60 columns where words allow it; none begins with what markdown might read."""
    line, indent = paragraph.before, " " * len(paragraph.before)
    for number, word in enumerate(paragraph.text.split(" ")):
        if number == 0:
            line += word
        elif len(line) + 1 + len(word) <= COLUMNS or not word or _STARTS.match(word):
            line += f" {word}"
        else:
            yield line
            line = indent + word
    yield line
