"""Texts of models, specs and people made harmless where a forge would act on them. Pure.

A forge notifies who is named after an ``@``, closes an issue that a keyword stands before, links addresses, and reads
HTML comments, in which we keep markers of our own. What is written here says the same and does none of that.

The zero-width space between a sign and what follows is how Renovate keeps mentions and references of others' texts from
acting (its ``sanitizeMarkdown``); a forge renders entities before it looks for mentions, so that an entity for the sign
itself would not do.
"""

import re

from .normalise import clean

GAP = "&#8203;"
"""A zero-width space, as markdown writes it."""

_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_SPECIAL = re.compile(r"[\\*\[\]~`]|(?<!\w)_|_(?!\w)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_BEGINS = re.compile(r"(?:[-+=#]|\d+[.)])(?=\s|[-=#]|$)")
_ACTS = re.compile(r"@(?=[\w-])|#(?=\d)|GH-(?=\d)|:(?=//)|www(?=\.)", re.IGNORECASE)
_CLOSING = re.compile(
    r"\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b(:?\s+)(?=(?:[\w.-]+/[\w.-]+)?#\d|GH-\d|https?://)", re.IGNORECASE
)
_MENTION = re.compile(r"(?<![\w.])@(?=\w)")


def inline(text: str, *, width: int = 400) -> str:
    """A text as one line of markdown; spans of code stay spans of code."""
    line = cut(plain(text), width)
    parts, end = [], 0
    for found in _CODE.finditer(line):
        parts += [_prose(line[end : found.start()]), found[0]]
        end = found.end()
    parts.append(_prose(line[end:]))
    joined = "".join(parts)
    begins = _BEGINS.match(joined)
    if begins is None:
        return joined
    place = begins.end() - 1  # of a number its dot, else the sign itself
    return f"{joined[:place]}\\{joined[place:]}"


def cell(text: str, *, width: int = 400) -> str:
    """As `inline`, for a cell of a table."""
    return inline(text, width=width).replace("|", "\\|")


def title(text: str, *, width: int) -> str:
    """A text as a title, which is no markdown: what would act is left out."""
    line = re.sub(r"\bGH-(?=\d)|#(?=\d)", "", _MENTION.sub("", plain(text)), flags=re.IGNORECASE)
    return cut(" ".join(re.sub(r"https?://", "", line, flags=re.IGNORECASE).split()), width)


def message(text: str) -> str:
    """A commit's message, in which no keyword closes an issue and nobody is named; otherwise as it is."""
    apart = _CLOSING.sub(lambda found: f"{found[1]}{found[2]}issue ", text)
    return _MENTION.sub("@ ", apart) if _MENTION.search(apart) else apart


def plain(text: str) -> str:
    """On one line, without control or invisible characters."""
    return " ".join(clean(text).split())


def cut(line: str, width: int) -> str:
    """A line that is not longer than ``width``, cut between words."""
    if len(line) <= width:
        return line
    kept = line[: width - 1]
    if " " in kept[width // 2 :]:
        kept = kept[: kept.rfind(" ")]
    return kept.rstrip(" ,;:") + "…"


def _prose(text: str) -> str:
    escaped = "".join(_ENTITIES.get(char, char) for char in text)
    escaped = _SPECIAL.sub(lambda found: "\\" + found[0], escaped)
    return _ACTS.sub(lambda found: found[0] + GAP, escaped)
