"""A real server that receives notices, a run on disk to tell of, and nothing of the host's settings."""

import base64
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.events import Fact, QuestionAsked, RunCreated
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.store.folder import RunFolder, create
from agentctl.orchestrator.store.sqlite import SqliteStore
from standardwebhooks import Webhook

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
QUESTION = Question(
    key="zone",
    kind="decision",
    text="Which time zone?",
    why="The format needs one.",
    options=(Option(text="utc", consequence="the same everywhere"), Option(text="local time")),
    recommended=0,
    asked_by="T1:1",
    requirements=("R1",),
)


@pytest.fixture(autouse=True)
def no_settings_of_the_host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("AGENTCTL_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@dataclass
class Receiver:
    """A server on loopback: it answers as its script says, the last entry for ever, and keeps what came."""

    answers: list[int | str] = field(default_factory=lambda: [204])
    """A status; ``hang``: no answer until the test is over."""
    headers: dict[str, str] = field(default_factory=dict)
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=not-to-be-told"

    def documents(self) -> list[dict[str, Any]]:
        """The bodies, once their signatures are verified."""
        return [Webhook(SECRET).verify(body, headers) for headers, body in self.came]

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + 30
        while len(self.came) < count:
            assert time.monotonic() < deadline, f"{len(self.came)} of {count} came"
            time.sleep(0.02)

    def take(self, headers: Mapping[str, str], body: bytes) -> int | str:
        self.came.append(({name.lower(): value for name, value in headers.items()}, body))
        return self.answers[min(len(self.came), len(self.answers)) - 1]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    it = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status = it.take(dict(self.headers), self.rfile.read(int(self.headers["content-length"])))
            if isinstance(status, str):
                it.over.wait(30)
                self.close_connection = True
                return
            words = b"" if status == 204 else b"<no>\x1b[31m" + b"x" * 100_000
            self.send_response(status)
            for name, value in it.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(words)))
            self.end_headers()
            try:
                self.wfile.write(words)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    it.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield it
    it.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def closed_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
    return root


@dataclass
class ARun:
    folder: RunFolder
    store: SqliteStore

    def say(self, *facts: Fact, author: str = "driver") -> None:
        self.store.append(*facts, author=author)

    def ask(self, question: Question = QUESTION) -> None:
        self.say(QuestionAsked(question=question))

    def kinds(self) -> list[str]:
        return [type(event.fact).__name__ for event in self.store.events()]

    def lines(self) -> list[dict[str, Any]]:
        """The file of what was delivered."""
        return [json.loads(line) for line in (self.folder.path / "notices.jsonl").read_text().splitlines()]


@pytest.fixture
def new_run(repo: Path) -> Iterator[Callable[..., ARun]]:
    made: list[ARun] = []

    def new(name: str = "k7m2xq", *, title: str = "greet: say hello", **more: Any) -> ARun:
        folder = create(repo, name)
        store = SqliteStore(folder.run_db, clock=SystemClock(), redact=str, blobs=folder.blobs)
        settings = RunSettings(profile="desk", repo=str(repo), **more)
        store.append(
            RunCreated(run=name, spec_id="s", spec_blob="", title=title, base="0" * 40, settings=settings),
            author="person:Ada",
        )
        made.append(ARun(folder, store))
        return made[-1]

    yield new
    for run in made:
        run.store.close()


@pytest.fixture
def run(new_run: Callable[..., ARun]) -> ARun:
    return new_run()
