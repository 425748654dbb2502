"""Texts of models, specs and people made harmless where a forge would act on them. Pure, and the only escaper there is.

A forge notifies who is named after an ``@``, closes an issue that a keyword stands before, links addresses, obeys what
begins with our name, and reads HTML comments, in which we keep markers of our own: a text that held one, in code or
out of it, could pass for the comment that is looked for. What is written here says the same and does none of that;
secrets and what nobody sees are left out.

The zero-width space between a sign and what follows is how Renovate keeps mentions and references of others' texts from
acting (its ``sanitizeMarkdown``); a forge renders entities before it looks for mentions, so that an entity for the sign
itself would not do.
"""

import re
from collections.abc import Callable

from .fenced import seen_signs
from .normalise import clean
from .redact import redact

GAP = "&#8203;"
"""A zero-width space, as markdown writes it."""

_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_TICKS = re.compile(r"`+")
_SPECIAL = re.compile(r"[\\*\[\]~`|$]|(?<![^\W_])_|_(?![^\W_])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_BEGINS = re.compile(r"(?:[-+=#]|\d+[.)])(?=\s|[-=#+]|$)")
_SAYS = re.compile(r"/(?=[A-Za-z])")
_ACTS = re.compile(r"@(?=[\w-])|#(?=\d)|GH-(?=\d)|(?:https?|ftps?|mailto|xmpp):(?=\S)|:(?=//)|www(?=\.)", re.IGNORECASE)
_CLOSING = re.compile(
    r"\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b(:?\s+)(?=(?:[\w.-]+/[\w.-]+)?#\d|GH-\d|https?://)", re.IGNORECASE
)
_MENTION = re.compile(r"(?<![\w.])@(?=\w)")
_BARS = re.compile(r"(\\*)\|")
_BAR = "\N{BOX DRAWINGS LIGHT VERTICAL}"
_LOOKALIKES = str.maketrans({"`": "\N{MODIFIER LETTER GRAVE ACCENT}", "|": _BAR})


def inline(text: str, *, width: int = 400) -> str:
    """A text as one line of markdown; spans of code stay spans of code."""
    return _line(cut(plain(text), width), span=lambda inside: f"`{_unmarked(inside)}`")


def cell(text: str, *, width: int = 400) -> str:
    """As `inline`, for a cell of a table: no bar of any span ends it."""
    return _line(cut(plain(text), width), span=_barred)


def quoted(text: str, *, width: int = 2000) -> str:
    """A text of several lines as a quotation."""
    return "\n".join(f"> {inline(line, width=width)}".rstrip() for line in _lines(text, width).split("\n"))


def code(text: str, *, width: int = 400) -> str:
    """A name or a command in letters of one width, also in a table; what would end it there looks alike instead."""
    return f"`{cut(_unmarked(plain(text)), width).translate(_LOOKALIKES) or ' '}`"


def fenced(text: str, *, width: int = 4000) -> str:
    """Lines as they are, in a fence that they cannot close."""
    kept = _unmarked(_lines(text, width))
    fence = "`" * max(3, 1 + max(map(len, _TICKS.findall(kept)), default=0))
    return f"{fence}text\n{kept}\n{fence}"


def title(text: str, *, width: int) -> str:
    """A text as a title, which is no markdown: what would act is left out."""
    line = re.sub(r"\bGH-(?=\d)|#(?=\d)", "", _MENTION.sub("", plain(text)), flags=re.IGNORECASE)
    return cut(" ".join(re.sub(r"https?://", "", line, flags=re.IGNORECASE).split()), width)


def message(text: str) -> str:
    """A commit's message, in which no keyword closes an issue and nobody is named; otherwise as it is."""
    apart = _CLOSING.sub(lambda found: f"{found[1]}{found[2]}issue ", text)
    return _MENTION.sub("@ ", apart) if _MENTION.search(apart) else apart


def plain(text: str) -> str:
    """On one line, without secrets, and without control or invisible characters."""
    return " ".join(_shown(text).split())


def cut(line: str, width: int) -> str:
    """A line that is not longer than ``width``, cut between words."""
    if len(line) <= width:
        return line
    kept = line[: width - 1]
    if " " in kept[width // 2 :]:
        kept = kept[: kept.rfind(" ")]
    return kept.rstrip(" ,;:") + "…"


def _shown(text: str) -> str:
    return redact(seen_signs(clean(text)))


def _lines(text: str, width: int) -> str:
    whole = _shown(text).replace("\t", "    ").strip("\n")
    return whole if len(whole) <= width else whole[: width - 1] + "…"


def _barred(inside: str) -> str:
    """A span of code in a table; a bar after a backslash looks alike instead, as readers of tables differ over it."""
    bars = _BARS.sub(lambda found: f"{found[1]}{_BAR}" if found[1] else "\\|", _unmarked(inside))
    return f"`{bars}`"


def _unmarked(text: str) -> str:
    return text.replace("<!--", "<! --")


def _line(text: str, *, span: Callable[[str], str]) -> str:
    prose, *rest = _CODE.split(text)
    pairs = zip(rest[::2], rest[1::2], strict=True)
    joined = _prose(prose) + "".join(span(inside) + _prose(after) for inside, after in pairs)
    if _SAYS.match(joined):
        return GAP + joined
    begins = _BEGINS.match(joined)
    if begins is None:
        return joined
    place = begins.end() - 1  # of a number its dot, else the sign itself
    return f"{joined[:place]}\\{joined[place:]}"


def _prose(text: str) -> str:
    escaped = "".join(_ENTITIES.get(char, char) for char in text)
    escaped = _SPECIAL.sub(lambda found: "\\" + found[0], escaped)
    return _ACTS.sub(lambda found: found[0] + GAP, escaped)
