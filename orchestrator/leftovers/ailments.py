"""What is wrong with a repository's runs after kills and losses of power, and how each of it is put right.

Only what is agentctl's own is ever mended, and only where no driver is at work on it; of the rest it is told who can
mend it, and how.
"""

import fcntl
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..errors import AgentctlError
from ..git.broken_refs import dangling_refs, forget_unreadable, unreadable_refs
from ..git.bundle import missing
from ..git.locks import Lock, clear_locks, stale_locks
from ..git.names import OWN_REFS
from ..git.repository import Repository
from ..nouns.keys import integration_branch
from ..store.folder import RunFolder, all_runs
from ..store.sqlite import open_readonly
from .look import Leftover, remains
from .state import State
from .take_away import take_away

_TOLD = "notices.jsonl"
"""What was told of a run: the one file of it that grows line by line."""
_BUSY = "its run is being driven again, and mends it itself"

Mend = Callable[[], Awaitable[str]]
"""Puts it right, and says in a few words what was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ailment:
    """One thing that is wrong."""

    what: str
    todo: str = ""
    """What a person does about it, where we may not, or cannot."""
    mend: Mend | None = None


async def ailments(repository: Repository, root: Path, *, now: float) -> tuple[Ailment, ...]:
    """Everything that is wrong here. Raises RunStateError where `State.check` does."""
    state = State(root=root)
    state.check()
    runs = {folder.run: folder for folder in all_runs(root)}
    return (
        *_locks(repository, runs, now=now),
        *await _refs(repository, runs),
        *(each for folder in runs.values() for each in _torn(folder)),
        *(_leftover(repository, root, each) for each in remains(state, repository, now=now)),
    )


def _locks(repository: Repository, runs: dict[str, RunFolder], *, now: float) -> Iterator[Ailment]:
    for lock in stale_locks(repository.location, now=now):
        since = f"{lock.path}, {_ago(lock.seconds)} old"
        if not lock.run:
            todo = f"it is not agentctl's: if no git and no editor of yours is at work, `rm {lock.path}`"
            yield Ailment(what=f"a lock of your own git: {since}", todo=todo)
        elif (folder := runs.get(lock.run)) is None:
            todo = f"that run has no folder here: if nothing drives it elsewhere, `rm {lock.path}`"
            yield Ailment(what=f"a lock on a ref of run {lock.run}: {since}", todo=todo)
        elif folder.driver() is None:
            what = (
                f"a lock on a ref of run {lock.run}, left behind ({folder.last_driver() or 'by nobody known'}): {since}"
            )
            yield Ailment(what=what, mend=partial(_unlocked, repository, folder, lock))


async def _unlocked(repository: Repository, folder: RunFolder, lock: Lock) -> str:
    with folder.unused() as nobody:
        if not nobody:
            return _BUSY
        clear_locks(repository.location, lock.run)
    return "removed"


async def _refs(repository: Repository, runs: dict[str, RunFolder]) -> list[Ailment]:
    cut = dict.fromkeys(unreadable_refs(repository.location))
    found: dict[str, str | None] = {**cut, **await dangling_refs(repository)}
    return [_ref(repository, runs.get(_run_of(ref)), ref, value) for ref, value in found.items()]


def _ref(repository: Repository, folder: RunFolder | None, ref: str, value: str | None) -> Ailment:
    leads = f"points at {value[:12]}, which is not there" if value else "was cut short"
    what = f"{ref} {leads}"
    if folder is None:
        todo = f"its run has no folder here: fetch the object, or `git update-ref -d {ref}`"
        return Ailment(what=what, todo=todo if value else f"remove {repository.location.common_dir / ref}")
    if folder.driver() is not None:
        return Ailment(what=what, todo=f"end the driver ({folder.driver()}), then `agentctl doctor --repair`")
    return Ailment(what=what, mend=partial(_led_again, repository, folder, ref, value))


async def _led_again(repository: Repository, folder: RunFolder, ref: str, value: str | None) -> str:
    """Let a run's branch lead to its last landing that is there; forget a ref of an attempt, whose work is lost."""
    with folder.unused() as nobody:
        if not nobody:
            return _BUSY
        if value is None:
            forget_unreadable(repository.location, ref)
            value = (await repository.refs(ref)).get(ref)
            if value is not None and not await missing(repository, [value]):
                return f"it leads to {value[:12]} again, as git had packed it"
        known = await _known(repository, folder, ref)
        if known is not None:
            await repository.move_ref(ref, new=known, old=value)
            return f"it leads to {known[:12]} again, as the tables of the run say"
        if value is not None:
            await repository.drop_refs({ref: value})
    return "removed: nothing of what it kept is left"


async def _known(repository: Repository, folder: RunFolder, ref: str) -> str | None:
    """What the tables say that a ref leads to, if it is there: the last landing, or the patch of an attempt."""
    try:
        with open_readonly(folder.run_db) as store:
            if ref == integration_branch(folder.run):
                said = [landing.commit for landing in store.landings()][-1:]
            else:
                said = [each.patch for each in store.attempts() if each.patch and each.key.ref(folder.run) == ref]
    except AgentctlError:
        return None
    return said[0] if said and not await missing(repository, said) else None


def _run_of(ref: str) -> str:
    return next((ref.removeprefix(prefix).split("/")[0] for prefix in OWN_REFS if ref.startswith(prefix)), "")


def _torn(folder: RunFolder) -> Iterator[Ailment]:
    path = folder.path / _TOLD
    if _tail(path):
        what = f"{path} ends in the middle of a line: who was told last of run {folder.run} may be told once more"
        yield Ailment(what=what, mend=partial(_mended, path))


def _tail(path: Path) -> int:
    """How many bytes stand after the last whole line."""
    try:
        text = path.read_bytes()
    except OSError:
        return 0
    return len(text) - (text.rfind(b"\n") + 1)


async def _mended(path: Path) -> str:
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        torn = _tail(path)
        os.ftruncate(handle, os.fstat(handle).st_size - torn)
        os.fsync(handle)
    finally:
        os.close(handle)
    return f"the {torn} bytes after its last whole line were cut off"


def _leftover(repository: Repository, root: Path, leftover: Leftover) -> Ailment:
    return Ailment(
        what=f"{leftover.kind}, {leftover.name}: {leftover.why}",
        mend=partial(_taken_away, repository, root, [leftover]),
    )


async def _taken_away(repository: Repository, root: Path, leftovers: Iterable[Leftover]) -> str:
    done = await take_away(repository, root, leftovers)
    return "; ".join(dict.fromkeys("removed" if each.gone else each.why for each in done))


def _ago(seconds: float) -> str:
    for unit, name in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} seconds"
