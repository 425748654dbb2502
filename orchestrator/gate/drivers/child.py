"""Starts the programs that run tests, and keeps what they print."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import Any

_KEPT = 60_000


def start(command: list[str], folder: str, **options: Any) -> tuple[int, str, str]:
    """The exit code, what was printed, and what was complained; of the latter the end where it is much."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err, **options)  # noqa: PLW1510 - as given
        return done.returncode, _whole(out), _end(err)


def missing(program: str, runner: str) -> str:
    """What to say where a program is not there."""
    return (
        f"{program} was not found, which the {runner} tests need: install it, or let setup under [workspace] bring it"
    )


def joined(folder: str, name: str) -> str:
    """A path below the root."""
    return os.path.normpath(os.path.join(folder, name)) if folder else name  # noqa: PTH118 - text paths of ids


def _whole(file: Any) -> str:
    file.seek(0)
    text: str = file.read().decode("utf-8", "replace")
    return text


def _end(file: Any) -> str:
    file.seek(max(0, file.seek(0, 2) - _KEPT))
    text: str = file.read().decode("utf-8", "replace")
    return text
