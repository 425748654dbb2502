"""What each address of the dashboard's server answers, to whom, and the viewers that are open."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from . import guard
from .door import Door
from .guard import Head, Refusal
from .page import FILES, HEADERS, POLICY, Theme, page, policy
from .seats import Seat, Seats
from .told import Told
from .viewer import Viewer, size

LONGEST = 65_536
"""Bytes of a message of the page, of which what is pasted is one."""
ALIVE = 15.0
"""Seconds between two signs of life of a page."""
_FAREWELL = 1.0
"""Seconds in which a page may say that it has heard that it is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What is served, and to whom.

    Args:
        viewer: the command of a viewer, as a list; told by ``writes`` whether its keys may change the run.
        write: whether one viewer at a time may.
        title: of the page.
        say: takes the lines on what was refused or went wrong.
        opened: takes the address for the next browser, once the one before is used up.
    """

    viewer: Callable[[bool], Sequence[str]]
    write: bool
    title: str
    theme: Theme = "dark"
    say: Callable[[str], None]
    opened: Callable[[str], None]


@dataclass(slots=True)
class Dashboards:
    """What each address answers."""

    serving: Serving
    port: int = field(kw_only=True)
    told: Told = field(init=False)
    _door: Door = field(default_factory=Door, init=False)
    _seats: Seats = field(init=False)
    _open: set[web.WebSocketResponse] = field(default_factory=set, init=False)
    _leaving: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.told = Told(say=self.serving.say)
        self._seats = Seats(write=self.serving.write)

    @property
    def address(self) -> str:
        """For a browser that was not here yet; good once."""
        return f"http://{guard.names(self.port)[0]}/?token={self._door.token}"

    @property
    def _cookie(self) -> str:
        """With the port in it: browsers give the cookies of one port of a host to all."""
        return f"agentctl-web-{self.port}"

    def refusal(self, request: web.BaseRequest) -> Refusal | None:
        """Why it is not heard, which is told; None for a session, and for a token."""
        head = _head(request)
        refused = guard.refusal(head, port=self.port, paths=("/", guard.SOCKET, *FILES))
        if refused is None and not (self._is_known(request) or (head.path == "/" and "token" in request.query)):
            refused = guard.STRANGER
        if refused is not None:
            self.told.tell(f"refused {refused.status}: {head.method} {head.path}")
        return refused

    def _is_known(self, request: web.BaseRequest) -> bool:
        return self._door.knows(request.cookies.get(self._cookie, ""))

    async def index(self, request: web.Request) -> web.StreamResponse:
        """The page, or for a token the session that lets in to it."""
        if "token" in request.query:
            return self._admitted(request)
        if self._seats.full:
            return plain(guard.FULL)
        nonce = secrets.token_urlsafe(16)
        text = page(title=self.serving.title, theme=self.serving.theme, nonce=nonce)
        return web.Response(
            text=text,
            content_type="text/html",
            headers={POLICY: policy(request.headers["Host"], nonce=nonce)},
        )

    def _admitted(self, request: web.Request) -> web.StreamResponse:
        """To the page without the token; a browser that is in already uses up none."""
        away = web.Response(status=303, headers={"Location": "/"})
        if self._is_known(request):
            return away
        session = self._door.admit(request.query["token"]) if request.method == "GET" else None
        if session is None:
            self.told.tell("refused 403: a token that is wrong or used up")
            return plain(guard.STRANGER)
        away.set_cookie(self._cookie, session, httponly=True, samesite="Strict", path="/")
        self.serving.opened(self.address)
        return away

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A file of the page."""
        path, kind = FILES[request.path]
        return web.Response(body=path.read_bytes(), headers={"Content-Type": f"{kind}; charset=utf-8"})

    async def live(self, request: web.Request) -> web.StreamResponse:
        """A dashboard for as long as its page is open."""
        if self._leaving:  # a page that is reloaded has its own seat again
            await asyncio.wait(self._leaving)
        seat = self._seats.take()
        if seat is None:
            self.told.tell("refused 503: as many dashboards as there may be are open")
            return plain(guard.FULL)
        connection = web.WebSocketResponse(timeout=_FAREWELL, heartbeat=ALIVE, max_msg_size=LONGEST, compress=False)
        viewer = Viewer(self.serving.viewer(seat.writes), connection, say=self.told.tell)
        self._open.add(connection)
        try:
            await connection.prepare(request)
            await viewer.start(*size(request.query))
            await _listen(connection, viewer)
        finally:
            self._open.discard(connection)
            leaving = asyncio.create_task(self._leave(viewer, seat))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
            await asyncio.shield(leaving)
        return connection

    async def _leave(self, viewer: Viewer, seat: Seat) -> None:
        try:
            await viewer.stop()
        finally:
            self._seats.leave(seat)

    async def end(self, _: web.Application) -> None:
        """Close every page, which ends its process."""
        await asyncio.gather(*(each.close(code=1001, message=b"the server has ended") for each in [*self._open]))
        if self._leaving:
            await asyncio.wait(self._leaving)


async def _listen(connection: web.WebSocketResponse, viewer: Viewer) -> None:
    """Until the page is gone, or says what no page of ours says."""
    async for message in connection:
        if message.type is not WSMsgType.TEXT or not await viewer.hear(message.data):
            await connection.close(code=1003, message=b"this is no message of the dashboard's page")
            return


def plain(refused: Refusal) -> web.Response:
    """A refusal as it is sent."""
    answer = web.Response(status=refused.status, text=f"{refused.words}\n", headers=HEADERS)
    if refused is guard.METHOD:
        answer.headers["Allow"] = ", ".join(guard.METHODS)
    return answer


def _head(request: web.BaseRequest) -> Head:
    headers = request.headers
    return Head(
        version=(request.version.major, request.version.minor),
        method=request.method,
        target=request.raw_path,
        hosts=tuple(headers.getall("Host", ())),
        origins=tuple(headers.getall("Origin", ())),
        sites=tuple(headers.getall("Sec-Fetch-Site", ())),
        upgrades=headers.get("Upgrade", "").lower() == "websocket",
        has_body=request.can_read_body or request.body_exists,
    )
