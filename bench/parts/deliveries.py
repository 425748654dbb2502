"""Webhook deliveries as GitHub sends them, signed, and a sender that keeps its connections."""

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field

from ...cli.bot.door import signature

SECRET = b"a-secret-of-the-bench-and-no-other"
_FILLER = "What was tried, what came out of it, and what was expected instead. " * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A delivery and its body."""

    id: str
    body: bytes
    kind: str = "issue_comment"

    def request(self, host: str) -> bytes:
        """As it goes over the wire."""
        head = (
            f"POST /webhook HTTP/1.1\r\nHost: {host}\r\nUser-Agent: GitHub-Hookshot/044aadd\r\nAccept: */*\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\nX-GitHub-Event: {self.kind}\r\n"
            f"X-GitHub-Delivery: {self.id}\r\nX-GitHub-Hook-ID: 1\r\n"
            f"X-Hub-Signature-256: {signature(SECRET, self.body)}\r\n\r\n"
        )
        return head.encode() + self.body


def comment(number: int, *, repos: int = 5, text: str = "/agentctl run") -> Sent:
    """Somebody's comment, with as much around it as GitHub sends: about nine kilobytes."""
    name = f"shed-{number % repos}"
    user = {"login": "ada", "id": 1, "type": "User", "url": "https://api.github.com/users/ada", "site_admin": False}
    place = {"id": 7, "name": name, "full_name": f"acme/{name}", "owner": user, "private": False, "description": "é"}
    urls = {f"{part}_url": f"https://api.github.com/repos/acme/{name}/{part}{{/sha}}" for part in _PARTS}
    issue = {
        "number": number,
        "title": "A door that sticks",
        "body": _FILLER,
        "user": user,
        "labels": [],
        "state": "open",
    }
    said = {"id": 10_000 + number, "body": text, "user": user, "created_at": "2026-11-23T04:00:00Z"}
    payload = {"action": "created", "issue": issue, "comment": said, "repository": place | urls, "sender": user}
    return Sent(id=f"72d3162e-cc78-11e3-81ab-{number:012x}", body=json.dumps(payload).encode())


_PARTS = (
    *("archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents"),
    *("contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags", "hooks"),
    *("issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges", "milestones", "pulls"),
)


@dataclass(slots=True, kw_only=True)
class Line:
    """A connection that is kept, and made anew where it was lost."""

    host: str
    port: int
    _open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None, init=False)

    async def send(self, sent: Sent) -> tuple[int, float]:
        """Status and seconds from the first byte sent to the whole answer. Raises OSError where nobody answers."""
        request = sent.request(f"{self.host}:{self.port}")
        begun = time.perf_counter()
        while True:
            kept = self._open is not None
            try:
                status = await self._sent(request)
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
                await self.close()
                if kept:  # it was closed while it was idle, which says nothing of the server as it is now
                    continue
                raise OSError("no answer") from error
            return status, time.perf_counter() - begun

    async def _sent(self, request: bytes) -> int:
        if self._open is None:
            self._open = await asyncio.open_connection(self.host, self.port)
        reader, writer = self._open
        writer.write(request)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        return int(head.split(b" ", 2)[1])

    async def close(self) -> None:
        """Let go of it."""
        if self._open is not None:
            self._open[1].close()
            with suppress(OSError):
                await self._open[1].wait_closed()
        self._open = None
