"""`agentctl bot event`: one event of a workflow, until its runs rest."""

import argparse

from . import home


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `event` takes."""
    home(parser)
    parser.add_argument("--minutes", type=float, default=300.0, metavar="N", help="at most (default: 300)")


def main(args: argparse.Namespace) -> int:
    """Work it off."""
    from ..event import event

    return event(args)
