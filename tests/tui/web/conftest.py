"""A server with scripted viewers, and bytes on a socket as any program on this machine could send them."""

import asyncio
import base64
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from agentctl.tui.web.dashboards import Serving
from agentctl.tui.web.server import serve
from aiohttp import web

DASHBOARD = Path(__file__).with_name("dashboard.py")
PATIENCE = 20.0
"""Seconds after which a silent server is taken for stuck."""


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Page:
    """One end of a WebSocket, without a browser."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def hear(self) -> str | None:
        """The next message in words; None once the server closes it."""
        async with asyncio.timeout(PATIENCE):
            head = await self.reader.readexactly(2)
            size = head[1] & 0x7F
            if size >= 126:
                size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
            payload = await self.reader.readexactly(size)
        if head[0] & 0xF == 8:
            self.send(payload[:2], opcode=8)
            self.leave()
            return None
        return payload.decode()

    async def until(self, words: str) -> str:
        heard = ""
        while words not in heard:
            more = await self.hear()
            assert more is not None, heard
            heard += more
        return heard

    def say(self, *message: Any) -> None:
        self.send(json.dumps(message).encode())

    def send(self, payload: bytes, *, opcode: int = 1) -> None:
        size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xff" + len(payload).to_bytes(8, "big")
        self.writer.write(bytes([0x80 | opcode]) + size + bytes(4) + payload)

    def leave(self) -> None:
        self.writer.close()


@dataclass
class Served:
    """A server that runs, and what it said."""

    address: str
    port: int
    said: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    @property
    def token(self) -> str:
        return (self.addresses[-1:] or [self.address])[0].partition("token=")[2]

    @property
    def cookie(self) -> str:
        return self.sessions[-1]

    async def send(self, data: bytes) -> Answer:
        """These bytes, and the first answer to them."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(data)
            async with asyncio.timeout(PATIENCE):
                return await _answer(reader, is_head=data.startswith(b"HEAD"))
        finally:
            writer.close()

    async def all(self, data: bytes) -> bytes:
        """All that comes back before the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        async with asyncio.timeout(PATIENCE):
            answers = await reader.read()
        writer.close()
        return answers

    async def ask(self, line: str = "GET / HTTP/1.1", *headers: str, cookie: str | None = None) -> Answer:
        """A request of this line, with a Host and a session unless others are given."""
        cookie = self.cookie if cookie is None and self.sessions else cookie
        named = {header.partition(":")[0].lower() for header in headers}
        lines = [line, *headers]
        lines += [] if "host" in named else [f"Host: 127.0.0.1:{self.port}"]
        lines += [f"Cookie: {cookie}"] if cookie else []
        return await self.send("".join(f"{each}\r\n" for each in [*lines, ""]).encode("latin-1"))

    async def enter(self) -> str:
        """Use up the token; the cookie."""
        answer = await self.ask(f"GET /?token={self.token} HTTP/1.1", cookie="")
        assert (answer.status, answer.headers["location"]) == (303, "/")
        self.sessions.append(answer.headers["set-cookie"].partition(";")[0])
        return self.cookie

    async def open(self, *headers: str, query: str = "?width=90&height=30") -> Answer | Page:
        """A WebSocket, or the answer that refused it; our own origin and session unless others are given."""
        named = {header.partition(":")[0].lower() for header in headers}
        more = [] if "origin" in named else [f"Origin: http://127.0.0.1:{self.port}"]
        more += [] if "cookie" in named else [f"Cookie: {self.cookie}"]
        lines = [
            f"GET /ws{query} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            *(header for header in [*headers, *more] if not header.endswith(":")),
        ]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write("".join(f"{each}\r\n" for each in [*lines, ""]).encode())
        async with asyncio.timeout(PATIENCE):
            answer = await _answer(reader)
        if answer.status == 101:
            self.pages.append(Page(reader, writer))
            return self.pages[-1]
        writer.close()
        return answer

    async def page(self) -> Page:
        page = await self.open()
        assert isinstance(page, Page)
        return page


async def _answer(reader: asyncio.StreamReader, *, is_head: bool = False) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = b"" if is_head else await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(int(head[0].split()[1]), headers, body)


Start = Callable[..., Awaitable[Served]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """``await start(write=True)``: a server that ends with the test."""
    async with AsyncExitStack() as stack:

        async def begin(
            *, write: bool = False, kind: str = "", routes: Sequence[web.RouteDef] = (), entered: bool = True
        ) -> Served:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            served = Served("", listener.getsockname()[1])
            stack.callback(lambda: [page.leave() for page in served.pages])
            serving = Serving(
                viewer=lambda writes: [sys.executable, "-S", str(DASHBOARD), kind or ("writes" if writes else "looks")],
                write=write,
                title="a <run>",
                say=served.said.append,
                opened=served.addresses.append,
            )
            served.address = await stack.enter_async_context(serve(listener, serving, routes=routes))
            if entered:
                await served.enter()
            return served

        yield begin
