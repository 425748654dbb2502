"""`agentctl steer`: says one sentence to whoever works on a task, now and in every later attempt."""

import argparse

from .. import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `steer` takes."""
    parser.add_argument("task", metavar="TASK", help="a task that is not over, begun or not")
    parser.add_argument("sentence", metavar="SENTENCE", help="one sentence; it counts as much as the spec")
    options.in_run(parser)


def main(args: argparse.Namespace) -> int:
    """Store it; its worker hears it with the next turn."""
    from ...orchestrator.nouns.hand_facts import Steered
    from ..by_hand import do, in_hand, sentence, task_in_hand

    text = sentence(args.sentence)
    with in_hand(args) as run:
        task = task_in_hand(run, args.task).task.id
        if task_in_hand(run, args.task).state == "queued":
            heard = f"{task} is green and about to land: it hears this only if the queue sends it back"
        elif (taken := run.store.hands().taken_by(task)) is not None and taken.by:
            heard = f"{task} is taken: its worker hears this if the task is given back"
        else:
            heard = f"{task} hears this with its next turn, and every later attempt from its first"
        do(args, run, Steered(task=task, text=text), words=heard)
    return 0
