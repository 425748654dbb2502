"""Markdown to a flat list of blocks with their lines. With inline.py, the only modules that know markdown-it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, list_block
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from .frozen import dataclass
from .inline import html_pictures, leading_bold, pictures, plain, without_box

BlockKind = Literal["heading", "paragraph", "bullet", "fence", "table", "comment", "image", "link"]
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ODD_MARKER = re.compile(r"^([ \t\u00a0]*)([-*+•◦▪‣]|\d{1,9}[.)]|#{1,6})([ \t\u00a0\u2007\u202f]+)(?=\S)")
_ODD = re.compile("[\u00a0\u2007\u202f•◦▪‣]")
_DEEPEST = 80
"""Containers in one another: 80 quotations, or 40 bullets, each of which is a list and its item."""
_ROOM = 4
"""Of markdown-it's own limit above ours: at its limit it drops all that follows."""
_WORDED: frozenset[BlockKind] = frozenset({"heading", "paragraph", "bullet"})
_UNICODE_BULLETS = frozenset("•◦▪‣")


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
    """Of a heading 1 to 6; of a bullet its depth, from 1; of anything else the depth of the bullet it is in, else 0."""
    info: str = ""
    """Of a fence what follows its marker; of an image its path; of a link definition its label."""
    rows: tuple[tuple[str, ...], ...] = ()
    """Of a table: cells as inline text, the header first."""
    code: bool = False
    """Of a paragraph: it is an indented block of code."""
    deep: bool = False
    """It begins a bullet or a quotation that is nested too deeply to be read as one."""


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"maxNesting": _DEEPEST + _ROOM}).enable("table")
    rules = reader.block.ruler
    rules.at("list", _bounded(list_block, levels=2), {"alt": ["paragraph", "reference", "blockquote"]})
    rules.at("blockquote", _bounded(blockquote, levels=1), {"alt": ["paragraph", "reference", "blockquote", "list"]})
    reader.core.ruler.at("inline", _inline)
    return reader


@cache
def _inline_reader() -> MarkdownIt:
    return MarkdownIt("commonmark")


def _inline(state: StateCore) -> None:
    """Read what stands within blocks with markdown-it's own bound: brackets in brackets cost more than bullets do."""
    reader = _inline_reader()
    for token in state.tokens:
        if token.type == "inline":
            token.children = []
            reader.inline.parse(token.content, reader, state.env, token.children)


_BlockRule = Callable[[StateBlock, int, int, bool], bool]


