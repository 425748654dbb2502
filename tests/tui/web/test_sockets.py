"""Every refusal, by bytes on a socket; what is heard, and what a page can say."""

import re

import pytest
from agentctl.tui.web import guard
from agentctl.tui.web.guard import Refusal
from agentctl.tui.web.page import FILES, HEADERS

from .conftest import Answer, Start


def is_refused(answer: object, refused: Refusal) -> bool:
    """Exactly these words, with the headers of every answer and nothing that was sent."""
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body.decode()) == (refused.status, f"{refused.words}\n")
    assert {name: answer.headers.get(name.lower()) for name in HEADERS} == dict(HEADERS)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "set-cookie" not in answer.headers
    return True


@pytest.mark.parametrize(
    ("line", "headers", "refused"),
    [
        ("GET / HTTP/1.0", [], guard.VERSION),
        ("GET http://127.0.0.1:PORT/ HTTP/1.1", [], guard.BAD_REQUEST),
        ("GET http://evil.example/ HTTP/1.1", [], guard.BAD_REQUEST),
        ("CONNECT evil.example:443 HTTP/1.1", [], guard.BAD_REQUEST),
        ("OPTIONS * HTTP/1.1", [], guard.BAD_REQUEST),
        ("GET / HTTP/1.1", ["Host: evil.example"], guard.WRONG_HOST),
        ("GET / HTTP/1.1", ["Host: evil.example:PORT"], guard.WRONG_HOST),
        ("GET / HTTP/1.1", ["Host: 127.0.0.1"], guard.WRONG_HOST),
        ("GET / HTTP/1.1", ["Host: 127.0.0.1:1"], guard.WRONG_HOST),
        ("GET / HTTP/1.1", ["Host: 127.0.0.1.:PORT"], guard.WRONG_HOST),
        ("GET / HTTP/1.1", ["Host: x@127.0.0.1:PORT"], guard.WRONG_HOST),
        ("GET / HTTP/1.1", ["Host: [::1]:PORT"], guard.WRONG_HOST),
        ("GET / HTTP/1.1", ["Host:"], guard.WRONG_HOST),
        ("GET /download/key HTTP/1.1", [], guard.NOTHING),
        ("GET /static/js/textual.js HTTP/1.1", [], guard.NOTHING),
        ("GET /static/ HTTP/1.1", [], guard.NOTHING),
        ("GET /../../etc/passwd HTTP/1.1", [], guard.NOTHING),
        ("GET /web.css/../web.js HTTP/1.1", [], guard.NOTHING),
        ("GET /%77eb.css HTTP/1.1", [], guard.NOTHING),
        ("GET // HTTP/1.1", [], guard.NOTHING),
        ("GET //evil.example/ HTTP/1.1", [], guard.NOTHING),
        ("GET /ws/ HTTP/1.1", [], guard.NOTHING),
        ("GET /favicon.ico HTTP/1.1", [], guard.NOTHING),
        ("POST /answer HTTP/1.1", ["Content-Length: 0"], guard.NOTHING),
        ("POST / HTTP/1.1", ["Content-Length: 0"], guard.METHOD),
        ("PUT /web.js HTTP/1.1", ["Content-Length: 0"], guard.METHOD),
        ("DELETE / HTTP/1.1", [], guard.METHOD),
        ("OPTIONS / HTTP/1.1", ["Origin: http://evil.example"], guard.METHOD),
        ("TRACE / HTTP/1.1", [], guard.METHOD),
        ("GET / HTTP/1.1", ["Content-Length: 5"], guard.BODY),
        ("GET / HTTP/1.1", ["Transfer-Encoding: chunked"], guard.BODY),
        ("GET / HTTP/1.1", ["Origin: http://evil.example"], guard.FOREIGN),
        ("GET / HTTP/1.1", ["Origin: http://127.0.0.1:1"], guard.FOREIGN),
        ("GET / HTTP/1.1", ["Origin: https://127.0.0.1:PORT"], guard.FOREIGN),
        ("GET / HTTP/1.1", ["Origin: null"], guard.FOREIGN),
        ("GET / HTTP/1.1", ["Origin: http://127.0.0.1:PORT", "Origin: http://evil.example"], guard.FOREIGN),
        ("GET /web.js HTTP/1.1", ["Sec-Fetch-Site: cross-site"], guard.FOREIGN),
        ("GET / HTTP/1.1", ["Sec-Fetch-Site: same-site"], guard.FOREIGN),
        ("GET /ws HTTP/1.1", ["Origin: http://127.0.0.1:PORT"], guard.NO_SOCKET),
    ],
)
async def test_a_session_does_not_help_what_is_no_request_of_our_page(
    line: str, headers: list[str], refused: Refusal, start: Start
) -> None:
    served = await start()
    port = str(served.port)
    answer = await served.ask(line.replace("PORT", port), *(each.replace("PORT", port) for each in headers))
    assert is_refused(answer, refused)
    assert [each.startswith(f"refused {refused.status}: ") for each in served.said] == [True]


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: HERE\r\nHost: HERE\r\nCookie: SESSION\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HERE\r\nHost: evil.example\r\nCookie: SESSION\r\n\r\n",
        b"GET / HTTP/1.1\r\nCookie: SESSION\r\n\r\n",
        b"GET / HTTP/1.1\r\n Host: HERE\r\nCookie: SESSION\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : HERE\r\nCookie: SESSION\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HERE\r\nX: evil\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HERE\r\nX: e\0vil\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HERE\r\nevil\r\n\r\n",
        b"GET / HTTP/1.1\nHost: HERE\nCookie: SESSION; evil\n\n",
        b"GET /evil\x01 HTTP/1.1\r\nHost: HERE\r\nCookie: SESSION\r\n\r\n",
        b"GET /?evil=\xff HTTP/1.1\r\nHost: evil\r\n\r\n",
        b"G@T / HTTP/1.1\r\nHost: HERE\r\nCookie: SESSION\r\n\r\n",
        b"GET /evil\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: HERE\r\nCookie: SESSION\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HERE\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HERE\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nevil",
        b"GET / HTTP/1.1\r\nHost: HERE\r\nContent-Length: -1\r\nCookie: SESSION\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HERE\r\nTransfer-Encoding: evil\r\n\r\n",
        b"GET /" + b"e" * 20_000 + b" HTTP/1.1\r\nHost: HERE\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HERE\r\nX: " + b"e" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HERE\r\n" + b"X: evil\r\n" * 500 + b"\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03evil\r\n\r\n",
    ],
)
async def test_what_is_hardly_a_request_is_refused_in_constant_words(request_: bytes, start: Start) -> None:
    served = await start()
    here = f"127.0.0.1:{served.port}".encode()
    answer = await served.send(request_.replace(b"HERE", here).replace(b"SESSION", served.cookie.encode()))
    assert answer.status in (400, 403, 413, 421, 505)
    words = [each.words for each in (guard.BAD_REQUEST, guard.STRANGER, guard.BODY, guard.WRONG_HOST, guard.VERSION)]
    assert answer.body.decode().strip() in words
    assert {name: answer.headers.get(name.lower()) for name in HEADERS} == dict(HEADERS)
    assert all(each.isprintable() for each in served.said)


