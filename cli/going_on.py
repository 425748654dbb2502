"""Who goes on with a run after a person said something to it: its driver, the batch it is part of, or that person."""

from ..orchestrator.store.folder import RunFolder
from . import batch_file
from .output import say


def say_who_goes_on(folder: RunFolder) -> None:
    """Say what to do next; nothing where a driver is at work, which hears what was said."""
    if words := who_goes_on(folder):
        say(words)


def who_goes_on(folder: RunFolder) -> str:
    """What to do next, in words; empty where a driver is at work."""
    if folder.driver() is not None:
        return ""
    batch = batch_of(folder)
    if batch is not None:
        return f"batch {batch} is at work and goes on with this run by itself"
    return f"nothing drives this run: go on with `agentctl resume {folder.run}`"


def batch_of(folder: RunFolder) -> str | None:
    """The id of a batch that is at work and goes on with this run; None where none does."""
    return batch_file.goes_on_with(folder.path.parents[2], folder.run)
