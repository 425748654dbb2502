"""`agentctl trace`: from each requirement to its tasks, commits and evidence, as the dashboard has it."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `trace` takes."""
    options.run(parser)
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Print it as it stands."""
    from ..looking import feed, trace_document, trace_lines
    from ..output import emit, emit_json
    from ..repository import open_run

    with open_run(args.repo, args.run) as run:
        look = feed(run).look()
        if args.json:
            emit_json(trace_document(look))
        else:
            emit(trace_lines(look))
    return 0
