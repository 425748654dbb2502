"""`agentctl pack`: puts a run into one file."""

import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `pack` takes."""
    parser.add_argument("run", metavar="RUN", help="a run's id or its beginning")
    parser.add_argument("file", metavar="FILE", help="NAME.tar.zst or NAME.tar.gz; NAME.jsonl makes a recording")
    parser.add_argument("--whole", action="store_true", help="bring along the history of the commit it started from")


def main(args: argparse.Namespace) -> int:
    """Write the file; the run stays where it is."""
    from ..packing import pack

    return pack(args)
