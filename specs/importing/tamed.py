"""Foreign markdown, such that no reader of our format takes it for an item, a heading, a caption, or a check. Pure."""

import re
from collections.abc import Iterator

from .. import fences, tables
from ..items import label, near_label
from ..sections import near_miss, section
from .source import Unit

_INNER_LABEL = re.compile(
    r"^(\s*(?:>\s?)*(?:(?:[-*+]|\d{1,9}[.)])\s+)?)"
    r"(?=(?:\*\*|__)[REPNQAI]\d+\b|[REPNQAI]\d+[:.)]|\|.*\|[ `]*(?:=>|⇒)[ `|]*$)"
)
_QUOTED = re.compile(r"^(?P<marks>[ \t]*(?:>[ \t]?)*)(?P<said>.*)$")
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]+(?P<title>.+?)[ \t#]*$")
_UNDERLINE = re.compile(r"^[ \t]*(?:=+|-+)[ \t]*$")
_FENCE = re.compile(r"^[ \t]*(?P<mark>`{3,}|~{3,})(?P<info>[^`]*)$")


def harmless(unit: Unit) -> str:
    """A unit's markdown, such that no reader of our format takes it for an item, a heading, a caption, or a check."""
    if unit.kind == "fence":
        return "\n".join(_bare_fence(unit))
    if unit.kind == "quote":
        return "\n".join(_quotation(unit.raw))
    if unit.kind == "heading":
        return note_heading(unit.text)
    odd = bool(label(unit.text, unit.bold)[0]) or tables.caption(unit.text) is not None
    lines = [f"Note: {unit.raw[0]}" if odd else unit.raw[0], *map(tame, unit.raw[1:])]
    if unit.kind != "bullet":
        return "\n".join(lines)
    return "\n".join([f"- {lines[0]}", *(f"  {line}".rstrip() for line in lines[1:])])


def tame(line: str) -> str:
    """A line inside a unit, such that it begins no item of ours."""
    return _INNER_LABEL.sub(r"\1Note: ", line)


def note_heading(text: str) -> str:
    """A heading as a bold line, for notes: it opens no section and is no item."""
    return f"**About {text}**" if label(text, text)[0] or tables.caption(text) else f"**{text}**"


def quiet_heading(text: str) -> str:
    """A heading that opens no section of ours."""
    item = label(text, "")[0] or label(text, text)[0] or near_label(text, letter="R")[0]
    known = item or section(text) or near_miss(text) or tables.caption(text)
    return f"About: {text}" if known else text


def _quotation(lines: list[str]) -> Iterator[str]:
    """A quotation with its marks; its fences keep their language, its headings are bold."""
    mark = ""
    for line in lines:
        found = _QUOTED.match(line)
        marks, said = (found["marks"], found["said"]) if found else ("", line)
        fence = _FENCE.match(said)
        if mark:
            yield line
            mark = "" if fences.closes(line, mark) else mark
        elif fence:
            mark = fence["mark"]
            yield f"{marks}{mark}{(fence['info'].split() or [''])[0]}"
        else:
            yield (marks + _said(said)).rstrip()


def _said(line: str) -> str:
    """A line of a quotation."""
    heading = _HEADING.match(line)
    if heading:
        return note_heading(heading["title"])
    if _UNDERLINE.match(line):
        return f"\\{line.strip()}"
    caption = "Note: " if tables.caption(line) else ""
    return caption + tame(line).replace("<!--", "&lt;!--")


def _bare_fence(unit: Unit) -> Iterator[str]:
    """A fence with its language and nothing else, so that it checks nothing; closed if it was not."""
    indent = min((len(line) - len(line.lstrip()) for line in unit.raw if line.strip()), default=0)
    lines = [line[indent:] for line in unit.raw]
    mark = re.match(r"`{3,}|~{3,}", lines[0].lstrip(" >"))
    yield (mark[0] if mark else "```") + (unit.info.split() or [""])[0]
    yield from lines[1:]
    if mark and (len(lines) == 1 or not fences.closes(lines[-1], mark[0])):
        yield mark[0]
