"""Inline tokens to plain text: emphasis goes, code spans and the targets of links stay. Pure."""

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from .frozen import dataclass
from .items import as_code

_SPACE = re.compile(r"\s+")
_BOX = re.compile(r"\[[ xX]\]\s+")
_IMG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_SRC = re.compile(r"""\bsrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture in a text; ``offset`` is the number of lines between the text's first line and it."""

    path: str
    alt: str
    offset: int


def plain(children: Sequence[Token]) -> str:
    """The text of inline tokens on one line."""
    return "".join(_pieces(children)).strip()


def without_box(children: Sequence[Token]) -> Sequence[Token]:
    """The tokens after the ``[ ]`` or ``[x]`` of a task list; all of them where there is none."""
    first = children[0] if children else None
    if first is None or first.type != "text" or not (box := _BOX.match(first.content)):
        return children
    rest = Token("text", "", 0, content=first.content[box.end() :])
    return [rest, *children[1:]]


def leading_bold(children: Sequence[Token]) -> str:
    """The bold words at the very start, or nothing."""
    solid = [child for child in children if not (child.type == "text" and not child.content)]
    if not solid or solid[0].type != "strong_open":
        return ""
    end = next((i for i, child in enumerate(solid) if child.type == "strong_close"), 0)
    return plain(solid[1:end])


def pictures(children: Sequence[Token]) -> Iterator[Picture]:
    """The pictures among inline tokens, of markdown and of HTML."""
    offset = 0
    for child in children:
        match child.type:
            case "softbreak" | "hardbreak":
                offset += 1
            case "image":
                yield Picture(path=str(child.attrs.get("src", "")), alt=_SPACE.sub(" ", child.content), offset=offset)
            case "html_inline":
                yield from html_pictures(child.content, offset=offset)
            case _:
                pass


def html_pictures(html: str, *, offset: int = 0) -> Iterator[Picture]:
    """The ``<img>`` elements of HTML."""
    for found in _IMG.finditer(html):
        source, alt = _SRC.search(found[0]), _ALT.search(found[0])
        if source:
            line = offset + html[: found.start()].count("\n")
            yield Picture(path=_value(source), alt=_value(alt) if alt else "", offset=line)


def _value(found: re.Match[str]) -> str:
    return next((group for group in found.groups() if group is not None), "")


def _pieces(children: Sequence[Token]) -> Iterator[str]:
    targets: list[str] = []
    words = ""
    for child in children:
        match child.type:
            case "code_inline":
                words += (code := as_code(child.content))
                yield code
            case "softbreak" | "hardbreak":
                words += " "
                yield " "
            case "link_open":
                title = child.attrs.get("title")
                targets.append(str(child.attrs.get("href", "")) + (f' "{title}"' if title else ""))
                words = ""
            case "link_close":
                target = targets.pop() if targets else ""
                yield f" ({target})" if target != words else ""
            case "text" | "image":
                words += child.content
                yield _SPACE.sub(" ", child.content)
            case "html_inline" if not child.content.startswith("<!--"):
                yield child.content
            case _:
                pass
