"""A server on loopback that answers as a test says, and remembers what it was asked."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

CUT = object()
"""In the place of a body: the connection breaks."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What is answered."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Answerer = Callable[[Asked], Reply]


def reply(body: Any = None, status: int = 200, **headers: str) -> Reply:
    return Reply(body=body, status=status, headers={key.replace("_", "-"): value for key, value in headers.items()})


class Hub:
    """Replies by method and path, in order; the last one stays. What nobody has said is a 404."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.address = ""
        self.judge: Callable[[Asked], Awaitable[None]] | None = None
        """Sees what is asked before it is answered."""
        self._replies: dict[str, list[Reply] | Answerer] = {}

    def on(self, line: str, *replies: Reply | Answerer) -> None:
        if len(replies) == 1 and not isinstance(replies[0], Reply):
            self._replies[line] = replies[0]
        else:
            self._replies[line] = [each for each in replies if isinstance(each, Reply)]

    def lines(self, *methods: str) -> list[str]:
        return [each.line for each in self.asked if not methods or each.method in methods]

    def bodies(self, line: str) -> list[Any]:
        return [each.body for each in self.asked if each.line == line]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        asked = Asked(
            method=request.method,
            path=request.raw_path.partition("?")[0],
            query=dict(request.query),
            headers=dict(request.headers),
            body=json.loads(text) if text else None,
        )
        self.asked.append(asked)
        if self.judge is not None:
            await self.judge(asked)
        said = self._replies.get(asked.line, [reply({"message": "Not Found"}, 404)])
        answer = said(asked) if callable(said) else said.pop(0) if len(said) > 1 else said[0]
        if answer.body is CUT:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if isinstance(answer.body, bytes):
            return web.Response(body=answer.body, status=answer.status, headers=answer.headers)
        text = json.dumps(answer.body) if answer.body is not None else ""
        return web.Response(text=text, status=answer.status, headers=answer.headers, content_type="application/json")


class JumpingClock:
    """Sleeping takes no time, and is remembered."""

    def __init__(self) -> None:
        self.at = 1_800_000_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


PLACE = "/repos/acme/shed"


def user(login: str = "ada", kind: str = "User") -> dict[str, str]:
    return {"login": login, "type": kind}


def pull(number: int = 7, **changes: Any) -> dict[str, Any]:
    repo = {"id": 1, "full_name": "acme/shed"}
    return {
        "number": number,
        "node_id": f"PR_{number}",
        "title": "Sheds",
        "body": "text",
        "user": user("bot"),
        "state": "open",
        "draft": True,
        "head": {"ref": "agentctl/r/core", "sha": "a" * 40, "repo": repo},
        "base": {"ref": "main", "sha": "b" * 40, "repo": repo},
        "created_at": "2027-01-15T08:00:00Z",
        "updated_at": "2027-01-15T08:00:00Z",
        "html_url": f"https://github.com/acme/shed/pull/{number}",
        **changes,
    }


def comment(id_: int, body: str, *, by: str | None = "bot", **changes: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "body": body,
        "user": None if by is None else user(by),
        "created_at": "2027-01-15T08:00:00Z",
        "updated_at": "2027-01-15T08:00:00Z",
        "html_url": f"https://github.com/acme/shed/issues/3#issuecomment-{id_}",
        "issue_url": "https://api.github.com/repos/acme/shed/issues/3",
        **changes,
    }


def pages(rows: Sequence[Any], address: str) -> Answerer:
    """Answers page by page, with links as GitHub sends them."""

    def answer(asked: Asked) -> Reply:
        size, page = int(asked.query.get("per_page", 30)), int(asked.query.get("page", 1))
        shown = list(rows[(page - 1) * size : page * size])
        last = page * size >= len(rows)
        links = {} if last else {"Link": f'<{address}{asked.path}?page={page + 1}>; rel="next"'}
        return Reply(body=shown, headers=links)

    return answer
