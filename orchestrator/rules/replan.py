"""What becomes of a plan when its spec is edited: which tasks stay, which are new, which go. Pure.

The planner is shown the tasks there are and what the edit touches, and answers with a verb for each task and for each
new one: ``keep(T2)``, ``new{...}``, ``drop(T5)``. Rules, in the order in which `guard` checks them:

1. A verb names a task that there is, and each task has one verb; a new task has an id of its own.
2. A task that the edit does not touch is kept. Touched are tasks with a requirement that changed or is gone, and
   tasks that own an interface that changed; not those that merely build on a touched one.
3. What changed is covered by a task that is still to be done, and so is every MUST that nothing else covers.
4. A new task does not redo what a kept one has done, and serves the edit or another new task that does.
5. What a dropped task did for requirements that are still there is taken over by another.
6. The work of a requirement that is gone is taken out by a task that says so, unless none of it was done.
7. An interface that changed is owned by a task that is still to be done.

`landed` are the tasks whose work is there; without it, all of them.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from ..nouns.earlier import Edit
from ..nouns.plan import Finding, Plan
from .critical_path import natural
from .edit import Drop, Keep, New, Verb, owns, requirements_of, touched_tasks


def guard(
    previous: Plan, verbs: Sequence[Verb], edit: Edit, *, landed: Collection[str] | None = None
) -> tuple[Finding, ...]:
    """Everything that is wrong with a planner's verbs, in words it can act on; empty where they can be used."""
    reply = _Reply(previous, verbs, edit, landed=landed)
    return (
        *reply.names(),
        *reply.untouched(),
        *reply.uncovered(),
        *reply.redone(),
        *reply.aimless(),
        *reply.abandoned(),
        *reply.left_behind(),
        *reply.unowned(),
    )


class _Reply:
    """Verbs beside the plan they are about and the edit they answer; each method is one rule of `guard`."""

    def __init__(self, previous: Plan, verbs: Sequence[Verb], edit: Edit, *, landed: Collection[str] | None) -> None:
        self._edit = edit
        self._verbs = verbs
        self._tasks = {task.id: task for task in previous.tasks}
        self._touched = touched_tasks(previous, edit)
        self._landed = set(self._tasks if landed is None else landed)
        kept = {verb.task for verb in verbs if isinstance(verb, Keep)}
        self._kept = [task for task in previous.tasks if task.id in kept]
        self._new = [verb.task for verb in verbs if isinstance(verb, New)]
        self._to_do = [*self._new, *(task for task in self._kept if task.id not in self._landed)]

    def names(self) -> Iterator[Finding]:
        said: set[str] = set()
        for verb in self._verbs:
            id_ = verb.task.id if isinstance(verb, New) else verb.task
            if isinstance(verb, New) and id_ in self._tasks:
                yield _about(id_, f"{id_} is already a task of the plan: give the new one an id that is not taken.")
            elif not isinstance(verb, New) and id_ not in self._tasks:
                yield _about(id_, f"{verb}: the plan has no {id_}; it has {_listed(self._tasks)}.")
            elif id_ in said:
                yield _about(id_, f"{id_} has two verbs: leave one.")
            said.add(id_)
        for id_ in self._tasks:
            if id_ in self._touched and id_ not in said:
                message = f"{id_} has no verb: keep({id_}), or drop({id_}) and say in new tasks what comes instead."
                yield _about(id_, message)

    def untouched(self) -> Iterator[Finding]:
        kept = {task.id for task in self._kept}
        for id_ in self._tasks:
            if id_ not in self._touched and id_ not in kept:
                yield _about(id_, f"The edit does not touch {id_}: keep({id_}).")

    def uncovered(self) -> Iterator[Finding]:
        edit = self._edit
        before = requirements_of(self._tasks.values())
        wanted = edit.dirty & (edit.must | before)
        for id_ in _sorted(wanted - requirements_of(self._to_do)):
            yield _about(None, f"The work of {id_} may have to change, and no task to do covers it: add a new one.")
        for id_ in _sorted(edit.must - wanted - requirements_of([*self._kept, *self._to_do]) - before):
            yield _about(None, f"No task covers {id_}: add a new one.")

    def redone(self) -> Iterator[Finding]:
        done = requirements_of(task for task in self._kept if task.id in self._landed) - self._edit.dirty
        for task in self._new:
            again = done.intersection(task.requirements)
            if again:
                what = f"It redoes {_listed(again)}, which the edit does not touch and a kept task has done"
                yield _about(task.id, f"{what}: leave it out.")

    def aimless(self) -> Iterator[Finding]:
        needed = {need for task in self._new for need in task.needs if need != task.id}
        for verb in self._verbs:
            if isinstance(verb, New) and not verb.removes and not verb.task.requirements:
                task = verb.task
                if task.id not in needed and not any(owns(task, path) for path in self._edit.interfaces):
                    yield _about(task.id, "It serves no requirement, and no new task needs it: leave it out.")

    def abandoned(self) -> Iterator[Finding]:
        covered = requirements_of([*self._kept, *self._new])
        for verb in self._verbs:
            if isinstance(verb, Drop) and verb.task in self._tasks:
                left = self._edit.known.intersection(self._tasks[verb.task].requirements) - covered - self._edit.dirty
                if left:
                    message = f"{verb} leaves {_listed(left)} with no task: keep it, or cover them in a new one."
                    yield _about(verb.task, message)

    def left_behind(self) -> Iterator[Finding]:
        removed = {id_ for verb in self._verbs if isinstance(verb, New) for id_ in verb.removes}
        for verb in self._verbs:
            if isinstance(verb, New):
                for id_ in _sorted(set(verb.removes) - self._edit.removed):
                    yield _about(verb.task.id, f"It removes {id_}, which the edit did not take out of the spec.")
        done = requirements_of(task for id_, task in self._tasks.items() if id_ in self._landed)
        for id_ in _sorted(self._edit.removed & done - removed):
            yield _about(None, f"{id_} is gone from the spec and its work is there: add a new task that removes {id_}.")

    def unowned(self) -> Iterator[Finding]:
        for path in sorted(self._edit.interfaces):
            if not any(owns(task, path) for task in self._to_do):
                yield _about(None, f"The interface of {path} changed, and no task to do owns that file: add a new one.")


def _about(task: str | None, message: str) -> Finding:
    return Finding(task=task, message=message)


def _sorted(ids: Iterable[str]) -> list[str]:
    return sorted(ids, key=natural)


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(_sorted(ids)) or "none"
