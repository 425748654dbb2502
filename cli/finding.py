"""Finds what a person named inside a run: a question, a task, an attempt; says what is near where there is none."""

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..orchestrator.errors import RunStateError, UsageError
from ..orchestrator.nouns.keys import AttemptKey
from ..orchestrator.nouns.questions import Asked
from ..orchestrator.nouns.runs import AttemptStatus, TaskStatus
from ..orchestrator.store.folder import RunFolder, all_runs, find
from ..tui.clean import clean
from ..tui.snapshot import FINISHED
from .output import say
from .repository import OpenRun, opened

_MOST_NAMED = 8


def question_named(run: OpenRun, name: str) -> Asked:
    """The question of that id; ``q1`` and ``1`` are Q1. Raises UsageError."""
    questions = run.store.questions()
    if (found := _question(questions, name)) is not None:
        return found
    raise UsageError(_missing("question", name, [asked.id for asked in questions if asked.answer is None], run))


def _question(questions: Iterable[Asked], name: str) -> Asked | None:
    wanted = name.strip().upper()
    wanted = f"Q{wanted}" if wanted.isdigit() else wanted
    return next((asked for asked in questions if asked.id == wanted), None)


def run_that_asks(root: Path, name: str) -> RunFolder:
    """The unfinished run in which a question of that id is open; the latest run where there is none.

    Raises:
        UsageError: several runs could be meant: it is open in them, or was answered already in the latest.
        RunStateError: there is no run yet.
    """
    latest = find(root, None)
    asking = [(folder, asked) for folder, questions in unfinished(root) if (asked := _question(questions, name))]
    waiting = [(folder, asked) for folder, asked in asking if asked.answer is None]
    if not waiting:
        return latest
    answered_there = any(folder.run == latest.run and asked.answer is not None for folder, asked in asking)
    if len(waiting) == 1 and not answered_there:
        return waiting[0][0]
    lines = [
        f"  --run {folder.run}: {'' if asked.answer is None else '(answered) '}{clean(asked.question.text, width=80)}"
        for folder, asked in asking
    ]
    raise UsageError("\n".join([f"{waiting[0][1].id} is asked in {len(asking)} runs. Say which is meant:", *lines]))


def unfinished(root: Path) -> Iterator[tuple[RunFolder, tuple[Asked, ...]]]:
    """The runs that are not over, the latest last, each with all its questions; told of those that cannot be read."""
    for folder in all_runs(root):
        try:
            with opened(folder) as run:
                if run.store.run().state not in FINISHED:
                    yield folder, run.store.questions()
        except RunStateError as error:
            say(f"run {folder.run} cannot be read: {clean(str(error), width=200)}")


def task_named(run: OpenRun, name: str) -> TaskStatus:
    """The task of that id, whatever its case. Raises UsageError."""
    tasks = run.store.tasks()
    for status in tasks:
        if status.task.id.lower() == name.strip().lower():
            return status
    raise UsageError(_missing("task", name, [status.task.id for status in tasks], run))


def attempt_named(run: OpenRun, name: str) -> AttemptStatus:
    """An attempt by its key (``T1:2``), or the latest one of a task (``T1``): of its rollouts the one that goes on.

    Raises UsageError.
    """
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
    latest = [each for each in attempts if each.key.attempt == attempts[-1].key.attempt]
    return next((each for each in reversed(latest) if each.state not in {"lost", "failed"}), latest[-1])


def _missing(what: str, name: str, known: Iterable[str], run: OpenRun) -> str:
    names = list(known)
    near = names if len(names) <= _MOST_NAMED else sorted(difflib.get_close_matches(name.upper(), names, n=3))
    shown = near or names[:_MOST_NAMED]
    others = f" and {len(names) - len(shown)} more" if len(shown) < len(names) else ""
    hint = f"there is {', '.join(shown)}{others}." if names else "there is none."
    return f"Run {run.folder.run} has no {what} `{clean(name, width=40)}`: {hint}"
