"""Words of anybody in markdown of ours: shown as they are, and doing nothing. Pure.

What a forge acts on where it finds it in a text is broken by a character without width, as its own entity: mentions,
references that link or close an issue, addresses, and commands. What would be markup is escaped: no table, heading,
image, link, HTML or hidden marker comes of it.
"""

import re

from .fenced import from_outside

_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~!#&])")
_BREAK = "&#8203;"
_ACTS = (
    (re.compile(r"@(?=[A-Za-z0-9])"), f"@{_BREAK}"),
    (re.compile(r"\\#(?=\d)"), rf"\\#{_BREAK}"),
    (re.compile(r"\b(GH)-(?=\d)", re.IGNORECASE), rf"\1{_BREAK}-"),
    (re.compile(r":(?=//)"), f":{_BREAK}"),
    (re.compile(r"\b(www)\.", re.IGNORECASE), rf"\1{_BREAK}."),
    (re.compile(r"(\A\s*)/(?=[A-Za-z])"), rf"\1{_BREAK}/"),
    (re.compile(r"(\A\s*)([-+=]|\d{1,9}[.)])(?=\s|\Z|[-=+])"), rf"\1{_BREAK}\2"),
)


def inert(text: str, *, most: int = 500) -> str:
    """The text on one line, for the middle of a paragraph or a cell of a table."""
    line = " ".join(from_outside(text, most=max(most * 2, 200)).split())
    cut = line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
    escaped = _MARKUP.sub(r"\\\1", cut)
    for pattern, instead in _ACTS:
        escaped = pattern.sub(instead, escaped)
    return escaped


def inert_code(text: str, *, most: int = 200) -> str:
    """The text on one line as a span of code, in which a forge acts on nothing; for names, paths and commands."""
    line = " ".join(from_outside(text, most=max(most * 2, 200)).split())
    cut = line if len(line) <= most else f"{line[: most - 1]}…"
    longest = max((len(run) for run in re.findall("`+", cut)), default=0)
    bar = "`" * (longest + 1)
    pad = " " if cut.startswith("`") or cut.endswith("`") or not cut else ""
    return f"{bar}{pad}{cut}{pad}{bar}"
