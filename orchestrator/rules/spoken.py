"""Which lines of a comment its author says, and which are only shown: code, quotations, what is hidden. Pure.

In doubt a line is not said: what a reader of the rendered comment would not take for the author's own plain words, or
would not see, commands nothing. Lines end as whoever quotes a text ends them, at a line feed, so that no odd separator
in a quoted text makes a line of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .fenced import CODE_FENCE, ends_fence

Standing = Literal["said", "quoted"]
"""``quoted``: the line follows a quotation without an empty line, so that it is shown as a part of it."""

_QUOTE = re.compile(r" {0,3}>")
_CODE = re.compile(r"(?: {4}| {0,3}\t)")
_OPEN = "<!--"
_CLOSE = "-->"
_SHOWN = re.compile(r"<(pre|script|style|textarea|code|blockquote|svg|template)\b", re.IGNORECASE)
"""Elements in which text is an example, or is not seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that may command, without what is hidden in it."""

    number: int
    """From 1."""
    text: str
    standing: Standing = "said"


def spoken(text: str) -> Iterator[Line]:
    """The lines outside code, quotations, HTML comments and elements that show examples."""
    within, after_quote = "", False
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.removesuffix("\r")
        if within:
            within = "" if _ends(line, within) else within
            after_quote = False
        elif fence := CODE_FENCE.match(line):
            within, after_quote = fence[1], False
        elif _QUOTE.match(line):
            after_quote = True
        elif not line.strip() or _CODE.match(line):
            after_quote = after_quote and bool(line.strip())
        else:
            kept, within = _visible(line)
            if kept.strip() and not line.lstrip().startswith("<"):
                yield Line(number=number, text=kept.strip(" "), standing="quoted" if after_quote else "said")


def _ends(line: str, within: str) -> bool:
    """Whether a line ends what is open: a fence, an HTML comment or an element."""
    if within == _OPEN:
        return _CLOSE in line
    if within.startswith("<"):
        return f"</{within[1:]}" in line.lower()
    return ends_fence(line, within)


def _visible(line: str) -> tuple[str, str]:
    """The line without HTML comments and all that follows an element; and what stays open at its end."""
    kept = ""
    while True:
        before, opened, rest = line.partition(_OPEN)
        if shown := _SHOWN.search(before):
            tag = shown[1].lower()
            closed = f"</{tag}" in f"{before[shown.end() :]}{opened}{rest}".lower()
            return kept + before[: shown.start()], "" if closed else f"<{tag}"
        kept += before
        if not opened:
            return kept, ""
        _, closed_by, line = rest.partition(_CLOSE)
        if not closed_by:
            return kept, _OPEN
