"""`agentctl submit`: hands in the work tree of a task that you took, through the same gate and queue as any attempt."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `submit` takes."""
    parser.add_argument("task", metavar="TASK", help="a task that you took")
    parser.add_argument("folder", nargs="?", metavar="DIR", help="its work tree (default: where `take` put it)")
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="PATH",
        help="let the change touch what the task does not own; recorded as your decision",
    )
    parser.add_argument("--no-wait", action="store_true", help="do not wait for the gate")
    options.in_run(parser)


def main(args: argparse.Namespace) -> int:
    """Hand it in, and say what the gate says: 0 landed (or left to the driver), 1 red."""
    import asyncio

    from ..taking import submit

    return asyncio.run(submit(args))
