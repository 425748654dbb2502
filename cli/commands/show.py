"""`agentctl show`: a plan, a task, a question, an attempt, or the run they belong to."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `show` takes."""
    parser.add_argument(
        "what",
        nargs="?",
        metavar="WHAT",
        help="`plan`, `contract` (by leads), `proposal` (the spec with what was decided), T1, Q1, T1:2, or a run",
    )
    options.in_run(parser)
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Print it, for a person or a program."""
    from ..showing import show

    return show(args)
