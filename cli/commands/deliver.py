"""`agentctl deliver`: what a run built, in slices that a person reviews one after the other."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `deliver` takes."""
    options.run(parser)
    parser.add_argument(
        "--review-minutes",
        type=_minutes,
        metavar="N",
        help="how long one slice may take to read (default: by the repository's policy, else 30; 0: no limit)",
    )
    parser.add_argument("--out", metavar="DIR", help="where texts and mails go (default: the run's own folder)")
    parser.add_argument("--mail", action="store_true", help="write each commit as a mail for `git am` too")
    parser.add_argument("--pr", action="store_true", help="open them as pull requests, as `agentctl pr open` does")
    options.pulls(parser)
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Cut, judge, write and print."""
    from ..delivering import deliver

    return deliver(args)


def _minutes(text: str) -> float:
    number = text.strip()
    whole, _, part = number.partition(".")
    if not (whole.isascii() and whole.isdigit() and (not part or (part.isascii() and part.isdigit()))):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes: write one such as 30")
    return float(number)
