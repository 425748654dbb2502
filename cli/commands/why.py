"""`agentctl why`: from a line of code to the requirement, the question and the prompt it comes from."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `why` takes."""
    parser.add_argument("place", metavar="PATH:LINE", help="a line of a file, such as src/app.py:12")
    parser.add_argument("--at", metavar="REV", default="HEAD", help="the commit to look at (default: HEAD)")
    parser.add_argument("--prompt", action="store_true", help="show the prompt and the reply, if the run is still here")
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Print where the line comes from."""
    from ..output import emit, emit_json
    from ..why import why
    from ..why_words import document, lines

    found = why(args.repo, args.place, at=args.at)
    if args.json:
        emit_json(document(found))
    else:
        emit(lines(found, prompt=args.prompt))
    return 0
