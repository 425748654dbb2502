"""Finds what may be taken away from a repository's ``.agentctl`` and from the refs of runs. Changes nothing.

A run that a driver holds, or that may be resumed, keeps all it has but what a killed process left in it; a run that is
over keeps its attempts for so many days, its branches for good, and its folder unless a person asks otherwise.
"""

import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from ..errors import AgentctlError
from ..git.below import files_below
from ..git.repository import Repository
from ..git.temporary import half_written, is_own
from ..rules.keep_days import DAY, is_past
from ..sandbox.tree import lives
from ..store.folder import STAGED, RunFolder, all_runs
from ..store.sqlite import open_readonly
from .state import State, age, size

Kind = Literal["attempts", "folder", "half-made", "workspaces", "environment", "temporary", "trash"]

_NUMBERED = re.compile(r".*-(\d+)")
"""Folders of work that bear the number of the process they belong to."""
_DRAFT = ".new-"
"""How names of files begin that are renamed once they are whole."""
_BESIDE = ("agentctl-git-", "agentctl-pack-")
"""Folders in the system's place for temporary files; none of them serves for longer than a fetch or a pack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """Something that nobody needs any more, as it was seen."""

    kind: Kind
    name: str
    """What it is, for a person: a run's id, or a place below ``.agentctl``."""
    why: str
    bytes: int = 0
    paths: tuple[Path, ...] = ()
    refs: Mapping[str, str] = field(default_factory=dict)
    """Refs of ours, and what they point at."""
    lock: Path | None = None
    """What is held by whoever uses it, and has to be free."""
    still: Callable[[], bool] = field(default=lambda: True, repr=False, compare=False)
    """Asked with the lock held: whether it is still nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be found."""

    now: float
    days: float
    """For which what an ended run left is kept."""
    runs: bool = False
    """Also the folders of runs that ended before that: their questions, prompts and costs."""


async def look(repository: Repository, root: Path, wanted: Wanted) -> tuple[Leftover, ...]:
    """Everything that may go, in the order in which it should. Raises RunStateError where `State.check` does."""
    state = State(root=root)
    state.check()
    found = [*remains(state, repository, now=wanted.now), *_environments(state, wanted)]
    for folder in all_runs(root):
        found += await _of_ended(state, repository, folder, wanted)
    return tuple(found)


def remains(state: State, repository: Repository, *, now: float) -> Iterator[Leftover]:
    """What killed processes left: nothing of it is kept for a while, because nobody can use it."""
    folders = all_runs(state.root)
    for folder in folders:
        yield from _half_made(folder, now=now)
        yield from _workspaces(state, folder)
    yield from _staged(state)
    yield from _work_of_nobody(state, {folder.run for folder in folders}, now=now)
    yield from _half_built(state)
    yield from _drafts(state, now=now)
    if is_own(repository.location):
        yield from _packs(repository, now=now)
    yield from _beside(now=now)
    waiting = tuple(state.inside(state.trash))
    if waiting:
        why, total = "was thrown away, and its deletion was cut short", sum(map(size, waiting))
        yield Leftover(kind="trash", name="not deleted yet", why=why, bytes=total, paths=waiting)


def _half_made(folder: RunFolder, *, now: float) -> Iterator[Leftover]:
    if is_half_made(folder, now=now):
        yield Leftover(
            kind="half-made",
            name=f"run {folder.run}",
            why="was interrupted while it was made",
            bytes=size(folder.path),
            paths=(folder.path,),
            lock=folder.path / "lock",
            still=partial(is_half_made, folder, now=now),
        )


def is_half_made(folder: RunFolder, *, now: float) -> bool:
    """Whether a run has no first event, and has had the time for it; a damaged one is none of those."""
    if age(folder.path / "lock", now=now) < DAY:
        return False
    if not folder.run_db.exists():
        return True
    try:
        with open_readonly(folder.run_db) as store:
            return store.last_event() == 0
    except AgentctlError:
        return False


def _workspaces(state: State, folder: RunFolder) -> Iterator[Leftover]:
    left = tuple(path for path in state.inside(state.work / folder.run) if not _of_live_process(path))
    if left and folder.driver() is None:
        yield Leftover(
            kind="workspaces",
            name=f"run {folder.run}",
            why="nothing drives it",
            bytes=sum(map(size, left)),
            paths=left,
            lock=folder.path / "lock",
        )


def _of_live_process(path: Path) -> bool:
    numbered = _NUMBERED.fullmatch(path.name)
    return numbered is not None and lives(int(numbered[1]))


def _staged(state: State) -> Iterator[Leftover]:
    for path in state.inside(state.runs):
        if path.name.startswith(STAGED):
            why = "an `unpack` was cut short"
            yield Leftover(
                kind="half-made", name=_named(state, path), why=why, bytes=size(path), paths=(path,), lock=path
            )


