"""`agentctl take`: stops a task's worker and puts its latest attempt into a work tree of yours."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `take` takes."""
    parser.add_argument("task", metavar="TASK", help="a task that is not over (T1), or one of its attempts (T1:2)")
    parser.add_argument("folder", nargs="?", metavar="DIR", help="a new folder (default: .agentctl/taken/RUN-TASK)")
    parser.add_argument("--off", action="store_true", help="as `agentctl give-back`")
    options.in_run(parser)


def main(args: argparse.Namespace) -> int:
    """Take it, whether a driver runs or not."""
    import asyncio

    from ..taking import take
    from . import give_back

    return give_back.main(args) if args.off else asyncio.run(take(args))
