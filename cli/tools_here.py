"""Which command-line tools that can play a model are on this machine; each is found by running it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass

from ..agents.models.command import ALLOWED
from ..agents.models.command_tools import TOOLS, Tool
from ..tui.clean import clean

_SECONDS = 10.0
"""For `--version`; tools on node take up to two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A tool that is there. ``version`` is what it says itself, empty where it could not be run."""

    tool: Tool
    version: str

    @property
    def told(self) -> str:
        """``claude-cli (Claude Code 2.1.288)``."""
        version = "cannot be run" if not self.version else self.version
        return f"{self.tool.name} ({self.tool.title}, {version})"


def installed(environ: Mapping[str, str] = os.environ) -> tuple[Installed, ...]:
    """Every known tool on the PATH, with its version; whether somebody is logged in shows at the first call."""
    found = ((tool, shutil.which(tool.program, path=environ.get("PATH"))) for tool in TOOLS.values())
    return tuple(Installed(tool=tool, version=_version(path, environ)) for tool, path in found if path)


def named(environ: Mapping[str, str] = os.environ) -> tuple[Tool, ...]:
    """The known tools on the PATH, without running them."""
    return tuple(tool for tool in TOOLS.values() if shutil.which(tool.program, path=environ.get("PATH")))


def _version(path: str, environ: Mapping[str, str]) -> str:
    env = {name: environ[name] for name in ALLOWED if name in environ} | {"NO_COLOR": "1", "TERM": "dumb"}
    with tempfile.TemporaryDirectory(prefix="agentctl-version-", ignore_cleanup_errors=True) as folder:
        try:
            done = subprocess.run(
                [path, "--version"],
                env=env,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
    lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
    return clean(lines[-1], width=60) if lines and done.returncode == 0 else ""
