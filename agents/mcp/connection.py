"""A connection to one MCP server, held by a task of its own: the SDK wants it opened and closed by the same one."""

import asyncio
import contextlib
import importlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp.client.client import Client

SAID = 600
"""Characters of what a server wrote beside the protocol that are shown."""
_CLOSING = 10.0

Transport = Callable[[AsyncExitStack, list[Callable[[], str]]], Awaitable[Any]]
"""Makes what the SDK talks through; adds what it needs to the stack, and readers of what the server said."""


class Connection:
    """A connection and the task that holds it."""

    client: "Client"

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._said: list[Callable[[], str]] = []
        self._leave = asyncio.Event()
        self._gone = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ready = False

    @property
    def over(self) -> bool:
        """Whether there is nothing behind it any more."""
        return self._task is None or self._task.done() or self._gone.is_set()

    def said(self) -> str:
        """The last of what a server that was started here wrote beside the protocol."""
        return "\n".join(text for tell in self._said if (text := tell().strip()))[-SAID:]

    async def open(self, seconds: float) -> None:
        """Connect; raises whatever kept that from happening."""
        await asyncio.to_thread(_load)
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold(ready))
        try:
            async with asyncio.timeout(seconds):
                await asyncio.wait((ready, self._task), return_when=asyncio.FIRST_COMPLETED)
            if not ready.done():
                await self._task
                raise EOFError("it ended at once")
        except TimeoutError:
            raise TimeoutError(f"it does not answer within {seconds:g} s") from None
        finally:
            ready.cancel()

    async def _hold(self, ready: "asyncio.Future[None]") -> None:
        from mcp.client.client import Client  # noqa: PLC0415 - 2 s of CPU

        async with AsyncExitStack() as stack:
            transport = _watched(await self._transport(stack, self._said), self._gone)
            self.client = await stack.enter_async_context(Client(transport, cache=None))
            self._ready = True
            ready.set_result(None)
            await self._leave.wait()

    async def close(self) -> None:
        """End it, whatever state it is in; returns when nothing of it is left."""
        self._leave.set()
        if self._task is None:
            return
        done, _ = await asyncio.wait({self._task}, timeout=_CLOSING if self._ready else 0.0)
        if not done:
            self._task.cancel()
            await asyncio.wait({self._task})
        if not self._task.cancelled():
            self._task.exception()  # told where it mattered


def _load() -> None:
    """Import the SDK, once, away from the event loop, and keep it from writing to the terminal."""
    importlib.import_module("mcp.client.client")
    for name in ("mcp", "client", "httpx", "httpx2"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@contextlib.asynccontextmanager
async def _watched(transport: Any, gone: asyncio.Event) -> AsyncIterator[Any]:
    """The same transport; ``gone`` is set when the server's output has ended."""
    from anyio import create_memory_object_stream  # noqa: PLC0415 - comes with the SDK

    async with transport as (read, write):
        onward, arriving = create_memory_object_stream[Any](0)

        async def pass_on() -> None:
            try:
                async with onward:
                    async for each in read:
                        await onward.send(each)
            finally:
                gone.set()

        passing = asyncio.create_task(pass_on())
        try:
            yield arriving, write
        finally:
            passing.cancel()
            await asyncio.gather(passing, return_exceptions=True)
            onward.close()
            arriving.close()
