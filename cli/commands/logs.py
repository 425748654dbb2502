"""`agentctl logs`: the transcript of an attempt: what the model was asked, what it replied, what its tools said."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `logs` takes."""
    parser.add_argument(
        "what", nargs="?", metavar="ATTEMPT", help="T1:2, T1 for its latest, `plan` for the planner; default: a list"
    )
    options.in_run(parser)
    options.as_json(parser)
    parser.add_argument("--turn", type=int, metavar="N", help="only this turn")
    parser.add_argument("--full", action="store_true", help="do not shorten long prompts and results")


def main(args: argparse.Namespace) -> int:
    """Print the transcript from the call journal."""
    from ..output import emit, emit_json
    from ..repository import open_run
    from ..transcript import call_list, find_calls, transcript, transcript_document

    with open_run(args.repo, args.run) as run:
        if args.what is None and not args.json:
            emit(call_list(run))
            return 0
        calls = find_calls(run, args.what, turn=args.turn)
        if args.json:
            emit_json(transcript_document(run, calls))
        else:
            emit(transcript(run, calls, full=args.full))
    return 0
