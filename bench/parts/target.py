"""A fresh repository to work in, and what git says of it. Git runs here as a user would run it, for our own content."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Bench",
    "GIT_AUTHOR_EMAIL": "bench@example.org",
    "GIT_COMMITTER_NAME": "Bench",
    "GIT_COMMITTER_EMAIL": "bench@example.org",
}

README = "# Target\n\nSmall modules in src, their tests in tests.\n"
FIRST_TEST = "def test_truth():\n    assert True\n"


def create(root: Path, files: Mapping[str, str] | None = None) -> Path:
    """A repository with one commit: a README, one test, and ``files``."""
    content = {"README.md": README, "tests/test_truth.py": FIRST_TEST, **(files or {})}
    for path, text in content.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "user.name", "Bench")
    git(root, "config", "user.email", "bench@example.org")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "Begin")
    return root


def git(root: Path, *arguments: str) -> str:
    """What a git command prints; raises RuntimeError with its complaint."""
    done = subprocess.run(
        ["git", "-C", str(root), *arguments],
        env={**os.environ, **_ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


def untouched(root: Path) -> str:
    """What a run must not change: the checkout, its branch, the index, and the head, as one text."""
    parts = (("rev-parse", "HEAD"), ("symbolic-ref", "HEAD"), ("status", "--porcelain=v2"), ("ls-files", "--stage"))
    return "\n".join(git(root, *part) for part in parts)


def keep_log(root: Path, ref: str) -> None:
    """Have git note every commit that ``ref`` will point at: it writes the log of a ref where there is one."""
    log = root / ".git/logs" / ref
    log.parent.mkdir(parents=True, exist_ok=True)
    log.touch()