def _work_of_nobody(state: State, runs: set[str], *, now: float) -> Iterator[Leftover]:
    for path in state.inside(state.work):
        if path.name in runs or _of_live_process(path):
            continue
        if _NUMBERED.fullmatch(path.name) or age(path, now=now) > DAY:
            yield Leftover(
                kind="workspaces",
                name=_named(state, path),
                why="its process, or its run, is gone",
                bytes=size(path),
                paths=(path,),
                still=partial(_gone, state, path),
            )


def _gone(state: State, path: Path) -> bool:
    return not (state.runs / path.name).exists() and not _of_live_process(path)


def _half_built(state: State) -> Iterator[Leftover]:
    """Environments whose building was cut short, and the checkouts that it was done in."""
    for lock in _locks(state):
        folder, checkout = lock.with_suffix(""), lock.with_suffix(".tree")
        left = tuple(path for path in (folder, checkout) if _is_unfinished(path, folder))
        if left:
            yield Leftover(
                kind="half-made",
                name=_named(state, folder),
                why="its building was cut short",
                bytes=sum(map(size, left)),
                paths=left,
                lock=lock,
                still=partial(all, [_is_unfinished(path, folder) for path in left]),
            )


def _locks(state: State) -> Iterator[Path]:
    return (path for path in state.inside(state.environments) if path.suffix == ".lock")


def _is_unfinished(path: Path, folder: Path) -> bool:
    return path.exists() and (path != folder or not (folder / "ready").exists())


def _drafts(state: State, *, now: float) -> Iterator[Leftover]:
    """Files that were never renamed to what they were to be: texts of runs, and what is kept between runs."""
    places = [run / "blobs" for run in state.inside(state.runs)] + [state.home / "probes", state.home / "contracts"]
    drafts = (file for place in places for file in files_below(place) if file.name.startswith(_DRAFT))
    left = tuple(path for path in drafts if age(path, now=now) > DAY)
    if left:
        total = sum(map(size, left))
        yield Leftover(kind="temporary", name="unfinished texts", why="never became whole", bytes=total, paths=left)


def _packs(repository: Repository, *, now: float) -> Iterator[Leftover]:
    left = half_written(repository.location, now=now)
    if left:
        total = sum(map(size, left))
        yield Leftover(kind="temporary", name="unfinished packs", why="git was killed", bytes=total, paths=left)


def _beside(*, now: float) -> Iterator[Leftover]:
    place = Path(tempfile.gettempdir())
    left = tuple(path for path in sorted(place.glob("agentctl-*")) if _is_ours(path) and age(path, now=now) > DAY)
    if left:
        why = "a fetch, a push or a pack was killed"
        yield Leftover(kind="temporary", name=f"{place}/agentctl-*", why=why, bytes=sum(map(size, left)), paths=left)


def _is_ours(path: Path) -> bool:
    if not path.name.startswith(_BESIDE):
        return False
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def _environments(state: State, wanted: Wanted) -> Iterator[Leftover]:
    """Environments that no run has asked for since; the lock says when that was."""
    days = max(wanted.days, 1.0)  # what began today may still be at work in one that it asked for then
    for lock in _locks(state):
        folder = lock.with_suffix("")
        if not (folder / "ready").exists() or age(lock, now=wanted.now) <= days * DAY:
            continue
        yield Leftover(
            kind="environment",
            name=_named(state, folder),
            why=f"not used for {days:g} days",
            bytes=size(folder),
            paths=(folder,),
            lock=lock,
            still=partial(_unused, state, lock, wanted, days),
        )


def _unused(state: State, lock: Path, wanted: Wanted, days: float) -> bool:
    """A driver holds no lock of the environment it works in, so that none may be at work at all."""
    driven = any(folder.driver() is not None for folder in all_runs(state.root))
    return not driven and age(lock, now=wanted.now) > days * DAY


async def _of_ended(state: State, repository: Repository, folder: RunFolder, wanted: Wanted) -> list[Leftover]:
    """What is left of a run that ended long enough ago."""
    if folder.driver() is not None or not _has_ended(folder, wanted):
        return []
    why, lock, still = f"ended over {wanted.days:g} days ago", folder.path / "lock", partial(_has_ended, folder, wanted)
    refs = await repository.refs(f"refs/agentctl/{folder.run}/")
    found = []
    if refs:
        found.append(Leftover(kind="attempts", name=f"run {folder.run}", why=why, refs=refs, lock=lock, still=still))
    taken = any(path.name.startswith(f"{folder.run}-") for path in state.inside(state.home / "taken"))
    if wanted.runs and not taken:
        path, bytes_ = (folder.path,), size(folder.path)
        found.append(
            Leftover(kind="folder", name=f"run {folder.run}", why=why, bytes=bytes_, paths=path, lock=lock, still=still)
        )
    return found


def _has_ended(folder: RunFolder, wanted: Wanted) -> bool:
    """A folder that somebody copied under another name has no refs of its own, and is not ours to judge."""
    try:
        with open_readonly(folder.run_db) as store:
            run = store.run()
    except AgentctlError:
        return False
    return run.id == folder.run and is_past(run, now=wanted.now, days=wanted.days)


def _named(state: State, path: Path) -> str:
    return path.relative_to(state.home).as_posix()
