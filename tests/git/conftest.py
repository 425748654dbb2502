"""A real repository, a git command line for setting scenes, and no configuration of any person."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.orchestrator.git.opening import create_repository
from agentctl.orchestrator.git.repository import Repository

Shell = Callable[..., str]


@pytest.fixture(autouse=True)
def _nobody(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is logged in: no GIT_ variable, an empty home, no configuration of the machine."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.fixture
def git(tmp_path: Path) -> Shell:
    """Run the person's own git in the repository, as a person would."""

    def run(*arguments: str, cwd: Path | None = None, stdin: bytes | None = None) -> str:
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "protocol.file.allow=always"]
        done = subprocess.run(
            ["git", *who, *arguments], cwd=cwd or tmp_path / "repo", input=stdin, check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    return run


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return create_repository(tmp_path / "repo", at=1_700_000_000)


@pytest.fixture
def commit(git: Shell, tmp_path: Path) -> Callable[[dict[str, str | None]], str]:
    """Write files into the checkout and commit them; returns the commit."""

    def make(files: dict[str, str | None]) -> str:
        for name, text in files.items():
            path = tmp_path / "repo" / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git("add", "-A")
        git("commit", "-q", "--allow-empty", "-m", "scene")
        return git("rev-parse", "HEAD")

    return make
