"""The front of the emulated forge: every request comes in here. It knows who asks, counts, breaks, and routes."""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from . import of_git, of_pulls, of_rest
from .bare import Call, moves, serve
from .faults import Fault
from .world import Answer, Request, World, refused

HOOKS = "/_emulated/hooks"
"""Where emulate sends its webhooks."""
_Routed = Callable[..., Awaitable[Answer]]
_ROUTES: tuple[tuple[str, str, _Routed], ...] = (
    ("GET", "branches", of_git.branches),
    ("GET", "branches/((?:(?!/protection).)+)", of_git.branch),
    ("GET", "git/ref/heads/(.+)", of_git.ref),
    ("GET", "git/matching-refs/heads/(.*)", of_git.refs_like),
    ("POST", "git/refs", of_git.make_ref),
    ("PATCH", "git/refs/heads/(.+)", of_git.move_ref),
    ("DELETE", "git/refs/heads/(.+)", of_git.delete_ref),
    ("GET", "contents/?(.*)", of_git.contents),
    ("GET", "compare/(.+)", of_git.compare),
    ("GET", "commits", of_git.commits),
    ("GET", "commits/(.+)/check-runs", of_rest.checks),
    ("GET", "commits/(.+)/statuses", of_rest.statuses),
    ("GET", "commits/(.+)/status", of_rest.combined),
    ("GET", "commits/(.+)/pulls", of_git.pulls_of_commit),
    ("GET", "commits/(.+)", of_git.commit),
    ("POST", "statuses/(.+)", of_rest.set_status),
    ("POST", "check-runs", of_rest.make_check),
    ("PATCH", r"check-runs/(\d+)", of_rest.move_check),
    ("GET", r"check-runs/(\d+)/annotations", of_rest.annotations),
    ("GET", "issues", of_rest.issues),
    ("GET", "issues/events", of_rest.events),
    ("GET", r"issues/(\d+)/events", of_rest.events),
    ("GET", "(issues|pulls)/comments", of_rest.comments),
    ("GET", r"issues/(\d+)", of_rest.issue),
    ("POST", "pulls", of_pulls.open_pull),
    ("PATCH", r"pulls/(\d+)", of_pulls.edit_pull),
    ("PUT", r"pulls/(\d+)/merge", of_pulls.merge),
    ("GET", r"pulls/(\d+)/files", of_git.pull_files),
    ("GET", r"pulls/(\d+)/commits", of_git.pull_commits),
    ("POST", r"pulls/(\d+)/reviews", of_pulls.review),
    ("POST", r"pulls/(\d+)/comments", of_pulls.remark),
    ("POST", r"pulls/(\d+)/comments/(\d+)/replies", of_pulls.reply),
    ("PATCH", r"(?:issues|pulls)/comments/(\d+)", of_pulls.edited),
    ("POST", r"(issues|issues/comments|pulls/comments)/(\d+)/reactions", of_rest.react),
    ("GET", r"(issues|issues/comments|pulls/comments)/(\d+)/reactions", of_rest.reactions),
    ("GET", "collaborators/([^/]+)/permission", of_rest.permission),
    ("GET", r"actions/jobs/(\d+)/logs", of_rest.log),
    ("GET", r"actions/jobs/(\d+)", of_rest.job),
    ("GET", "rules/branches/(.+)", of_rest.rules),
    ("POST", "forks", of_rest.fork),
)
_GIT = re.compile(r"/([\w.-]+/[\w.-]+)\.git(/.*)")
_WRITES = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, and what it came to."""

    method: str
    path: str
    who: str
    status: int
    write: bool
    """It changes something, and the App asked for it."""


@dataclass(slots=True, kw_only=True)
class Front:
    """The server's one handler, and its log."""

    world: World
    asked: list[Asked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    before_write: Callable[[int, str], None] = lambda _number, _what: None
    """Called ahead of each write of the App's, with its number from 1 on."""
    after_write: Callable[[int, str], None] = lambda _number, _what: None
    """Called when it is done, ahead of the answer."""
    writes: int = 0

    async def answer(self, got: web.Request) -> web.Response:
        """Answer any request."""
        if got.path == HOOKS:
            event, payload = got.headers["X-GitHub-Event"], await got.json()
            await self.world.outbox.quiet.wait()  # what it tells of may be half of a write
            await self.world.pass_hook(event, payload)
            return web.Response(status=204)
        request = await self._request(got)
        fault = self._fault(request)
        if fault is not None and fault.kind not in ("hangs", "lost"):
            return self._sent(request, fault.answer)
        if fault is not None and fault.kind == "hangs":
            await asyncio.sleep(fault.seconds)
        answer = await self._counted(request)
        return self._sent(request, fault.answer if fault is not None and fault.kind == "lost" else answer)

    async def _counted(self, request: Request) -> Answer:
        if not _changes(request):
            return await self._routed(request)
        async with self.world.lock:
            self.world.outbox.quiet.clear()
            try:
                if not _by_app(request):
                    return await self._routed(request)
                self.writes += 1
                number, what = self.writes, f"{request.method} {request.path}"
                self.before_write(number, what)
                answer = await self._routed(request)
                self.after_write(number, what)
                return answer
            finally:
                self.world.outbox.quiet.set()

    async def _routed(self, request: Request) -> Answer:
        if found := _GIT.fullmatch(request.path):
            return await self._git(request, found.group(1))
        known = request.who or request.headers.get("Authorization", "").split()[-1:][0:1] == []
        if not known and "eyJ" not in request.headers["Authorization"]:
            return refused(401, "Bad credentials")
        if request.path == "/graphql":
            return await of_rest.graphql(self.world, request)
        if request.path == "/installation/repositories":
            return await of_rest.installed_in(self.world, request)
        prefix = f"/repos/{self.world.repo}/"
        if request.path.startswith(prefix):
            inside = request.path.removeprefix(prefix)
            for method, pattern, route in _ROUTES:
                if method == request.method and (found := re.fullmatch(pattern, inside)):
                    return await route(self.world, request, *found.groups())
            if inside.startswith("git/"):
                return refused(501, "not emulated: use git")
        status, headers, body = await self.world.pass_on(request)
        self._minted(request, status, body)
        return Answer(status=status, body=body, headers=headers)

    async def _git(self, request: Request, name: str) -> Answer:
        bare, pushes = self.world.bare_of(name), "git-receive-pack" in request.target
        if not request.who or not bare.folder.is_dir():
            return Answer(status=401, body=b"", headers={"WWW-Authenticate": 'Basic realm="GitHub"'})
        if pushes and not self.world.may_write(request.who) and not name.startswith(f"{request.who}/"):
            return Answer(status=403, body=b"Permission denied")
        before = bare.branches() if pushes else {}
        call = Call(
            method=request.method,
            path=request.path,
            query=request.target.partition("?")[2],
            kind=request.headers.get("Content-Type", ""),
            protocol=request.headers.get("Git-Protocol", ""),
            body=request.body,
            user=request.who,
        )
        status, headers, body = await serve(self.world.git_root, call)
        if pushes and request.method == "POST" and name == self.world.repo:
            await of_git.pushed(self.world, moves(before, bare.branches()), by=request.who)
        return Answer(status=status, body=body, headers=headers)

    async def _request(self, got: web.Request) -> Request:
        path = got.path.removeprefix("/api/v3").replace("/api/graphql", "/graphql")
        headers = dict(got.headers)
        token = headers.get("Authorization", "").split()[-1:] or [""]
        if headers.get("Authorization", "").lower().startswith("basic "):
            token = [base64.b64decode(token[0]).decode().partition(":")[2]]
        return Request(
            method=got.method,
            path=path,
            query=dict(got.query),
            headers=headers,
            body=await got.read(),
            who=self.world.tokens.get(token[0], ""),
            target=got.raw_path.removeprefix("/api/v3"),
        )

    def _fault(self, request: Request) -> Fault | None:
        if not _by_app(request) or request.path.startswith("/app"):
            return None
        return next((each for each in self.faults if each.hits(request.method, request.path)), None)

    def _minted(self, request: Request, status: int, body: object) -> None:
        if request.path.endswith("/access_tokens") and status == 201 and isinstance(body, dict):  # noqa: PLR2004 - HTTP's own
            self.world.tokens[str(body["token"])] = "agentctl[bot]"

    def _sent(self, request: Request, answer: Answer) -> web.Response:
        if len(self.asked) < 100_000:  # noqa: PLR2004 - a log that ends
            told = {"method": request.method, "path": request.path, "who": request.who, "status": answer.status}
            self.asked.append(Asked(**told, write=_changes(request) and _by_app(request)))  # type: ignore[arg-type]  # as named
        headers = {"X-GitHub-Request-Id": "E", **answer.headers}
        if isinstance(answer.body, bytes) or answer.body is None:
            return web.Response(status=answer.status, body=answer.body, headers=headers)
        raw = json.dumps(answer.body).encode()
        headers |= {"ETag": f'"{hashlib.sha256(raw).hexdigest()}"', "Content-Type": "application/json; charset=utf-8"}
        if request.method == "GET" and request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        return web.Response(status=answer.status, body=raw, headers=headers)


def _changes(request: Request) -> bool:
    if _GIT.fullmatch(request.path):
        return request.method == "POST" and request.path.endswith("git-receive-pack")
    return request.method in _WRITES and not request.path.startswith("/app")


def _by_app(request: Request) -> bool:
    return request.who.endswith("[bot]")
