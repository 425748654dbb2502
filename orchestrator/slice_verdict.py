"""What the gate says of a slice, and of a group of the forge's merge queue: of a tree that holds some of the tasks."""

from collections.abc import Collection, Sequence

from .landing import URGENT, secret
from .nouns.delivery import Slice
from .nouns.verdicts import Verdict
from .ports import Gate
from .rules.slicing import chain
from .run_view import RunView


async def verdict_on(tree: str, own: Slice, slices: Sequence[Slice], *, view: RunView, gate: Gate) -> Verdict:
    """What the gate says of a tree that holds a slice and what is below it."""
    below = {task for each in chain(own.name, slices) for task in each.tasks}
    followed = {task.id for task in view.plan.tasks if task.follows}
    return await verdict_with(tree, below | followed, view=view, gate=gate)


async def verdict_with(tree: str, held: Collection[str], *, view: RunView, gate: Gate) -> Verdict:
    """What the gate says of a tree that holds these tasks, and may hold anything else."""
    tasks = [each.key.task for each in view.store.landings() if each.key.task in held]
    return await gate.judge(
        tree,
        expectation=view.expectation(view.landed(tasks), tasks, foreign=_foreign(tasks, view)),
        locked=secret(view.locked(tasks)),
        priority=URGENT,
    )


def _foreign(tasks: Collection[str], view: RunView) -> dict[str, set[str]]:
    """By task the tests of what it was made on and what is not below it here: it saw them pass, and they are not here.

    That is so for a fix which was put into the slice it is about, beneath others that were there before it.
    """
    found: dict[str, set[str]] = {}
    for task in tasks:
        absent = [need for need in view.closure(task) if need not in tasks]
        verdicts = [view.verdict_of(attempt) for attempt in view.landed(absent)]
        if verdicts:
            found[task] = {test for each in verdicts if each is not None for test in each.tests}
    return found
