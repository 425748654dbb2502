"""`agentctl inbox`: the questions that wait for a person, the most urgent first."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `inbox` takes."""
    options.run(parser)
    options.as_json(parser)
    parser.add_argument("--all", action="store_true", help="answered ones too")


def main(args: argparse.Namespace) -> int:
    """Print the questions with their options and what they hold up."""
    from ...tui.inbox import rank
    from ...tui.snapshot import FINISHED
    from ..documents import inbox_document
    from ..output import emit, emit_json
    from ..repository import open_run
    from ..words import question_lines

    with open_run(args.repo, args.run) as run:
        over = run.store.run().state in FINISHED
        questions = () if over and not args.all else run.store.questions(only_open=not args.all)
        ranked = rank(questions, run.store.tasks())
    if args.json:
        emit_json(inbox_document(run.folder.run, ranked))
        return 0
    for each in ranked:
        emit([*question_lines(each.asked, blocks=each.blocks), ""])
    if not ranked:
        emit(["no questions wait"])
    elif not over and (waiting := [each.asked.id for each in ranked if each.asked.answer is None]):
        emit([f"answer with: agentctl answer --run {run.folder.run} {waiting[0]} NUMBER|TEXT"])
    return 0
