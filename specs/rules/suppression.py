"""Suppressions: comments of the form ``<!-- lint: ignore SPA101 reason -->``, and the rules about them. Pure."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..nouns import Diagnostic, Item
from .reading import Reading
from .rule import Rule

_ANY = r"lint:\s*ignore\b"
_CODES = r"SP[A-Z]\d{3}(?:\s*,\s*SP[A-Z]\d{3})*"
_REASONED = rf"lint:\s*ignore\s+({_CODES})\s+(?=\S*\w)(?!SP[A-Z]\d{{3}}\s*$)(.*\S)"


class Suppression(NamedTuple):
    """One code that a comment silences: in the item it stands in, else in what is written next."""

    code: str
    reason: str
    first: int
    last: int


def suppressions(reading: Reading) -> Iterator[Suppression]:
    """Those that say why; the others do nothing."""
    lines = reading.lines
    for comment in reading.spec.comments:
        found = re.match(_REASONED, comment.text, re.DOTALL)
        if not found:
            continue
        following = range(comment.end_line + 1, len(lines) + 1)
        below = next((number for number in following if lines[number - 1].strip()), comment.end_line)
        around = _item_at(reading, comment.line)
        item = around or _item_at(reading, below)
        first = around.line if around else comment.line
        last = item.end_line if item else below
        for code in re.findall(r"SP[A-Z]\d{3}", found[1]):
            yield Suppression(code, found[2], first, last)


def _item_at(reading: Reading, line: int) -> Item | None:
    return next((item for item in reading.spec.items.values() if item.line <= line <= item.end_line), None)


def unreasoned(reading: Reading) -> Iterator[Diagnostic]:
    """Suppressions that do not say why."""
    for comment in reading.spec.comments:
        if re.match(_ANY, comment.text) and not re.match(_REASONED, comment.text, re.DOTALL):
            message = "a suppression has the form <!-- lint: ignore SPA101 reason -->; without a reason it does nothing"
            yield Diagnostic(code="SPF014", message=message, line=comment.line)


_OK = "# a\n\n- **R1** It MUST print `1`.\n"
_VAGUE = "\n- **R2** `a` MUST end gracefully.\n"
RULES = (
    Rule(
        code="SPF014",
        name="suppression-without-reason",
        severity="warning",
        why="A suppression without its reason cannot be reviewed.",
        source="Ruff's blanket-noqa, and this project's own rule for exceptions",
        bad=_OK + "\n<!-- lint: ignore SPA101 -->\n" + _VAGUE,
        good=_OK + "\n<!-- lint: ignore SPA101 the word is the product's name -->\n" + _VAGUE,
        find=unreasoned,
    ),
    Rule(
        code="SPF015",
        name="unused-suppression",
        severity="info",
        why="A suppression that outlives its reason hides the next finding.",
        source="Ruff's unused-noqa",
        bad=_OK + "\n<!-- lint: ignore SPA101 the word is the product's name -->\n",
        good=_OK + "\n<!-- lint: ignore SPA101 the word is the product's name -->\n" + _VAGUE,
    ),
)
