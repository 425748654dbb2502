"""Fences: text from outside set apart, so that no model takes it for instructions. Pure."""

import re

from ..specs.markdown import blocks

_BACKTICKS = re.compile(r"`{3,}")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\ud800-\udfff]")
_HOLDOUT = re.compile(r"\bholdout\b", re.IGNORECASE)


def fence(text: str, label: str) -> str:
    """The text between two lines of backticks, more of them than the text has anywhere, with a label on the first."""
    text = plain(text)
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=2)
    bar = "`" * (longest + 1)
    end = "" if text.endswith("\n") or not text else "\n"
    return f"{bar} {_label(label)}\n{text}{end}{bar}\n"


def plain(text: str) -> str:
    """The text with line feeds only, and each control character shown as U+FFFD."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))


def without_holdouts(markdown: str) -> str:
    """The document without the fences that carry the flag ``holdout``; the line numbers of the rest change.

    Fences are found by the parser that made checks of them, so what is a holdout there is hidden here.
    """
    if _HOLDOUT.search(markdown) is None:
        return markdown
    hidden: set[int] = set()
    for block in blocks(markdown):
        if block.kind == "fence" and _HOLDOUT.search(block.info):
            hidden.update(range(block.line, block.end_line + 1))
    lines = markdown.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line for number, line in enumerate(lines, start=1) if number not in hidden)


def _label(label: str) -> str:
    return plain(label).replace("`", "'").replace("\n", " ").strip()
