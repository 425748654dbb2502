"""What has landed, what is about to, and what an attempt came to."""

from __future__ import annotations

import time

from ..entries import Entry, columns, entry, short
from ..look import Look

_STATES = {"landed": "good", "failed": "bad", "lost": "dim", "queued": "queued"}


def rows(look: Look, *, wanted: str, width: int) -> list[Entry]:
    """Attempts in the queue first, then every landing, the latest first."""
    titles = {status.task.id: short(status.task.title, width) for status in look.snapshot.tasks}
    waiting = [each for each in look.attempts if each.state == "queued"]
    lines = [entry((f"{len(waiting)} in the queue", "bold"))]
    for place, attempt in enumerate(waiting, start=1):
        left = [(f"{place:>3} ", "queued"), (f"{attempt.key!s:<8} ", "bold"), (titles.get(attempt.key.task, ""), "")]
        lines.append(columns(left, "passed its gate", width=width, key=str(attempt.key)))
    lines += [entry(), entry((f"{len(look.landings)} landed", "bold"))]
    for landing in reversed(look.landings):
        left = [("  ✓ ", "landed"), (f"{landing.key!s:<8} ", "bold"), (titles.get(landing.key.task, ""), "")]
        right = f"{landing.commit[:10]} {time.strftime('%H:%M', time.localtime(landing.at))}"
        lines.append(columns(left, right, width=width, key=str(landing.key)))
    return [line for line in lines if not line.key or wanted.lower() in line.text.lower()]


def attempts_of(look: Look, task: str, *, width: int) -> list[Entry]:
    """A line for each attempt at a task, and what came of it."""
    return [
        columns(
            [(f"{each.key!s:<8} ", "bold"), (f"{each.rung} ", ""), (short(each.reason, 2 * width), "dim")],
            each.state,
            width=width,
            style=_STATES.get(each.state, "working"),
        )
        for each in look.attempts
        if each.key.task == task
    ]
