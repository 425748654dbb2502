"""Other agents, for comparison: each in an environment of its own, one process a task, without a gate.

Both are run as their own documentation says to run them unattended, with what only costs time (update checks,
analytics, streaming) turned off.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .processes import CommandFailed, Cost, environment, measured

UV = "0.13.9"
HOME = Path(sys.prefix) / "bench"
"""Inside this environment, which is in nobody's repository."""
_INSTALL_SECONDS = 600


class CannotInstall(RuntimeError):
    """A peer could not be installed; the message ends with what the installer said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A package and its command."""

    name: str
    version: str
    program: str
    more: tuple[str, ...] = ()
    """What it needs and does not ask for."""

    @property
    def folder(self) -> Path:
        """Its environment."""
        return HOME / f"{self.name}-{self.version}"

    @property
    def command(self) -> str:
        """The path of its program."""
        return str(self.folder / "bin" / self.program)


AIDER = Peer(name="aider-chat", version="0.86.2", program="aider")
MINI = Peer(
    name="mini-swe-agent", version="2.4.6", program="mini", more=("mcp>=2",)
)  # litellm 1.106 cannot call without mcp
PEERS = (AIDER, MINI)


def install(peer: Peer) -> None:
    """Make its environment unless it is there. Raises CannotInstall."""
    ready = peer.folder / "ready"
    if ready.exists():
        return
    shutil.rmtree(peer.folder, ignore_errors=True)
    uv = _uv()
    python = str(peer.folder / "bin" / "python")
    _call([uv, "venv", "-q", "-p", sys.executable, str(peer.folder)])
    line = [uv, "pip", "install", "-q", "--python", python, f"{peer.name}=={peer.version}", *peer.more]
    try:
        _call(line)
    except CannotInstall:
        _call(line, UV_SYSTEM_CERTS="1")
    ready.touch()


def versions(peer: Peer) -> str:
    """Its version, and that of the litellm it calls models with."""
    code = "from importlib.metadata import version as v; print(v('litellm'))"
    done = subprocess.run([peer.folder / "bin" / "python", "-c", code], capture_output=True, text=True, check=False)
    return f"{peer.name} {peer.version}, litellm {done.stdout.strip()}"


def run(peer: Peer, root: Path, *, url: str, number: int, home: Path) -> Cost:
    """One task by one process in the repository ``root``. Raises CommandFailed if its file is not there afterwards."""
    path = f"src/t{number}.py"
    goal = f"Write {path}, whose function value returns {number}."
    line = _aider(url, path, goal) if peer is AIDER else _mini(url, goal)
    variables = environment(
        HOME=str(home),
        XDG_CONFIG_HOME=str(home / "config"),
        OPENAI_API_BASE=url,
        LITELLM_LOCAL_MODEL_COST_MAP="True",
        MSWEA_CONFIGURED="true",
        MSWEA_GLOBAL_CONFIG_DIR=str(home),
        MSWEA_COST_TRACKING="ignore_errors",
        MSWEA_SILENT_STARTUP="1",
    )
    cost = measured(line, env=variables, cwd=root)
    if not (root / path).is_file():
        raise CommandFailed(f"{peer.name} ended well, but wrote no {path}")
    return cost


def _aider(url: str, path: str, goal: str) -> list[str]:
    off = ("stream", "check-update", "show-model-warnings", "analytics", "pretty", "gitignore", "show-release-notes")
    model = ("--model", "openai/scripted", "--weak-model", "openai/scripted", "--openai-api-base", url)
    options = [*model, "--edit-format", "whole", "--yes-always", *(f"--no-{each}" for each in off)]
    return [AIDER.command, *options, "--message", goal, path]


def _mini(url: str, goal: str) -> list[str]:
    settings = ("mini.yaml", f"model.model_kwargs.api_base={url}", "model.cost_tracking=ignore_errors")
    options = [part for each in settings for part in ("-c", each)]
    return [MINI.command, "-m", "openai/scripted", "-t", goal, "--yolo", "--exit-immediately", *options]


def script() -> dict[str, Any]:
    """Rules that answer both peers in their own formats."""
    rules: list[Mapping[str, Any]] = []
    for number in range(1, 60):
        module = f"def value():\n    return {number}\n"
        asked = f"Write src/t{number}.py, whose function value returns {number}."
        write = f"mkdir -p src && printf '%s' {json.dumps(module)} > src/t{number}.py"
        rules += [
            {
                "when": {"contains": [asked, "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"], "turn": 0},
                "calls": [_bash(write)],
            },
            {
                "when": {"contains": [asked, "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"], "turn": 1},
                "calls": [_bash("echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT")],
            },
            {"when": {"contains": asked}, "text": f"src/t{number}.py\n```\n{module}```\n"},
        ]
    return {"rules": rules, "otherwise": {"text": "Add a module"}}


def _bash(command: str) -> dict[str, Any]:
    return {"name": "bash", "arguments": {"command": command}}


def _uv() -> str:
    """A uv: the one `make` fetched, one on the path, or one fetched now."""
    fetched = HOME / "uv"
    for place in (Path(sys.prefix) / "uv/bin/uv", Path(sys.prefix) / "bin/uv", fetched / "bin/uv"):
        if place.is_file():
            return str(place)
    if (found := shutil.which("uv")) is not None:
        return found
    _call([sys.executable, "-m", "pip", "install", "-q", "--target", str(fetched), f"uv=={UV}"])
    return str(fetched / "bin/uv")


def _call(command: list[str], **more: str) -> None:
    cache = Path(sys.prefix) / "cache"
    places = {"UV_CACHE_DIR": str(cache / "uv"), "PIP_CACHE_DIR": str(cache / "pip"), "UV_PYTHON_DOWNLOADS": "never"}
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **places, **more},
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotInstall(f"{command[0]}: {error}") from error
    if done.returncode:
        raise CannotInstall(f"{' '.join(command)}:\n{done.stderr[-1500:]}")
