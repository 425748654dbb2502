"""Which pull request each fix is about: the one that somebody remarked on, or whose check was red, by the book."""

from collections.abc import Iterator

from ...orchestrator.forge.port import Forge
from ...orchestrator.placing import Wishes
from ..repository import OpenRun
from .at import key_of
from .book import Book, Thread
from .repairing import REPAIRS


async def wishes_of(forge: Forge, book: Book, thread: Thread, run: OpenRun) -> Wishes:
    """What is known of a run's fixes, and which of its pull requests take no more."""
    opened = {each.number: each.name for each in run.store.pulls() if each.number}
    pulls = [await forge.pull(number) for number in opened]
    tasks = {name: status.task.id for status in run.store.tasks() for name in status.task.requirements}
    about = {
        tasks[requirement]: opened[number]
        for requirement, number in (*_remarked(book, thread), *_repaired(book, thread))
        if requirement in tasks and number in opened
    }
    shut = frozenset(opened[pull.number] for pull in pulls if pull is not None and pull.state != "open")
    return Wishes(about=about, shut=shut)


def _remarked(book: Book, thread: Thread) -> Iterator[tuple[str, int]]:
    """Requirements that reviewers asked for, with the numbers of the pull requests."""
    for kept in (*book.deeds("remark:").values(), *book.deeds("review:").values()):
        # What was kept before pull requests were noted is placed by what it changed.
        if isinstance(kept, dict) and kept.get("run") == thread.run and isinstance(kept.get("pull"), int):
            yield str(kept["requirement"]), kept["pull"]


def _repaired(book: Book, thread: Thread) -> Iterator[tuple[str, int]]:
    """Requirements that repair a check, with the numbers of the pull requests where that was red."""
    prefix = key_of(thread, REPAIRS)
    for key, kept in book.deeds(prefix).items():
        number = key.removeprefix(prefix).partition(":")[0]
        if number.isdigit() and isinstance(kept, list):
            yield from ((str(each), int(number)) for each in kept)
