"""`agentctl bot poll`: asks a forge for news."""

import argparse

from . import home


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `poll` takes."""
    home(parser)
    parser.add_argument("--once", action="store_true", help="one round, then leave; 1 where something was left")
    parser.add_argument("--every", type=float, default=60.0, metavar="SECONDS", help="between two rounds (default: 60)")


def main(args: argparse.Namespace) -> int:
    """Poll until a signal ends it, or once."""
    from ..poll import poll

    return poll(args)
