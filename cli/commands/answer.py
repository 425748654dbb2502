"""`agentctl answer`: answers a question, from any terminal, whether the run is live or not."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `answer` takes."""
    parser.add_argument("question", metavar="QUESTION", help="its id, such as Q1")
    parser.add_argument(
        "answer",
        metavar="ANSWER",
        nargs="?",
        help="an option's number, or a text; without it a plan opens in your editor",
    )
    options.in_run(parser)


def main(args: argparse.Namespace) -> int:
    """Store the answer; the driver, if there is one, goes on at once."""
    from ...orchestrator.errors import UsageError
    from ...tui.snapshot import FINISHED
    from .. import processes
    from ..answers import describe, interpret
    from ..asking import already_answered, answer, edited
    from ..finding import question_named
    from ..output import say
    from ..repository import locate, open_run

    with open_run(args.repo, args.run, write=True) as run:
        asked = question_named(run, args.question)
        if asked.answer is not None:
            raise already_answered(asked)
        if (state := run.store.run().state) in FINISHED:
            raise UsageError(f"Run {run.folder.run} is {state}: nothing in it waits for an answer any more.")
        plan = run.store.plan()
        if args.answer is not None:
            text = interpret(asked.question, args.answer)
        elif asked.question.kind == "plan" and plan is not None and not args.no_input:
            text = edited(plan, asked.id, folder=run.folder.path) or ""
        else:
            raise UsageError(f"Say what the answer is: agentctl answer {asked.id} NUMBER|TEXT")
        if text:
            answer(run, asked, text, author=processes.person(locate(args.repo)))
            say(f"{asked.id}: {describe(text)}")
        if run.folder.driver() is None:
            say(f"nothing drives this run: go on with `agentctl resume {run.folder.run}`")
    return 0
