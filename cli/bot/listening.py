"""Opens the bot's port: uvicorn in a thread of its own, with limits. Only this and connection.py know the server.

In a thread, so that nothing that a message sets off can hold up the answer to the next one.
"""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...orchestrator.errors import UsageError
from .intake import Intake
from .patience import Patience

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from uvicorn import Server

_HEAD_BYTES = 16_384
_LEAVE = 5
"""Seconds for answers under way when the server ends."""


@contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens; ``port`` 0 takes any free one.

    Raises:
        UsageError: it cannot; the message says why.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends what it has at once only for sockets that say their protocol; others hold an answer for 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(2048)
        except (OSError, OverflowError) as error:
            why = str(error).rstrip(".")
            raise UsageError(f"{host}:{port} cannot be used: {why}; choose another with --port or --host.") from error
        yield listener


@contextmanager
def open_door(
    listener: socket.socket, application: "Starlette", intake: Intake, *, patience: Patience | None = None
) -> Iterator["Future[None]"]:
    """Answer until the block ends; whoever has sent a message is answered before. The future tells of its end."""
    server = _server(application, patience or Patience())
    ended: Future[None] = Future()

    async def serve() -> None:
        await server.serve(sockets=[listener])
        await intake.drain()

    def run() -> None:
        try:
            asyncio.run(serve())
        finally:
            ended.set_result(None)

    thread = threading.Thread(target=run, name="door", daemon=True)
    thread.start()
    try:
        yield ended
    finally:
        server.should_exit = True
        thread.join(2 * _LEAVE)


def _server(application: "Starlette", patience: Patience) -> "Server":
    """It logs nothing, and believes nothing that a proxy says."""
    from uvicorn import Config, Server

    from .connection import Connection

    config = Config(
        application,
        http=type("Limited", (Connection,), {"patience": patience}),
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=patience.idle,
        timeout_graceful_shutdown=_LEAVE,
        h11_max_incomplete_event_size=_HEAD_BYTES,
    )
    return Server(config)
