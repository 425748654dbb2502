"""Each attack is made in every sandbox that works here."""

from pathlib import Path

import pytest
from agentctl.orchestrator.ports import Completed
from agentctl.orchestrator.sandbox.port import CommandLimits, Sandbox

from ...sandboxes import sandbox_or_skip
from .commands import KINDS, LIMITS, PYTHON, Run


@pytest.fixture(params=KINDS)
async def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return await sandbox_or_skip(request.param)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


@pytest.fixture
def run(sandbox: Sandbox, root: Path) -> Run:
    """Run a shell script, or with ``python=True`` a Python one, in the tree."""

    async def run(
        script: str, *, python: bool = False, limits: CommandLimits = LIMITS, writable: bool = True
    ) -> Completed:
        argv = [PYTHON, "-c", script] if python else ["/bin/sh", "-c", script]
        env = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
        return await sandbox.run(argv, root=root, writable=writable, limits=limits, env=env)

    return run


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "id_rsa"
    file.write_text("PRIVKEY\n")
    return file
