"""A foreign document as units: headings, paragraphs, whole list items, fences, tables. Keeps the author's markdown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from .. import front_matter
from ..markdown import Block, blocks

UnitKind = Literal["heading", "paragraph", "bullet", "fence", "table", "comment", "link", "quote"]
Box = Literal["", "open", "done"]
_MARKER = re.compile(r"^(\s*(?:[-*+•◦▪‣]|\d{1,9}[.)])[ \t\u00a0]+(?:\[[ xX]\][ \t]+)?)")
_BOX = re.compile(r"^[\s>]*(?:[-*+•◦▪‣]|\d{1,9}[.)])[ \t\u00a0]+\[(?P<tick>[ xX])\][ \t]")
_BLOCK = re.compile(r"^(?:#{1,6}(?=\s)|`{3}|~{3}|>)")
"""Behind a box it is text; without the box it would begin a heading, a fence or a quotation."""
_QUOTE = re.compile(r"^ {0,3}>")
_QUOTE_MARKS = re.compile(r"^[ \t>]*>[ \t]*")
_KEY = re.compile(r"\s*(?:#.*\n\s*)*[\w-]+[ \t]*:")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*\"'(\[])")


@dataclass(slots=True, kw_only=True)
class Unit:
    """A piece of the document that is placed as one. ``raw`` is its markdown without the bullet and its indentation.

    A ``quote`` is a whole quotation, whatever is in it, with its marks.
    """

    kind: UnitKind
    line: int
    end_line: int
    text: str
    bold: str = ""
    level: int = 0
    info: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    raw: list[str] = field(default_factory=list)
    box: Box = ""
    """Of a bullet: whether it can be ticked off, and is."""

    @property
    def first_line(self) -> str:
        """The unit's markdown on one line, without what is nested in it; a quotation without its marks."""
        quoted = self.kind == "quote"
        return " ".join((_QUOTE_MARKS.sub("", line) if quoted else line).strip() for line in self.raw).strip()


def units(text: str) -> list[Unit]:
    """The units of a document in order, with the lines of the original."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    head, body = front_matter.split(text)
    if not _KEY.match(head):  # lines between two rules are no front matter
        head, body = "", text
    lines = text.split("\n")
    found = list(_gather(blocks(body), lines))
    for unit in found:
        unit.raw = _raw(unit, lines) or [""]
    found = list(_quotations(found, lines))
    if head.strip():
        raw = ["```yaml", *head.rstrip("\n").split("\n"), "```"]
        found.insert(0, Unit(kind="fence", line=1, end_line=head.count("\n") + 2, text=head, info="yaml", raw=raw))
    return found


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a paragraph on one line; a full stop inside a code span or an abbreviation may cut too early."""
    return tuple(part for part in _SENTENCE.split(text) if part.strip())


def _gather(found: tuple[Block, ...], lines: list[str]) -> Iterator[Unit]:
    """One unit for each block, except that a list item takes in all that is nested in it.

    Where one of the two is done and the other is not, a nested item stands for itself.
    """
    open_item: Unit | None = None
    for block in found:
        if block.kind == "image":
            continue
        nested = open_item is not None and block.level > 0 and block.kind not in {"heading", "link"}
        box = _box(block, lines)
        sibling = block.kind == "bullet" and open_item is not None and block.level <= open_item.level
        sibling = sibling or (open_item is not None and _parted(box, open_item.box))
        if open_item is not None and nested and not sibling:
            open_item.end_line = max(open_item.end_line, block.end_line)
            open_item.text += f" {block.text}" if block.kind in {"bullet", "paragraph"} else ""
            continue
        if open_item is not None and block.kind == "comment" and block.line <= open_item.end_line:
            continue
        if open_item is not None:
            yield open_item
            open_item = None
        unit = _unit(block)
        unit.box = box
        if unit.kind == "bullet":
            open_item = unit
        else:
            yield unit
    if open_item is not None:
        yield open_item


def _unit(block: Block) -> Unit:
    kind: UnitKind = "paragraph" if block.kind == "image" else block.kind
    return Unit(
        kind=kind,
        line=block.line,
        end_line=block.end_line,
        text=block.text,
        bold=block.bold,
        level=block.level,
        info=block.info,
        rows=block.rows,
    )


def _box(block: Block, lines: list[str]) -> Box:
    found = _BOX.match(lines[block.line - 1]) if block.kind == "bullet" else None
    if found is None:
        return ""
    return "open" if found["tick"] == " " else "done"


def _parted(box: Box, outer: Box) -> bool:
    """Whether a nested item is done and the one around it is not, or the other way round."""
    return box not in {"", outer} and "done" in {box, outer}


def _quotations(found: list[Unit], lines: list[str]) -> Iterator[Unit]:
    """The units, those of one quotation as one; a list item that is nothing but a quotation is one too."""
    quote: Unit | None = None
    for unit in found:
        marked = unit.kind != "link" and _QUOTE.match(lines[unit.line - 1]) is not None
        if quote is not None and marked and all(map(_QUOTE.match, lines[quote.end_line : unit.line - 1])):
            quote.end_line, quote.text = max(quote.end_line, unit.end_line), f"{quote.text} {unit.text}"
            quote.raw = _trimmed([line.rstrip() for line in lines[quote.line - 1 : quote.end_line]])
            continue
        if quote is not None:
            yield quote
            quote = None
        if marked:
            raw = _trimmed([line.rstrip() for line in lines[unit.line - 1 : unit.end_line]])
            quote = Unit(kind="quote", line=unit.line, end_line=unit.end_line, text=unit.text, raw=raw)
        elif unit.kind == "bullet" and _QUOTE.match(unit.raw[0]):
            yield Unit(kind="quote", line=unit.line, end_line=unit.end_line, text=unit.text, raw=unit.raw)
        else:
            yield unit
    if quote is not None:
        yield quote


def _raw(unit: Unit, lines: list[str]) -> list[str]:
    written = lines[unit.line - 1 : unit.end_line]
    if unit.kind == "bullet" and written and (marker := _MARKER.match(written[0])):
        width = len(marker[1])
        rest = [line[min(width, len(line) - len(line.lstrip())) :].rstrip() for line in written[1:]]
        first = _BLOCK.sub(r"\\\g<0>", written[0][width:]) if "[" in marker[1] else written[0][width:]
        return _trimmed([first.rstrip(), *rest])
    return _trimmed([line.rstrip() for line in written])


def _trimmed(lines: list[str]) -> list[str]:
    while lines and not lines[-1].strip():
        lines.pop()
    return lines
