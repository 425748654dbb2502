"""`agentctl report`: what was asked, decided and landed, with the evidence for each requirement and the ledger."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `report` takes."""
    options.run(parser)
    options.as_json(parser)


def main(args: argparse.Namespace) -> int:
    """Print the report; it ends with the command that takes the result over."""
    import time

    from ..output import emit, emit_json
    from ..report import collect, document, lines
    from ..repository import open_run

    with open_run(args.repo, args.run) as run:
        report = collect(run, now=time.time())
    if args.json:
        emit_json(document(report))
    else:
        emit(lines(report))
    return 0
