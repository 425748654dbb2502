"""`agentctl events`: the event log of a run."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `events` takes."""
    options.run(parser)
    parser.add_argument("--json", action="store_true", help="one JSON array, or NDJSON with --watch")
    parser.add_argument("--after", type=int, default=0, metavar="N", help="only events after this sequence number")
    parser.add_argument("--watch", action="store_true", help="go on until the run ends")


def main(args: argparse.Namespace) -> int:
    """Print what happened, oldest first."""
    import time

    from ...orchestrator.nouns.events import Event
    from ...tui.plain import describe
    from ...tui.snapshot import FINISHED
    from ..following import event_document, told
    from ..output import emit, emit_json
    from ..repository import open_run

    def show(event: Event) -> None:
        if args.json:
            emit_json(event_document(event))
        elif describe(event.fact):
            emit([f"{event.seq:>5}  {told(event)}"])

    with open_run(args.repo, args.run) as run:
        after = max(args.after, 0)
        if args.json and not args.watch:
            emit_json([event_document(event) for event in run.store.events(after=after)])
            return 0
        while True:
            finished = run.store.run().state in FINISHED
            for event in run.store.events(after=after):
                after = event.seq
                show(event)
            if not args.watch or finished:
                return 0
            time.sleep(0.1)
