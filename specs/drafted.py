"""What a draft gathers before it is whole: items, tables and pictures whose ids may not be known yet, and terms."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .markdown import Block
from .nouns import SectionName, Term
from .tables import Caption

_CELL = re.compile(r"(?<!\\)\|")
_TERM = re.compile(r"^[\s:\u2013\u2014-]+")
_PLAIN_TERM = re.compile(r"`?([\w][\w /+.-]{0,40}?)`?(?::\s+|\s+[\u2013\u2014-]\s+)(?=\S)")


@dataclass(slots=True, kw_only=True)
class Sentence:
    """An item while its text is being gathered."""

    label: str
    """Its id; empty until one is counted."""
    letter: str
    pieces: list[str]
    line: int
    end_line: int
    section: SectionName
    level: int
    """The depth of its bullet; 0 for a heading or a paragraph."""
    heading: int = 0
    """The level of its heading; 0 for a bullet or a paragraph."""
    counted: bool = False
    """Its id was counted, not written."""
    blocks: list[str] = field(default_factory=list)
    whole: tuple[str, ...] = ()
    """The words and the code whose change is a change of this item, where that is more than its own."""


@dataclass(slots=True, kw_only=True)
class Table:
    """A table of examples, before the functions of the spec are known."""

    block: Block
    title: Caption
    heading: str = ""


@dataclass(slots=True, kw_only=True)
class Shown:
    """A picture, and the item it stands in, whose id may not be known yet."""

    block: Block
    within: Sentence | None


def true_rows(block: Block, lines: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The rows of a table with the cells that markdown cuts off where a row has more than the header."""
    rows = [block.rows[0]]
    for number, row in enumerate(block.rows[1:], block.line + 2):
        line = lines[number - 1].strip(" \t>") if number <= len(lines) else ""
        written = _CELL.split(line.removeprefix("|").removesuffix("|"))
        rows.append(row + tuple(cell.replace("**", "").strip(" \t*_") for cell in written[len(row) :]))
    return tuple(rows)


def term_of(block: Block) -> Term | None:
    """The definition that a bullet is: ``**word**: meaning``, or ``word: meaning``."""
    if block.bold:
        meaning = _TERM.sub("", block.text[len(block.bold) :])
        return Term(name=block.bold.strip(": "), meaning=meaning, line=block.line)
    found = _PLAIN_TERM.match(block.text)
    return Term(name=found[1], meaning=block.text[found.end() :], line=block.line) if found else None


def terms_of(block: Block) -> list[Term]:
    """The definitions of a table: a word, and what it means."""
    return [
        Term(name=row[0].strip("`"), meaning=" | ".join(row[1:]), line=line)
        for line, row in enumerate(block.rows[1:], block.line + 2)
        if len(row) > 1 and row[0].strip("`") and any(row[1:])
    ]
