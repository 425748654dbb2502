"""When a patient person answers: once nothing else goes on. A question that held up others would show (invariant 6)."""

from ...orchestrator.nouns.keys import AttemptKey
from ...orchestrator.nouns.questions import Asked
from ...orchestrator.ports import Store


def going_on(store: Store) -> set[str]:
    """The tasks that no open question should hold up and that are not over yet; empty means: now answer.

    Empty too where a question is not a task's own, but the run's: everything may depend on that.
    """
    statuses = {status.task.id: status for status in store.tasks()}
    held = {_asker(asked) for asked in store.questions(only_open=True)}
    if not held <= statuses.keys():
        return set()
    while more := {t for t, s in statuses.items() if t not in held and held & {*s.task.needs, *s.extra_needs}}:
        held |= more
    return {task for task, status in statuses.items() if task not in held and not status.over}


def _asker(asked: Asked) -> str:
    """The task that asked; the asker's own name where it was none."""
    try:
        return AttemptKey.parse(asked.question.asked_by).task
    except ValueError:
        return asked.question.asked_by
