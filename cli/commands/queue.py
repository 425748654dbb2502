"""`agentctl queue`: the merge queue, and what has landed, as the dashboard has it."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `queue` takes."""
    options.run(parser)
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Print it as it stands."""
    from ..looking import feed, queue_document, queue_lines
    from ..output import emit, emit_json
    from ..repository import open_run

    with open_run(args.repo, args.run) as run:
        look = feed(run).look()
        if args.json:
            emit_json(queue_document(look))
        else:
            emit(queue_lines(look))
    return 0
