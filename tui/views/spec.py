"""The spec as it was when the run began, with what speaks for each requirement in the margin."""

from __future__ import annotations

from ..entries import Entry, entry, folded, verbatim
from ..look import Look
from .requirements import ITEM, levels

_MARGIN = 10
_PROVEN = ("V2", "V3")


def rows(look: Look, *, wanted: str, width: int) -> list[Entry]:
    """Every line; in the margin of a requirement its best evidence, or how far its tasks are."""
    best = levels(look.evidence)
    landed = {
        name: all(other.state == "landed" for other in look.snapshot.tasks if name in other.task.requirements)
        for status in look.snapshot.tasks
        for name in status.task.requirements
    }
    lines: list[Entry] = []
    for line in verbatim(look.spec):
        found = ITEM.match(line.text)
        margin, style = "", "dim"
        if found is not None and found[1] in best:
            margin, style = best[found[1]].level, "good" if best[found[1]].level in _PROVEN else "warm"
        elif found is not None and found[1] in landed:
            margin = "landed" if landed[found[1]] else "waits"
        if wanted.lower() in line.text.lower():
            first, *more = folded(line.text, max(width - _MARGIN, 20))
            lines.append(entry((f"{margin:<{_MARGIN}}", style), first))
            lines += [entry(" " * _MARGIN, part) for part in more]
    return lines
