"""The bot's port on loopback, and requests as bytes, so that they can be wrong in every way."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agentctl.cli.bot.book import Book, Message
from agentctl.cli.bot.door import Door, signature
from agentctl.cli.bot.intake import Intake
from agentctl.cli.bot.listening import bound, open_door
from agentctl.cli.bot.patience import Patience

SECRET = b"the secret of the tests"
BODY = json.dumps({"action": "created", "repository": {"full_name": "Acme/Shed"}}).encode()
ID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


@dataclass
class Opened:
    port: int
    path: Path
    told: list[str] = field(default_factory=list)
    woken: list[None] = field(default_factory=list)

    def messages(self) -> tuple[Message, ...]:
        """What is in the file, as another process would see it."""
        with Book(self.path) as book:
            return book.waiting(now=1e12, most=10_000)

    def send(self, request: bytes) -> tuple[int, str]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as line:
            line.sendall(request)
            return answer(line)

    def post(self, body: bytes = BODY, **changes: str | None) -> tuple[int, str]:
        return self.send(request(body, **changes))


@contextmanager
def door(
    folder: Path, *, book: Book | None = None, patience: Patience | None = None, **changes: object
) -> Iterator[Opened]:
    path = folder / "bot.db"
    with book or Book(path) as mine, bound("127.0.0.1", 0) as listener:
        opened = Opened(port=listener.getsockname()[1], path=path)
        intake = Intake(book=mine, taken=lambda: opened.woken.append(None))
        parts = {"secrets": [SECRET], "tell": opened.told.append} | changes
        guard = Door(intake=intake, **parts)
        with open_door(listener, guard.application(), intake, patience=patience):
            yield opened


def headers(body: bytes, changes: Mapping[str, str | None]) -> dict[str, str]:
    """Those of a forge; of ``changes`` a name is written with underscores, and None leaves a header out."""
    usual: dict[str, str | None] = {
        "host": "bot.example.org",
        "content-type": "application/json",
        "content-length": str(len(body)),
        "x-github-event": "issue_comment",
        "x-github-delivery": ID,
        "x-hub-signature-256": signature(SECRET, body),
    }
    given = usual | {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in given.items() if value is not None}


def request(
    body: bytes = BODY, /, *, line: str = "POST /webhook HTTP/1.1", more: str = "", **changes: str | None
) -> bytes:
    said = "".join(f"{name}: {value}\r\n" for name, value in headers(body, changes).items())
    return f"{line}\r\n{said}{more}\r\n".encode("utf-8", "surrogateescape") + body


def answer(line: socket.socket) -> tuple[int, str]:
    """Status and words; status 0 where the connection was closed before they were whole."""
    said = b""
    while (whole := _whole(said)) is None:
        try:
            piece = line.recv(65_536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            return 0, ""
        said += piece
    return whole


def _whole(said: bytes) -> tuple[int, str] | None:
    head, between, rest = said.partition(b"\r\n\r\n")
    length = next((int(each[15:]) for each in head.lower().split(b"\r\n") if each.startswith(b"content-length:")), 0)
    if not between or len(rest) < length:
        return None
    return int(head.split(b" ")[1]), rest.decode().strip()
