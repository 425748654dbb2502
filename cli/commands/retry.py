"""`agentctl retry`: ends the present attempt at a task and begins the next one, which is told what failed."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `retry` takes."""
    parser.add_argument("task", metavar="TASK", help="a task that is not over")
    parser.add_argument(
        "--rung", metavar="RUNG", help="who tries it next: flash, flash*3, pro, ... (default: the same)"
    )
    options.in_run(parser)


def main(args: argparse.Namespace) -> int:
    """Store the wish, and answer what the task is stuck on; what the attempt wrote is kept."""
    from .. import processes
    from ..by_hand import in_hand, try_again
    from ..going_on import say_who_goes_on
    from ..output import say
    from ..repository import locate

    with in_hand(args) as run:
        say(try_again(run, args.task, rung=args.rung or "", author=processes.person(locate(args.repo))))
        say_who_goes_on(run.folder)
    return 0
