"""`agentctl unpause`: lets a task go on that was paused, or everything in a run."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `unpause` takes."""
    parser.add_argument("what", nargs="?", metavar="TASK|RUN", help="a task, or a run's id: all of it (default)")
    options.in_run(parser)


def main(args: argparse.Namespace) -> int:
    """Store the wish; the driver goes on at once."""
    from ...orchestrator.errors import UsageError
    from ...orchestrator.nouns.hand_facts import PauseEnded
    from ..by_hand import do, in_hand, subject
    from ..finding import task_named

    named_run, name = subject(args)
    with in_hand(args, run=named_run) as run:
        pauses = run.store.hands().pauses
        task = task_named(run, name).task.id if name else None
        if task is not None and all(each.task != task for each in pauses):
            whole = f": the whole run is, `agentctl unpause {run.folder.run}`" if pauses and not pauses[0].task else ""
            raise UsageError(f"{task} is not paused{whole}.")
        if not pauses:
            raise UsageError(f"Nothing in run {run.folder.run} is paused.")
        do(args, run, PauseEnded(task=task), words=f"{task or f'run {run.folder.run}'} goes on")
    return 0