async def test_a_request_that_hides_in_another_is_not_heard(start: Start) -> None:
    served = await start()
    lines = f"Host: 127.0.0.1:{served.port}\r\nCookie: {served.cookie}\r\n"
    inner = f"GET /web.css HTTP/1.1\r\n{lines}\r\n"
    sent = f"GET / HTTP/1.1\r\n{lines}Connection: close\r\nContent-Length: {len(inner)}\r\n\r\n{inner}"
    answers = await served.all(sent.encode())
    assert (answers[:12], answers.count(b"HTTP/1.1 ")) == (b"HTTP/1.1 413", 1)


@pytest.mark.parametrize("path", ["/", *FILES, "/?tokens=x"])
async def test_without_a_session_nothing_is_given(path: str, start: Start) -> None:
    served = await start(entered=False)
    assert is_refused(await served.ask(f"GET {path} HTTP/1.1"), guard.STRANGER)


@pytest.mark.parametrize("guess", ["", "x", "TOKENx", "x&token=TOKEN", "%00", "%ff", "TOKEN%20", "a" * 3000])
async def test_a_guessed_token_is_answered_as_any_other_wrong_one(guess: str, start: Start) -> None:
    served = await start(entered=False)
    line = f"GET /?token={guess.replace('TOKEN', served.token)} HTTP/1.1"
    assert is_refused(await served.ask(line), guard.STRANGER)
    assert served.addresses == []
    assert served.token not in "".join(served.said)
    await served.enter()


