"""A foreign document as units: headings, paragraphs, whole list items, fences, tables. Keeps the author's markdown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from .. import front_matter
from ..markdown import Block, blocks

UnitKind = Literal["heading", "paragraph", "bullet", "fence", "table", "comment", "link"]
_MARKER = re.compile(r"^(\s*(?:[-*+•◦▪‣]|\d{1,9}[.)])[ \t\u00a0]+(?:\[[ xX]\][ \t]+)?)")
_KEY = re.compile(r"\s*(?:#.*\n\s*)*[\w-]+[ \t]*:")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*\"'(\[])")


@dataclass(slots=True, kw_only=True)
class Unit:
    """A piece of the document that is placed as one. ``raw`` is its markdown without the bullet and its indentation."""

    kind: UnitKind
    line: int
    end_line: int
    text: str
    bold: str = ""
    level: int = 0
    info: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    raw: list[str] = field(default_factory=list)

    @property
    def first_line(self) -> str:
        """The unit's markdown on one line, without what is nested in it."""
        return " ".join(line.strip() for line in self.raw).strip()


def units(text: str) -> list[Unit]:
    """The units of a document in order, with the lines of the original."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    head, body = front_matter.split(text)
    if not _KEY.match(head):  # lines between two rules are no front matter
        head, body = "", text
    lines = text.split("\n")
    found = list(_gather(blocks(body)))
    for unit in found:
        unit.raw = _raw(unit, lines) or [""]
    if head.strip():
        raw = ["```yaml", *head.rstrip("\n").split("\n"), "```"]
        found.insert(0, Unit(kind="fence", line=1, end_line=head.count("\n") + 2, text=head, info="yaml", raw=raw))
    return found


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a paragraph on one line; a full stop inside a code span or an abbreviation may cut too early."""
    return tuple(part for part in _SENTENCE.split(text) if part.strip())


def _gather(found: tuple[Block, ...]) -> Iterator[Unit]:
    """One unit for each block, except that a list item takes in all that is nested in it."""
    open_item: Unit | None = None
    for block in found:
        if block.kind == "image":
            continue
        nested = open_item is not None and block.level > 0 and block.kind not in {"heading", "link"}
        sibling = block.kind == "bullet" and open_item is not None and block.level <= open_item.level
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


def _raw(unit: Unit, lines: list[str]) -> list[str]:
    written = lines[unit.line - 1 : unit.end_line]
    if unit.kind == "bullet" and written and (marker := _MARKER.match(written[0])):
        width = len(marker[1])
        rest = [line[min(width, len(line) - len(line.lstrip())) :].rstrip() for line in written[1:]]
        return _trimmed([written[0][width:].rstrip(), *rest])
    return _trimmed([line.rstrip() for line in written])


def _trimmed(lines: list[str]) -> list[str]:
    while lines and not lines[-1].strip():
        lines.pop()
    return lines
