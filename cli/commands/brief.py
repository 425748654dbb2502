"""`agentctl brief`: one page for a colleague who joins a run."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `brief` takes."""
    options.run(parser)
    parser.add_argument(
        "--since", metavar="WHEN", help="only what was decided, done and spent since: 1h, 07:00, a date, or an event"
    )
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Print the page."""
    import time

    from ..brief import brief, document, lines
    from ..moments import since
    from ..output import emit, emit_json
    from ..repository import open_run

    now = time.time()
    begin = since(args.since, now=now) if args.since is not None else None
    with open_run(args.repo, args.run) as run:
        found = brief(run, since=begin, now=now)
    if args.json:
        emit_json(document(found))
    else:
        emit(lines(found, now=now))
    return 0
