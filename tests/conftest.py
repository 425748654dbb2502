"""What every room that judges trees needs: a real repository, and the real gate in the real sandbox."""

import gc
import os
import random
import shutil
import subprocess
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from _pytest.nodeid import coerce_node_id
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.environment import PLACE, Environment, prepare
from agentctl.orchestrator.gate.gate import PytestGate
from agentctl.orchestrator.git.opening import open_repository
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.ports import TreeEntry
from agentctl.orchestrator.sandbox import venv
from agentctl.orchestrator.sandbox.port import CommandLimits, Sandbox
from agentctl.orchestrator.store.sqlite import SqliteStore

from .sandboxes import sandbox_or_skip

Tree = Callable[[Mapping[str, str]], Awaitable[str]]
LIMITS = CommandLimits(seconds=60, free_bytes=0)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Keep groups of tests together: xdist 3.8 names them where pytest 9.2 no longer looks (pytest-xdist #1386)."""
    for item in items:
        grouped = vars(item).get("_nodeid")
        if grouped is not None:
            item._id = coerce_node_id(grouped)


def pytest_collection_finish() -> None:
    """What all tests and modules are made of stays to the end: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


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
    return await sandbox_or_skip("auto")


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


@pytest.fixture(scope="session", autouse=True)
def _begun_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Compiles the environment that a target begins with once: the next ones are its files, by further names.

    A setup command that wrote into such a file, and not over its name, would change it for all: this fails then.
    """
    begin = venv.begin
    first = tmp_path_factory.mktemp("begun") / "environment"
    made: dict[Path, tuple[int, int]] = {}
    one_at_a_time = threading.Lock()

    def begun(folder: Path, place: str) -> None:
        if place != PLACE:  # where nothing is mounted, scripts have the real folder in them
            begin(folder, place)
            return
        with one_at_a_time:
            if not made:
                begin(first, place)
                made.update(_written(first))
        shutil.copytree(first, folder, symlinks=True, copy_function=os.link, dirs_exist_ok=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(venv, "begin", begun)
        yield
    assert _written(first) == made


def _written(folder: Path) -> dict[Path, tuple[int, int]]:
    """By file its size and when it was last written."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {path: ((found := path.stat()).st_size, found.st_mtime_ns) for path in files}


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
