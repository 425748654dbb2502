"""`agentctl give-back`: leaves a task that you took to its ladder again."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `give-back` takes."""
    parser.add_argument("task", metavar="TASK", help="a task that you took")
    options.in_run(parser)


def main(args: argparse.Namespace) -> int:
    """Store it; the folder stays as it is."""
    from ...orchestrator.errors import UsageError
    from ...orchestrator.nouns.hand_facts import TaskGivenBack
    from ..by_hand import do, in_hand, task_in_hand

    with in_hand(args) as run:
        task = task_in_hand(run, args.task.partition(":")[0]).task.id
        taken = run.store.hands().taken_by(task)
        if taken is None:
            raise UsageError(f"Nobody has taken {task}.")
        stays = f"; {taken.folder} stays: `git worktree remove` it when you like" if taken.folder else ""
        do(args, run, TaskGivenBack(task=task), words=f"{task} goes on where its ladder was{stays}")
    return 0
