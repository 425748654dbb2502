"""An MCP server inside the sandbox: the protocol passes through two pipes that it inherits as stdin and stdout."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from ...orchestrator.nouns.servers import ToolServer
from ...orchestrator.ports import Completed
from ...orchestrator.sandbox.port import CommandLimits, Mount, Sandbox

_SHIM = (
    "import os,sys;r,w=int(sys.argv[1]),int(sys.argv[2]);os.dup2(r,0);os.dup2(w,1);os.closerange(3,max(r,w)+1);"
    "os.execvp(sys.argv[3],sys.argv[3:])"
)
"""Moves the pipes to where a server looks for them; the sandbox itself gives commands no input."""

_LONGEST_LINE = 16_000_000
_WEEK = 7 * 86_400
_LIMITS = CommandLimits(seconds=float(_WEEK), cpu_seconds=_WEEK, output_bytes=1_000_000)
"""A server lives as long as its run; memory, processes and disk are held as for any command."""
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_AFTER = 2.0
"""Seconds a server has to end by itself when its input does."""


@contextlib.asynccontextmanager
async def sandboxed(
    settings: ToolServer, sandbox: Sandbox, *, scratch: Path, env: Mapping[str, str], said: list[Callable[[], str]]
) -> AsyncIterator[Any]:
    """The two streams the SDK talks through; the server is dead, with all it started, when this is left.

    ``scratch`` is the only folder it may write; ``said`` gets a reader of what it wrote to stderr, once it has ended.
    """
    from anyio import create_memory_object_stream  # noqa: PLC0415 - comes with the SDK

    inward, outward = os.pipe(), os.pipe()
    running = asyncio.create_task(_run(settings, sandbox, scratch, env, inherit=(inward[0], outward[1])))
    said.append(lambda: _said(running))
    reader, close_reader = await _reader(outward[0])
    writer, close_writer = await _writer(inward[1])
    to_session, from_server = create_memory_object_stream[Any](0)
    to_server, from_session = create_memory_object_stream[Any](0)

    def ended(_: object) -> None:
        """Let go of the server's ends, so that whoever reads from it or writes to it hears that it is gone."""
        for fd in (inward[0], outward[1]):
            os.close(fd)

    running.add_done_callback(ended)
    tasks = [asyncio.create_task(_receive(reader, to_session)), asyncio.create_task(_send(from_session, writer))]
    try:
        yield from_server, to_server
    finally:
        close_writer()
        done, _ = await asyncio.wait({running}, timeout=_AFTER)
        for task in (*tasks, *([] if done else [running])):
            task.cancel()
        await asyncio.gather(*tasks, running, return_exceptions=True)
        close_reader()
        for stream in (to_session, from_server, to_server, from_session):
            stream.close()


async def _receive(reader: asyncio.StreamReader, to_session: Any) -> None:
    from mcp.shared.message import SessionMessage  # noqa: PLC0415 - 2 s of CPU
    from mcp.types import jsonrpc_message_adapter  # noqa: PLC0415 - as above

    async with to_session:
        while line := await reader.readline():
            try:
                message = jsonrpc_message_adapter.validate_json(line, by_name=False)
            except ValueError as error:
                await to_session.send(error)
            else:
                await to_session.send(SessionMessage(message))


async def _send(from_session: Any, writer: asyncio.StreamWriter) -> None:
    async with from_session:
        async for each in from_session:
            text = each.message.model_dump_json(by_alias=True, exclude_unset=True)
            writer.write(f"{text}\n".encode())
            await writer.drain()


async def _run(
    settings: ToolServer, sandbox: Sandbox, scratch: Path, env: Mapping[str, str], *, inherit: tuple[int, int]
) -> Completed:
    paths = _places(settings)
    return await sandbox.run(
        [_python(), "-I", "-S", "-c", _SHIM, *map(str, inherit), *settings.command],
        root=scratch,
        writable=True,
        limits=_LIMITS,
        env={"PATH": _PATH, "LANG": "C.UTF-8", **env},
        mounts=[Mount(source=path, target=str(path)) for path in paths],
        inherit=inherit,
    )


def _places(settings: ToolServer) -> list[Path]:
    return [Path(path).expanduser().absolute() for path in settings.read]


def _python() -> str:
    """This interpreter at the place where the sandbox shows it."""
    return os.path.realpath(sys.executable)


def _said(running: "asyncio.Task[Completed]") -> str:
    if not running.done() or running.cancelled():
        return ""
    error = running.exception()
    return str(error) if error is not None else running.result().output


async def _reader(fd: int) -> tuple[asyncio.StreamReader, Callable[[], None]]:
    reader = asyncio.StreamReader(limit=_LONGEST_LINE)
    pipe = os.fdopen(fd, "rb", buffering=0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    return reader, transport.close


async def _writer(fd: int) -> tuple[asyncio.StreamWriter, Callable[[], None]]:
    loop = asyncio.get_running_loop()
    pipe = os.fdopen(fd, "wb", buffering=0)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, pipe)
    return asyncio.StreamWriter(transport, protocol, None, loop), transport.close
