"""What a batch knows beyond its runs: which spec became which run. The only module that reads and writes batch files.

A file is `.agentctl/batches/ID.json`, replaced whole at each change; how a run stands is in the run's own folder.
"""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ..orchestrator.errors import RunStateError
from ..orchestrator.refused_by_sqlite import translated
from ..orchestrator.store.folder import exclude_from_git

_LOCK_TRIES = 5
_LOCK_PAUSE = 0.02
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A spec of a batch. ``run`` is chosen before that run is made, so that a kill in between makes no second one."""

    spec: str
    """As it is opened: a path."""
    path: str
    """As other specs name it: relative to the repository."""
    title: str
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    run: str | None = None
    base: str | None = None
    """The commit it starts from where that is not HEAD."""
    on: tuple[str, ...] = ()
    """The specs whose branches that commit holds."""
    left: str = ""
    """Why it is not being built: it was not begun, or its driver could not go on. `batch --resume` tries it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch: its specs in the order of building, and the options that their runs get."""

    id: str
    made_at: float
    options: dict[str, Any]
    entries: tuple[Entry, ...]
    usd: float | None = None
    """What all runs together may cost; None where each has its own cap."""
    width: int = 1
    """How many may be built side by side."""


def folder_of(root: Path) -> Path:
    """Where batches are kept."""
    return root / ".agentctl" / "batches"


def save(root: Path, batch: Batch) -> None:
    """Write the file, whole or not at all. Raises DiskFull."""
    write(folder_of(root) / f"{batch.id}.json", msgspec.json.format(msgspec.json.encode(batch)).decode() + "\n")


def write(path: Path, text: str) -> None:
    """Replace a file of a batch."""
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(path.suffix + ".draft")
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


def find(root: Path, prefix: str | None) -> Batch:
    """The batch of that id or its beginning; the latest one for None.

    Raises:
        RunStateError: there is none, several could be meant, or its file is damaged.
    """
    files = sorted(folder_of(root).glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    if not files:
        raise RunStateError(f"{root} has no batch yet: start one with `agentctl batch SPEC...`")
    if prefix is not None:
        ids = ", ".join(path.stem for path in files)
        files = [path for path in files if path.stem == prefix] or [f for f in files if f.stem.startswith(prefix)]
        if len(files) != 1:
            raise RunStateError(f"there is {'no' if not files else 'more than one'} batch {prefix!r} here: {ids}")
    try:
        return msgspec.json.decode(files[-1].read_bytes(), type=Batch)
    except (OSError, msgspec.MsgspecError) as error:
        raise RunStateError(f"{files[-1]} cannot be read ({error}): its runs can be resumed one by one") from error


@contextmanager
def held(root: Path, batch: str) -> Iterator[None]:
    """Be the only process that drives this batch; the system lets go when the process ends, however it ends.

    Raises:
        RunStateError: another process drives it.
    """
    if not _ID.fullmatch(batch):
        raise RunStateError(f"{batch!r} cannot name a batch")
    exclude_from_git(root)
    if (root / ".agentctl").is_symlink() or folder_of(root).is_symlink():
        raise RunStateError(f"{folder_of(root)} is a symbolic link, which could lead anywhere: remove it")
    path = folder_of(root) / f"{batch}.lock"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if not _taken(handle):
            raise RunStateError(f"batch {batch} is driven by another process: wait for it, or stop it first")
        yield
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    """Whether the lock is ours now; a look by `_is_held` holds it for an instant, so one refusal is no proof."""
    for _ in range(_LOCK_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(_LOCK_PAUSE)
    return False


def goes_on_with(root: Path, run: str) -> str | None:
    """The id of a batch that is at work now and drives that run when it can go on; None where none does."""
    for path in sorted(folder_of(root).glob("*.json")):
        with suppress(OSError, msgspec.MsgspecError):
            batch = msgspec.json.decode(path.read_bytes(), type=Batch)
            if any(each.run == run and not each.left for each in batch.entries) and _is_held(path.with_suffix(".lock")):
                return batch.id
    return None


def _is_held(lock: Path) -> bool:
    handle = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(handle)
