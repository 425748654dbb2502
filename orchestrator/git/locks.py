"""Locks that a killed git left behind. Removes those on refs of a run whose driver is dead, and tells of the others."""

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .below import files_below
from .location import Location
from .names import OWN_REFS


def clear_locks(location: Location, run: str) -> Sequence[str]:
    """Remove the locks under the refs of ``run``; only for who holds that run's own lock.

    Locks shared with the user's git (``packed-refs.lock``, ``index.lock``) are never touched.

    Returns:
        The refs that were locked, sorted.
    """
    cleared: list[str] = []
    for prefix in OWN_REFS:
        top = location.common_dir / prefix / run
        if not run or "/" in run or run.startswith(".") or not _is_folder(top):
            continue
        for lock in sorted(_locks_below(top)):
            lock.unlink(missing_ok=True)
            cleared.append(str(lock.relative_to(location.common_dir)).removesuffix(".lock"))
    return sorted(cleared)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A lock file of git's that has been there for a while."""

    path: Path
    seconds: float
    """Since it was made."""
    run: str
    """Whose refs it locks; empty for what is the person's own."""


STALE_SECONDS = 60.0
"""No command of ours holds a lock as long; one of a person's may, such as a commit that waits for an editor."""


def stale_locks(location: Location, *, now: float) -> tuple[Lock, ...]:
    """The lock files of the repository that are older than `STALE_SECONDS`, sorted by path."""
    found = {path: _seconds(path, now) for path in _lock_files(location)}
    stale = ((path, seconds) for path, seconds in sorted(found.items()) if seconds > STALE_SECONDS)
    return tuple(Lock(path=path, seconds=seconds, run=_run_of(location, path)) for path, seconds in stale)


def _lock_files(location: Location) -> Iterator[Path]:
    for folder in {location.git_dir, location.common_dir}:
        yield from folder.glob("*.lock")
    yield from _locks_below(location.common_dir / "refs")


def _locks_below(folder: Path) -> Iterator[Path]:
    return (file for file in files_below(folder) if file.suffix == ".lock")


def _seconds(path: Path, now: float) -> float:
    try:
        return now - path.lstat().st_mtime
    except OSError:
        return 0.0


def _run_of(location: Location, path: Path) -> str:
    name = path.relative_to(location.common_dir).as_posix() if path.is_relative_to(location.common_dir) else ""
    return next((name.removeprefix(prefix).split("/")[0] for prefix in OWN_REFS if name.startswith(prefix)), "")


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False
