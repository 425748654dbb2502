"""`agentctl plan`: cuts a spec into tasks, prints them with their estimate, and builds nothing."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `plan` takes."""
    options.spec(parser)
    options.choosing(parser)
    options.driving(parser)
    options.as_json(parser)
    parser.add_argument("--force", action="store_true", help="plan although lint found errors")


def main(args: argparse.Namespace) -> int:
    """Plan, print the plan, and say how to approve it; the run waits in its folder."""
    from .. import wiring
    from ..starting import plan

    return plan(args, wiring)
