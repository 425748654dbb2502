"""`agentctl status`: where a run stands. Works beside a live driver and after a crash."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `status` takes."""
    options.run(parser)
    options.as_json(parser)
    parser.add_argument(
        "--watch", action="store_true", help="print again whenever something changed (NDJSON with --json)"
    )


def main(args: argparse.Namespace) -> int:
    """Print the status once, or at each change until the run ends; that its driver came or went is a change."""
    import sys
    import time

    from ...tui.snapshot import take
    from ..documents import status_document
    from ..output import emit, emit_json
    from ..repository import OpenRun, open_run
    from ..words import status_lines

    def show(run: OpenRun, *, live: bool, again: bool) -> bool:
        snapshot = take(run.store, run.journal)
        if args.json:
            emit_json(status_document(snapshot, live=live))
        else:
            emit([*([""] if again else []), *status_lines(snapshot, now=time.time(), live=live)])
            sys.stdout.flush()
        return snapshot.finished

    with open_run(args.repo, args.run) as run:
        seen = (run.store.version(), run.folder.driver() is not None)
        finished = show(run, live=seen[1], again=False)
        while args.watch and not finished:
            time.sleep(0.1)
            now = (run.store.version(), run.folder.driver() is not None)
            if now != seen:
                seen, finished = now, show(run, live=now[1], again=True)
    return 0
