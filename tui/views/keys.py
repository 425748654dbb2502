"""The keys, and what the words mean."""

from __future__ import annotations

from itertools import groupby

from ..entries import Entry, entry, wrapped
from ..keys import KEYS, TERMS


def rows(*, width: int) -> list[Entry]:
    """All keys by scope, then the terms."""
    lines: list[Entry] = []
    for scope, keys in groupby(KEYS, key=lambda key: key.scope):
        lines += [entry((scope, "bold"))]
        lines += [entry((f"  {key.shown:<7}", "warm"), key.words) for key in keys if not _is_option(key.shown)]
        lines += [entry(("  1-9    ", "warm"), "that option")] if scope == "inbox" else []
        lines += (
            [entry(("  1-4    ", "warm"), "its log, patch, tests and attempts, prompts")] if scope == "a task" else []
        )
        lines += [entry()]
    lines.append(entry(("what the words mean", "bold")))
    for term, meaning in TERMS.items():
        head, *more = wrapped(meaning, max(width - 20, 10))
        lines.append(entry((f"  {term:<17} ", "warm"), *head.spans))
        lines += [entry(" " * 20, *line.spans) for line in more]
    return lines


def _is_option(shown: str) -> bool:
    return shown.isdigit() and shown != "0"
