"""Runs the tests of a repository as it is committed, in the sandbox: how long they take, and what is red already."""

import asyncio
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..orchestrator.environment import Environment
from ..orchestrator.errors import AgentctlError
from ..orchestrator.gate.checkout import Files, beside, files_of, remove, write
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.repository import Repository
from ..orchestrator.nouns.runs import RunSettings
from ..orchestrator.ports import Completed
from ..orchestrator.sandbox.port import CommandLimits, Sandbox
from ..orchestrator.sandbox.probe import probe
from ..orchestrator.sandbox.served import Served
from ..orchestrator.store.folder import exclude_from_git
from ..tui.clean import clean
from .judging import furnished, laid
from .parts import Part
from .settings import Flags, load

_RED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_PYTEST_NO_TESTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a test command said of the commit as it is; ``problem`` says, in lines, why nothing could be seen."""

    command: str
    seconds: float = 0.0
    green: bool = False
    red: tuple[str, ...] = ()
    problem: str = ""

    def __str__(self) -> str:
        if self.problem:
            return f"not measured: {clean(self.problem.splitlines()[0], width=300)}"
        if self.green:
            return f"green in {self.seconds:.1f} s"
        listed = f": {', '.join(self.red)}" if self.red else ""
        return f"red before any change, in {self.seconds:.1f} s{listed}"


async def measure(root: Path, parts: tuple[Part, ...], *, seconds: float) -> tuple[Baseline, ...]:
    """The baseline of each part with a test command, in what a run with the settings as they are would have.

    ``seconds`` bounds setting up and each of the runs.
    """
    commands = [part.command for part in parts if part.command]
    if not commands:
        return ()
    try:
        settings = load(root, Flags()).run
        git = open_repository(root)
        head = await git.resolve("HEAD")
        if head is None:
            return _none(commands, "there is no commit yet")
        async with asyncio.timeout(seconds):
            hall = await _hall(git, await git.tree_of(head), settings, root=root)
    except TimeoutError:
        return _none(commands, f"setting up took more than {seconds:g} s; --measure SECONDS allows more")
    except AgentctlError as error:
        return _none(commands, str(error))
    return tuple([await _run(hall, command, seconds=seconds) for command in commands])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hall:
    """What the commands are run on, and in."""

    files: Files
    sandbox: Sandbox
    environment: Environment


async def _hall(git: Repository, tree: str, settings: RunSettings, *, root: Path) -> _Hall:
    # A repository's own settings may not switch the sandbox off: nobody said here that it may be off.
    sandbox = await probe("auto" if settings.sandbox == "none" else settings.sandbox)
    ready = await furnished(git, tree, settings, sandbox=sandbox, cache=cache(root))
    served = Served(sandbox, settings.services, python=ready.python) if settings.services else sandbox
    files = beside(await files_of(git, tree), laid(settings, ready))
    return _Hall(files=files, sandbox=served, environment=ready)


def _none(commands: Sequence[str], problem: str) -> tuple[Baseline, ...]:
    return tuple(Baseline(command=command, problem=problem) for command in commands)


async def _run(hall: _Hall, command: str, *, seconds: float) -> Baseline:
    folder = Path(tempfile.mkdtemp(prefix="agentctl-"))
    try:
        await asyncio.to_thread(write, hall.files, folder)
        done = await hall.sandbox.run(
            ["/bin/sh", "-c", command.replace("pytest", "python -m pytest", 1)],
            root=folder,
            writable=True,
            limits=CommandLimits(seconds=seconds),
            env={**hall.environment.variables, "PYTEST_ADDOPTS": "-q -rfE --no-header -p no:cacheprovider"},
            mounts=hall.environment.mounts,
        )
    except AgentctlError as error:
        return Baseline(command=command, problem=str(error))
    finally:
        await asyncio.to_thread(remove, folder)
    return _read(command, done, seconds=seconds)


def _read(command: str, done: Completed, *, seconds: float) -> Baseline:
    if done.stopped == "time":
        return Baseline(command=command, problem=f"took more than {seconds:g} s; --measure SECONDS allows more")
    if done.stopped:
        return Baseline(command=command, problem=f"stopped by its limit of {done.stopped}")
    if done.exit == _PYTEST_NO_TESTS and "pytest" in command:
        return Baseline(command=command, problem="there are no tests yet")
    red = tuple(dict.fromkeys(clean(name, width=120) for name in _RED.findall(done.output)))
    return Baseline(command=command, seconds=done.seconds, green=done.exit == 0, red=red)


def cache(root: Path) -> Path:
    """Where the environments of a repository are kept between runs; git is told to overlook it."""
    exclude_from_git(root)
    return root / ".agentctl" / "environments"
