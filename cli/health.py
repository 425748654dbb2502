"""What a run needs of this machine, each looked at by using it. Changes nothing but a temporary file."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..agents.models.profiles import PROFILES, local_models
from ..orchestrator.errors import AgentctlError, RepositoryError, RunStateError, SandboxUnavailable
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.survey import survey
from ..orchestrator.sandbox.probe import probe
from ..orchestrator.store.folder import all_runs
from ..tui.clean import clean, clean_lines
from ..tui.snapshot import FINISHED
from .models import WITHOUT, ways
from .processes import git_version
from .repository import locate, opened

GIT = (2, 38)
"""The first version whose merge-tree writes trees."""
FREE_BYTES = 1 << 30
_MARKS = {"fine": "✓", "note": "!", "fails": "✗"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing a run needs, how it is here, and what to do about it."""

    name: str
    state: Literal["fine", "note", "fails"]
    found: str
    todo: tuple[str, ...] = ()


def told(check: Check) -> Iterator[str]:
    """A check in words: mark and word, what was found, what to do."""
    yield f"{_MARKS[check.state]} {check.state:<6}{check.name}: {clean(check.found)}"
    yield from (f"    {line}" for todo in check.todo for line in clean_lines(todo).splitlines())


async def examine(repo: str | None) -> tuple[Check, ...]:
    """Look at everything; none of the checks needs another one to be fine."""
    checks = [_python(), _git(), await _sandbox(), _model()]
    try:
        root = locate(repo)
    except RepositoryError as error:
        return (*checks, Check(name="repository", state="note", found=str(error)))
    return (*checks, await _repository(root), _disk(root), _state(root), *_runs(root))


def _python() -> Check:
    return Check(name="python", state="fine", found=f"{sys.version.split()[0]} at {sys.executable}")


def _git() -> Check:
    version = git_version()
    if version is None:
        return Check(name="git", state="fails", found="not installed", todo=("install git 2.38 or newer",))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < GIT:
        return Check(name="git", state="fails", found=version, todo=("agentctl merges with git 2.38 or newer",))
    return Check(name="git", state="fine", found=version)


async def _sandbox() -> Check:
    try:
        sandbox = await probe()
    except SandboxUnavailable as error:
        return Check(name="sandbox", state="fails", found="none works here", todo=(str(error),))
    gaps = tuple(f"it does not hold: {gap}" for gap in sandbox.gaps)
    return Check(
        name="sandbox",
        state="fine" if sandbox.name == "bwrap" else "note",
        found=f"{sandbox.name} confined a command",
        todo=gaps,
    )


def _model() -> Check:
    names = [name for name, profile in PROFILES.items() if profile.usable(os.environ)]
    local = local_models(os.environ)
    if local is not None:
        names.append(f"ollama ({', '.join(local[:5]) or 'no model pulled yet'})")
    if not names:
        return Check(name="model", state="note", found="none found", todo=(*ways(), WITHOUT))
    return Check(name="model", state="fine", found=", ".join(names))


async def _repository(root: Path) -> Check:
    try:
        found = await survey(open_repository(root))
    except AgentctlError as error:
        return Check(name="repository", state="fails", found=str(error))
    if found.problems:
        return Check(name="repository", state="fails", found=str(root), todo=found.problems)
    return Check(
        name="repository", state="fine", found=f"{root} on {found.branch or 'a detached HEAD'}", todo=found.notes
    )


def _disk(root: Path) -> Check:
    free = shutil.disk_usage(root).free
    text = f"{free / (1 << 30):.1f} GiB free"
    if free < FREE_BYTES:
        return Check(name="disk", state="note", found=text, todo=("runs want a gigabyte: make room",))
    return Check(name="disk", state="fine", found=text)


def _state(root: Path) -> Check:
    home = root / ".agentctl"
    where = home if home.is_dir() else root
    try:
        with tempfile.TemporaryFile(dir=where):
            return Check(name="state folder", state="fine", found=f"{home} can be written")
    except OSError as error:
        todo = ("look at its owner and permissions",)
        return Check(name="state folder", state="fails", found=f"{where}: {error.strerror or error}", todo=todo)


def _runs(root: Path) -> Iterator[Check]:
    for folder in all_runs(root):
        try:
            with opened(folder) as run:
                state = run.store.run().state
        except RunStateError as error:
            yield Check(name=f"run {folder.run}", state="note", found="cannot be read", todo=(str(error),))
            continue
        driver = folder.driver()
        if driver is not None:
            yield Check(name=f"run {folder.run}", state="fine", found=f"{state}, driven by {driver}")
        elif state not in FINISHED:
            todo = (f"go on with `agentctl resume {folder.run}`, or end it with `agentctl cancel {folder.run}`",)
            yield Check(name=f"run {folder.run}", state="note", found=f"{state}, and nothing drives it", todo=todo)
