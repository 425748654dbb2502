"""The tool `run`: a shell command inside the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.port import ToolSpec
from .site import Outcome, Refused, Site, number_of, said, text_of

if TYPE_CHECKING:
    from ..models.port import Json

SECONDS = 60
MOST_SECONDS = 300

_STOPPED = {
    "time": "it was stopped after {seconds} s",
    "output": "it was stopped because it wrote too much",
    "memory": "it was stopped because it used too much memory",
    "disk": "it was stopped because it filled the disk",
}

SPEC = ToolSpec(
    name="run",
    description=(
        "Run a shell command in the root of the repository, in a sandbox without network. "
        "Files it changes outside of what you own are refused later. To judge your work, use test."
    ),
    parameters={
        "type": "object",
        "properties": {
            "command": {"type": "string", "description": "for sh; it must end by itself and read no input"},
            "seconds": {"type": "integer", "description": f"limit; default {SECONDS}, at most {MOST_SECONDS}"},
        },
        "required": ["command"],
        "additionalProperties": False,
    },
)


async def run(site: Site, arguments: dict[str, Json]) -> Outcome:
    """Exit status and output; a status other than 0 is a result like any other."""
    command = text_of(arguments, "command")
    if not command.strip() or "\0" in command:
        raise Refused("`command` is empty, or holds a NUL")
    seconds = min(max(1, number_of(arguments, "seconds", SECONDS)), MOST_SECONDS)
    done = await site.workspace.run(command, seconds=float(seconds))
    end = f"exit {done.exit}" if done.exit is not None else "no exit status"
    if done.stopped:
        end = _STOPPED[done.stopped].format(seconds=seconds)
    if not done.output.strip():
        return Outcome(text=f"{end}, no output")
    return Outcome(text=f"{end}\n{said(done.output, 'output')}")
