"""What tests of command-line tools share: a request, and whether their processes live."""

import asyncio
import os
import stat
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
from agentctl.agents.models.command import CommandModel
from agentctl.agents.models.port import Message, Request, ToolSpec
from agentctl.agents.models.tiers import Deployment
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey

KEY = CallKey(attempt=AttemptKey(task="T1"), role="worker", turn=0)
READ = ToolSpec(
    name="read",
    description="Read a file.",
    parameters={"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)
ASK = Request(tier="flash", messages=(Message(role="user", text="Say hello, ünïcode and all."),))
Make = Callable[..., CommandModel]


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


async def until(ready: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not ready():  # noqa: ASYNC110 - a file that another process writes
            await asyncio.sleep(0.01)


def maker(tmp_path: Path) -> Make:
    """Makes a model of a script."""
    """A model whose tool is this Python text."""

    def _make(body: str, *, args: tuple[str, ...] = (), environ: Mapping[str, str] | None = None, **fields: Any) -> Any:
        tool = tmp_path / "tool"
        tool.write_text(f"#!{sys.executable}\n{textwrap.dedent(body)}")
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
        deployment = Deployment(
            **{
                "model": "command/tool",
                "price": None,
                "tools": "text",
                "command": (str(tool), *args),
                "idle_seconds": 20.0,
                "total_seconds": 20.0,
                **fields,
            }
        )
        return CommandModel(deployment, clock=SystemClock(), environ=os.environ if environ is None else environ)

    return _make
