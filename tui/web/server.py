"""The guarded server: textual-serve's side of a dashboard behind a token, on one port of loopback, in this process.

The only module that opens a port for the dashboard. Every request, also one that cannot be read, is answered by what is
here or in dashboards.py; guard.py says which are heard at all, door.py who may come in.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from . import guard
from .dashboards import ALIVE, LONGEST, Dashboards, Serving, plain
from .page import FILES, HEADERS, POLICY
from .told import Told
from .viewer import GRACE

Answering = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_LONGEST_LINE = 4096
_LONGEST_HEADER = 8190
_MOST_HEADERS = 64
_PATIENCE = 2 * GRACE
"""Seconds for which the end of the server waits for its answers."""


@asynccontextmanager
async def serve(
    listener: socket.socket, serving: Serving, *, routes: Sequence[web.RouteDef] = ()
) -> AsyncIterator[str]:
    """Serve on this socket, and give the address, token included; with the block the viewers end too.

    ``routes`` are of somebody else and answer for themselves: whoever sends them is heard without host, origin and
    session. Only the limits of sizes and the headers of the answers are those of this server.
    """
    port = listener.getsockname()[1]
    dashboards = Dashboards(serving, port=port)
    runner = web.AppRunner(_application(dashboards, routes), access_log=None, shutdown_timeout=_PATIENCE)
    await runner.setup()
    manager, loop = runner.server, asyncio.get_running_loop()
    if manager is None:
        raise RuntimeError("aiohttp has set up no server")
    manager.request_handler = _guarded(manager.request_handler, dashboards, routes)
    server = await loop.create_server(lambda: _Connection(manager, loop=loop, told=dashboards.told), sock=listener)
    try:
        yield dashboards.address
    finally:
        server.close()
        await runner.cleanup()


def _guarded(inner: Answering, dashboards: Dashboards, routes: Sequence[web.RouteDef]) -> Answering:
    """The guard before all that aiohttp does with a request: its routing and its `Expect` come after."""
    theirs = frozenset((route.method, route.path) for route in routes)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if (request.method, request.raw_path) in theirs:
            return await inner(request)
        refused = dashboards.refusal(request)
        if refused is not None:
            return plain(refused)
        try:
            return await inner(request)
        except web.HTTPException as error:  # a handshake or an expectation that is none; aiohttp quotes it
            dashboards.told.tell(f"refused {error.status}: {request.method} {request.path}")
            return plain(guard.BAD_REQUEST)

    return answer


def _application(dashboards: Dashboards, routes: Sequence[web.RouteDef]) -> web.Application:
    application = web.Application(client_max_size=LONGEST)
    files = [web.get(path, dashboards.file) for path in FILES]
    application.add_routes(
        [web.get("/", dashboards.index), web.get(guard.SOCKET, dashboards.live), *files, *routes],
    )
    application.on_response_prepare.append(_with_headers)
    application.on_shutdown.append(dashboards.end)
    return application


class _Connection(web.RequestHandler):
    """aiohttp's, but what cannot be read as a request is answered in constant words, with the headers of every answer.

    aiohttp would quote the request in its answer.
    """

    def __init__(self, manager: web.Server, *, loop: asyncio.AbstractEventLoop, told: Told) -> None:
        super().__init__(
            manager,
            loop=loop,
            keepalive_timeout=ALIVE,
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_HEADER,
            max_headers=_MOST_HEADERS,
        )
        self._told = told

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's signature; it quotes the request
    ) -> web.StreamResponse:
        """A request that could not be read, or an answer that could not be made."""
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer is sent already")
        unreadable = status < guard.BROKEN.status
        refused = guard.BAD_REQUEST if unreadable else guard.BROKEN
        why = "a request that cannot be read" if unreadable else f"{type(exc).__name__}: {exc}"
        self._told.tell(f"refused {refused.status}: {why}")
        answer = plain(refused)
        answer.force_close()
        return answer


async def _with_headers(_: web.Request, response: web.StreamResponse) -> None:
    allowed = response.headers.get(POLICY, HEADERS[POLICY])
    response.headers.update(HEADERS)
    response.headers[POLICY] = allowed
