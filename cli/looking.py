"""What two screens show, in plain lines and as documents: from requirement to evidence, and the merge queue."""

import time
from collections.abc import Mapping

from ..orchestrator.nouns.runs import Landing
from ..tui.look import Feed, Look
from ..tui.views import queue, trace
from ..tui.views.requirements import levels, texts
from .repository import OpenRun

WIDTH = 100
"""Columns of the plain lines."""


def feed(run: OpenRun) -> Feed:
    """What looks at a run whenever it has changed."""
    folder = run.folder
    return Feed(store=run.store, journal=run.journal, alive=lambda: folder.driver() is not None, clock=time.time)


def trace_lines(look: Look) -> list[str]:
    """As the trace screen has it: a line for each requirement."""
    return [line.text.rstrip() for line in trace.rows(look, wanted="", width=WIDTH)]


def trace_document(look: Look) -> Mapping[str, object]:
    """Each requirement of the plan with its tasks, the commits that brought it, and what speaks for it."""
    tasks, best, lines = look.snapshot.tasks, levels(look.evidence), texts(look.spec)
    names = dict.fromkeys(name for status in tasks for name in status.task.requirements)
    return {
        "run": look.snapshot.run.id,
        "requirements": [
            {
                "id": name,
                "text": lines.get(name, ""),
                "level": best[name].level if name in best else None,
                "tasks": [
                    {"id": status.task.id, "state": status.state}
                    for status in tasks
                    if name in status.task.requirements
                ],
                "landings": [
                    _landing(each)
                    for each in look.landings
                    if any(each.key.task == status.task.id and name in status.task.requirements for status in tasks)
                ],
                "evidence": [
                    {"level": each.level, "check": each.check, "commit": each.commit}
                    for each in look.evidence
                    if each.requirement == name
                ],
            }
            for name in names
        ],
    }


def queue_lines(look: Look) -> list[str]:
    """As the screen of the merge queue has it: who waits, and what has landed, the latest first."""
    return [line.text.rstrip() for line in queue.rows(look, wanted="", width=WIDTH)]


def queue_document(look: Look) -> Mapping[str, object]:
    """The attempts that passed their gates and wait, in order; and every landing, the first first."""
    waiting = [each for each in look.attempts if each.state == "queued"]
    return {
        "run": look.snapshot.run.id,
        "waiting": [{"attempt": str(each.key), "tree": each.tree} for each in waiting],
        "landed": [_landing(each) for each in look.landings],
    }


def _landing(each: Landing) -> Mapping[str, object]:
    return {"order": each.order, "attempt": str(each.key), "commit": each.commit, "at": each.at}
