"""Run folders: ``REPO/.agentctl/runs/RUN``. The only module that makes, finds and locks them.

A folder is everything a run knows; copied, it can be read, replayed and resumed elsewhere. Git is told to overlook it
through ``info/exclude``, the one file that is neither committed nor shared. A repository may hold hostile content, so a
``.agentctl`` that is a link is refused.
"""

from __future__ import annotations

import difflib
import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import RepositoryError, RunStateError
from ..refused_by_sqlite import translated

if TYPE_CHECKING:
    from ..ports import Random
    from .database import Fence

EXCLUDED = ".agentctl/"
STAGED = ".unpack-"
"""How the name of a folder beside the runs begins that is to become one; who fills it holds it (`alone`)."""

_RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LETTERS = "abcdefghjkmnpqrstuvwxyz"
_SIGNS = "23456789" + _LETTERS
"""Without 0, 1, i, l and o, which are easily misread."""

_TIME = "%Y-%m-%d %H:%M:%S %z"
_LOCK_TRIES = 5
_LOCK_PAUSE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolder:
    """The folder of one run and where its parts are."""

    path: Path

    @property
    def run(self) -> str:
        """The run's id."""
        return self.path.name

    @property
    def spec(self) -> Path:
        """The spec as it was read."""
        return self.path / "spec.md"

    @property
    def run_db(self) -> Path:
        """Events and projections (`SqliteStore`)."""
        return self.path / "run.db"

    @property
    def calls_db(self) -> Path:
        """The call journal (`Journal`)."""
        return self.path / "calls.db"

    @property
    def graph_db(self) -> Path:
        """LangGraph's checkpoints."""
        return self.path / "graph.db"

    @property
    def blobs(self) -> Path:
        """Texts by their sha-256."""
        return self.path / "blobs"

    @contextmanager
    def lock(self) -> Iterator[Fence]:
        """Be the only process that drives this run; the system lets go when the process ends, however it ends.

        Yields the fence that its writes go through: a lock can be lost while its holder lives, where somebody removed
        its file or the file system forgot it. Raises RunStateError, naming the driver, while another live process
        holds it.
        """
        with translated(self._lock_file):
            handle = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            self._take(handle)
            own = f"process {os.getpid()}, {_since()}".encode()
            os.ftruncate(handle, 0)
            os.pwrite(handle, own, 0)
            yield partial(self._require_own, handle, own)
        finally:
            os.close(handle)

    def driver(self) -> str | None:
        """Who drives this run now (``process 4711, since ...``), or None. A look, not a promise."""
        try:
            handle = os.open(self._lock_file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return os.pread(handle, 200, 0).decode(errors="replace") or "another process"
        else:
            return None
        finally:
            os.close(handle)

    @contextmanager
    def unused(self) -> Iterator[bool]:
        """Keep drivers away for a moment; False where one is at work. Who drove it last stays as it is."""
        with alone(self._lock_file) as nobody:
            yield nobody

    def last_driver(self) -> str:
        """Who drove it last, or made it, and since when, as its lock says."""
        try:
            return self._lock_file.read_bytes()[:200].decode(errors="replace")
        except OSError:
            return ""

    def was_driven_by(self, pid: int) -> bool:
        """Whether that process is, or was, the last one to drive this run."""
        try:
            return self._lock_file.read_bytes().startswith(f"process {pid},".encode())
        except FileNotFoundError:
            return False

    @property
    def _lock_file(self) -> Path:
        return self.path / "lock"

    def _require_own(self, handle: int, own: bytes) -> None:
        """Raise RunStateError unless the lock is still the file that was taken, and still says who took it."""
        try:
            taken = os.path.samestat(self._lock_file.lstat(), os.fstat(handle))
        except FileNotFoundError:
            taken = False
        if taken and os.pread(handle, len(own) + 1, 0) == own:
            return
        raise RunStateError(
            f"the lock of run {self.run} was removed or taken over ({self.driver() or 'nobody drives it'}), so this "
            f"process stops: what it had finished is stored; `agentctl resume {self.run}` goes on"
        )

    def _take(self, handle: int) -> None:
        """A look by `driver` holds the lock for an instant, so one refusal is no proof."""
        for _ in range(_LOCK_TRIES):
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(_LOCK_PAUSE)
        holder = os.pread(handle, 200, 0).decode(errors="replace") or "another process"
        raise RunStateError(
            f"run {self.run} is already being driven ({holder}): "
            f"watch it with `agentctl attach {self.run}`, or stop that process first"
        )


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Hold a lock file, or a folder in the place of one, until the block ends; False where somebody else does.

    Nothing is written. What is not there is held by nobody, and by us neither: that is False too.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(handle)


def new_run_id(random: Random) -> str:
    """A short id that is easy to type and to tell apart, such as ``k7m2xq``; 650 million of them."""
    bits = random.getrandbits(64)
    bits, first = divmod(bits, len(_LETTERS))
    signs = [_LETTERS[first]]
    for _ in range(5):
        bits, sign = divmod(bits, len(_SIGNS))
        signs.append(_SIGNS[sign])
    return "".join(signs)


def create(repo_root: Path, run_id: str) -> RunFolder:
    """Make the folder of a new run and have git overlook it.

    Raises RunStateError if the run exists, RepositoryError where there is no repository, and DiskFull.
    """
    if not _RUN_ID.fullmatch(run_id):
        raise RunStateError(f"{run_id!r} cannot name a run: use up to 40 lower-case letters, digits and hyphens")
    exclude_from_git(repo_root)
    folder = RunFolder(path=_runs(repo_root) / run_id)
    with translated(folder.path):
        folder.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            folder.path.mkdir(mode=0o700)
        except FileExistsError:
            raise RunStateError(f"run {run_id} exists already: resume it, or choose another id") from None
        handle = os.open(folder.path / "lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.write(handle, f"made, {_since()}".encode())
        finally:
            os.close(handle)
    return folder


def adopt(repo_root: Path, run_id: str, staged: Path) -> RunFolder:
    """Make ``staged``, a folder beside the runs with the files of one, the folder of that run: all of it, or nothing.

    Raises as `create` does.
    """
    if not _RUN_ID.fullmatch(run_id):
        raise RunStateError(f"{run_id!r} cannot name a run: use up to 40 lower-case letters, digits and hyphens")
    folder = RunFolder(path=_runs(repo_root) / run_id)
    with translated(folder.path):
        if folder.path.exists():
            raise RunStateError(f"run {run_id} is here already: nothing was changed")
        (staged / "lock").write_text(f"made, {_since()}")
        staged.rename(folder.path)
    return folder


def all_runs(repo_root: Path) -> tuple[RunFolder, ...]:
    """Every run of this repository; last the one that was created or driven last.

    The lock says when that was, so that a copy of the folder keeps the order; its own time decides within a second.
    """
    try:
        locks = [lock for lock in _runs(repo_root).glob("*/lock") if not lock.parent.name.startswith(STAGED)]
        found = [(*at, lock) for lock in locks if (at := _driven_at(lock)) is not None]
    except OSError as error:
        raise RunStateError(f"the runs of {repo_root} cannot be listed: {error}") from error
    return tuple(RunFolder(path=lock.parent) for *_, lock in sorted(found))


def find(repo_root: Path, prefix: str | None) -> RunFolder:
    """The run whose id is, or alone begins with, ``prefix``; None means the latest. Raises RunStateError otherwise."""
    runs = all_runs(repo_root)
    if not runs:
        where = f"{repo_root} has no run"
        if prefix is not None:
            raise RunStateError(
                f"{where} {prefix}, nor any other: stand in the repository it works on, or name it with --repo"
            )
        raise RunStateError(f"{where} yet: start one with `agentctl run SPEC`")
    if prefix is None:
        return runs[-1]
    matches = [run for run in runs if run.run == prefix] or [run for run in runs if run.run.startswith(prefix)]
    if len(matches) == 1:
        return matches[0]
    raise RunStateError(_unclear(prefix, [run.run for run in matches], [run.run for run in runs]))


def exclude_from_git(repo_root: Path) -> None:
    """Add ``.agentctl/`` to the repository's ``info/exclude``, unless it is there; nothing else is touched."""
    path = _common_dir(repo_root) / "info" / "exclude"
    with translated(path):
        text = path.read_text(errors="replace") if path.exists() else ""
        if any(line.strip() in {EXCLUDED, "/" + EXCLUDED} for line in text.splitlines()):
            return
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as file:
            file.write(("" if not text or text.endswith("\n") else "\n") + EXCLUDED + "\n")


def _since() -> str:
    return f"since {time.strftime(_TIME)}"


def _driven_at(lock: Path) -> tuple[float, int] | None:
    """When a run was last driven, else made: to the second as its lock says, then by the lock's own time.

    None where the run was deleted since it was listed.
    """
    try:
        changed = lock.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    try:
        said = lock.read_text(errors="replace").rpartition("since ")[2]
        return datetime.strptime(said, _TIME).timestamp(), changed  # noqa: DTZ007 - _TIME ends with %z
    except (OSError, ValueError):
        return float(changed // 1_000_000_000), changed


def _runs(repo_root: Path) -> Path:
    home = repo_root / ".agentctl"
    for path in (home, home / "runs"):
        if path.is_symlink():
            raise RunStateError(f"{path} is a symbolic link, which could lead anywhere: remove it")
        if path.exists() and not path.is_dir():
            raise RunStateError(f"{path} is a file, where agentctl keeps its runs in a folder: move it away")
    return home / "runs"


def _common_dir(repo_root: Path) -> Path:
    """Where git keeps what all work trees share: ``.git``, what a ``.git`` file leads to, or a bare repository."""
    dot = repo_root / ".git"
    folder = repo_root if not dot.exists() else dot
    if dot.is_file():
        link = dot.read_text(errors="replace").strip()
        folder = repo_root / link.removeprefix("gitdir:").strip()
        if (folder / "commondir").is_file():
            folder = folder / (folder / "commondir").read_text(errors="replace").strip()
    if not ((folder / "HEAD").is_file() and (folder / "objects").is_dir()):
        raise RepositoryError(f"{repo_root} is not a git repository: run `git init` there first")
    return folder


def _unclear(prefix: str, matches: list[str], every: list[str]) -> str:
    if matches:
        return f"{prefix!r} begins several runs: {', '.join(sorted(matches)[:10])}; give more of the id"
    near = difflib.get_close_matches(prefix, every, n=3, cutoff=0.4) or every[-3:]
    return f"there is no run {prefix!r} here; there is {', '.join(near)} (`agentctl runs` lists all)"
