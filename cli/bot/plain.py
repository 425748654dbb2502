"""Text of others inside markdown of ours: shown as it was written, and nothing of it is markup, a mention or a link.

Pure. What a forge reads besides markdown (``@name``, ``#3``, ``GH-3``, addresses) is parted by a space of no width; an
entity or a backslash would not do: a forge looks for those in what is rendered.
"""

import re
from collections.abc import Sequence

from ...tui.clean import clean, clean_lines

_MARKUP = re.compile(r"[\\`*_\[\]<>|~&#!$]")
_NOWHERE = "\u200b"
_LIVE = re.compile(
    r"@(?=\w)|\\#(?=\d)|\bGH-(?=\d)|(?:https?|ftps?|mailto|xmpp):(?=\S)|www\.(?=\w)",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_TICKS = re.compile(r"`+")


def inline(text: str, *, width: int = 300) -> str:
    """Text on one line, inside a line of ours: never at the beginning of one, where a dash would be a list.

    What stands between single backticks stays code, in which nothing acts.
    """
    prose, *rest = _CODE.split(clean(text, width=width))
    pairs = zip(rest[::2], rest[1::2], strict=True)
    return _prose(prose) + "".join(code(span) + _prose(after) for span, after in pairs)


def quoted(text: str, *, width: int = 2000) -> str:
    """Text of several lines as a quotation."""
    whole = clean_lines(text).strip()
    kept = whole if len(whole) <= width else whole[: width - 1] + "…"
    return "\n".join(f"> {inline(line, width=width)}".rstrip() for line in kept.split("\n"))


def code(text: str, *, width: int = 200) -> str:
    """A name or a command in letters of one width, also in a table; what would end it there looks alike instead."""
    return f"`{clean(text, width=width).replace('`', chr(0x2CB)).replace('|', chr(0x2502)) or ' '}`"


def fenced(text: str, *, width: int = 4000) -> str:
    """Lines as they are, in a fence that they cannot close."""
    whole = clean_lines(text).strip("\n")
    kept = whole if len(whole) <= width else whole[: width - 1] + "…"
    fence = "`" * max(3, 1 + max(map(len, _TICKS.findall(kept)), default=0))
    return f"{fence}text\n{kept}\n{fence}"


def folded(title: str, body: str) -> str:
    """A part that is opened by hand; ``title`` is ours."""
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


def rows(head: tuple[str, ...], cells: Sequence[tuple[str, ...]]) -> str:
    """A table; the cells are markdown already."""
    lines = [head, tuple("---" for _ in head), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _prose(text: str) -> str:
    marked = _MARKUP.sub(lambda found: "\\" + found[0], text)
    return _LIVE.sub(lambda found: found[0] + _NOWHERE, marked)
