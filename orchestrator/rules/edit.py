"""What an edit of a spec means for the plan that was made of it, and the verbs a planner answers with. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ...specs.changes import Changes, dirty
from ...specs.nouns import Spec
from ..nouns.earlier import Edit
from ..nouns.plan import Plan, Task
from . import globs


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """The task stays as it is."""

    task: str

    def __str__(self) -> str:
        return f"keep({self.task})"


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """A task to do. Its needs may name new tasks and kept ones."""

    task: Task
    removes: tuple[str, ...] = ()
    """Requirements that are gone from the spec and whose work it takes out."""

    def __str__(self) -> str:
        return f"new{{{self.task.id}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """The task is not part of the plan any more; new ones take over what it did and is still wanted."""

    task: str

    def __str__(self) -> str:
        return f"drop({self.task})"


Verb = Keep | New | Drop


def edit_of(changes: Changes, spec: Spec, *, red: Collection[str] = ()) -> Edit:
    """What ``changes`` up to ``spec`` mean for a plan; ``red`` as for `specs.changes.dirty`."""
    declared = {interface.path for interface in spec.interfaces}
    return Edit(
        dirty=dirty(changes, spec, red=red),
        removed=frozenset(changes.removed),
        interfaces=frozenset(changes.interfaces) & declared,
        known=frozenset(item.id for item in spec.normative),
        must=frozenset(item.id for item in spec.normative if item.strength == "MUST"),
    )


def touched_tasks(previous: Plan, edit: Edit) -> frozenset[str]:
    """The tasks whose work the edit may change; the planner has to keep all others."""
    about = edit.dirty | edit.removed
    return frozenset(
        task.id
        for task in previous.tasks
        if not about.isdisjoint(task.requirements) or any(owns(task, path) for path in edit.interfaces)
    )


def needs_planner(previous: Plan, edit: Edit) -> bool:
    """Whether anything is to be planned. If not, `keep_all` is the planner's answer, and nobody need be asked."""
    covered = {requirement for task in previous.tasks for requirement in task.requirements}
    gone = edit.removed & covered
    return bool(edit.dirty or gone or edit.interfaces or edit.must - covered)


def keep_all(previous: Plan) -> tuple[Verb, ...]:
    """The verbs of an edit that touches nothing."""
    return tuple(Keep(task=task.id) for task in previous.tasks)


def owns(task: Task, path: str) -> bool:
    """Whether a task may write a file."""
    return any(globs.covers(glob, path) for glob in task.owns)


def requirements_of(tasks: Iterable[Task]) -> set[str]:
    """What tasks cover together."""
    return {requirement for task in tasks for requirement in task.requirements}
