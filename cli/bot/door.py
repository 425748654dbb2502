"""Lets messages of a forge in: who may, what is taken, and what is answered. Nothing is believed before its signature.

A message is acknowledged when it is durable, and worked on later. What is refused is refused in constant words, and
nothing of what was sent is ever logged.
"""

import asyncio
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from ...orchestrator.errors import AgentctlError
from .book import Message
from .intake import Intake

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

PATH, HEALTH = "/webhook", "/health"
MOST_BYTES = 1 << 20
"""Of a body: a comment and the issue it stands in are at most 64 Ki characters each."""
SECONDS = 10.0
"""For a body to arrive."""
SMALL_BYTES = 1 << 16
"""Of a body that there is always room for; most are a tenth of that."""
ROOM_BYTES = 1 << 26
"""For all others together, while they arrive: their signature can only be looked at when they are whole."""
KINDS = frozenset(
    {
        "check_run",
        "check_suite",
        "issue_comment",
        "issues",
        "merge_group",
        "pull_request",
        "pull_request_review",
        "pull_request_review_comment",
        "push",
        "repository",
        "status",
        "workflow_run",
    }
)
"""Events that are kept; all others are acknowledged, and forgotten."""

_SIGNATURE, _KIND, _ID = "x-hub-signature-256", "x-github-event", "x-github-delivery"
_DECIDING = frozenset(
    {_SIGNATURE, _KIND, _ID, "content-length", "content-type", "content-encoding", "host", "transfer-encoding"}
)
_PORT = re.compile(r":\d*\Z")
_NAME = re.compile(r"[a-z_]{1,60}")
_IDENTITY = re.compile(r"[A-Za-z0-9-]{8,100}")
_REPOSITORY = re.compile(r"(?!\.\.?/)[A-Za-z0-9._-]{1,100}/(?!\.\.?\Z)[A-Za-z0-9._-]{1,100}")
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status and words that hold nothing of the request."""

    status: int
    words: str


WELL = Answer(status=200, words="well")
TAKEN = Answer(status=202, words="taken")
BEFORE = Answer(status=202, words="taken before")
UNUSED = Answer(status=202, words="ignored: agentctl has no use for events of this kind")
DENIED = Answer(status=401, words="the signature is missing or wrong: is the secret the one of the forge's settings?")
NOT_HERE = Answer(status=421, words="this server has another name: see --name")
TWICE = Answer(status=400, words="a header that decides comes twice")
NO_EVENT = Answer(status=400, words="X-GitHub-Event and X-GitHub-Delivery must say what this is")
NO_LENGTH = Answer(status=411, words="say by Content-Length how long the body is")
LARGE = Answer(status=413, words="the body is larger than what is taken here")
PACKED = Answer(status=415, words="send the body as it is, without Content-Encoding")
NO_JSON = Answer(status=415, words="send application/json: choose it as the content type of the webhook")
SLOW = Answer(status=408, words="the body did not arrive in time")
UNREADABLE = Answer(status=400, words="the body is no JSON object of an event")
AWAY = Answer(status=503, words="the message could not be stored: send it again")
FULL = Answer(status=503, words="too many large messages arrive at once: send it again")
BROKEN = Answer(status=500, words="agentctl could not answer this")


class _Place(msgspec.Struct):
    full_name: str


class _About(msgspec.Struct):
    repository: _Place | None = None


_about = msgspec.json.Decoder(_About)


@dataclass(slots=True, kw_only=True)
class Door:
    """Who is heard, and where what they say goes."""

    intake: Intake
    secrets: Sequence[bytes] = field(repr=False)
    """Any of them signs; there are several while one takes the place of another."""
    tell: Callable[[str], None]
    """Takes a line on what was refused or went wrong; it holds nothing of a payload."""
    names: Collection[str] = ()
    """Names of the server that a request may have in ``Host``, without ports; empty for any."""
    kinds: Collection[str] = KINDS
    most: int = MOST_BYTES
    room: int = ROOM_BYTES
    seconds: float = SECONDS
    clock: Callable[[], float] = time.time
    _arriving: int = field(default=0, init=False)
    """Bytes of large bodies that are not whole yet."""

    def application(self) -> "Starlette":
        """The two addresses, and nothing else."""
        from starlette.applications import Starlette
        from starlette.routing import Route

        routes = [
            Route(PATH, self._webhook, methods=["POST"]),
            Route(HEALTH, self._health, methods=["GET"]),
        ]
        application = Starlette(routes=routes, exception_handlers={Exception: self._broken})
        application.router.redirect_slashes = False
        return application

    async def _health(self, request: "Request") -> "Response":
        head = _head(request)
        return _response(WELL if head is not None and self._is_named(head) else NOT_HERE)

    async def _webhook(self, request: "Request") -> "Response":
        head = _head(request)
        answer = TWICE if head is None else await self._answered(request, head)
        if answer.status >= 400:  # noqa: PLR2004 - as HTTP has it
            self.tell(f"refused {answer.status}: {answer.words}")
        return _response(answer)

    async def _answered(self, request: "Request", head: dict[str, str]) -> Answer:
        if (refused := self._refusal(head)) is not None:
            return refused
        body = await self._whole(request, int(head["content-length"]))
        return body if isinstance(body, Answer) else await self._judged(head, body)

    async def _broken(self, _: "Request", error: Exception) -> "Response":
        self.tell(f"refused 500: {type(error).__name__}")
        return _response(BROKEN)

    def _refusal(self, head: dict[str, str]) -> Answer | None:
        """Why a request is not heard, by its head alone; None where its body is read."""
        length = head.get("content-length", "")
        checks = (
            (self._is_named(head), NOT_HERE),
            (_SIGNATURE in head, DENIED),
            (_NAME.fullmatch(head.get(_KIND, "")) and _IDENTITY.fullmatch(head.get(_ID, "")), NO_EVENT),
            (length.isascii() and length.isdigit() and "transfer-encoding" not in head, NO_LENGTH),
            (head.get("content-encoding", "identity").lower() == "identity", PACKED),
            (head.get("content-type", "").partition(";")[0].strip().lower() == "application/json", NO_JSON),
        )
        refused = next((answer for holds, answer in checks if not holds), None)
        return refused or (LARGE if len(length) > len(str(self.most)) or int(length) > self.most else None)

    def _is_named(self, head: dict[str, str]) -> bool:
        host = head.get("host", "").lower()
        name = host.rpartition(":")[0] if _PORT.search(host) else host
        return bool(host) and (not self.names or name in self.names or name in _LOOPBACK)

    async def _whole(self, request: "Request", length: int) -> bytes | Answer:
        """The raw body, where there is room for it."""
        if length <= SMALL_BYTES:
            return await self._body(request)
        if self._arriving + length > self.room:
            return FULL
        self._arriving += length
        try:
            return await self._body(request)
        finally:
            self._arriving -= length

    async def _body(self, request: "Request") -> bytes | Answer:
        """The raw body, which is never held beyond what is taken."""
        from starlette.requests import ClientDisconnect

        pieces, held = list[bytes](), 0
        try:
            async with asyncio.timeout(self.seconds):
                async for piece in request.stream():
                    held += len(piece)
                    if held > self.most:
                        return LARGE
                    pieces.append(piece)
        except (TimeoutError, ClientDisconnect):
            return SLOW
        return b"".join(pieces)

    async def _judged(self, head: dict[str, str], body: bytes) -> Answer:
        if not self._is_signed(body, head[_SIGNATURE]):
            return DENIED
        kind = head[_KIND]
        if kind not in self.kinds:
            return UNUSED
        lane = lane_in(body)
        if lane is None:
            return UNREADABLE
        message = Message(id=head[_ID], kind=kind, body=body, at=self.clock(), lane=lane)
        try:
            return TAKEN if await self.intake.take(message) else BEFORE
        except AgentctlError as error:
            self.tell(f"a message could not be stored: {error}")
            return AWAY

    def _is_signed(self, body: bytes, said: str) -> bool:
        """By any secret; each is tried, so that time tells nothing of which."""
        given = said.encode("utf-8", "replace")
        matches = [hmac.compare_digest(signature(each, body).encode(), given) for each in self.secrets]
        return any(matches)


def _head(request: "Request") -> dict[str, str] | None:
    """The headers that decide; None where one comes twice, as nobody can say which of the two others would read."""
    found: dict[str, str] = {}
    for raw, value in request.headers.raw:
        name = raw.decode("latin-1")
        if name not in _DECIDING:
            continue
        if name in found:
            return None
        found[name] = value.decode("latin-1")
    return found


def lane_in(body: bytes) -> str | None:
    """The repository that a payload is about, in small letters; empty for none. None where it is no payload."""
    try:
        body.decode()
        about = _about.decode(body).repository
    except (ValueError, RecursionError):
        return None
    if about is None:
        return ""
    return about.full_name.lower() if _REPOSITORY.fullmatch(about.full_name) else None


def signature(secret: bytes, body: bytes) -> str:
    """What `X-Hub-Signature-256` holds for a body."""
    return f"sha256={hmac.digest(secret, body, hashlib.sha256).hex()}"


def _response(answer: Answer) -> "Response":
    from starlette.responses import PlainTextResponse

    return PlainTextResponse(f"{answer.words}\n", status_code=answer.status, headers={"cache-control": "no-store"})
