"""Takes leftovers away: renamed with their lock held, deleted afterwards. Killed anywhere, it can be begun again.

What is renamed is in the trash, which the next one deletes; what is not is found again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .. import faults
from ..errors import GitError
from ..git.repository import Repository
from ..store.folder import alone
from ..workspace.trash import Trash, delete_all
from .look import Leftover
from .state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A leftover, and what became of it."""

    leftover: Leftover
    gone: bool
    why: str = ""
    """What kept it, where it is still there."""


async def take_away(repository: Repository, root: Path, found: Iterable[Leftover]) -> tuple[Done, ...]:
    """Take each away unless somebody uses it by now; returns when all of it is deleted.

    The caller holds `State.lock`, so that nobody else deletes meanwhile.

    Raises:
        OSError: something in the trash cannot be deleted.
    """
    state = State(root=root)
    state.check()
    trash = Trash(state.trash)
    done = [await _one(repository, state, trash, each) for each in found]
    await trash.drain()
    faults.reach("gc.deleted")
    if state.trash.is_dir() and not any(state.inside(state.trash)):
        state.trash.rmdir()
    return tuple(done)


async def _one(repository: Repository, state: State, trash: Trash, leftover: Leftover) -> Done:
    if leftover.kind == "trash":
        return Done(leftover=leftover, gone=True)
    if leftover.lock is None:
        return await _free(repository, state, trash, leftover) if leftover.still() else _kept(leftover)
    with alone(leftover.lock) as nobody:
        if not nobody or not leftover.still():
            return _kept(leftover)
        return await _free(repository, state, trash, leftover)


def _kept(leftover: Leftover) -> Done:
    return Done(leftover=leftover, gone=False, why="it is used again, or gone already")


async def _free(repository: Repository, state: State, trash: Trash, leftover: Leftover) -> Done:
    faults.reach("gc.begun")
    if leftover.refs:
        try:
            await repository.drop_refs(leftover.refs)
        except GitError as error:
            return Done(leftover=leftover, gone=False, why=str(error))
        faults.reach("gc.refs")
    try:
        for path in leftover.paths:
            _put(path, state, trash)
            faults.reach("gc.renamed")
        if leftover.kind == "workspaces":
            _remove_empty(leftover.paths[0].parent, below=state.work)
    except OSError as error:
        return Done(leftover=leftover, gone=False, why=f"{error.filename or ''}: {error.strerror or error}")
    return Done(leftover=leftover, gone=True)


def _put(path: Path, state: State, trash: Trash) -> None:
    """To the trash; what is on another disk, such as a temporary folder, is deleted where it is."""
    if path.is_relative_to(state.home):
        trash.put(path)
    elif path.is_dir() and not path.is_symlink():
        delete_all(path)
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def _remove_empty(folder: Path, *, below: Path) -> None:
    if folder.is_relative_to(below) and folder != below and not any(folder.iterdir()):
        folder.rmdir()
