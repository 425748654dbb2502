"""What the attacks from inside a command are made with."""

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest
from agentctl.orchestrator.ports import Completed
from agentctl.orchestrator.sandbox.port import CommandLimits

PYTHON = str(Path(sys.executable).resolve())
LIMITS = CommandLimits(seconds=30, free_bytes=0)
Run = Callable[..., Awaitable[Completed]]


KINDS = ("bwrap", "landlock", "docker", "podman")


def lacking(*names: str) -> pytest.MarkDecorator:
    """For a test of an attack that these sandboxes do not hold: there it has to fail, so that what they say is true."""
    fails = pytest.mark.xfail(strict=True, reason="not held: docs/sandbox.md")
    given = [pytest.param(name, marks=[fails] if name in names else []) for name in KINDS]
    return pytest.mark.parametrize("sandbox", given, indirect=True)


def content(file: Path) -> str:
    return file.read_text()


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def seconds(test: int) -> str:
    """How long the commands of a test sleep: a figure that marks them, different in each worker of a parallel run."""
    return f"31.{test}{os.getpid()}"


def alive(marker: str) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            if any(marker in part for part in process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return [pid for pid in found if pid != os.getpid()]
