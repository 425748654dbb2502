"""`agentctl deliver`: what a run built, in slices that a person reviews one after the other."""

import argparse

from .. import options

REVIEW_MINUTES = 30.0
"""As `nouns.policy.Policy` has it, whose import costs more than the help."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `deliver` takes."""
    options.run(parser)
    parser.add_argument(
        "--review-minutes",
        type=_minutes,
        default=REVIEW_MINUTES,
        metavar="N",
        help="how long one slice may take to read (default 30; 0: no limit)",
    )
    parser.add_argument("--out", metavar="DIR", help="where texts and mails go (default: the run's own folder)")
    parser.add_argument("--mail", action="store_true", help="write each commit as a mail for `git am` too")
    parser.add_argument("--dry-run", action="store_true", help="only say how it would be cut")
    parser.add_argument(
        "--i-accept-unsandboxed-execution",
        action="store_true",
        dest="unsandboxed",
        help="of a run with --sandbox=none: judge the slices with your own rights",
    )
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
