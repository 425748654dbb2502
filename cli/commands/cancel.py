"""`agentctl cancel`: asks the driver to end a run, or one of its tasks. What has landed stays."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cancel` takes."""
    options.run(parser)
    parser.add_argument("--run", dest="in_run", metavar="RUN", help="the same, as the commands about tasks have it")
    parser.add_argument("--task", metavar="TASK", help="only this task, and what depends on it")


def main(args: argparse.Namespace) -> int:
    """Store the wish; the driver obeys. A run that nothing drives is cancelled when it is next resumed."""
    from ...orchestrator.errors import UsageError
    from .. import processes
    from ..by_hand import cancel
    from ..going_on import say_who_goes_on
    from ..output import say
    from ..repository import locate, open_run

    if args.run and args.in_run and args.run != args.in_run:
        raise UsageError(f"Cancel one run at a time: {args.run} or {args.in_run}.")
    with open_run(args.repo, args.run or args.in_run, write=True) as run:
        say(cancel(run, args.task, author=processes.person(locate(args.repo))))
        say_who_goes_on(run.folder)
    return 0
