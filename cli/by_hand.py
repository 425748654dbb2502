"""What the commands that put a hand on a run have in common: which run and task is meant, and what cannot be done."""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ..orchestrator.errors import UsageError
from ..orchestrator.nouns.events import Fact
from ..orchestrator.nouns.hand_facts import CancelAsked, RetryAsked
from ..orchestrator.nouns.runs import TaskStatus
from ..orchestrator.rules import asking, ladder
from ..orchestrator.store.folder import all_runs, find
from ..tui.clean import clean
from ..tui.snapshot import FINISHED
from . import processes
from .answers import named
from .finding import task_named
from .going_on import say_who_goes_on
from .output import say
from .repository import OpenRun, locate, opened

LONGEST = 2_000
"""Characters of a sentence; what is longer belongs into the spec."""


@contextmanager
def in_hand(args: argparse.Namespace, *, run: str | None = None) -> Iterator[OpenRun]:
    """The run that is meant, to be written to.

    Raises:
        UsageError: it is over, or it replays a recording, in which nothing is decided any more.
    """
    folder = find(locate(args.repo), run or args.run)
    with opened(folder, write=True) as found:
        must_go_on(found)
        yield found


def must_go_on(found: OpenRun) -> None:
    """Raises UsageError where nothing can be said to a run any more: see `in_hand`."""
    now = found.store.run()
    if now.state in FINISHED:
        raise UsageError(f"Run {now.id} is {now.state}: nothing in it goes on any more.")
    if now.settings.replay is not None:
        raise UsageError(f"Run {now.id} replays a recording, which goes as it went; start a run of your own.")


def task_in_hand(run: OpenRun, name: str) -> TaskStatus:
    """A task that is not over. Raises UsageError."""
    status = task_named(run, name)
    if status.over:
        raise UsageError(f"{status.task.id} is {status.state} already: nobody works on it any more.")
    return status


def subject(args: argparse.Namespace) -> tuple[str | None, str | None]:
    """The run and the task that WHAT names; a run's id where no task of the run is called so. Raises UsageError."""
    what = args.what
    if what is None:
        return args.run, None
    root = locate(args.repo)
    with opened(find(root, args.run)) as run:
        tasks = {status.task.id.lower(): status.task.id for status in run.store.tasks()}
    if what.lower() in tasks or (args.run is not None) or not any(f.run.startswith(what) for f in all_runs(root)):
        return args.run, what
    return what, None


def try_again(run: OpenRun, name: str, *, rung: str = "", author: str) -> str:
    """End the present attempt at a task, so that the next one begins; returns what happens, in words.

    What the attempt wrote is kept, and what the task is stuck on is answered.

    Raises:
        UsageError: there is no such task or rung, it is over, a person holds it, or nothing is there to try again.
    """
    if rung and (wrong := ladder.problem([rung])):
        raise UsageError(f"--rung {rung}: {wrong}.")
    status = task_in_hand(run, name)
    task, number = status.task.id, status.attempt
    if run.store.hands().taken_by(task) is not None:
        raise UsageError(f"{task} is taken: `agentctl give-back {task}` returns it to its ladder first.")
    if status.state == "queued":
        raise UsageError(f"{task} is green and about to land: wait for that, or `agentctl cancel --task {task}`.")
    if not number and not rung:
        raise UsageError(f"Nobody has tried {task} yet: say --rung to choose who does first.")
    stuck = asking.withdrawn(run.store.questions(only_open=True), task, asking.AGAIN)
    run.store.append(RetryAsked(task=task, attempt=number, rung=rung), *stuck, author=author)
    ended = f"attempt {number} of {task} ends and is kept; " if number else ""
    return f"{ended}the next one begins {f'on {rung}' if rung else 'on the same rung'}"


def cancel(run: OpenRun, name: str | None, *, author: str) -> str:
    """Want a run, or one task of it, to end; returns what happens, in words. Raises UsageError where it is over."""
    state = run.store.run().state
    if state in FINISHED:
        raise UsageError(f"Run {run.folder.run} is {state} already: there is nothing to cancel.")
    status = task_named(run, name) if name else None
    if status is not None and status.over:
        raise UsageError(f"{status.task.id} is {status.state} already: there is nothing to cancel.")
    task = status.task.id if status else None
    run.store.append(CancelAsked(task=task), author=author)
    return f"{task or run.folder.run} will be cancelled; what has landed stays"


def do(args: argparse.Namespace, run: OpenRun, *facts: Fact, words: str) -> None:
    """Say it in the run's own tables, under the person's name; the driver obeys."""
    run.store.append(*facts, author=processes.person(locate(args.repo)))
    say(words)
    say_who_goes_on(run.folder)


def sentence(text: str, *, command: str = "steer T1") -> str:
    """One line of a sentence as it was typed. Raises UsageError for none, and for one that is no sentence any more."""
    line = " ".join(text.split())
    if not line:
        raise UsageError(f'Say one sentence: agentctl {command} "keep the old name as an alias"')
    if len(line) > LONGEST:
        raise UsageError(f"That is {len(line)} characters; up to {LONGEST} are a sentence, more belongs into the spec.")
    return line


def history(run: OpenRun, task: str) -> Iterator[str]:
    """What persons did to a task, for its page."""
    hands = run.store.hands()
    for said in hands.sentences(task):
        yield f"{_when(said.at)} {named(said.by)}: {clean(said.text, width=LONGEST)}"
    if (pause := hands.pause(task)) is not None:
        yield f"{_when(pause.at)} paused by {named(pause.by)}"
    if (taken := hands.taken_by(task)) is not None:
        yield f"{_when(taken.at)} taken by {named(taken.by)}{f': {clean(taken.folder)}' if taken.folder else ''}"
    if allowed := hands.allowed_in(task):
        yield f"allowed beside what it owns: {', '.join(map(clean, allowed))}"


def _when(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))
