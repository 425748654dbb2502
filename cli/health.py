"""What a run needs of this machine, each looked at by using it. Changes nothing but a temporary file."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from ..agents.models.profiles import PROFILES, local_models
from ..orchestrator.errors import AgentctlError, AuthenticationError, RepositoryError, RunStateError, SandboxUnavailable
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.survey import survey
from ..orchestrator.nouns.runs import RunnerName
from ..orchestrator.sandbox.attacks import lacks
from ..orchestrator.sandbox.disk import Room, room, shortage
from ..orchestrator.sandbox.landlock import version
from ..orchestrator.sandbox.port import CommandLimits
from ..orchestrator.sandbox.probe import probe
from ..orchestrator.store.folder import all_runs
from ..tui.snapshot import FINISHED
from .checkup import Check
from .gate_here import gate_here
from .mending import mended
from .models import AUTO, WITHOUT, found, missing_locally, require, ways
from .notices.channels import channels
from .notices.receiving import needs
from .parts import parts_of
from .processes import git_version
from .repository import locate, opened
from .services_tried import tried
from .settings import Flags, load
from .tools_here import installed, named

GIT = (2, 38)
"""The first version whose merge-tree writes trees."""
FREE_BYTES = 1 << 30
_PROGRAMS = {"Go": "go", "Rust": "cargo", "JavaScript": "node", "TypeScript": "node"}
_RUNNERS: Mapping[RunnerName, str] = {"node": "node", "vitest": "node", "jest": "node", "go": "go", "cargo": "cargo"}


async def examine(repo: str | None, *, profile: str | None = None, repair: bool = False) -> tuple[Check, ...]:
    """Look at everything; none of the checks needs another one to be fine. ``profile`` as `run` would be given it.

    With ``repair`` what killed processes left is mended, where it is ours.
    """
    checks = [_python(), _git(), await _sandbox(), _model(), *await _forge()]
    try:
        root = locate(repo)
    except RepositoryError as error:
        return (*checks, Check(name="repository", state="note", found=str(error)))
    used = _profile(root, profile)
    told_by = notify(root)
    return (
        *(*checks, used, await _repository(root), *toolchains(root), disk(room(root))),
        *(
            _state(root),
            *told_by,
            *await gate_here(root),
            *await tried(root),
            *await mended(root, repair=repair),
            *_runs(root),
        ),
    )


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
    gaps = [f"it does not hold: {gap}" for gap in sandbox.gaps]
    gaps += [f"attack {row} of docs/sandbox.md: {why}" for row, why in lacks(sandbox.name, landlock=version()).items()]
    return Check(
        name="sandbox",
        state="fine" if sandbox.name == "bwrap" else "note",
        found=f"{sandbox.name} confined a command",
        todo=tuple(gaps),
    )


def _model() -> Check:
    names = [name for name, profile in PROFILES.items() if profile.usable(os.environ)]
    local = local_models(os.environ)
    if local is not None:
        names.append(f"ollama ({', '.join(local[:5]) or 'no model pulled yet'})")
    names += [each.told for each in installed()]
    if not names:
        return Check(name="model", state="note", found="none found", todo=(*ways(), WITHOUT))
    return Check(name="model", state="fine", found=", ".join(names))


async def _forge() -> tuple[Check, ...]:
    """The login to GitHub, which only pull requests and the bot need; nothing where there is none."""
    from ..orchestrator.forge.github.ways import told_login

    try:
        login = await told_login(os.environ)
    except AgentctlError as error:
        return (Check(name="github", state="note", found="the login cannot be used", todo=(str(error),)),)
    return (Check(name="github", state="fine", found=login),) if login else ()


def _profile(root: Path, wanted: str | None) -> Check:
    """Whether the profile that a run here would use, or the one that is asked about, has what it needs."""
    try:
        settings = load(root, Flags(profile=wanted))
    except AgentctlError as error:
        return Check(name="profile", state="fails", found="the settings cannot be used", todo=(str(error),))
    chosen = settings.run.profile
    auto = f"{AUTO}, which is " if chosen == AUTO else ""
    try:
        profile = found() if auto else chosen
    except AuthenticationError:
        todo = tuple(f"{tool.title} is installed: --profile {tool.name}" for tool in named())
        return Check(name="profile", state="note", found=f"{AUTO}, and no model was found", todo=todo)
    try:
        require(profile, settings.models)
    except AgentctlError as error:
        return Check(name="profile", state="fails", found=f"{auto}{profile} cannot be used", todo=(str(error),))
    if missing := missing_locally(profile, settings.models):
        return Check(name="profile", state="fails", found=f"{auto}{profile} is not ready", todo=(missing,))
    return Check(name="profile", state="fine", found=f"{auto}{profile} has what it needs")


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


def toolchains(root: Path) -> Iterator[Check]:
    """What the tests of the repository are run with and is not here; a run that touches none of them needs none."""
    for program, folders in sorted(_needed(root).items()):
        if shutil.which(program) is None:
            found = f"not installed, and the tests in {', '.join(dict.fromkeys(folders))} need it"
            todo = f"install {program}, or name the runners that shall be used by [[test]] in agentctl.toml"
            yield Check(name=program, state="note", found=found, todo=(todo,))


def notify(root: Path, *, environ: Mapping[str, str] = os.environ) -> Iterator[Check]:
    """Who is told that a person is needed, and what that lacks; nothing where nobody is to be told."""
    try:
        wanted = load(root, Flags()).notify
    except AgentctlError:  # `_profile` says why
        return
    lacking = list(channels(wanted, environ=environ).troubles)
    lacking += [f"no answer is taken: {lack}"] if (lack := needs(wanted, environ)) else []
    if wanted.any or wanted.answers:
        test = () if lacking else ("try it with `agentctl notify --test`",)
        state: Literal["fine", "note"] = "note" if lacking else "fine"
        yield Check(name="notify", state=state, found=", ".join(wanted.lines()), todo=(*lacking, *test))


def _needed(root: Path) -> dict[str, list[str]]:
    """The folders with tests that a program runs: those that the settings name, else those whose manifest has tests."""
    try:
        named = load(root, Flags()).run.test
    except AgentctlError:  # `_profile` says why
        named = ()
    wanted = [(_RUNNERS.get(each.runner), each.folder or ".") for each in named]
    if not named:
        wanted = [(_PROGRAMS.get(part.language), part.folder) for part in parts_of(root) if part.test]
    found: dict[str, list[str]] = {}
    for program, folder in wanted:
        if program is not None:
            found.setdefault(program, []).append(folder)
    return found


def disk(left: Room) -> Check:
    """Whether commands start with so much left, and whether a run will have enough."""
    limits = CommandLimits()
    free = f"{left.bytes / (1 << 30):.1f} GiB free"
    if lacking := shortage(left, limits):
        todo = "a run stops here until there is room: make some, then `agentctl resume`"
        return Check(name="disk", state="fails", found=lacking, todo=(todo,))
    if left.bytes < FREE_BYTES:
        floor = f"runs want a gigabyte, and stop below {limits.free_bytes >> 20} MB: make room"
        return Check(name="disk", state="note", found=free, todo=(floor,))
    return Check(name="disk", state="fine", found=f"{free}; commands need {limits.free_bytes >> 20} MB")


def _state(root: Path) -> Check:
    home = root / ".agentctl"
    try:
        all_runs(root)
    except RunStateError as error:
        return Check(name="state folder", state="fails", found="runs cannot be kept here", todo=(str(error),))
    where = home if home.is_dir() else root
    try:
        with tempfile.TemporaryFile(dir=where):
            return Check(name="state folder", state="fine", found=f"{home} can be written")
    except OSError as error:
        todo = ("look at its owner and permissions",)
        return Check(name="state folder", state="fails", found=f"{where}: {error.strerror or error}", todo=todo)


def _runs(root: Path) -> Iterator[Check]:
    try:
        folders = all_runs(root)
    except RunStateError:  # `_state` says why
        return
    for folder in folders:
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
