"""What is said back to `status`, `explain`, `queue` and `help`, as the terminal has it. Reads a run's folder only."""

import time
from collections.abc import Iterator, Mapping

from ...orchestrator.errors import UsageError
from ...orchestrator.rules.said import NAME, USAGE, Said, Word
from ...orchestrator.store.folder import RunFolder
from ...tui.snapshot import take
from ..finding import question_named, task_named
from ..looking import feed, queue_lines
from ..report import LEVELS, collect, lines
from ..repository import OpenRun, opened
from ..showing import task_page
from ..words import question_lines, status_lines

_MEANS: Mapping[Word, str] = {
    "run": "build what this issue says, or the spec that this pull request brings",
    "plan": "plan it, and ask here before anything is built",
    "approve": "build the plan that was asked about",
    "refuse": "have it planned anew",
    "answer": "answer a question by the number of an option, or in your own words",
    "retry": "end the present attempt at a task and begin the next one",
    "cancel": "end the run, or one task; what has landed stays",
    "undo": "take back what a task landed",
    "budget": "raise the cap of the run by so many dollars",
    "rebase": "bring the run's pull requests onto what the base is now",
    "status": "how the run stands",
    "explain": "a question, a task or a requirement; the whole run without one",
    "queue": "what waits to land, and what has",
    "help": "this",
}


def help_lines() -> Iterator[str]:
    """What can be said, and below each command what it does."""
    for word, meaning in _MEANS.items():
        yield f"/{NAME} {USAGE[word]}"
        yield f"    {meaning}"


def told(folder: RunFolder, command: Said) -> list[str]:
    """The lines that answer a command which only asks. Raises UsageError for what the run does not have."""
    with opened(folder) as run:
        match command.word, tuple(command.args):
            case "status", _:
                live = folder.driver() is not None
                found = status_lines(take(run.store, run.journal), now=time.time(), live=live)
                return [line for line in found if not line.startswith(("answer with: ", "go on with: "))]
            case "queue", _:
                return queue_lines(feed(run).look())
            case _, (name,):
                return list(_of_one(run, name))
            case _:
                return list(lines(collect(run, now=time.time())))


def _of_one(run: OpenRun, name: str) -> Iterator[str]:
    match name[:1].upper():
        case "Q":
            return question_lines(question_named(run, name))
        case "T":
            return task_page(run, task_named(run, name))
        case _:
            return _requirement(run, name.upper())


def _requirement(run: OpenRun, name: str) -> Iterator[str]:
    found = next((each for each in collect(run, now=time.time()).requirements if each.id == name), None)
    if found is None:
        raise UsageError(f"Run {run.folder.run} has no requirement {name}.")
    yield f"{found.id}  {found.strength}  {found.text}".rstrip()
    tasks = [each for each in run.store.tasks() if name in each.task.requirements]
    yield from (f"{each.task.id}  {each.state}  {each.task.title}" for each in tasks)
    for each in found.evidence:
        yield f"{each.level} ({LEVELS[each.level]}): {each.check}, task {each.task}, commit {each.commit[:10]}"
    if not found.evidence:
        yield "nothing speaks for it yet"
