"""`--seconds`: how long one check may run, for `verify` and `lint --run`. As light as argparse itself."""

import argparse

from . import options

SECONDS = 60.0
"""Of one check, from the start of its session to its end: as long as one command of a transcript may take."""
SLOW = 10
"""How many times as long a check with the flag `slow` may run, as its commands may."""


def option(parser: argparse.ArgumentParser) -> None:
    """``--seconds N``."""
    parser.add_argument(
        "--seconds",
        type=options.seconds,
        default=SECONDS,
        metavar="N",
        help=f"how long one check may run (default {SECONDS:g}; {SLOW} times as long for one that is slow)",
    )
