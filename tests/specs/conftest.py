"""Specs written in a test, and what pytest says of their compiled checks."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.specs.compile import compile_checks
from agentctl.specs.parse import parse

DATA = Path(__file__).parent / "data"


@pytest.fixture
def ratelog() -> str:
    return (DATA / "ratelog.md").read_text(encoding="utf-8")


@pytest.fixture
def slugify() -> str:
    return (DATA / "slugify.md").read_text(encoding="utf-8")


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Lays compiled checks and files into a folder and gives pytest's outcome by test id."""

    def run(text: str, files: dict[str, str]) -> dict[str, str]:
        spec = parse(text, name="spec.md")
        compiled = {check.path: check.text for check in compile_checks(spec)}
        fixtures = {fixture.path: fixture.text for fixture in spec.fixtures}
        for path, content in {**files, **fixtures, **compiled}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content, encoding="utf-8")
        argv = [sys.executable, "-m", "pytest", "-rA", "-q", "--tb=short", "-pno:cacheprovider"]
        env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        done = subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        lines = [
            line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith(("PASSED ", "FAILED ", "ERROR "))
        ]
        return {rest.split(" - ")[0]: outcome.lower() for outcome, rest in lines} | {"output": done.stdout}

    return run


@pytest.fixture
def quickstart() -> str:
    root = Path(__file__).resolve().parents[2]
    return (root / "specs" / "examples" / "quickstart.md").read_text(encoding="utf-8")
