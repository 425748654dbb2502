"""`agentctl budget`: what a run has spent of its cap, and more money for it."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `budget` takes."""
    parser.add_argument(
        "amount", metavar="AMOUNT", nargs="*", help="by how much the cap rises, such as 2.50; or `to 30`, the new cap"
    )
    options.in_run(parser)
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Tell what is spent; with an amount, raise the cap, which answers a question for more as well."""
    from ..money import raise_cap, tell

    return tell(args) if not args.amount else raise_cap(args)
