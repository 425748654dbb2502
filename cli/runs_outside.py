"""What a run will start outside the sandbox because its settings say so: told before anything is started."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from ..orchestrator.nouns.servers import ToolServer
from ..tui.clean import clean


def runs_outside(models: Mapping[str, Any], servers: tuple[ToolServer, ...]) -> Iterator[str]:
    """A line for each program of the settings that gets the person's own rights."""
    for tier, chosen in models.items():
        for each in chosen if isinstance(chosen, tuple | list) else (chosen,):
            if isinstance(each, Mapping) and each.get("command"):
                yield _told(f"models.{tier}", tuple(map(str, each["command"])))
    for server in servers:
        if server.trusted:
            yield _told(f"mcp.{server.name}", server.command)


def _told(where: str, argv: tuple[str, ...]) -> str:
    return f"{where} runs outside the sandbox, with your rights: {clean(shlex.join(argv), width=160)}"
