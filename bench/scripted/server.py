"""A real OpenAI-compatible HTTP server on loopback that answers by script; costs about 0.1 ms CPU a call.

HTTP/1.1 with keep-alive, written on asyncio's protocols: a framework would cost the benches more than what they
measure.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec

from .script import Answer, Script
from .wire import Wire, read, write

_MOST_HEADER = 64 * 1024
_DRIP_SECONDS = 0.02


@dataclass(slots=True, kw_only=True)
class Counts:
    """What the server has seen; ``dropped`` are requests whose client went away before the answer."""

    calls: int = 0
    connections: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    dropped: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    by_call: Counter[str] = field(default_factory=Counter)


class ScriptedServer:
    """A server that is listening. ``url`` is what a client takes as its API base."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.counts = Counts()
        self.port = 0
        self.connections: set[_Connection] = set()
        self.changed = asyncio.Event()
        """Set whenever a request begins or ends; for tests that wait for one."""
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The API base: ``http://127.0.0.1:PORT/v1``."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; port 0 takes a free one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        if self._server is None:
            return
        self._server.close()
        for connection in tuple(self.connections):
            connection.close()
        await self._server.wait_closed()

    async def until(self, dropped: int = 0, in_flight: int = 0, calls: int = 0) -> None:
        """Wait until the counts have reached these figures."""
        while self.counts.dropped < dropped or self.counts.in_flight < in_flight or self.counts.calls < calls:
            self.changed.clear()
            await self.changed.wait()


@asynccontextmanager
async def serve(script: Script, *, port: int = 0) -> AsyncIterator[ScriptedServer]:
    """A scripted server in this process, for as long as the block lasts."""
    server = ScriptedServer(script)
    await server.start(port)
    try:
        yield server
    finally:
        await server.stop()


class _Connection(asyncio.Protocol):
    """One client connection: one request at a time, as clients without pipelining send them."""

    def __init__(self, server: ScriptedServer) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.connections.add(self)
        self._server.counts.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._server.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._busy:
            self._server.counts.dropped += 1
            self._ended()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._busy:
            return
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > _MOST_HEADER:
                self.close()
            return
        line, headers = _head(bytes(self._buffer[:end]))
        if headers.get("transfer-encoding", "").lower() == "chunked":
            found = _dechunk(self._buffer, end + 4)
        else:
            size = int(headers.get("content-length") or 0)
            start = end + 4
            found = (
                (bytes(self._buffer[start : start + size]), start + size) if len(self._buffer) >= start + size else None
            )
        if found is not None:
            body, used = found
            del self._buffer[:used]
            self._request(line, headers, body)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _request(self, line: str, headers: dict[str, str], body: bytes) -> None:
        counts = self._server.counts
        if line.startswith("GET /counts"):
            self._send(Wire(status=200, body=msgspec.json.encode(counts)))
            return
        try:
            asked = read(body, headers, sent=counts.calls + 1)
        except (ValueError, KeyError, TypeError) as error:
            self._send(Wire(status=400, body=msgspec.json.encode({"error": {"message": str(error)}})))
            return
        counts.calls += 1
        counts.by_call[asked.call] += 1
        counts.in_flight += 1
        counts.most_in_flight = max(counts.most_in_flight, counts.in_flight)
        self._busy = True
        self._server.changed.set()
        answer = self._server.script(asked)
        if answer.fault is not None:
            counts.faults[answer.fault] += 1
        wire = write(answer, asked)
        if answer.latency > 0:
            self._timer = asyncio.get_running_loop().call_later(answer.latency, self._answer, answer, wire)
        else:
            self._answer(answer, wire)

    def _answer(self, answer: Answer, wire: Wire) -> None:
        match answer.fault:
            case "hang":
                return
            case "disconnect":
                self._ended()
                self.close()
            case "cut":
                self._ended()
                self._write(_bytes(wire)[: -len(wire.body) // 2])
                if self._transport is not None:
                    self._transport.close()
            case "drip":
                self._drip(_bytes(wire), 0)
            case _:
                self._ended()
                self._send(wire)

    def _drip(self, data: bytes, at: int) -> None:
        self._write(data[at : at + 1])
        if at + 1 < len(data):
            self._timer = asyncio.get_running_loop().call_later(_DRIP_SECONDS, self._drip, data, at + 1)
        else:
            self._ended()

    def _ended(self) -> None:
        self._busy = False
        self._server.counts.in_flight -= 1
        self._server.changed.set()

    def _send(self, wire: Wire) -> None:
        self._write(_bytes(wire))
        if self._buffer:
            self.data_received(b"")

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


def _head(raw: bytes) -> tuple[str, dict[str, str]]:
    line, *rest = raw.decode("latin-1").split("\r\n")
    headers = {}
    for header in rest:
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    return line, headers


def _dechunk(buffer: bytearray, at: int) -> tuple[bytes, int] | None:
    """The body of a chunked request and where it ends, or None while some of it is missing."""
    body = bytearray()
    while (end := buffer.find(b"\r\n", at)) >= 0:
        size = int(buffer[at:end].split(b";")[0], 16)
        at = end + 2 + size + 2
        if len(buffer) < at:
            return None
        if size == 0:
            return bytes(body), at
        body += buffer[end + 2 : end + 2 + size]
    return None


def _bytes(wire: Wire) -> bytes:
    reason = HTTPStatus(wire.status).phrase if wire.status in {s.value for s in HTTPStatus} else "Overloaded"
    head = f"HTTP/1.1 {wire.status} {reason}\r\ncontent-type: application/json\r\ncontent-length: {len(wire.body)}\r\n"
    extra = "".join(f"{name}: {value}\r\n" for name, value in wire.headers.items())
    return f"{head}{extra}\r\n".encode() + wire.body
