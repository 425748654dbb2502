"""`agentctl unpack`: takes up a run that was packed in another clone."""

import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `unpack` takes."""
    parser.add_argument("file", metavar="FILE", help="what `agentctl pack` wrote")


def main(args: argparse.Namespace) -> int:
    """Check everything, then make the run's folder and its refs."""
    from ..unpacking import unpack

    return unpack(args)
