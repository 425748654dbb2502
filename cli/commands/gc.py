"""`agentctl gc`: takes away what ended and killed runs left behind; nothing of the person's, and no result."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `gc` takes."""
    options.as_json(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would go, and how large it is")
    parser.add_argument(
        "--keep-days", type=options.days, metavar="N", help="for which an ended run keeps its attempts (keep_days; 30)"
    )
    parser.add_argument(
        "--runs", action="store_true", help="also the folders of runs that ended before that: prompts, answers, costs"
    )


def main(args: argparse.Namespace) -> int:
    """Say what went; exit code 1 if something that should have gone could not."""
    from ..collecting import collect

    return collect(args)
