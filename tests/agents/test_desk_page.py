"""The desk's page answers its owner and nobody else; what it shows can do nothing."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from agentctl.agents.desk.http import serving
from agentctl.agents.desk.inbox import Inbox, Prompt, prompt_id
from agentctl.agents.digest import dump_request
from agentctl.agents.models.port import Message, Request
from agentctl.orchestrator.errors import UsageError
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey

HOSTILE = "</pre><script>alert('&')</script>\"'<img src=x onerror=y>"
KEY = CallKey(attempt=AttemptKey(task="T1"), role="worker", turn=0)
REQUEST = Request(tier="flash", messages=(Message(role="user", text=HOSTILE),))
ID = prompt_id("r", KEY)


class Page:
    def __init__(self, url: str, folder: Path) -> None:
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\?token=([\w-]+)", url)
        assert found is not None
        self.port, self.token = int(found[1]), found[2]
        self.host = f"127.0.0.1:{self.port}"
        self.folder = folder

    def send(self, line: str, headers: dict[str, str], body: str = "") -> str:
        lines = [f"{line} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "Connection: close"]
        lines += [f"Content-Length: {len(body)}", "", body]
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as peer:
            peer.sendall("\r\n".join(lines).encode())
            with peer.makefile("rb") as answer:
                return answer.read().decode()

    @property
    def owner(self) -> dict[str, str]:
        return {"Host": self.host, "Cookie": f"agentctl-desk-{self.port}={self.token}"}

    def get(self, path: str) -> str:
        return self.send(f"GET {path}", self.owner)

    def post(self, path: str, answer: str, **headers: str) -> str:
        token = re.search(r'name="form_token" value="(\w+)"', self.get(f"/prompts/{ID}"))
        body = f"form_token={token[1] if token else ''}&answer={quote(answer)}"
        form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{self.host}"}
        return self.send(f"POST {path}", self.owner | form | headers, body)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    Inbox(tmp_path).put(
        Prompt(id=ID, run=HOSTILE, key=KEY, team=HOSTILE, at=0.0, tier="flash", request_json=dump_request(REQUEST))
    )
    with serving(tmp_path) as url:
        yield Page(url, tmp_path)


def status(answer: str) -> int:
    return int(answer.split(" ", 2)[1])


def test_the_address_is_turned_into_a_cookie_that_scripts_and_other_sites_do_not_get(page: Page) -> None:
    answer = page.send(f"GET /?token={page.token}", {"Host": page.host})
    assert status(answer) == 303
    assert f"set-cookie: agentctl-desk-{page.port}={page.token}; HttpOnly; Path=/; SameSite=strict" in answer
    assert page.token not in re.sub("set-cookie.*", "", answer)


def test_nothing_is_answered_without_the_token(page: Page) -> None:
    for path in ("/", f"/prompts/{ID}", "/desk.js", "/nowhere", "/?token=wrong", "/?token="):
        assert status(page.send(f"GET {path}", {"Host": page.host})) == 403
    wrong = {"Host": page.host, "Cookie": f"agentctl-desk-{page.port}=wrong"}
    assert status(page.send("GET /", wrong)) == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost", "127.0.0.1:1", ""])
def test_another_host_is_refused_even_with_the_token(page: Page, host: str) -> None:
    assert status(page.send("GET /", page.owner | {"Host": host})) in {400, 403}
    assert status(page.send(f"GET /?token={page.token}", {"Host": host})) in {400, 403}


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://localhost"])
def test_another_origin_is_refused_even_with_the_cookie(page: Page, origin: str) -> None:
    assert status(page.send("GET /", page.owner | {"Origin": origin})) == 403
    assert status(page.post(f"/prompts/{ID}", "hello", Origin=origin)) == 403
    assert Inbox(page.folder).take(ID) is None


def test_a_post_needs_an_origin_and_the_forms_own_token(page: Page) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = "answer=hello"
    assert status(page.send(f"POST /prompts/{ID}", page.owner | form, body)) == 403
    origin = {"Origin": f"http://{page.host}"}
    assert status(page.send(f"POST /prompts/{ID}", page.owner | form | origin, body)) == 403
    assert Inbox(page.folder).take(ID) is None


@pytest.mark.parametrize("path", ["/nowhere", "/prompts/", "/prompts/none", "/prompts/..%2f..%2fetc", "/%00"])
def test_a_wrong_path_is_not_found(page: Page, path: str) -> None:
    assert status(page.get(path)) == 404
    assert status(page.send(f"DELETE {path}", page.owner | {"Origin": f"http://{page.host}"})) in {404, 405}


def test_hostile_text_is_shown_as_text(page: Page) -> None:
    for path in ("/", f"/prompts/{ID}"):
        answer = page.get(path)
        assert status(answer) == 200
        assert "<script>alert" not in answer
        assert "<img" not in answer
        assert "&lt;script&gt;alert(&#x27;&amp;&#x27;)" in answer
        assert "content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'" in answer
        assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", answer)


def test_an_answer_is_stored_as_it_was_typed(page: Page) -> None:
    answer = page.post(f"/prompts/{ID}", "fä\r\nline & <b>\r\n")
    assert (status(answer), Inbox(page.folder).take(ID)) == (303, "fä\nline & <b>\n")
    assert status(page.get(f"/prompts/{ID}")) == 404
    assert "Nothing waits" in page.get("/")


def test_an_answer_that_cannot_be_used_stays_in_the_form_with_what_is_wrong(page: Page) -> None:
    answer = page.post(f"/prompts/{ID}", "  ")
    assert status(answer) == 422
    assert "the answer is empty" in answer


def test_a_huge_answer_is_refused(page: Page) -> None:
    answer = page.post(f"/prompts/{ID}", "x" * 12_100_000)
    assert status(answer) == 413


def test_a_taken_port_is_said_plainly(page: Page, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"port {page.port} cannot be used"), serving(tmp_path, port=page.port):
        pass
