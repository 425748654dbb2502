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
    parser.add_argument("--anew", action="store_true", help="say otherwise, though a person had answered")
    options.in_run(parser)


def main(args: argparse.Namespace) -> int:
    """Store the answer; the driver, if there is one, goes on at once."""
    from ...orchestrator.errors import UsageError
    from ...orchestrator.rules.assumptions import may_be_overruled
    from ...orchestrator.store.folder import find
    from .. import processes
    from ..answers import confirmation, form, interpret
    from ..asking import already_answered, must_be_open, overrule, taken
    from ..finding import question_named, run_that_asks
    from ..going_on import say_who_goes_on
    from ..output import say
    from ..plan_editing import checks, edited
    from ..repository import locate, opened

    root = locate(args.repo)
    folder = find(root, args.run) if args.run is not None else run_that_asks(root, args.question)
    with opened(folder, write=True) as run:
        asked = question_named(run, args.question)
        must_be_open(run)
        overruled = may_be_overruled(asked, anew=args.anew)
        if asked.answer is not None and not (overruled and args.answer is not None):
            raise already_answered(asked)
        plan, cap = run.store.plan(), run.cap_usd
        if args.answer is not None:
            text = interpret(asked.question, args.answer, cap_usd=cap)
        elif asked.question.kind == "plan" and plan is not None and not args.no_input:
            text = edited(plan, asked.id, folder=folder.path, check=checks(run, root, plan)) or ""
        else:
            way = f"agentctl answer --run {folder.run} {asked.id} {form(asked.question)}"
            raise UsageError(f"Say what the answer is: {way}")
        if text and overruled:
            stands = overrule(run, asked, text, author=processes.person(root))
            said = confirmation(asked.question, text, cap_usd=cap)
            say(f"{asked.id} of run {folder.run} is overruled by {stands.id}: {said}")
            say("what was built on the old answer is done again; see `agentctl assumptions`")
        elif text:
            say(taken(run, asked, text, author=processes.person(root), cap_usd=cap))
        say_who_goes_on(folder)
    return 0
