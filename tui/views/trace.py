"""From each requirement to its tasks, their commits and what speaks for it; and the other way round."""

from __future__ import annotations

from ...orchestrator.nouns.runs import Evidence
from ..clean import clean
from ..entries import Entry, columns, entry, short, wrapped
from ..look import Look
from ..snapshot import GLYPHS, WORDS
from .requirements import levels, texts

_PROVEN = ("V2", "V3")


def rows(look: Look, *, wanted: str, width: int) -> list[Entry]:
    """A line for each requirement of the plan: its tasks, how far they are, and its best evidence."""
    best = levels(look.evidence)
    tasks = look.snapshot.tasks
    names = dict.fromkeys(name for status in tasks for name in status.task.requirements)
    lines = []
    for name in names:
        working = [status for status in tasks if name in status.task.requirements]
        level = best.get(name)
        shown = _told(level) if level else "nothing yet"
        style = "good" if level and level.level in _PROVEN else ("warm" if level else "dim")
        chain = "  ".join(f"{GLYPHS[each.state]} {clean(each.task.id)} {WORDS[each.state]}" for each in working)
        line = columns([(f"{short(name, 12):<7}", "bold"), (chain, "")], shown, width=width, key=name, style=style)
        if wanted.lower() in line.text.lower():
            lines.append(line)
    proven = sum(name in best and best[name].level in _PROVEN for name in names)
    head = entry((f"{proven} of {len(names)} requirements are shown by checks that tell right from wrong", "bold"))
    return [head, entry(), *lines] if names else [entry(("no plan yet, so nothing to trace", "dim"))]


def detail(look: Look, name: str, *, width: int) -> list[Entry]:
    """All that speaks for a requirement, and the commits that brought it."""
    if not name:
        return [entry(("choose a requirement with j and k", "dim"))]
    tasks = [status.task.id for status in look.snapshot.tasks if name in status.task.requirements]
    return [
        entry((name, "bold")),
        *wrapped(texts(look.spec).get(name, ""), width),
        entry(),
        *(
            columns([(f"{each.level} ", "good"), (clean(each.check), "")], each.commit[:10], width=width)
            for each in look.evidence
            if each.requirement == name
        ),
        *(
            columns([("landed ", "landed"), (str(each.key), "")], each.commit[:10], width=width)
            for each in look.landings
            if each.key.task in tasks
        ),
    ]


def _told(best: Evidence) -> str:
    """By which check; without one only the word of who did the work speaks for it."""
    return f"{best.level} by {clean(best.check)}" if best.level != "V0" else "V0: no check, only its task's word"
