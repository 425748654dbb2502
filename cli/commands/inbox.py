"""`agentctl inbox`: the questions that wait for a person, the most urgent first."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `inbox` takes."""
    parser.add_argument(
        "run", nargs="?", metavar="RUN", help="a run's id or its beginning (default: every run that is not over)"
    )
    options.as_json(parser)
    parser.add_argument("--all", action="store_true", help="answered ones too")


def main(args: argparse.Namespace) -> int:
    """Print the questions with their options and what they hold up."""
    from ..asked import asked_in
    from ..documents import inbox_document
    from ..output import emit, emit_json
    from ..repository import locate

    found = asked_in(locate(args.repo), args.run, answered=args.all)
    if args.json:
        emit_json(inbox_document(found))
        return 0
    for each in found:
        emit(each.lines(named=len(found) > 1))
    if not any(each.ranked for each in found):
        emit(["no questions wait"])
    return 0
