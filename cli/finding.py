"""Finds what a person named inside a run: a question, a task, an attempt; says what is near where there is none."""

import difflib
from collections.abc import Iterable

from ..orchestrator.errors import UsageError
from ..orchestrator.nouns.keys import AttemptKey
from ..orchestrator.nouns.questions import Asked
from ..orchestrator.nouns.runs import AttemptStatus, TaskStatus
from ..tui.clean import clean
from .repository import OpenRun


def question_named(run: OpenRun, name: str) -> Asked:
    """The question of that id; ``q1`` and ``1`` are Q1. Raises UsageError."""
    wanted = name.strip().upper()
    wanted = f"Q{wanted}" if wanted.isdigit() else wanted
    questions = run.store.questions()
    for asked in questions:
        if asked.id == wanted:
            return asked
    raise UsageError(_missing("question", name, [asked.id for asked in questions if asked.answer is None], run))


def task_named(run: OpenRun, name: str) -> TaskStatus:
    """The task of that id, whatever its case. Raises UsageError."""
    tasks = run.store.tasks()
    for status in tasks:
        if status.task.id.lower() == name.strip().lower():
            return status
    raise UsageError(_missing("task", name, [status.task.id for status in tasks], run))


def attempt_named(run: OpenRun, name: str) -> AttemptStatus:
    """An attempt by its key (``T1:2``), or the latest one of a task (``T1``). Raises UsageError."""
    if ":" in name:
        try:
            key = AttemptKey.parse(name)
        except ValueError as error:
            raise UsageError(f"{clean(name)} names no attempt: write TASK:NUMBER, such as T1:2.") from error
        found = run.store.attempt(key)
        if found is None:
            known = [str(attempt.key) for attempt in run.store.attempts()]
            raise UsageError(_missing("attempt", name, known, run))
        return found
    status = task_named(run, name)
    attempts = run.store.attempts(status.task.id)
    if not attempts:
        raise UsageError(f"{status.task.id} has no attempt yet: it {status.state}.")
    return attempts[-1]


def _missing(what: str, name: str, known: Iterable[str], run: OpenRun) -> str:
    names = list(known)
    near = sorted(difflib.get_close_matches(name.upper(), names, n=3, cutoff=0.5)) or names[:8]
    hint = f"there is {', '.join(near)}." if near else "there is none."
    return f"Run {run.folder.run} has no {what} `{clean(name, width=40)}`: {hint}"
