"""`agentctl prefer`: has a task, and what it waits for, served before the others."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `prefer` takes."""
    parser.add_argument("task", metavar="TASK", help="a task that is not over")
    parser.add_argument("--off", action="store_true", help="in its turn again")
    options.in_run(parser)


def main(args: argparse.Namespace) -> int:
    """Store the wish; the next free slot is the task's, or that of what it waits for."""
    from ...orchestrator.nouns.hand_facts import Preferred
    from ..by_hand import do, in_hand, task_in_hand
    from ..output import say

    with in_hand(args) as run:
        task = task_in_hand(run, args.task).task.id
        if (task in run.store.hands().preferred) != args.off:
            say(f"{task} comes {'in its turn' if args.off else 'before the others'} already")
            return 0
        turn = "in its turn again" if args.off else "before the others, and so does what it waits for"
        do(args, run, Preferred(task=task, off=args.off), words=f"{task} comes {turn}")
    return 0
