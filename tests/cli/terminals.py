"""The program on a terminal of its own, as a person has it before them."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 30.0
"""Seconds after which a silent process is taken for stuck."""


@dataclass
class Terminal:
    """A process on a terminal of its own."""

    process: subprocess.Popen[bytes]
    master: int
    shown: str = ""

    def wait_for(self, words: str, *, times: int = 1) -> None:
        while self.shown.count(words) < times:
            ready, _, _ = select.select([self.master], [], [], PATIENCE)
            assert ready, f"{words!r} never came: {self.shown[-2000:]!r}"
            self.shown += os.read(self.master, 65_536).decode("utf-8", "replace")

    def type(self, line: str) -> None:
        os.write(self.master, line.encode() + b"\n")

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def end(self) -> int:
        while True:
            try:
                data = os.read(self.master, 65_536)
            except OSError:
                break
            if not data:
                break
            self.shown += data.decode("utf-8", "replace")
        return self.process.wait(PATIENCE)


@pytest.fixture
def on_terminal(repo: Path) -> Callable[..., Any]:
    @contextmanager
    def start(*argv: str, **environ: str) -> Iterator[Terminal]:
        master, slave = pty.openpty()
        command = [sys.executable, "-m", "agentctl", *argv]
        env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30", **environ}
        process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, cwd=repo, env=env, start_new_session=True
        )
        os.close(slave)
        terminal = Terminal(process, master)
        try:
            yield terminal
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            os.close(master)

    return start
