"""How the runs of a batch stand, read from their folders. Writes nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

from ..orchestrator.errors import AgentctlError
from ..orchestrator.nouns.events import TaskMoved
from ..orchestrator.nouns.hand_facts import PauseAsked, Steered, TaskTaken, WorkTreeMade
from ..orchestrator.nouns.runs import Run
from ..orchestrator.store.folder import RunFolder, all_runs
from ..tui.snapshot import FINISHED
from .batch_file import Entry
from .repository import opened
from .specfile import read_spec

if TYPE_CHECKING:
    from ..specs.nouns import Budget

_HOLDS = (PauseAsked, Steered, TaskMoved, TaskTaken, WorkTreeMade)
"""What persons do to a run that lets nothing in it go on."""


def folder_of(root: Path, entry: Entry) -> RunFolder | None:
    """The folder of an entry's run, once it is there."""
    return next((folder for folder in all_runs(root) if folder.run == entry.run), None) if entry.run else None


def run_of(root: Path, entry: Entry) -> Run | None:
    """An entry's run as it stands; None before it has one, and for a folder that a kill left without."""
    folder = folder_of(root, entry)
    if folder is None or not folder.run_db.exists():
        return None
    try:
        with opened(folder) as run:
            return run.store.run()
    except AgentctlError:
        return None


def last_event(folder: RunFolder) -> int:
    """The number of the latest event of a run."""
    with opened(folder) as run:
        return max((event.seq for event in run.store.events()), default=0)


def may_go_on(folder: RunFolder, *, after: int) -> bool:
    """Whether a person has said something since that event by which a run that waits may go on.

    Such as an answer, the end of a pause, a task that is handed in or given back, another try, or a wish to end it.
    """
    with opened(folder) as run:
        said = [event for event in run.store.events(after=after) if event.author.startswith("person:")]
    return any(not isinstance(event.fact, _HOLDS) for event in said)


def landed(folder: RunFolder) -> bool:
    """Whether anything of a run has landed."""
    with opened(folder) as run:
        return bool(run.store.landings())


def claims(folder: RunFolder) -> float:
    """Dollars that a run has used up, or while it is not over may yet."""
    with opened(folder) as run:
        return run.journal.totals().usd if run.store.run().state in FINISHED else run.cap_usd


def budget_of(entry: Entry) -> "Budget":
    """What an entry's own spec allows."""
    from ..specs.parse import parse

    source = read_spec(entry.spec, sentence=None)
    return parse(source.text, name=source.name).meta.budget
