"""Workspaces on a real repository, with commands run by a plain subprocess that confines nothing."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from agentctl.orchestrator.git.opening import create_repository
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.git.synthetic import write_history
from agentctl.orchestrator.ports import Completed, TreeEntry
from agentctl.orchestrator.workspace.host import HostWorkspaces


class PlainRunner:
    """Runs a command in a shell, in the workspace, with an environment of its own."""

    async def run(self, command: str, *, root: Path, seconds: float) -> Completed:
        shell = shutil.which("bash") or "/bin/sh"
        process = await asyncio.create_subprocess_exec(
            shell,
            "-c",
            command,
            cwd=root,
            env={"PATH": os.environ["PATH"], "HOME": str(root.parent)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(), seconds)
        return Completed(exit=process.returncode, output=output.decode(), seconds=0.0, cpu_seconds=0.0)


@pytest.fixture(autouse=True)
def _nobody(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is logged in: no GIT_ variable, an empty home, no configuration of the machine."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return create_repository(tmp_path / "repo", at=1_700_000_000)


@pytest.fixture
def make_tree(repository: Repository) -> Callable[..., Awaitable[str]]:
    """A tree of files by their text; a pair is (mode, text)."""

    async def make(files: dict[str, str | tuple[str, str]]) -> str:
        entries: dict[str, TreeEntry | None] = {}
        for path, given in files.items():
            mode, text = given if isinstance(given, tuple) else ("100644", given)
            blob = text if mode == "160000" else await repository.write(text.encode())
            entries[path] = TreeEntry(mode=mode, id=blob)
        return await repository.amend_tree(None, entries)

    return make


@pytest.fixture
async def workspaces(repository: Repository, tmp_path: Path) -> AsyncIterator[HostWorkspaces]:
    made = HostWorkspaces(repository, tmp_path / "work", PlainRunner(), history=partial(write_history, repository))
    yield made
    await made.drain()
