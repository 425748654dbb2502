"""Markdown to a flat list of blocks with their lines. The only module that knows markdown-it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

BlockKind = Literal["heading", "paragraph", "bullet", "fence", "table", "comment"]
_SPACE = re.compile(r"\s+")
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A piece of the document. ``text`` is inline text without emphasis, code spans kept in backticks."""

    kind: BlockKind
    line: int
    end_line: int
    """The last line, inclusive; both count from 1."""
    text: str = ""
    bold: str = ""
    """The text begins with this in bold."""
    level: int = 0
    """Of a heading 1 to 6; of a bullet its depth, from 1; of a paragraph the depth of its bullet, else 0."""
    info: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    """Of a table: cells as inline text, the header first."""


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def blocks(text: str) -> tuple[Block, ...]:
    """Read a document; any text at all is one. Blocks come in the order of their first lines."""
    return tuple(_walk(_reader().parse(text)))


def _walk(tokens: Sequence[Token]) -> Iterator[Block]:  # noqa: C901 - one case for each type of token
    """One pass. A bullet's first paragraph is the bullet; its further paragraphs are paragraphs of its level."""
    depth = 0
    fresh = False  # a list item has been opened and has no text yet
    heading = 0
    span = (0, 0)
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.map:
            span = (token.map[0] + 1, max(token.map[1], token.map[0] + 1))
        match token.type:
            case "list_item_open":
                depth, fresh = depth + 1, True
            case "list_item_close":
                depth, fresh = depth - 1, False
            case "heading_open":
                heading = int(token.tag[1])
            case "heading_close":
                heading = 0
            case "inline":
                yield from _inline_blocks(token, span=span, heading=heading, depth=depth, fresh=fresh)
                fresh = False
            case "fence":
                yield Block(kind="fence", line=span[0], end_line=span[1], text=token.content, info=token.info.strip())
            case "code_block":
                yield Block(kind="paragraph", line=span[0], end_line=span[1], text=token.content.rstrip())
            case "html_block":
                yield from _html(token.content, first=span[0], last=span[1])
            case "table_open":
                index, rows = _table(tokens, index)
                yield Block(kind="table", line=span[0], end_line=span[1], rows=rows)
            case _:
                pass
        index += 1


def _inline_blocks(token: Token, *, span: tuple[int, int], heading: int, depth: int, fresh: bool) -> Iterator[Block]:
    kind: BlockKind = "heading" if heading else "bullet" if fresh and depth else "paragraph"
    children = token.children or []
    text, bold = _text(children), _bold(children)
    yield Block(kind=kind, line=span[0], end_line=span[1], text=text, bold=bold, level=heading or depth)
    if "<!--" in token.content:
        for found in _COMMENT.finditer(token.content):
            line = span[0] + token.content[: found.start()].count("\n")
            end = line + found[1].count("\n")
            yield Block(kind="comment", line=line, end_line=end, text=found[1].strip())


def _html(content: str, *, first: int, last: int) -> Iterator[Block]:
    """Comments as such; whatever else stands in a block of HTML is prose."""
    for found in _COMMENT.finditer(content):
        line = first + content[: found.start()].count("\n")
        yield Block(kind="comment", line=line, end_line=line + found[1].count("\n"), text=found[1].strip())
    rest = _COMMENT.sub("", content).strip()
    if rest:
        yield Block(kind="paragraph", line=first, end_line=last, text=rest)


def _table(tokens: Sequence[Token], start: int) -> tuple[int, tuple[tuple[str, ...], ...]]:
    """The index of the closing token, and the cells."""
    rows: list[list[str]] = []
    index = start
    while tokens[index].type != "table_close":
        token = tokens[index]
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_text(token.children or []))
        index += 1
    return index, tuple(tuple(row) for row in rows)


def _text(children: Sequence[Token]) -> str:
    return "".join(_pieces(children)).strip()


def _pieces(children: Sequence[Token]) -> Iterator[str]:
    targets: list[str] = []
    for child in children:
        match child.type:
            case "code_inline":
                mark = "``" if "`" in child.content else "`"
                yield f"{mark}{child.content}{mark}"
            case "softbreak" | "hardbreak":
                yield " "
            case "link_open":
                targets.append(str(child.attrs.get("href", "")))
            case "link_close":
                yield f" ({targets.pop()})" if targets else ""
            case "text" | "image":
                yield _SPACE.sub(" ", child.content)
            case "html_inline" if not child.content.startswith("<!--"):
                yield child.content
            case _:
                pass


def _bold(children: Sequence[Token]) -> str:
    """The bold words at the very start, or nothing."""
    solid = [child for child in children if not (child.type == "text" and not child.content)]
    if not solid or solid[0].type != "strong_open":
        return ""
    end = next((i for i, child in enumerate(solid) if child.type == "strong_close"), 0)
    return _text(solid[1:end])
