"""The desk's page, on loopback, for whoever holds its address. The only module of the desk that opens a port.

The address carries a random token, which the first request turns into a cookie; every request must name this host, come
from this page if it comes from a page at all, and carry the cookie. Nothing is loaded from anywhere else.
"""

import hashlib
import hmac
import secrets
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from ...orchestrator.errors import UsageError
from . import page
from .inbox import AnswerRefused, Inbox

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not no-referrer, under which browsers send `Origin: null` with our own form.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_LONGEST_BODY = 12_000_000
"""Bytes of a form: an answer of 4 MB, three bytes a character where it is percent-encoded."""

Answer = Callable[["Request"], Awaitable["Response"]]


@contextmanager
def serving(folder: Path, *, port: int = 0) -> Iterator[str]:
    """Serve the page from a thread of its own, and give its address, token included; it ends with the block.

    ``port`` 0 takes any free one. Raises UsageError if the port is taken.
    """
    import uvicorn  # noqa: PLC0415 - only `desk serve` and runs at the desk pay for a web server

    with _listening(port) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        token = secrets.token_urlsafe(32)
        config = uvicorn.Config(
            _application(Inbox(folder), host=host, token=token),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name="desk", daemon=True)
        thread.start()
        try:
            # The socket listens already: a request that comes before the server is up waits in its queue.
            yield f"http://{host}/?token={token}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise UsageError(f"port {port} cannot be used for the desk: {error}; choose another with --port") from error
        listener.listen(128)
        yield listener


def _application(inbox: Inbox, *, host: str, token: str) -> "Starlette":
    from starlette.applications import Starlette  # noqa: PLC0415 - as uvicorn
    from starlette.routing import Route  # noqa: PLC0415

    desk = _Desk(inbox, host=host, token=token)
    routes = [
        Route("/", desk.guarded(desk.listing), methods=["GET"]),
        Route("/desk.css", desk.guarded(desk.style), methods=["GET"]),
        Route("/desk.js", desk.guarded(desk.script), methods=["GET"]),
        Route("/prompts/{id}", desk.guarded(desk.prompt), methods=["GET"]),
        Route("/prompts/{id}", desk.guarded(desk.answer), methods=["POST"]),
        Route("/{path:path}", desk.guarded(desk.nothing), methods=["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]),
    ]
    return Starlette(routes=routes)


class _Desk:
    """What each address answers, behind the checks that all share."""

    def __init__(self, inbox: Inbox, *, host: str, token: str) -> None:
        self._inbox = inbox
        self._host = host
        self._token = token
        self._cookie = f"agentctl-desk-{host.rpartition(':')[2]}"
        self._form_token = hashlib.sha256(f"form {token}".encode()).hexdigest()

    def guarded(self, answer: Answer) -> Answer:
        """The same answer, for those who may have it."""

        async def checked(request: "Request") -> "Response":
            if not self._is_ours(request):
                return self._plain("This address is not for you: open the one that agentctl printed.", status=403)
            if self._holds(request.query_params.get("token", "")) and request.method == "GET":
                return self._admitted()
            if not self._holds(request.cookies.get(self._cookie, "")):
                return self._plain("The token is missing: open the address that agentctl printed.", status=403)
            return await answer(request)

        return checked

    def _is_ours(self, request: "Request") -> bool:
        """Whether the request names this server, and no other page has sent it."""
        origin = request.headers.get("origin")
        named = request.headers.getlist("host") == [self._host]
        return named and (origin == f"http://{self._host}" or (origin is None and request.method == "GET"))

    def _holds(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self._token.encode())

    def _admitted(self) -> "Response":
        response = self._away("/")
        response.set_cookie(self._cookie, self._token, httponly=True, samesite="strict", path="/")
        return response

    async def listing(self, _: "Request") -> "Response":
        return self._html(page.listing(self._inbox.waiting()))

    async def style(self, _: "Request") -> "Response":
        return self._plain(page.STYLE, kind="text/css")

    async def script(self, _: "Request") -> "Response":
        return self._plain(page.SCRIPT, kind="text/javascript")

    async def nothing(self, _: "Request") -> "Response":
        return self._html(page.notice("There is nothing at this address."), status=404)

    async def prompt(self, request: "Request") -> "Response":
        """The prompt, which is its reader's from now on."""
        prompt = self._inbox.find(request.path_params["id"])
        if prompt is None:
            return self._html(page.notice("This prompt does not wait for an answer any more."), status=404)
        self._inbox.claim(prompt.id, "this page")
        return self._html(page.answering(prompt, form_token=self._form_token))

    async def answer(self, request: "Request") -> "Response":
        """Store the answer, or say what is wrong with it and keep what was typed."""
        body = await _body(request)
        if body is None:
            return self._html(page.notice("This answer is too long."), status=413)
        form = parse_qs(body, keep_blank_values=True, errors="replace")
        if not hmac.compare_digest(form.get("form_token", [""])[0].encode(), self._form_token.encode()):
            return self._plain("This form is not from the desk's page.", status=403)
        prompt_id, text = request.path_params["id"], form.get("answer", [""])[0].replace("\r\n", "\n")
        prompt = self._inbox.find(prompt_id)
        try:
            self._inbox.reply(prompt_id, text)
        except AnswerRefused as refused:
            if prompt is None:
                return self._html(page.notice(str(refused)), status=409)
            again = page.answering(prompt, form_token=self._form_token, draft=text, wrong=str(refused))
            return self._html(again, status=422)
        return self._away("/")

    @staticmethod
    def _away(path: str) -> "Response":
        from starlette.responses import RedirectResponse  # noqa: PLC0415 - as uvicorn

        return RedirectResponse(path, status_code=303, headers=_HEADERS)

    @staticmethod
    def _html(text: str, *, status: int = 200) -> "Response":
        from starlette.responses import HTMLResponse  # noqa: PLC0415 - as uvicorn

        return HTMLResponse(text.encode(errors="replace"), status_code=status, headers=_HEADERS)

    @staticmethod
    def _plain(text: str, *, kind: str = "text/plain", status: int = 200) -> "Response":
        from starlette.responses import Response  # noqa: PLC0415 - as uvicorn

        return Response(text, status_code=status, media_type=kind, headers=_HEADERS)


async def _body(request: "Request") -> str | None:
    """The body of a form, or None if it is longer than an answer can be."""
    found, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= _LONGEST_BODY:
            found += chunk
    # What is too long is read to its end all the same: a connection that is closed early loses the answer to it.
    return found.decode("ascii", errors="replace") if size <= _LONGEST_BODY else None
