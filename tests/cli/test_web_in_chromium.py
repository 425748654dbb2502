"""`agentctl web` in a real browser: what a person sees and does there, and what a page of somebody else cannot."""

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from agentctl.tui.commands import LOOKS
from playwright.sync_api import Browser, BrowserContext, Page, WebSocket, sync_playwright

from .terminals import PATIENCE
from .test_web import CONTROL, Server, Web, viewers, web

__all__ = ["web"]
Call = Callable[..., Any]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.xdist_group("chromium"),
]
FOREIGN = b"<!DOCTYPE html><title>foreign</title><p>somebody else's page</p>"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def foreign() -> Iterator[int]:
    """The port of another server on this machine."""

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(FOREIGN)))
            self.end_headers()
            self.wfile.write(FOREIGN)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@dataclass
class Screen:
    """A page, what was drawn on it, what it asked for, and what went wrong in it."""

    page: Page
    shown: str = ""
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        self.page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        self.asked.append(socket.url)
        socket.on("framereceived", self._drawn)

    def _drawn(self, payload: str | bytes) -> None:
        if isinstance(payload, bytes):
            self.shown = CONTROL.sub("", self.shown + payload.decode("utf-8", "replace"))

    def wait_for(self, words: str) -> None:
        """Until these words were drawn since this was asked last."""
        for _ in range(int(PATIENCE * 50)):
            if words in self.shown:
                self.shown = self.shown.partition(words)[2]
                return
            self.page.wait_for_timeout(20)
        pytest.fail(f"{words!r} never came: {self.shown[-1000:]!r}")

    def press_until(self, key: str, words: str) -> None:
        """A key that may be pressed again: the mouse's choice counts a moment after its click."""
        for _ in range(int(PATIENCE * 5)):
            self.press(key)
            self.page.wait_for_timeout(200)
            if words in self.shown:
                return
        pytest.fail(f"{words!r} never came: {self.shown[-1000:]!r}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


def opened(context: BrowserContext, address: str) -> Screen:
    """The dashboard in a tab, once it is drawn and hears keys."""
    screen = Screen(context.new_page())
    screen.page.goto(address)
    screen.page.wait_for_selector(".-first-byte .enable-mouse-events", timeout=PATIENCE * 1000)
    return screen


def answer_of(run: Any) -> str | None:
    (asked,) = run.store.questions()
    return str(asked.answer) if asked.answer is not None else None


def test_a_dashboard_is_read_and_left_and_asks_no_other_host(chromium: Browser, web: Web, new_run: Call) -> None:
    run = new_run()
    run.building()
    with web() as server, chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        screen = opened(context, server.address)
        assert screen.page.url == f"{server.origin}/"
        screen.wait_for("looks only")
        screen.wait_for("Write greet")
        screen.page.mouse.click(200, 50)
        screen.press_until("a", "1 log")
        screen.page.set_viewport_size({"width": 390, "height": 700})
        screen.press("t")
        screen.wait_for("R1")
        screen.press("/")
        screen.wait_for("only lines with")
        screen.page.keyboard.type("R1")
        screen.press("Enter")
        screen.wait_for("only lines with `R1`")
        screen.press("p")
        screen.wait_for(LOOKS[:40])
        own = server.origin.partition("//")[2]
        assert {re.split(r"[/?]", url.partition("//")[2])[0] for url in screen.asked} == {own}
        assert screen.wrong == []
        assert context.cookies()[0]["httpOnly"]
        assert screen.page.evaluate("[document.cookie, String(window.open('/'))]") == ["", "null"]
        screen.press("q")
        screen.page.wait_for_selector("#ended", state="visible")
        screen.shown = ""
        screen.page.click("#again")
        screen.wait_for("looks only")
        assert len(viewers(server)) == 1
        screen.page.close()
    assert run.store.questions() == ()


def test_the_first_may_answer_and_the_second_may_not(chromium: Browser, web: Web, new_run: Call) -> None:
    run = new_run()
    run.asking()
    with run.folder.lock(), web("--write") as server, chromium.new_context() as context:
        first = opened(context, server.address)
        first.wait_for("needs you")
        second = opened(context, f"{server.origin}/")
        second.wait_for("looks only")
        second.press("i")
        second.wait_for("If silent")
        second.page.wait_for_timeout(800)  # a key counts only for what has stood for a moment
        second.press("2", "r", ":")
        second.wait_for(LOOKS)
        assert answer_of(run) is None
        first.press("i")
        first.wait_for("If silent")
        first.page.wait_for_timeout(800)
        first.press("2")
        first.wait_for("is sent in")
        first.wait_for("answered by Ada")
        assert answer_of(run) == "lower"
        second.wait_for("answered by Ada")
        first.shown = ""
        first.page.reload()
        first.wait_for("k7m2xq building")
        assert "looks only" not in first.shown.splitlines()[0]


TRIES = """
async ([address, socket]) => {
  const tried = {};
  const note = async (name, way) => { tried[name] = await way().catch(() => "refused"); };
  const said = (answer) => answer.text();
  await note("fetch", () => fetch(address, {credentials: "include"}).then(said));
  await note("blind", () => fetch(address, {mode: "no-cors", credentials: "include"}).then(said));
  await note("script", () => new Promise((yes, no) => {
    const script = document.createElement("script");
    script.onload = () => yes("loaded"); script.onerror = no; script.src = address + "web.js";
    document.body.append(script);
  }));
  await note("websocket", () => new Promise((yes, no) => {
    const made = new WebSocket(socket);
    made.onopen = () => yes("open"); made.onerror = no;
  }));
  await note("frame", () => new Promise((yes) => {
    const frame = document.createElement("iframe");
    frame.onload = () => { try { yes(frame.contentDocument.title); } catch { yes("closed"); } };
    frame.src = address;
    document.body.append(frame);
  }));
  return tried;
}
"""


def test_a_page_of_somebody_else_can_do_nothing(chromium: Browser, web: Web, new_run: Call, foreign: int) -> None:
    new_run().building()
    with web() as server, chromium.new_context() as context:
        mine = opened(context, server.address)
        mine.wait_for("looks only")
        theirs = context.new_page()
        for host in ("127.0.0.1", "localhost"):
            theirs.goto(f"http://{host}:{foreign}/")
            tried = theirs.evaluate(TRIES, [f"{server.origin}/", f"{server.origin.replace('http', 'ws')}/ws"])
            assert tried.pop("frame") == "closed", json.dumps(tried)
            assert tried == {"fetch": "refused", "blind": "refused", "script": "refused", "websocket": "refused"}
            assert all("terminal" not in frame.content() for frame in theirs.frames)
        assert len(viewers(server)) == 1
        assert _sent_away(theirs, server)


def _sent_away(page: Page, server: Server) -> bool:
    """A link on another page does not lead in, but its address pasted does."""
    page.evaluate("(address) => { location.href = address; }", f"{server.origin}/")
    page.wait_for_url(f"{server.origin}/")
    refused = "another page" in page.content()
    page.goto(f"{server.origin}/")
    return refused and page.title().startswith("agentctl ")