async def test_the_token_lets_in_once_and_leaves_the_address(start: Start) -> None:
    served = await start(entered=False)
    token = served.token
    assert is_refused(await served.ask(f"GET /web.css?token={token} HTTP/1.1"), guard.STRANGER)
    assert (await served.ask(f"HEAD /?token={token} HTTP/1.1")).status == 403
    answer = await served.ask(f"GET /?token={token} HTTP/1.1")
    assert (answer.status, answer.headers["location"], answer.body) == (303, "/", b"")
    name, _, session = answer.headers["set-cookie"].partition(";")[0].partition("=")
    attributes = answer.headers["set-cookie"].split("; ")[1:]
    assert (name, attributes) == (f"agentctl-web-{served.port}", ["HttpOnly", "Path=/", "SameSite=Strict"])
    assert token not in session
    assert is_refused(await served.ask(f"GET /?token={token} HTTP/1.1"), guard.STRANGER)
    assert len(served.addresses) == 1
    assert served.token != token


async def test_a_browser_that_is_in_uses_up_no_token(start: Start) -> None:
    served = await start()
    answer = await served.ask(f"GET /?token={served.token} HTTP/1.1")
    assert (answer.status, answer.headers["location"], len(served.addresses)) == (303, "/", 1)
    assert "set-cookie" not in answer.headers


async def test_the_session_of_another_server_is_none_here(start: Start) -> None:
    served, other = await start(), await start()
    session = other.cookie.partition("=")[2]
    for cookie in (other.cookie, f"agentctl-web-{served.port}={session}", f"agentctl-web-{served.port}=", "=;;"):
        assert is_refused(await served.ask(cookie=cookie), guard.STRANGER)
        assert is_refused(await served.open(f"Cookie: {cookie}"), guard.STRANGER)


@pytest.mark.parametrize(
    ("line", "headers", "status"),
    [
        ("GET / HTTP/1.1", ["Expect: evil"], 400),
        ("GET /evil HTTP/1.1", ["Expect: 100-continue"], 404),
        ("GET /ws HTTP/1.1", ["Sec-WebSocket-Version: evil"], 400),
        ("GET /ws HTTP/1.1", ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: evil"], 400),
        ("GET /ws HTTP/1.1", ["Sec-WebSocket-Version: 13"], 400),
    ],
)
async def test_what_aiohttp_would_quote_is_answered_in_our_words(
    line: str, headers: list[str], status: int, start: Start
) -> None:
    served = await start()
    socket = [f"Origin: http://127.0.0.1:{served.port}", "Connection: Upgrade", "Upgrade: websocket"]
    answer = await served.ask(line, *headers, *(socket if "/ws" in line else []))
    assert is_refused(answer, {400: guard.BAD_REQUEST, 404: guard.NOTHING}[status])


async def test_the_page_and_its_files_come_with_all_headers(start: Start) -> None:
    served = await start()
    answer = await served.ask()
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    nonce = re.search(r"'nonce-([\w-]+)'", answer.headers["content-security-policy"])
    assert nonce is not None
    assert f'nonce="{nonce[1]}"' in answer.body.decode()
    assert "<title>a &lt;run&gt;</title>" in answer.body.decode()
    assert nonce[1] not in (await served.ask()).headers["content-security-policy"]
    for path in FILES:
        file = await served.ask(f"GET {path} HTTP/1.1", "Sec-Fetch-Site: same-origin")
        assert (file.status, len(file.body) > 100) == (200, True)
        assert {name: file.headers.get(name.lower()) for name in HEADERS} == dict(HEADERS)
    assert (await served.ask("HEAD / HTTP/1.1")).body == b""


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        (["Cookie:"], guard.STRANGER),
        (["Cookie: agentctl-web-1=x"], guard.STRANGER),
        (["Origin:"], guard.FOREIGN),
        (["Origin: null"], guard.FOREIGN),
        (["Origin: http://evil.example"], guard.FOREIGN),
        (["Origin: http://127.0.0.1:1"], guard.FOREIGN),
        (["Origin: http://127.0.0.1"], guard.FOREIGN),
        (["Sec-Fetch-Site: cross-site"], guard.FOREIGN),
        (["Sec-Fetch-Site: same-site"], guard.FOREIGN),
        (["Host: evil.example"], guard.BAD_REQUEST),
    ],
)
async def test_a_websocket_needs_our_origin_and_a_session(headers: list[str], refused: Refusal, start: Start) -> None:
    served = await start(write=True)
    assert is_refused(await served.open(*headers), refused)
