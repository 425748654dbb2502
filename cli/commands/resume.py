"""`agentctl resume`: goes on with a run that was interrupted, waits, or crashed."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `resume` takes."""
    options.run(parser)
    options.driving(parser)
    parser.add_argument("--detach", action="store_true", help="go on in the background")


def main(args: argparse.Namespace) -> int:
    """Drive the run; a finished one only says how it ended."""
    from .. import wiring
    from ..starting import resume

    return resume(args, wiring)
