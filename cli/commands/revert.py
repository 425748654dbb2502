"""`agentctl revert`: takes back what a task landed, by a commit that the gate judges and the queue lands."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `revert` takes."""
    parser.add_argument("task", metavar="TASK", help="a task that has landed")
    parser.add_argument("--why", metavar="SENTENCE", default="", help="kept with the run, and told in its report")
    parser.add_argument("--later", action="store_true", help="only keep it: `agentctl resume` carries it out")
    options.in_run(parser)
    options.as_json(parser)
    options.driving(parser)


def main(args: argparse.Namespace) -> int:
    """Take it back, and say what came of it: 0 taken back (or kept for later), 1 it cannot be."""
    from ..reverting import revert

    return revert(args)
