"""What every room that judges trees needs: a real repository, and the real gate in the real sandbox."""

import os
import random
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import pytest
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.environment import Environment, prepare
from agentctl.orchestrator.errors import SandboxUnavailable
from agentctl.orchestrator.gate.gate import PytestGate
from agentctl.orchestrator.git.opening import open_repository
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.ports import TreeEntry
from agentctl.orchestrator.sandbox.port import CommandLimits, Sandbox
from agentctl.orchestrator.sandbox.probe import probe
from agentctl.orchestrator.store.sqlite import SqliteStore

Tree = Callable[[Mapping[str, str]], Awaitable[str]]
LIMITS = CommandLimits(seconds=60, free_bytes=0)


@pytest.fixture
def deaths() -> Callable[..., Sequence[int]]:
    """At which of so many steps somebody is killed: at each fourth from ``first`` on, or at each where that is wanted.

    Each is a life of its own; ``AGENTCTL_TEST_EVERY_KILL=1`` asks for all of them.
    """
    stride = 1 if os.environ.get("AGENTCTL_TEST_EVERY_KILL") == "1" else 4

    def chosen(steps: int, *, first: int = 0) -> Sequence[int]:
        return range(0 if stride == 1 else first, steps, stride)

    return chosen


@pytest.fixture
async def sandbox() -> Sandbox:
    try:
        return await probe("auto")
    except SandboxUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture
def git(tmp_path: Path) -> Repository:
    folder = tmp_path / "repository"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(folder), *identity, "commit", "-q", "--allow-empty", "-m", "base"], check=True)
    return open_repository(folder)


@pytest.fixture
def tree(git: Repository) -> Tree:
    """Makes a tree of files; a name that ends with @ is a symbolic link, with ! a program."""

    async def make(files: Mapping[str, str]) -> str:
        modes = {"@": "120000", "!": "100755"}
        entries = {
            path.rstrip("@!"): TreeEntry(mode=modes.get(path[-1], "100644"), id=await git.write(text.encode()))
            for path, text in files.items()
        }
        return await git.amend_tree(None, entries)

    return make


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("environments")


@pytest.fixture
async def environment(git: Repository, tree: Tree, sandbox: Sandbox, cache: Path) -> Environment:
    return await prepare(git, await tree({"README": ""}), sandbox=sandbox, cache=cache)


@pytest.fixture
def store() -> SqliteStore:
    return SqliteStore(None, clock=SystemClock(), redact=lambda text: text, blobs=None)


@pytest.fixture
def build(
    git: Repository, store: SqliteStore, sandbox: Sandbox, environment: Environment, tmp_path: Path
) -> Callable[..., PytestGate]:
    def build(**changed: object) -> PytestGate:
        settings = {
            "sandbox": sandbox,
            "environment": environment,
            "slots": 2,
            "scratch": tmp_path / "scratch",
            "clock": SystemClock(),
            "random": random.Random(1),
            "limits": LIMITS,
        }
        return PytestGate(git, store, **{**settings, **changed})

    return build


@pytest.fixture
def gate(build: Callable[..., PytestGate]) -> PytestGate:
    return build()
