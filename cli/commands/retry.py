"""`agentctl retry`: ends the present attempt at a task and begins the next one, which is told what failed."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `retry` takes."""
    parser.add_argument("task", metavar="TASK", help="a task that is not over")
    parser.add_argument(
        "--rung", metavar="RUNG", help="who tries it next: flash, flash*3, pro, ... (default: the same)"
    )
    options.in_run(parser)


def main(args: argparse.Namespace) -> int:
    """Store the wish, and answer what the task is stuck on; what the attempt wrote is kept."""
    from ...orchestrator.errors import UsageError
    from ...orchestrator.nouns.events import QuestionAnswered
    from ...orchestrator.nouns.hand_facts import RetryAsked
    from ...orchestrator.rules import asking, ladder
    from ..by_hand import do, in_hand, task_in_hand

    if args.rung and (wrong := ladder.problem([args.rung])):
        raise UsageError(f"--rung {args.rung}: {wrong}.")
    with in_hand(args) as run:
        status = task_in_hand(run, args.task)
        task, number = status.task.id, status.attempt
        if run.store.hands().taken_by(task) is not None:
            raise UsageError(f"{task} is taken: `agentctl give-back {task}` returns it to its ladder first.")
        if status.state == "queued":
            raise UsageError(f"{task} is green and about to land: wait for that, or `agentctl cancel --task {task}`.")
        if not number and not args.rung:
            raise UsageError(f"Nobody has tried {task} yet: say --rung to choose who does first.")
        stuck = [
            QuestionAnswered(key=asked.question.key, answer=asking.AGAIN)
            for asked in run.store.questions(only_open=True)
            if asked.question.key.startswith(f"stuck:{task}:")
        ]
        rung = f"on {args.rung}" if args.rung else "on the same rung"
        ended = f"attempt {number} of {task} ends and is kept; " if number else ""
        asked_for = RetryAsked(task=task, attempt=number, rung=args.rung or "")
        do(args, run, asked_for, *stuck, words=f"{ended}the next one begins {rung}")
    return 0
