"""`agentctl pause`: begins no new model call for a task, or for a whole run, until `unpause`."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `pause` takes."""
    parser.add_argument("what", nargs="?", metavar="TASK|RUN", help="a task, or a run's id (default: the latest run)")
    options.in_run(parser)
    parser.add_argument("--off", action="store_true", help="as `agentctl unpause`")


def main(args: argparse.Namespace) -> int:
    """Store the wish; a call in flight finishes, the gate and the queue go on."""
    from ...orchestrator.nouns.hand_facts import PauseAsked
    from ..by_hand import do, in_hand, subject, task_in_hand
    from ..output import say
    from . import unpause

    if args.off:
        return unpause.main(args)
    named_run, name = subject(args)
    with in_hand(args, run=named_run) as run:
        task = task_in_hand(run, name).task.id if name else None
        what = task or f"run {run.folder.run}"
        if any(each.task == (task or "") for each in run.store.hands().pauses):
            say(f"{what} is paused already: agentctl unpause {task or run.folder.run}")
            return 0
        do(args, run, PauseAsked(task=task), words=f"{what} is paused: a call in flight finishes, none begins")
    return 0
