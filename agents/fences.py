"""Fences: text from outside set apart, so that no model takes it for instructions. Pure."""

import re

from ..orchestrator.rules.fenced import fence, plain
from ..specs.markdown import blocks

__all__ = ["fence", "plain", "without_holdouts"]

_HOLDOUT = re.compile(r"\bholdout\b", re.IGNORECASE)


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
