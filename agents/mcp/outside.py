"""The tools of MCP servers as workers have them: pinned when a run begins, and each call asked at most once.

What a server answers is decided by the world, not by the run, so tools and answers are choices of the run: a resume
finds them, a recording keeps them, and a replay obeys them without any server.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from ...orchestrator.nouns.events import Chosen, Noted
from ...orchestrator.rules.normalise import shorten
from ..fences import fence, plain
from ..schema import problems
from ..tools.site import FAILURE, MAX_RESULT, Outcome, failure
from .catalogue import Pinned, pinned, read, write
from .client import Declined, Server, Unanswered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ...orchestrator.nouns.events import Fact
    from ...orchestrator.nouns.keys import AttemptKey
    from ...orchestrator.ports import Job, Store
    from ..models.port import ToolCall, ToolSpec

CHOICES = "mcp:"
"""Prefix of all choices of this room; a recording's are laid before a replay."""
TOOLS = f"{CHOICES}tools"
_RESULT = f"{CHOICES}result:"
_DOUBT = "It may have taken effect: look before you repeat it"
_SENT = f"{CHOICES}sent:"
"""Prefix of the choices that say that a call with an effect has gone out."""


class OutsideTools:
    """What workers of a run may call outside it.

    Args:
        tools: as they are pinned; fixed for the whole run.
        servers: by their names; empty in a replay, where only what was recorded is answered.
        store: where answers are kept.
        recorded: the recording's choice of a key, in a replay.
        redact: takes secrets out of an answer before it is kept or shown.
    """

    def __init__(
        self,
        tools: Sequence[Pinned] = (),
        *,
        store: Store | None = None,
        servers: Mapping[str, Server] | None = None,
        recorded: Callable[[str], str | None] = lambda _: None,
        redact: Callable[[str], str] = str,
    ) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._store = store
        self._servers = dict(servers or {})
        self._recorded = recorded
        self._redact = redact

    @property
    def version(self) -> str:
        """Changes with what workers are told of these tools; empty where there are none."""
        return sha256(write(self._tools.values()).encode()).hexdigest() if self._tools else ""

    def specs(self, team: str) -> tuple[ToolSpec, ...]:
        """What that team's workers are offered, in the order of the names."""
        return tuple(tool.spec for name, tool in sorted(self._tools.items()) if _may(tool, team))

    def at(self, job: Job, turn: int) -> Reach:
        """These tools for the calls of one turn."""
        return Reach(outside=self, job=job, turn=turn)

    def tool(self, name: str, team: str) -> Pinned | None:
        """A tool that team may call."""
        tool = self._tools.get(name)
        return tool if tool is not None and _may(tool, team) else None

    async def answer(self, tool: Pinned, call: ToolCall, *, key: AttemptKey, turn: int) -> str:
        """What came of a call, as its worker reads it; asked of the server only where nobody knows."""
        place = f"{key}/{turn}/{call.id}"
        if (known := self._known(f"{_RESULT}{place}")) is not None:
            return known
        if self._known(f"{_SENT}{place}") is not None:
            return self._keep(
                f"{_RESULT}{place}",
                f"{FAILURE}the run was interrupted during this call. {_DOUBT}",
            )
        server = self._servers.get(tool.server)
        if server is None:
            return self._keep(
                f"{_RESULT}{place}", f"{FAILURE}{tool.name} is not there: its server is not part of this run"
            )

        def sending() -> None:
            if not tool.again:
                self._keep(f"{_SENT}{place}", "1")

        return self._keep(f"{_RESULT}{place}", self._redact(await _asked(server, tool, call, sending=sending)))

    async def close(self) -> None:
        """End every server that was started."""
        await asyncio.gather(*(server.close() for server in self._servers.values()))

    def _known(self, key: str) -> str | None:
        if self._store is None:
            return None
        kept = self._store.choice(key)
        return self._recorded(key) if kept is None else kept

    def _keep(self, key: str, value: str) -> str:
        if self._store is not None:
            self._store.append(Chosen(key=key, value=value), author="driver")
        return value


NONE = OutsideTools()
"""A run without servers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The tools outside for one turn of one job."""

    outside: OutsideTools
    job: Job
    turn: int

    def names(self) -> tuple[str, ...]:
        """What can be called."""
        return tuple(spec.name for spec in self.outside.specs(self.job.task.team))

    async def call(self, call: ToolCall) -> Outcome:
        """Carry a call out; what goes wrong is an outcome too."""
        tool = self.outside.tool(call.name, self.job.task.team)
        if tool is None:
            return failure(f"there is no tool {call.name[:80]!r} for this team")
        if wrong := problems(call.arguments, tool.spec.parameters, name="the call"):
            return failure(f"{call.name} was not carried out: {'; '.join(wrong[:3])}")
        text = await self.outside.answer(tool, call, key=self.job.key, turn=self.turn)
        return Outcome(text=text, ok=not text.startswith(FAILURE))


async def begin(
    servers: Mapping[str, Server],
    *,
    store: Store,
    replaying: bool,
    recorded: Callable[[str], str | None],
    redact: Callable[[str], str],
) -> OutsideTools:
    """The tools of a run: those it was pinned with, those of its recording, or what its servers list now.

    Raises SettingsError where a server cannot be used.
    """
    text = store.choice(TOOLS)
    if text is None and replaying:
        text = recorded(TOOLS)
        if text is not None:
            store.append(Chosen(key=TOOLS, value=text), author="driver")
    elif text is None and servers:
        try:
            text, notes = await _listed(servers)
        except BaseException:
            await asyncio.gather(*(server.close() for server in servers.values()))
            raise
        facts: list[Fact] = [Noted(text=note) for note in notes]
        store.append(Chosen(key=TOOLS, value=text), *facts, author="driver")
    return OutsideTools(
        read(text) if text else (), store=store, servers={} if replaying else servers, recorded=recorded, redact=redact
    )


async def _listed(servers: Mapping[str, Server]) -> tuple[str, list[str]]:
    listed = await asyncio.gather(*(server.tools() for server in servers.values()))
    tools: list[Pinned] = []
    notes: list[str] = []
    for server, each in zip(servers.values(), listed, strict=True):
        found, left_out = pinned(server.settings, each)
        tools += found
        notes += left_out
    return write(tools), notes


async def _asked(server: Server, tool: Pinned, call: ToolCall, *, sending: Callable[[], None]) -> str:
    try:
        text = await server.call(tool.tool, call.arguments, sending=sending)
    except Declined as declined:
        return f"{FAILURE}{tool.name} says:\n{_fenced(str(declined), tool)}"
    except Unanswered as unanswered:
        doubt = f". {_DOUBT}" if unanswered.sent and not tool.again else ""
        return f"{FAILURE}{tool.name} is not there: {unanswered}{doubt}"
    return _fenced(text, tool)


def _fenced(text: str, tool: Pinned) -> str:
    return fence(shorten(plain(text), MAX_RESULT), f"answer of {tool.name}")


def _may(tool: Pinned, team: str) -> bool:
    return not tool.teams or team in tool.teams