def _bounded(rule: _BlockRule, *, levels: int) -> _BlockRule:
    """A rule of markdown-it that opens no container below the deepest level, and notes the line where it would."""

    def bounded(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's protocol
        if silent or state.level + levels <= _DEEPEST:
            return rule(state, start, end, silent)
        if rule(state, start, end, True):
            state.env.setdefault("deep", set()).add(start + 1)
        return False

    return bounded


def blocks(text: str) -> tuple[Block, ...]:
    """Read a document; any text at all is one. Blocks come in the order of their first lines, link definitions last."""
    env: dict[str, Any] = {}
    found = list(_walk(_reader().parse(_plain_markers(text), env)))
    if deep := env.get("deep"):
        found = [replace(each, deep=True) if each.line in deep and each.kind in _WORDED else each for each in found]
    return (*found, *_definitions(env))


def _plain_markers(text: str) -> str:
    """The text with bullets and unbreakable spaces, as browsers paste them, replaced by those of markdown.

    Only at the start of lines and outside fences; no line and no column moves.
    """
    if not _ODD.search(text):
        return text
    lines, fence = text.split("\n"), ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark and (not fence or (mark[1].startswith(fence) and not line.strip(" `~"))):
            fence = "" if fence else mark[1]
        elif not fence and (found := _ODD_MARKER.match(line)):
            bullet = "-" if found[2] in _UNICODE_BULLETS else found[2]
            before = found[1].replace("\u00a0", " ")
            lines[number] = f"{before}{bullet}{' ' * len(found[3])}{line[found.end() :]}"
    return "\n".join(lines)


def _walk(tokens: Sequence[Token]) -> Iterator[Block]:
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
            case "table_open":
                index, rows, shown = _table(tokens, index)
                yield Block(kind="table", line=span[0], end_line=span[1], rows=rows, level=depth)
                yield from shown
            case _:
                yield from _whole(token, span=span, depth=depth)
        index += 1


def _whole(token: Token, *, span: tuple[int, int], depth: int) -> Iterator[Block]:
    """The blocks of a token that has no others in it."""
    line, end_line = span
    if token.type == "fence":
        info = token.info.strip()
        yield Block(kind="fence", line=line, end_line=end_line, text=token.content, info=info, level=depth)
    elif token.type == "code_block":
        text = token.content.rstrip()
        yield Block(kind="paragraph", line=line, end_line=end_line, text=text, level=depth, code=True)
    elif token.type == "html_block":
        yield from _html(token.content, span=span, depth=depth)


def _inline_blocks(token: Token, *, span: tuple[int, int], heading: int, depth: int, fresh: bool) -> Iterator[Block]:
    kind: BlockKind = "heading" if heading else "bullet" if fresh and depth else "paragraph"
    children = token.children or []
    if kind == "bullet":
        children = list(without_box(children))
    text, bold = plain(children), leading_bold(children)
    yield Block(kind=kind, line=span[0], end_line=span[1], text=text, bold=bold, level=heading or depth)
    yield from _images(children, line=span[0])
    if "<!--" in token.content:
        yield from _comments(token.content, first=span[0])


def _images(children: Sequence[Token], *, line: int) -> Iterator[Block]:
    for shown in pictures(children):
        at = line + shown.offset
        yield Block(kind="image", line=at, end_line=at, text=shown.alt, info=shown.path)


def _comments(content: str, *, first: int) -> Iterator[Block]:
    for found in _COMMENT.finditer(content):
        line = first + content[: found.start()].count("\n")
        yield Block(kind="comment", line=line, end_line=line + found[1].count("\n"), text=found[1].strip())


def _html(content: str, *, span: tuple[int, int], depth: int) -> Iterator[Block]:
    """Comments as such; whatever else stands in a block of HTML is prose."""
    yield from _comments(content, first=span[0])
    rest = _COMMENT.sub("", content).strip()
    if rest:
        yield Block(kind="paragraph", line=span[0], end_line=span[1], text=" ".join(rest.split()), level=depth)
    for shown in html_pictures(content):
        at = span[0] + shown.offset
        yield Block(kind="image", line=at, end_line=at, text=shown.alt, info=shown.path)


def _table(tokens: Sequence[Token], start: int) -> tuple[int, tuple[tuple[str, ...], ...], list[Block]]:
    """The index of the closing token, the cells, and the pictures and comments in them."""
    rows: list[list[str]] = []
    shown: list[Block] = []
    index, line = start, 0
    while tokens[index].type != "table_close":
        token = tokens[index]
        if token.type == "tr_open":
            rows.append([])
            line = token.map[0] + 1 if token.map else line
        elif token.type == "inline":
            rows[-1].append(plain(token.children or []))
            shown.extend(_images(token.children or [], line=line))
            shown.extend(_comments(token.content, first=line))
        index += 1
    return index, tuple(tuple(row) for row in rows), shown


def _definitions(env: Mapping[str, Any]) -> Iterator[Block]:
    """Link definitions, used or not; the common ``[//]: # (words)`` is a comment."""
    first = [{"label": label, **entry} for label, entry in env.get("references", {}).items()]
    for entry in sorted([*first, *env.get("duplicate_refs", [])], key=lambda entry: entry["map"][0]):
        line, last = entry["map"][0] + 1, max(entry["map"])
        if entry["label"] == "//":
            yield Block(kind="comment", line=line, end_line=last, text=entry["title"])
            continue
        title = f' "{entry["title"]}"' if entry["title"] else ""
        yield Block(kind="link", line=line, end_line=last, text=entry["href"] + title, info=entry["label"])
