"""Starts what is measured: the scripted server in a process of its own, and commands whose whole tree is paid for."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TALLY = Path(__file__).with_name("tally.py")


class CommandFailed(RuntimeError):
    """A command that is measured did not do its work; the message ends with what it printed last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a command and everything it started used. Seconds."""

    cpu: float
    """User and system time."""
    seconds: float
    """Wall time."""


@contextmanager
def scripted_server(script: Mapping[str, Any]) -> Iterator[str]:
    """The API base of a server that answers by ``script``, for as long as the block lasts."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(script, file)
        file.flush()
        command = [sys.executable, "-P", "-m", "agentctl.bench.scripted", "--script", file.name]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                url = server.stdout.readline().strip()
                if not url:
                    raise CommandFailed("the scripted server did not start")
                yield url
            finally:
                server.terminate()


def environment(**more: str) -> dict[str, str]:
    """This process's variables without what would reach the outside, and ``more``.

    Bytecode is written, as it is where a program is installed: without it each start compiles all that it imports.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AGENTCTL_", "OPENAI_", "AIDER_", "MSWEA_")) and not name.endswith("_API_KEY")
    }
    return {**kept, "OPENAI_API_KEY": "test", "PYTHONDONTWRITEBYTECODE": "", **more}


def measured(command: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout: float = 300.0) -> Cost:
    """Run a command to its end. Raises CommandFailed where it does not end well, or not in time."""
    with tempfile.TemporaryDirectory() as folder:
        result, log = Path(folder, "result.json"), Path(folder, "log")
        with log.open("wb") as output:
            tally = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_TALLY), str(result), *command],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                tally.wait(timeout)
            except subprocess.TimeoutExpired:
                os.killpg(tally.pid, 9)
                tally.wait()
                raise CommandFailed(f"{_shown(command)} did not end in {timeout:g} s\n{_tail(log)}") from None
        told = json.loads(result.read_text(encoding="utf-8"))
        if told["exit"] != 0:
            raise CommandFailed(f"{_shown(command)} ended with {told['exit']}\n{_tail(log)}")
        return Cost(cpu=told["cpu"], seconds=told["seconds"])


def _shown(command: Sequence[str]) -> str:
    return " ".join(command)[:200]


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]
