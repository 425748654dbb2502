"""Syntax colour for patches, and what stands out in a test's report. Pure; the lexers are Pygments'.

A side of a hunk is read as one text, so that a string over several lines is one. What was added and taken away keeps
its sign and its ground; colour says nothing more than the words do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from .entries import Entry, Span, entry, style_of, verbatim

if TYPE_CHECKING:
    from pygments.lexer import Lexer

MOST = 200_000
"""Characters of a patch that are given syntax colour: a lexer's time may grow faster than its text."""
MOST_OF_A_LINE = 500
"""Characters of a line, for the same reason."""
_GROUNDS = {"+": "added", "-": "taken", " ": ""}
_KINDS = {
    "Keyword": "keyword",
    "Operator.Word": "keyword",
    "Literal.String": "string",
    "Literal.Number": "number",
    "Comment": "comment",
    "Name.Function": "name",
    "Name.Class": "name",
    "Name.Decorator": "name",
}
"""Kinds of Pygments' tokens, and the styles of tui.colours that they have."""
_REPORT = (("E ", "bad"), ("FAILED", "bad"), ("ERROR", "bad"), ("PASSED", "good"), (">", "bold"), ("___", "bold"))


@lru_cache(maxsize=8)
def patch(text: str) -> tuple[Entry, ...]:
    """A patch line by line. One that is very long has the colours of its signs alone."""
    lines = verbatim(text, diff=True)
    if sum(len(line.text) for line in lines) > MOST or any(len(line.text) > MOST_OF_A_LINE for line in lines):
        return tuple(lines)
    return tuple(_coloured([line.text for line in lines]))


def report(text: str) -> list[Entry]:
    """What a test printed, line by line; what failed stands out."""
    return [entry((line.text, _style_in_report(line.text))) for line in verbatim(text)]


@dataclass(slots=True)
class _Hunk:
    """Lines between two heads, and both sides of them."""

    lexer: Lexer | None
    lines: list[str] = field(default_factory=list)

    def entries(self) -> Iterator[Entry]:
        """Each line with its sign, and its text as its side of the hunk reads."""
        sides = {sign: iter(self._side(skipping)) for sign, skipping in (("+", "-"), ("-", "+"))}
        for line in self.lines:
            sign, ground = line[:1] or " ", _GROUNDS.get(line[:1], "")
            spans = next(sides["-" if sign == "-" else "+"], ())
            if sign == " ":
                next(sides["-"], None)
            told = ((text, f"{style} {ground}".strip()) for text, style in spans)
            yield Entry(spans=((line[:1], style_of(line)), *told))

    def _side(self, skipping: str) -> list[Sequence[Span]]:
        return _lexed([line[1:] for line in self.lines if line[:1] != skipping], self.lexer)


def _coloured(lines: Sequence[str]) -> Iterator[Entry]:
    hunk, lexer = _Hunk(lexer=None), None
    inside = False
    for line in lines:
        inside = inside and line[:1] in _GROUNDS
        if inside:
            hunk.lines.append(line)
            continue
        yield from hunk.entries()
        lexer = _lexer_for(line[4:].removeprefix("b/")) if line.startswith("+++ ") else lexer
        hunk, inside = _Hunk(lexer=lexer), line.startswith("@@")
        yield entry((line, style_of(line)))
    yield from hunk.entries()


def _lexed(lines: Sequence[str], lexer: Lexer | None) -> list[Sequence[Span]]:
    """The spans of each line; without a lexer each line is one."""
    if lexer is None:
        return [((line, ""),) for line in lines]
    found: list[list[Span]] = [[]]
    for kind, text in lexer.get_tokens("\n".join(lines)):
        style = _style_for(str(kind).removeprefix("Token."))
        first, *more = text.split("\n")
        found[-1].append((first, style))
        found += [[(part, style)] for part in more]
    read = [tuple(_joined(spans)) for spans in found[: len(lines)]]
    told = ["".join(text for text, _ in spans) for spans in read]
    return list(read) if told == [*lines] else [((line, ""),) for line in lines]


def _joined(spans: Sequence[Span]) -> Iterator[Span]:
    """Neighbours of one style as one."""
    for style, same in groupby(spans, key=lambda span: span[1]):
        if text := "".join(text for text, _ in same):
            yield text, style


@lru_cache(maxsize=256)
def _style_for(kind: str) -> str:
    return next((style for name, style in _KINDS.items() if kind == name or kind.startswith(f"{name}.")), "")


@lru_cache(maxsize=64)
def _lexer_for(name: str) -> Lexer | None:
    """The lexer of a file's name; none for names that nothing is known of."""
    from pygments.lexers import get_lexer_for_filename  # noqa: PLC0415 - for who looks at a patch
    from pygments.util import ClassNotFound  # noqa: PLC0415 - as above

    try:
        return get_lexer_for_filename(name.strip(), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def _style_in_report(line: str) -> str:
    return next((style for start, style in _REPORT if line.startswith(start)), "")
