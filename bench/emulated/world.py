"""What stands behind the emulated forge: emulate, the bare repositories, what emulate does not know, and the outbox."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from .bare import Bare
from .outbox import Outbox

Json = Any
"""What came out of JSON, or goes into it; whoever reads it knows what it asked for."""
_EVENTS = {
    "labeled": "labeled",
    "unlabeled": "unlabeled",
    "closed": "closed",
    "reopened": "reopened",
    "review_requested": "review_requested",
    "ready_for_review": "ready_for_review",
    "converted_to_draft": "convert_to_draft",
    "enqueued": "added_to_merge_queue",
}
"""Events by the actions of webhooks."""
_STALE = ("host", "content-length", "accept-encoding", "if-none-match", "transfer-encoding", "connection")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came in."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    who: str
    """The login behind its token; empty for none."""
    target: str
    """Path and query as they stood in the request line."""

    @property
    def json(self) -> Json:
        """Its body; an empty object where it has none, or none that is an object."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer: JSON, or bytes."""

    status: int = 200
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Memory:
    """What emulate has no place for."""

    seen: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Head and base of pull requests, as they were last while open."""
    merged: dict[int, dict[str, Json]] = field(default_factory=dict)
    """Fields of those that were merged."""
    edited: set[int] = field(default_factory=set)
    review_of: dict[int, int] = field(default_factory=dict)
    lines: dict[int, tuple[str, str, int]] = field(default_factory=dict)
    """Commit, path and line that a remark was made of."""
    checks: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Sha and maker of check runs, oldest first."""
    logs: dict[int, str] = field(default_factory=dict)
    statuses: list[dict[str, Json]] = field(default_factory=list)
    reactions: list[dict[str, Json]] = field(default_factory=list)
    touched: dict[int, str] = field(default_factory=dict)
    queue: list[int] = field(default_factory=list)
    events: list[dict[str, Json]] = field(default_factory=list)
    """What happened to issues and pull requests, oldest first."""
    rules: list[dict[str, Json]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class World:
    """One emulated forge with one repository, and its forks."""

    repo: str
    """``owner/name``"""
    main: str
    git_root: Path
    root: str
    """The token of who may do everything."""
    people: Mapping[str, str]
    """Logins with what they may do."""
    tokens: dict[str, str]
    """Logins by token; those of the App are added as they are minted."""
    outbox: Outbox
    base: str = ""
    upstream: str = ""
    memory: Memory = field(default_factory=Memory)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    session: aiohttp.ClientSession = field(init=False)
    _kept: dict[str, Json] = field(default_factory=dict)

    @property
    def bare(self) -> Bare:
        """The repository."""
        return self.bare_of(self.repo)

    def bare_of(self, name: str) -> Bare:
        """A fork of it, or itself."""
        return Bare(folder=self.git_root / f"{name}.git")

    def may_write(self, login: str) -> bool:
        """Whether somebody may push."""
        return login.endswith("[bot]") or self.people.get(login) in ("write", "maintain", "admin")

    async def pass_on(self, request: Request, *, body: bytes | None = None) -> tuple[int, Mapping[str, str], Json]:
        """Let emulate answer a request; its own headers, and its JSON put right."""
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _STALE}
        url = self.upstream + request.target
        sent = request.body if body is None else body
        async with self.session.request(
            request.method, url, headers=headers, data=sent, allow_redirects=False
        ) as answer:
            raw = await answer.read()
            kept = {name: value for name, value in answer.headers.items() if name.lower() in ("link", "location")}
            kept |= {name: value for name, value in answer.headers.items() if name.lower().startswith("x-ratelimit")}
            if answer.content_type != "application/json":
                return answer.status, kept | {"Content-Type": answer.content_type}, raw
            return answer.status, kept, self.right(json.loads(raw))

    async def ask(self, method: str, path: str, said: Json = None, *, token: str = "") -> tuple[int, Json]:
        """Ask emulate something of one's own accord, as who may do everything or as somebody."""
        headers = {"Authorization": f"Bearer {token or self.root}"}
        async with self.session.request(method, self.upstream + path, headers=headers, json=said) as answer:
            raw = await answer.read()
            return answer.status, self.right(json.loads(raw)) if raw else None

    async def numbers(self, *, head: str = "", base: str = "") -> list[int]:
        """Open pull requests of the repository's own branches: from one, or to one."""
        _, pulls = await self.ask("GET", f"/repos/{self.repo}/pulls?per_page=100")
        return [
            each["number"]
            for each in pulls
            if (not base or each["base"]["ref"] == base)
            and (not head or (each["head"]["ref"] == head and each["head"]["repo"]["full_name"] == self.repo))
        ]

    async def pull(self, number: int) -> Json:
        """A pull request, put right."""
        return (await self.ask("GET", f"/repos/{self.repo}/pulls/{number}"))[1]

    async def tell(self, event: str, payload: Mapping[str, Json], *, by: str) -> None:
        """Send a webhook that emulate does not send."""
        for key, path in (("repo", f"/repos/{self.repo}"), (by, f"/users/{by}")):
            if key not in self._kept:
                self._kept[key] = (await self.ask("GET", path))[1]
        more = {"repository": self._kept["repo"], "sender": self._kept[by], "installation": {"id": 100, "node_id": "I"}}
        self.send(event, {**payload, **more})

    async def pass_hook(self, event: str, payload: Json) -> None:
        """Send a webhook of emulate's, as GitHub would: what happens to a pull request is not told of an issue."""
        found = self.right(payload)
        number = found.get("issue", {}).get("number")
        pull = await self.pull(number) if event == "issues" else {}
        if "head" in pull:
            del found["issue"]
            event, found = "pull_request", {**found, "number": number, "pull_request": pull}
        self.send(event, found)

    def send(self, event: str, payload: dict[str, Json]) -> None:
        """Put a webhook into the outbox, and what it tells of among the events."""
        self.outbox.add(event, payload)
        about = payload.get("pull_request") if event == "pull_request" else payload.get("issue")
        if event not in ("pull_request", "issues") or about is None or payload["action"] not in _EVENTS:
            return
        names = [_EVENTS[payload["action"]]]
        if payload["action"] == "closed" and about.get("merged"):
            names = ["merged", "closed"]
        more = {key: payload[key] for key in ("label", "requested_reviewer", "requested_team") if key in payload}
        issue = {"number": about["number"]} | ({"pull_request": {"url": about["url"]}} if event != "issues" else {})
        for name in names:
            said = {"id": len(self.memory.events) + 1, "event": name, "actor": payload["sender"], "created_at": now()}
            self.memory.events.append(said | {"issue": issue, "commit_id": None} | more)

    def right(self, said: Json) -> Json:
        """JSON of emulate's with what it does not know, and in the form in which GitHub says it."""
        if isinstance(said, list):
            return [self.right(each) for each in said]
        if not isinstance(said, dict):
            return said
        found = {key: _whole_seconds(key, self.right(value)) for key, value in said.items()}
        if isinstance(found.get("head"), dict) and "draft" in found:
            self._as_git_has_it(found)
        elif "/comments/" in str(found.get("url", "")) and "body" in found and "id" in found:
            self._comment(found)
        elif "check_suite" in found and "external_id" in found:
            self._check(found)
        return found

    def _as_git_has_it(self, pull: dict[str, Json]) -> None:
        number = int(pull["number"])
        last = self.memory.seen.get(number, (pull["head"]["sha"], pull["base"]["sha"]))
        if pull["state"] == "open":
            head_bare = self.bare_of((pull["head"].get("repo") or {}).get("full_name", self.repo))
            last = (
                head_bare.commit_of(pull["head"]["ref"]) or last[0],
                self.bare.commit_of(pull["base"]["ref"]) or last[1],
            )
            self.memory.seen[number] = last
        pull["head"] = pull["head"] | {"sha": last[0]}
        pull["base"] = pull["base"] | {"sha": last[1]}
        pull |= {"mergeable": None, "mergeable_state": "unknown", "merged": False}
        if pull["state"] == "open" and self.bare.commit_of(last[0]):
            pull["mergeable"] = self.bare.merges(last[1], last[0])
            clean = "draft" if pull["draft"] else "clean"
            pull["mergeable_state"] = clean if pull["mergeable"] else "dirty"
        pull["updated_at"] = max(pull["updated_at"], self.memory.touched.get(number, ""))
        pull |= self.memory.merged.get(number, {})

    def _comment(self, comment: dict[str, Json]) -> None:
        if comment["id"] not in self.memory.edited:
            comment["updated_at"] = comment["created_at"]
        if "pull_request_review_id" not in comment:
            return
        comment["pull_request_review_id"] = self.memory.review_of.get(comment["id"])
        if comment["id"] in self.memory.lines:
            commit, path, line = self.memory.lines[comment["id"]]
            number = int(str(comment["pull_request_url"]).rsplit("/", 1)[-1])
            head = self.memory.seen.get(number, (commit, ""))[0]
            gone = head != commit and self.bare.touched(commit, head, path, line)
            comment |= {"original_line": line, "line": None if gone else line, "original_commit_id": commit}

    def _check(self, check: dict[str, Json]) -> None:
        maker = self.memory.checks.get(int(check["id"]), ("", ""))[1]
        slug = maker.removesuffix("[bot]") if maker.endswith("[bot]") else "github-actions"
        app = {"id": 7 if maker.endswith("[bot]") else 15368, "slug": slug, "name": slug}
        check["app"] = app
        if check["check_suite"]:
            check["check_suite"] = check["check_suite"] | {"app": app}


def now() -> str:
    """The moment, as GitHub says it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def page(found: Sequence[Json], request: Request) -> tuple[list[Json], Mapping[str, str]]:
    """One page of a list, and the header that tells of the next."""
    size = min(int(request.query.get("per_page", "30")), 100)
    number = int(request.query.get("page", "1"))
    start = (number - 1) * size
    more = start + size < len(found)
    query = "&".join(f"{key}={value}" for key, value in {**request.query, "page": number + 1}.items())
    link = {"Link": f'<http://{request.headers.get("Host", "")}{request.path}?{query}>; rel="next"'} if more else {}
    return list(found[start : start + size]), link


def refused(status: int, message: str) -> Answer:
    """An answer that says no, in GitHub's form."""
    return Answer(status=status, body={"message": message, "documentation_url": "https://docs.github.com/rest"})


def _whole_seconds(key: str, value: Json) -> Json:
    if isinstance(value, str) and (key.endswith("_at") or key == "date"):
        return re.sub(r"(T\d\d:\d\d:\d\d)\.\d+", r"\1", value)
    return value
