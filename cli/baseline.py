"""Runs the tests of a repository as it is committed, in the sandbox: how long they take, and what is red already."""

import asyncio
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..orchestrator import environment
from ..orchestrator.errors import AgentctlError
from ..orchestrator.gate.checkout import files_of, remove, write
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.repository import Repository
from ..orchestrator.ports import Completed
from ..orchestrator.sandbox.port import CommandLimits, Sandbox
from ..orchestrator.sandbox.probe import probe
from ..orchestrator.store.folder import exclude_from_git
from ..tui.clean import clean
from .parts import Part

_RED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_PYTEST_NO_TESTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a test command said of the commit as it is; ``problem`` says why nothing could be seen."""

    command: str
    seconds: float = 0.0
    green: bool = False
    red: tuple[str, ...] = ()
    problem: str = ""

    def __str__(self) -> str:
        if self.problem:
            return f"not measured: {self.problem}"
        if self.green:
            return f"green in {self.seconds:.1f} s"
        listed = f": {', '.join(self.red)}" if self.red else ""
        return f"red before any change, in {self.seconds:.1f} s{listed}"


async def measure(root: Path, parts: tuple[Part, ...], *, seconds: float) -> tuple[Baseline, ...]:
    """The baseline of each part with a test command; ``seconds`` bounds setting up and each of the runs."""
    commands = [part.command for part in parts if part.command]
    if not commands:
        return ()
    try:
        sandbox = await probe()
        git = open_repository(root)
        head = await git.resolve("HEAD")
        if head is None:
            return tuple(Baseline(command=command, problem="there is no commit yet") for command in commands)
        tree = await git.tree_of(head)
        async with asyncio.timeout(seconds):
            ready = await environment.prepare(git, tree, sandbox=sandbox, cache=cache(root), variables=_network())
    except TimeoutError:
        problem = f"setting up took more than {seconds:g} s; --measure SECONDS allows more"
        return tuple(Baseline(command=command, problem=problem) for command in commands)
    except AgentctlError as error:
        return tuple(Baseline(command=command, problem=clean(str(error), width=300)) for command in commands)
    return tuple([await _run(git, tree, command, ready, sandbox, seconds=seconds) for command in commands])


async def _run(
    git: Repository, tree: str, command: str, ready: environment.Environment, sandbox: Sandbox, *, seconds: float
) -> Baseline:
    folder = Path(tempfile.mkdtemp(prefix="agentctl-"))
    try:
        await asyncio.to_thread(write, await files_of(git, tree), folder)
        done = await sandbox.run(
            ["/bin/sh", "-c", command.replace("pytest", "python -m pytest", 1)],
            root=folder,
            writable=True,
            limits=CommandLimits(seconds=seconds),
            env={**ready.variables, "PYTEST_ADDOPTS": "-q -rfE --no-header -p no:cacheprovider"},
            mounts=ready.mounts,
        )
    except AgentctlError as error:
        return Baseline(command=command, problem=clean(str(error), width=300))
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


def _network() -> dict[str, str]:
    return {name: os.environ[name] for name in environment.SETUP_VARIABLES if name in os.environ}
