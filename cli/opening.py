"""What `amend` and `revert` have in common: a run that may be over and is opened again, and who goes on with it."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from ..orchestrator.errors import UsageError
from ..orchestrator.opened import open_again
from ..orchestrator.store.folder import RunFolder, find
from .going_on import batch_of, say_who_goes_on
from .outcome import branch
from .output import say
from .repository import OpenRun, locate, opened


@contextmanager
def open_for_more(args: argparse.Namespace) -> Iterator[OpenRun]:
    """The run that is meant, to be written to; it may be over.

    Raises:
        UsageError: it was cancelled, has no approved plan, or replays a recording.
    """
    with opened(find(locate(args.repo), args.run), write=True) as found:
        must_take_more(found)
        yield found


def must_take_more(found: OpenRun) -> None:
    """Raises UsageError where nothing can be added to a run, nor taken back: see `open_for_more`."""
    now = found.store.run()
    if now.settings.replay is not None:
        raise UsageError(f"Run {now.id} replays a recording, which goes as it went; start a run of your own.")
    if now.state == "cancelled":
        raise UsageError(f"Run {now.id} was cancelled: start its spec anew with `agentctl run`.")
    if not found.store.approved():
        raise UsageError(
            f"The plan of run {now.id} is not approved yet: refuse it with what is missing, or edit the spec."
        )


def announce(run: OpenRun) -> None:
    """Open the run again where it is over, and say so."""
    if open_again(run.store):
        say(f"run {run.folder.run} was over and is open again")


def goes_on_here(args: argparse.Namespace, folder: RunFolder) -> bool:
    """Whether this process is to drive the run: nothing else does, and nobody said later. Says what is to be done."""
    if folder.driver() is not None:
        return False
    if args.later or batch_of(folder) is not None:
        say_who_goes_on(folder)
        return False
    return True


def go_on(args: argparse.Namespace, folder: RunFolder) -> int:
    """Drive the run as `resume` does; stdout belongs to the command, so what `resume` prints there goes to stderr."""
    import sys

    from . import wiring
    from .starting import resume

    args.run, args.detach = folder.run, False
    with redirect_stdout(sys.stderr):
        return resume(args, wiring)


def require_branch(tip: str | None, run: str) -> str:
    """The commit that the run's branch points at. Raises UsageError where the branch is gone."""
    if tip is None:
        raise UsageError(
            f"The branch {branch(run)} is gone, and with it what could be built on: "
            f"put it back (`git branch {branch(run)} COMMIT`), or run the spec again."
        )
    return tip
