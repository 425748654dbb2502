"""The emulated forge as those who test see it: people who act on it, what stands on it, and what was sent and asked."""

import asyncio
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from .faults import Fault, Kind
from .front import Asked, Front
from .outbox import Outbox, Sent
from .world import Json

_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """As what the bot is known to the forge."""

    id: int
    key: Path
    """Its private key."""
    secret: str
    """Its webhooks are signed with it."""
    slug: str = "agentctl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a token, who acts by the API and by git like anybody else. What is refused raises `Refused`."""

    login: str
    token: str
    hub: "Hub"

    def ask(self, method: str, path: str, said: Json = None) -> Json:
        """Ask the API; ``path`` is below the repository where it does not begin with a slash."""
        place = path if path.startswith("/") else f"/repos/{self.hub.repo}/{path}"
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.request(method, self.hub.api + place, headers=headers, json=said, timeout=_SECONDS)
        if answer.is_error:
            raise Refused(answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def open_issue(self, title: str, body: str) -> int:
        """Open an issue; returns its number."""
        return int(self.ask("POST", "issues", {"title": title, "body": body})["number"])

    def comment(self, number: int, body: str) -> int:
        """Comment on an issue or pull request; returns the comment's id."""
        return int(self.ask("POST", f"issues/{number}/comments", {"body": body})["id"])

    def edit_comment(self, comment: int, body: str) -> None:
        """Change a comment, of one's own or of somebody else's."""
        self.ask("PATCH", f"issues/comments/{comment}", {"body": body})

    def delete_comment(self, comment: int) -> None:
        """Take a comment away."""
        self.ask("DELETE", f"issues/comments/{comment}")

    def label(self, number: int, label: str) -> None:
        """Put a label on an issue or pull request."""
        self.ask("POST", f"issues/{number}/labels", {"labels": [label]})

    def open_pull(self, head: str, *, base: str = "main", title: str = "A change", body: str = "") -> int:
        """Open a pull request from a pushed branch; returns its number."""
        said = {"head": head, "base": base, "title": title, "body": body}
        return int(self.ask("POST", "pulls", said)["number"])

    def review(self, number: int, verdict: str, body: str = "", *, remarks: Iterable[tuple[str, int, str]] = ()) -> int:
        """End a review (``APPROVE``, ``REQUEST_CHANGES``, ``COMMENT``), with remarks: path, line and text of each."""
        comments = [{"path": path, "line": line, "body": text} for path, line, text in remarks]
        said = {"event": verdict, "body": body, "comments": comments}
        return int(self.ask("POST", f"pulls/{number}/reviews", said)["id"])

    def merge(self, number: int, *, method: str = "squash", sha: str | None = None) -> str:
        """Merge a pull request; returns the commit on its base."""
        said = {"merge_method": method} | ({"sha": sha} if sha else {})
        return str(self.ask("PUT", f"pulls/{number}/merge", said)["sha"])

    def enqueue(self, number: int) -> str:
        """Put a pull request into the merge queue; returns the commit that the queue made of it."""
        node = self.hub.pull(number)["node_id"]
        query = "mutation($id: ID!) { enqueuePullRequest(input: {pullRequestId: $id}) { clientMutationId } }"
        self.ask("POST", "/graphql", {"query": query, "variables": {"id": node}})
        return next(sha for name, sha in self.hub.branches().items() if f"/pr-{number}-" in name)

    def check(self, sha: str, name: str, conclusion: str, *, summary: str = "", log: str = "") -> int:
        """Let a job of Actions end on a commit, with what it printed; returns the check's id."""
        said = {"name": name, "head_sha": sha, "status": "completed", "conclusion": conclusion}
        made = self.ask("POST", "check-runs", said | {"output": {"title": conclusion, "summary": summary or name}})
        self.hub.front.world.memory.logs[made["id"]] = log
        return int(made["id"])

    def status(self, sha: str, context: str, state: str) -> None:
        """Set a commit status."""
        self.ask("POST", f"statuses/{sha}", {"context": context, "state": state})

    def push(
        self, branch: str, files: Mapping[str, str], *, on: str = "main", message: str = "A change", force: bool = False
    ) -> str:
        """Commit files on top of a branch (of ``on``, where it is not there) and push; returns the commit."""
        folder = self.hub.folder / "clones" / self.login / str(time.monotonic_ns())
        url = self.hub.git.replace("://", f"://x-access-token:{self.token}@")
        _git(None, "clone", "--quiet", "--no-checkout", url, str(folder))
        there = _git(folder, "branch", "--remotes", "--list", f"origin/{branch}")
        start = f"origin/{branch}" if there and not force else f"origin/{on}"
        _git(folder, "checkout", "--quiet", "-B", "work", start)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        _git(folder, "add", "--all")
        who = ("-c", f"user.name={self.login}", "-c", f"user.email={self.login}@example.org")
        _git(folder, *who, "commit", "--quiet", "-m", message)
        forced = ("--force",) if force else ()
        _git(folder, "push", "--quiet", *forced, "origin", f"work:refs/heads/{branch}")
        return _git(folder, "rev-parse", "HEAD")


class Refused(Exception):
    """The forge said no."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text[:500]}")
        self.status = status


@dataclass(slots=True, kw_only=True)
class Hub:
    """A forge with one repository, on loopback, until the block that made it ends."""

    api: str
    git: str
    """To clone from."""
    repo: str
    folder: Path
    app: App
    front: Front
    loop: asyncio.AbstractEventLoop
    tokens: Mapping[str, str]
    """By login."""
    thread: threading.Thread | None = field(default=None, repr=False)

    def as_(self, login: str) -> Person:
        """Somebody, to act as."""
        return Person(login=login, token=self.tokens[login], hub=self)

    def pulls(self, *, state: str = "all") -> Sequence[Json]:
        """All pull requests, oldest first, as the API tells them."""
        numbers = [each["number"] for each in self._root("GET", f"pulls?state={state}&per_page=100")]
        return [self.pull(number) for number in sorted(numbers)]

    def pull(self, number: int) -> Json:
        """One of them."""
        return self._root("GET", f"pulls/{number}")

    def comments(self, number: int) -> Sequence[Json]:
        """Comments on an issue or pull request, oldest first."""
        return list(self._root("GET", f"issues/{number}/comments?per_page=100"))

    def remarks(self, number: int) -> Sequence[Json]:
        """Remarks on lines of a pull request, and answers to them, oldest first."""
        return list(self._root("GET", f"pulls/{number}/comments?per_page=100"))

    def checks(self, sha: str) -> Mapping[str, Json]:
        """The latest check of each name."""
        found = self._root("GET", f"commits/{sha}/check-runs?per_page=100")["check_runs"]
        return {each["name"]: each for each in found}

    def reactions(self, comment: int) -> Sequence[tuple[str, str]]:
        """Who reacted to a comment, and with what."""
        found = self._root("GET", f"issues/comments/{comment}/reactions")
        return [(each["user"]["login"], each["content"]) for each in found]

    def branches(self) -> Mapping[str, str]:
        """Commits by branch, as git has them."""
        return self.front.world.bare.branches()

    def text(self, branch: str, path: str) -> str | None:
        """A file on a branch, as git has it."""
        found = self.front.world.bare.text(branch, path)
        return found.decode() if found is not None else None

    def protect(self, branch: str, *, checks: Sequence[str] = (), approvals: int = 0) -> None:
        """Ask checks and approvals of what is merged into a branch."""
        reviews = {"required_approving_review_count": approvals} if approvals else None
        required = {"strict": False, "contexts": list(checks)} if checks else None
        said = {"required_status_checks": required, "required_pull_request_reviews": reviews}
        self._root("PUT", f"branches/{branch}/protection", said | {"enforce_admins": True, "restrictions": None})

    @property
    def outbox(self) -> Outbox:
        """Webhooks: ``every`` that came to be, ``held`` to keep them back, ``door`` where they go."""
        return self.front.world.outbox

    def deliver(self, sent: Sent) -> int:
        """Send a webhook once more, or out of its turn; returns the status."""
        return int(self._in_loop(self.outbox.again(sent)).result(_SECONDS))

    def release(self) -> None:
        """Send what was held back."""
        self.loop.call_soon_threadsafe(self.outbox.release)

    @property
    def requests(self) -> Sequence[Asked]:
        """All that was asked of the forge, by anybody."""
        return self.front.asked

    def breaks(self, kind: Kind, *, times: int = 1, seconds: float = 1.0, matching: str = "") -> None:
        """Let the next requests of the App's that match go wrong."""
        self.front.faults.append(Fault(kind=kind, times=times, seconds=seconds, matching=matching))

    def wait(self, until: Callable[[], Any], *, what: str, seconds: float = _SECONDS) -> Any:
        """Wait until something is so, and return it; raises with ``what`` where it does not come to be."""
        deadline = time.monotonic() + seconds
        while not (found := until()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds:.0f} s: {what}")
            time.sleep(0.1)
        return found

    def _root(self, method: str, path: str, said: Json = None) -> Json:
        return self.as_("root").ask(method, path, said)

    def _in_loop(self, work: Any) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(work, self.loop)


def _git(folder: Path | None, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=_SECONDS)
    if done.returncode:
        raise Refused(0, done.stderr)
    return done.stdout.strip()
