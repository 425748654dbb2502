"""One MCP server: started or reached when it is first asked, again once if it dies, and ended with the run."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from ...orchestrator.errors import AgentctlError, SettingsError
from ...orchestrator.nouns.servers import ToolServer
from ...orchestrator.sandbox.port import Sandbox
from ..models.command_process import MARK, end_marked, new_mark
from ..models.port import Json
from .catalogue import Listed
from .connection import SAID, Connection
from .sandboxed import sandboxed
from .wire import listed, text_of

_START = 30.0
"""Seconds in which a server has to be there and to list its tools."""
_AT_ONCE = 8
"""Calls under way at one server."""
_LIVES = 2
"""It is started once, and once more after it has died."""
_PASSED = ("HOME", "PATH", "LANG", "LC_ALL", "TZ", "USER")


class Unanswered(AgentctlError):
    """A call that got no answer; ``sent`` where it may have taken effect all the same."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class Declined(AgentctlError):
    """The server answered that it will not, or that its tool failed."""


class Server:
    """A connection that is made when it is needed.

    Args:
        settings: what the person wrote of it.
        sandbox: what confines a command that is not trusted; asked for when that is started.
        environ: where its variables and its token are looked up.
    """

    def __init__(
        self,
        settings: ToolServer,
        *,
        sandbox: Callable[[], Awaitable[Sandbox]],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.settings = settings
        self._sandbox = sandbox
        self._environ = environ
        self._connected: Connection | None = None
        self._lives = _LIVES
        self._turn = asyncio.Lock()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._why = ""

    async def tools(self) -> tuple[Listed, ...]:
        """What it offers; raises SettingsError where it cannot be started or does not answer."""
        for _ in range(_LIVES):
            try:
                held = await self._held()
                async with asyncio.timeout(_START):
                    return await listed(held.client)
            except SettingsError:
                raise
            except Exception as error:  # noqa: BLE001 - the SDK raises its own, anyio's, httpx's and pydantic's
                await self._lost(error)
        raise SettingsError(f"mcp.{self.settings.name} {self._why}; correct its settings, or take them out")

    async def call(
        self, tool: str, arguments: Mapping[str, Json], *, sending: Callable[[], None] = lambda: None
    ) -> str:
        """The answer as text; ``sending`` is called once the server is there, just before the call goes out.

        Raises Declined for an answer that is an error, and Unanswered where there is none in time, or nobody is there.
        """
        from mcp.shared.exceptions import MCPError  # noqa: PLC0415 - 2 s of CPU
        from mcp.types import CONNECTION_CLOSED, REQUEST_TIMEOUT  # noqa: PLC0415 - as above

        async with self._room:
            held = await self._held()
            sending()
            try:
                async with asyncio.timeout(self.settings.seconds):
                    result = await held.client.call_tool(tool, dict(arguments))
            except TimeoutError:
                raise Unanswered(f"no answer within {self.settings.seconds:g} s", sent=True) from None
            except MCPError as error:
                if error.code == REQUEST_TIMEOUT:
                    raise Unanswered(f"no answer within {self.settings.seconds:g} s", sent=True) from None
                if error.code != CONNECTION_CLOSED:
                    raise Declined(error.message[:SAID]) from None
                await self._lost(error, held)
                raise Unanswered("the server ended during the call", sent=True) from None
            except Exception as error:  # noqa: BLE001 - as above
                await self._lost(error, held)
                raise Unanswered("the connection to the server broke during the call", sent=True) from None
        text = text_of(result)
        if result.is_error:
            raise Declined(text or "it failed and does not say why")
        return text

    async def close(self) -> None:
        """End the connection, and the server where it was started here."""
        held, self._connected, self._lives = self._connected, None, 0
        if held is not None:
            await held.close()

    async def _held(self) -> Connection:
        """The connection, made now if there is none; raises Unanswered where the server is not there any more."""
        async with self._turn:
            if self._connected is not None and not self._connected.over:
                return self._connected
            if self._connected is not None:
                await self._connected.close()
                self._connected = None
            if self._lives <= 0:
                raise Unanswered(f"the server {self.settings.name} is not there any more", sent=False)
            self._lives -= 1
            held = Connection(self._transport)
            try:
                await held.open(_START)
                self._connected = held
            except AgentctlError:
                raise
            except Exception as error:
                await held.close()
                self._why = _reason(error, held.said(), self.settings)
                raise Unanswered(f"the server {self.settings.name} {self._why}", sent=False) from error
            finally:
                if self._connected is not held:  # also where whoever waits was cancelled
                    await held.close()
            return held

    async def _lost(self, error: BaseException, held: Connection | None = None) -> None:
        """Let go of a connection that broke, unless somebody else has done so already."""
        async with self._turn:
            lost = self._connected
            if lost is not None and held in (None, lost):
                self._connected = None
                await lost.close()
                self._why = _reason(error, lost.said(), self.settings)

    async def _transport(self, stack: AsyncExitStack, said: list[Callable[[], str]]) -> Any:
        """What the SDK talks through; raises SettingsError for a command that would need to be trusted."""
        settings = self.settings
        if settings.url:
            return await self._http(stack)
        scratch = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="agentctl-mcp-", ignore_cleanup_errors=True))
        )
        env = {name: self._environ[name] for name in settings.env if name in self._environ}
        if not settings.trusted:
            sandbox = await self._sandbox()
            require_confined(settings, sandbox)
            return sandboxed(settings, sandbox, scratch=scratch, env=env, said=said)
        from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: PLC0415 - 2 s of CPU

        mark = new_mark()
        stack.push_async_callback(end_marked, mark)
        log = stack.enter_context((scratch / "stderr").open("w+", encoding="utf-8", errors="replace"))
        last: list[str] = []
        said.append(lambda: "".join(last))
        stack.callback(lambda: last.append(_tail(scratch / "stderr")))
        usual = {name: self._environ[name] for name in _PASSED if name in self._environ}
        (scratch / "cwd").mkdir()
        parameters = StdioServerParameters(
            command=settings.command[0],
            args=list(settings.command[1:]),
            env={**usual, **env, MARK: mark},
            cwd=scratch / "cwd",
        )
        return stdio_client(parameters, errlog=log)

    async def _http(self, stack: AsyncExitStack) -> Any:
        from mcp.client.streamable_http import streamable_http_client  # noqa: PLC0415 - 2 s of CPU
        from mcp.shared._httpx_utils import create_mcp_http_client  # noqa: PLC0415 - as above

        settings = self.settings
        if not settings.token_env:
            return streamable_http_client(settings.url)
        token = self._environ.get(settings.token_env, "").strip()
        if not token:
            raise SettingsError(f"mcp.{settings.name} needs its token: export {settings.token_env}=...")
        http = await stack.enter_async_context(create_mcp_http_client(headers={"Authorization": f"Bearer {token}"}))
        return streamable_http_client(settings.url, http_client=http)


def require_confined(settings: ToolServer, sandbox: Sandbox) -> None:
    """Refuse to start a command that nothing would confine and nobody has trusted; raises SettingsError."""
    if sandbox.name == "none":
        raise SettingsError(
            f"mcp.{settings.name} would run unconfined, as there is no sandbox here: if you trust "
            f"`{settings.command[0]}` with your files and your network, write `trusted = true` in [mcp.{settings.name}]"
        )


def _reason(error: BaseException, said: str, settings: ToolServer) -> str:
    """Why a server is not there, for a person."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    where = ""
    if settings.command and not settings.trusted:
        where = (
            "; it ran in the sandbox, without the network and without your files: name what it has to see in `read`, "
            "or write `trusted = true` to run it as you"
        )
    words = f" ({said})" if said else ""
    return f"cannot be used: {str(error) or type(error).__name__}{words}{where}"


def _tail(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace")[-SAID:]
    return ""
