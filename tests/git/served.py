"""Git over HTTP on loopback, as a forge serves it: a login is asked for, and what was said to it is remembered."""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass(slots=True, kw_only=True)
class Served:
    """A folder of bare repositories; ``status`` and ``location`` answer in the place of git where they are set."""

    root: Path
    token: str = ""
    url: str = ""
    status: int = 0
    location: str = ""
    authorizations: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


class Door(BaseHTTPRequestHandler):
    """Answers as the folder's state says; made anew for each connection."""

    def __init__(self, *arguments: Any, state: Served, authorization: str) -> None:
        self.state = state
        self.authorization = authorization
        super().__init__(*arguments)  # answers before it returns

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.state.authorizations.append(self.headers.get("Authorization", ""))
        self.state.paths.append(self.path)
        body = self._body()
        if self.state.status:
            self._refuse(self.state.status, "Location", self.state.location)
        elif self.authorization and self.headers.get("Authorization", "") != self.authorization:
            self._refuse(401, "WWW-Authenticate", 'Basic realm="forge"')
        else:
            self._git(body)

    def _refuse(self, status: int, name: str, value: str) -> None:
        self.send_response(status)
        if value:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _git(self, body: bytes) -> None:
        command = ["git", "http-backend"]
        answer = subprocess.run(command, input=body, env=self._environ(body), capture_output=True, check=False).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _environ(self, body: bytes) -> dict[str, str]:
        path, _, query = self.path.partition("?")
        return {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.state.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "x-access-token",
        }

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - the name of the method's argument
        del format


@contextmanager
def served(root: Path, *, authorization: str = "") -> Iterator[Served]:
    """Serve the folder; whoever does not send that header is told to log in."""
    state = Served(root=root)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Door, state=state, authorization=authorization))
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
