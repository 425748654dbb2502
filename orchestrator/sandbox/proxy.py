"""The way out for a command with an allow list: a proxy behind a Unix socket. The only module that reaches out for one.

The socket is mounted into a sandbox without network, where forwarder.py listens on loopback for what speaks HTTP only.
What may pass is decided in egress.py; nothing inside is trusted to have asked politely.
"""

import asyncio
import contextlib
import json
import os
import socket
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .egress import HEAD_BYTES, Refused, Wanted, is_outside, wanted

SOCKET = "egress.sock"
FORWARDER = Path(__file__).with_name("forwarder.py")
"""What stands at the other end, inside."""
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[Wanted], Awaitable[Streams]]
_CHUNK = 1 << 16
_PATIENCE = 30.0
"""Seconds for the head of a request, and for a connection to be made."""
_MOST_AT_ONCE = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How many bytes may go out and come in, all connections together."""

    sent: int = 32 << 20
    received: int = 8 << 30


@dataclass(slots=True, kw_only=True)
class Traffic:
    """What went through so far."""

    sent: int = 0
    received: int = 0
    refused: list[str] = field(default_factory=list)
    """Why, in words, each reason once."""


class Proxy:
    """Serves one socket; see `served`."""

    def __init__(self, allow: Sequence[str], *, dial: Dial, caps: Caps, log: Path) -> None:
        self._allow = allow
        self._dial = dial
        self._caps = caps
        self._log = log
        self._slots = asyncio.Semaphore(_MOST_AT_ONCE)
        self._open: set[asyncio.Task[None]] = set()
        self.traffic = Traffic()

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from inside, from its first byte to its last."""
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
            task.add_done_callback(self._open.discard)
        try:
            async with self._slots:
                await self._serve(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # whoever asked is gone, or the command has ended
        finally:
            writer.close()

    async def end(self) -> None:
        """Cut every connection that is still open."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                place = wanted(await reader.readuntil(b"\r\n\r\n"), self._allow)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            await _answer(writer, 400, "the head of the request did not end")
        except Refused as reason:
            self._note(str(reason))
            await _answer(writer, 403, str(reason))
        else:
            await self._lead(place, reader, writer)

    async def _lead(self, place: Wanted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                outside = await self._dial(place)
        except (OSError, TimeoutError, Refused) as error:
            words = f"{place} could not be reached: {str(error) or type(error).__name__}"
            self._note(words)
            await _answer(writer, 502, words)
            return
        if place.head:
            outside[1].write(place.head)
        else:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await self._relay(place, (reader, writer), outside)

    async def _relay(self, place: Wanted, inside: Streams, outside: Streams) -> None:
        passed = Traffic()
        try:
            self._count(len(place.head), 0)
            back = self._pump(outside[0], inside[1], passed, out=False)
            # After a plain request nothing else may follow it: the answer ends the connection.
            forth = [] if place.head else [self._pump(inside[0], outside[1], passed, out=True)]
            async with asyncio.TaskGroup() as tasks:
                for each in (back, *forth):
                    tasks.create_task(each)
        except* OSError:
            pass
        except* Refused as group:
            self._note(str(group.exceptions[0]))
        finally:
            outside[1].close()
            sent = passed.sent + len(place.head)
            self._write({"host": place.host, "port": place.port, "sent": sent, "received": passed.received})

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, passed: Traffic, *, out: bool
    ) -> None:
        while chunk := await source.read(_CHUNK):
            self._count(*((len(chunk), 0) if out else (0, len(chunk))))
            passed.sent += len(chunk) if out else 0
            passed.received += 0 if out else len(chunk)
            sink.write(chunk)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()

    def _count(self, sent: int, received: int) -> None:
        """Raises Refused at the cap, before what would pass it has left."""
        self.traffic.sent += sent
        self.traffic.received += received
        if self.traffic.sent > self._caps.sent:
            raise Refused(f"more than {self._caps.sent} bytes were sent, and no more go out")
        if self.traffic.received > self._caps.received:
            raise Refused(f"more than {self._caps.received} bytes were received, and no more come in")

    def _note(self, reason: str) -> None:
        if reason not in self.traffic.refused and len(self.traffic.refused) < _MOST_AT_ONCE:
            self.traffic.refused.append(reason)
            self._write({"refused": reason})

    def _write(self, line: Mapping[str, object]) -> None:
        with contextlib.suppress(OSError), self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


@asynccontextmanager
async def served(
    folder: Path, allow: Sequence[str], *, log: Path, dial: Dial | None = None, caps: Caps | None = None
) -> AsyncIterator[Proxy]:
    """A proxy behind the socket `SOCKET` in ``folder``, until the block ends; each connection is a line of ``log``."""
    proxy = Proxy(allow, dial=dial or reach, caps=caps or Caps(), log=log)
    place = folder / SOCKET
    with socket.socket(socket.AF_UNIX) as listening:
        _bind(listening, place)
        server = await asyncio.start_unix_server(proxy.meet, sock=listening, limit=HEAD_BYTES)
        try:
            yield proxy
        finally:
            server.close()
            await proxy.end()
            place.unlink(missing_ok=True)


def _bind(listening: socket.socket, place: Path) -> None:
    """By a short name: a socket's path has at most 107 bytes, and folders may be deep."""
    parent = os.open(place.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        listening.bind(f"/proc/self/fd/{parent}/{place.name}")
    finally:
        os.close(parent)


async def reach(place: Wanted) -> Streams:
    """A connection to the host, or to it through the proxy of this machine, as its variables say."""
    if upstream := _upstream(place):
        return await _through(upstream, place)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    if not all(map(is_outside, addresses)):
        raise Refused(f"{place.host} is a name of this machine")
    last: OSError = OSError("it has no address")
    for address in addresses:
        try:
            return await asyncio.open_connection(address, place.port)
        except OSError as error:
            last = error
    raise last


def _upstream(place: Wanted) -> str:
    if urllib.request.proxy_bypass(place.host):
        return ""
    return urllib.request.getproxies().get("http" if place.head else "https", "")


async def _through(upstream: str, place: Wanted) -> Streams:
    address = urllib.parse.urlsplit(upstream if "://" in upstream else f"http://{upstream}")
    if address.scheme != "http" or not address.hostname:
        raise Refused(f"the proxy of this machine is {address.scheme}://, and only http:// is spoken with one")
    reader, writer = await asyncio.open_connection(address.hostname, address.port or 80)
    writer.write(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{_login(address)}\r\n".encode())
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        writer.close()
        raise OSError("the proxy of this machine did not answer") from error
    if not head.startswith((b"HTTP/1.1 2", b"HTTP/1.0 2")):
        writer.close()
        raise OSError(f"the proxy of this machine answered {head.decode('latin-1').splitlines()[0][:80]}")
    return reader, writer


def _login(address: urllib.parse.SplitResult) -> str:
    if address.username is None:
        return ""
    import base64  # noqa: PLC0415 - rarely needed

    pair = f"{urllib.parse.unquote(address.username)}:{urllib.parse.unquote(address.password or '')}"
    return f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}\r\n"


async def _answer(writer: asyncio.StreamWriter, status: int, words: str) -> None:
    body = f"agentctl: {words}\n".encode()
    head = f"HTTP/1.1 {status} {words[:200]}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode("latin-1", "replace") + body)
    await writer.drain()
