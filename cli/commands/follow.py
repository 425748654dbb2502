"""`agentctl follow`: brings what the base branch has by now into a run, judged before anything moves."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `follow` takes."""
    options.run(parser)
    parser.add_argument(
        "--onto", metavar="BRANCH", help="a branch, or any commit (default: the branch that the run began on)"
    )
    parser.add_argument(
        "--force", action="store_true", help="also a branch that was rewritten: what it lost goes from the run as well"
    )
    parser.add_argument("--later", action="store_true", help="only keep it: `agentctl resume` carries it out")
    options.as_json(parser)
    options.driving(parser)


def main(args: argparse.Namespace) -> int:
    """Follow it, and say what came of it: 0 followed (or kept for later, or nothing new), 1 it cannot be."""
    from ..base_branch import follow

    return follow(args)
