"""Every request that the adapter makes is one that GitHub's own description of its API accepts, by Prism.

Our server answers, so that each method goes all its ways; Prism only judges what was asked. GraphQL is in no such
description: its documents are checked against GitHub's published schema by the reference implementation.
"""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from agentctl.orchestrator.forge.github import queries
from agentctl.orchestrator.forge.github.adapter import GitHub
from agentctl.orchestrator.forge.github.connecting import app_of
from agentctl.orchestrator.forge.port import Forge
from agentctl.orchestrator.nouns.forge import Annotation, Check, CheckWanted, RepoName

from .conftest import Forges
from .hub import PLACE, Asked, Hub, JumpingClock, Reply, comment, pull, reply, user
from .test_login import Installed, environment

MODULES = Path(os.environ.get("AGENTCTL_TEST_GITHUB_MODULES", "/nonexistent"))
DESCRIPTION = MODULES / "@octokit/openapi/generated/api.github.com.json"
PRISM = MODULES / "@stoplight/prism-cli/dist/index.js"
SCHEMA = MODULES / "@octokit/graphql-schema/schema.graphql"
NODE = shutil.which("node") or ""
SECONDS = 180
REFUSALS = ("UNPROCESSABLE_ENTITY", "NO_", "INVALID_CONTENT_TYPE", "UNAUTHORIZED")
SHA = "a" * 40

pytestmark = pytest.mark.xdist_group("prism")


@pytest.fixture(scope="module")
def description() -> Any:
    if not (NODE and DESCRIPTION.is_file() and PRISM.is_file() and SCHEMA.is_file()):
        pytest.skip(
            "AGENTCTL_TEST_GITHUB_MODULES names no folder with @octokit/openapi, @octokit/graphql-schema and "
            "@stoplight/prism-cli, or there is no node: npm install them"
        )
    return json.loads(DESCRIPTION.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def prism(description: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    assert description
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("prism") / "log"
    command = [NODE, str(PRISM), "mock", "-h", "127.0.0.1", "-p", str(port), "--errors", str(DESCRIPTION)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            asyncio.run(answering(address, process))
            yield address
        finally:
            process.kill()
            process.wait()


async def answering(address: str, process: "subprocess.Popen[bytes]") -> None:
    async with asyncio.timeout(SECONDS), httpx.AsyncClient(trust_env=False) as client:
        while process.poll() is None:
            try:
                await client.get(f"{address}/zen")
            except httpx.TransportError:
                await asyncio.sleep(0.2)
            else:
                return
    raise AssertionError("Prism has ended: see its log")


@dataclass
class Judge:
    """Shows each request to Prism; remembers which operation it was, and what Prism has against it."""

    prism: httpx.AsyncClient
    templates: Mapping[str, re.Pattern[str]]
    operations: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    documents: set[str] = field(default_factory=set)

    async def __call__(self, asked: Asked) -> None:
        if asked.path == "/graphql":
            self.documents.add(asked.body["query"])
            return
        found = [template for template, pattern in self.templates.items() if pattern.fullmatch(asked.path)]
        fewest = min(found, key=lambda template: template.count("{"), default="no path of GitHub's")
        self.operations.add(f"{asked.method} {fewest}")
        answer = await self.shown(asked)
        kind = str(answer.get("type") or "").rpartition("#")[2]
        if kind.startswith(REFUSALS):
            self.refused.append(f"{asked.line}: {kind} {answer.get('detail')} {answer.get('validation')}")

    async def shown(self, asked: Asked) -> Mapping[str, Any]:
        headers = {"Accept": "application/json", "Authorization": asked.headers["Authorization"]}
        address = f"{asked.path}?{urlencode(asked.query)}" if asked.query else asked.path
        answer = await self.prism.request(asked.method, address, json=asked.body, headers=headers)
        try:
            found = answer.json()
        except ValueError:
            return {}
        return found if isinstance(found, Mapping) else {}


def templates(description: Any) -> Mapping[str, re.Pattern[str]]:
    paths = description["paths"]
    return {each: re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(each))) for each in paths}


@pytest.fixture
async def judge(prism: str, hub: Hub, description: Any) -> AsyncIterator[Judge]:
    async with httpx.AsyncClient(base_url=prism, trust_env=False, timeout=60) as client:
        hub.judge = Judge(client, templates(description))
        yield hub.judge


def answers(hub: Hub, *, me: str) -> None:
    """Answers that take each method to its last request."""
    there: dict[str, Any] = {
        "GET ": {"default_branch": "main", "permissions": {"push": True}},
        "GET /git/ref/heads%2Fmain": {"object": {"sha": "1" * 40}},
        "GET /git/ref/heads%2Fagentctl%2Fr%2Fcore": {"object": {"sha": SHA}},
        "GET /contents/docs%2Fa.md": {"type": "file", "encoding": "none", "sha": "f" * 40},
        f"GET /git/blobs/{'f' * 40}": {"content": "aGk=", "encoding": "base64"},
        "GET /collaborators/ada/permission": {"permission": "write"},
        "GET /branches/main": {"protected": True},
        "GET /branches/main/protection": {},
        f"GET /commits/{SHA}/status": {"statuses": []},
        f"POST /statuses/{SHA}": {"id": 1, "state": "success"},
        "GET /issues/3": {"number": 3, "labels": ["old"]},
        "PUT /pulls/7/merge": {"sha": "c" * 40},
        "POST /issues/comments/1/reactions": {"id": 1},
        "POST /pulls/comments/5/reactions": {"id": 1},
        "DELETE /git/refs/heads%2Fagentctl%2Fr%2Fcore": None,
    }
    for empty in (
        *("GET /pulls/7/files", "GET /pulls/7/reviews", "GET /issues/7/events", "GET /issues/events", "GET /issues"),
        *("GET /issues/comments", "GET /rules/branches/main", "GET /check-runs/1/annotations"),
        *(f"GET /commits/{SHA}/statuses", "GET /git/matching-refs/heads%2Fgh-readonly-queue%2F"),
        *("POST /issues/3/labels", "DELETE /issues/3/labels/old"),
    ):
        there[empty] = []
    for line, body in there.items():
        method, _, path = line.partition(" ")
        hub.on(f"{method} {PLACE}{path}", reply(body))
    hub.on(f"GET {PLACE}/actions/jobs/1/logs", reply(None, 302, Location=f"{hub.address}/log"))
    hub.on("GET /users/ada", reply(user()))
    hub.on("POST /graphql", graph)
    pulls_answer(hub)
    talk_answers(hub, me)
    checks_answer(hub)


def pulls_answer(hub: Hub) -> None:
    open_ = pull(draft=False, updated_at="2030-01-01T00:00:00Z")
    hub.on(f"GET {PLACE}/pulls/7", reply(open_))
    hub.on(f"GET {PLACE}/pulls", lambda asked: reply([] if "head" in asked.query else [open_]))
    hub.on(f"POST {PLACE}/pulls", reply(pull(), 201))
    hub.on(f"PATCH {PLACE}/pulls/7", reply(pull()))
    hub.on(f"POST {PLACE}/pulls/7/requested_reviewers", reply(pull(), 201))


def talk_answers(hub: Hub, me: str) -> None:
    said = comment(1, "old\n\n<!-- there -->", by=me)
    address = {"pull_request_url": "https://api.github.com/repos/acme/shed/pulls/7", "path": "a.py", "commit_id": SHA}
    remark = {**comment(5, "why?", by="ada"), **address}
    mine = {**comment(6, "old\n\n<!-- there -->", by=me), **address, "in_reply_to_id": 5}
    hub.on(f"GET {PLACE}/issues/3/comments", reply([said]))
    hub.on(f"GET {PLACE}/issues/comments/1", reply(said))
    hub.on(f"GET {PLACE}/pulls/comments", reply([remark]))
    hub.on(f"GET {PLACE}/pulls/7/comments", reply([remark, mine]))
    for line, row in {
        f"POST {PLACE}/issues/3/comments": said,
        f"PATCH {PLACE}/issues/comments/1": said,
        f"POST {PLACE}/pulls/7/comments/5/replies": mine,
        f"PATCH {PLACE}/pulls/comments/6": mine,
    }.items():
        hub.on(line, lambda asked, row=row: reply({**row, "body": asked.body["body"]}))


def checks_answer(hub: Hub) -> None:
    run = {"id": 1, "name": "ci", "head_sha": SHA, "status": "completed", "conclusion": "failure"}
    failed = run | {"app": {"slug": "github-actions"}, "output": {"annotations_count": 1}}
    ours = run | {"id": 2, "name": "agentctl/gate", "app": {"slug": "agentctl"}, "output": {"title": "t"}}
    hub.on(f"GET {PLACE}/commits/{SHA}/check-runs", reply({"check_runs": [failed, ours]}))
    hub.on(f"POST {PLACE}/check-runs", reply(ours, 201))
    hub.on(f"PATCH {PLACE}/check-runs/2", reply(ours))


def graph(asked: Asked) -> Reply:
    if asked.body["query"].startswith("query Rule"):
        queue = {"id": "MQ"} if asked.body["variables"]["branch"] == "queued" else None
        return reply({"data": {"repository": {"ref": {"refUpdateRule": {}}, "mergeQueue": queue}}})
    return reply({"data": {"node": {"isInMergeQueue": False}}})


def lines(count: int) -> tuple[Annotation, ...]:
    return tuple(Annotation(path="a.py", line=0, message="") for _ in range(count))


async def told(github: GitHub) -> object:
    await github.say(3, "new", marker="new")
    return await github.say(3, "new", marker="there")


async def replied(github: GitHub) -> object:
    await github.reply(7, 5, "new", marker="new")
    return await github.reply(7, 5, "new", marker="there")


async def reacted(github: GitHub) -> object:
    await github.react(5, remark=True)
    return await github.react(1)


async def drafted(github: GitHub) -> object:
    return await github.set_draft(7, draft=True)


async def heard(github: GitHub) -> object:
    _, cursor = await github.news("")
    return await github.news(cursor)


async def checked(github: GitHub) -> object:
    wanted = CheckWanted(name="agentctl/gate", sha=SHA, state="failure", title="t", annotations=lines(60))
    again = CheckWanted(name="agentctl/queue", sha=SHA, state="running", title="t", external_id="r", summary="s")
    ended = CheckWanted(name="agentctl/gate", sha=SHA, state="queued", title="t")
    return [await github.put_check(each) for each in (wanted, again, ended)]


async def repo_of(github: GitHub) -> object:
    await asyncio.sleep(0)
    return github.repo


METHODS: Mapping[str, Callable[[GitHub], Awaitable[object]]] = {
    "repo": repo_of,
    "login": lambda it: it.login(),
    "access": lambda it: it.access(),
    "default_branch": lambda it: it.default_branch(),
    "branch": lambda it: it.branch("agentctl/r/core"),
    "read": lambda it: it.read("docs/a.md", ref="feature/x"),
    "permission": lambda it: it.permission("ada"),
    "protection": lambda it: it.protection("main"),
    "issue": lambda it: it.issue(3),
    "pull": lambda it: it.pull(7),
    "pulls": lambda it: it.pulls(head="agentctl/r/core", author="ada", state="all"),
    "files": lambda it: it.files(7),
    "comments": lambda it: it.comments(3),
    "comment": lambda it: it.comment(1),
    "reviews": lambda it: it.reviews(7),
    "remarks": lambda it: it.remarks(7),
    "checks": lambda it: it.checks(SHA),
    "check_log": lambda it: it.check_log(Check(id=1, name="ci", sha=SHA, state="failure", app="github-actions")),
    "news": heard,
    "open_pull": lambda it: it.open_pull(head="agentctl/r/core", base="main", title="t", body="b", draft=True),
    "edit_pull": lambda it: it.edit_pull(7, title="new", body="new", base="next"),
    "set_draft": drafted,
    "close": lambda it: it.close(7),
    "say": told,
    "reply": replied,
    "react": reacted,
    "put_check": checked,
    "ask_review": lambda it: it.ask_review(7, ["ada", "acme/core"]),
    "merge": lambda it: it.merge(7, sha=SHA, method="squash", title="t", message="m"),
    "close_connection": lambda it: it.close_connection(),
}
OPERATIONS = """\
GET /repos/{owner}/{repo}
GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs
GET /repos/{owner}/{repo}/branches/{branch}
GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations
GET /repos/{owner}/{repo}/collaborators/{username}/permission
GET /repos/{owner}/{repo}/commits/{ref}/check-runs
GET /repos/{owner}/{repo}/commits/{ref}/status
GET /repos/{owner}/{repo}/commits/{ref}/statuses
GET /repos/{owner}/{repo}/contents/{path}
GET /repos/{owner}/{repo}/git/blobs/{file_sha}
GET /repos/{owner}/{repo}/git/matching-refs/{ref}
GET /repos/{owner}/{repo}/git/ref/{ref}
GET /repos/{owner}/{repo}/issues
GET /repos/{owner}/{repo}/issues/comments
GET /repos/{owner}/{repo}/issues/comments/{comment_id}
GET /repos/{owner}/{repo}/issues/events
GET /repos/{owner}/{repo}/issues/{issue_number}
GET /repos/{owner}/{repo}/issues/{issue_number}/comments
GET /repos/{owner}/{repo}/issues/{issue_number}/events
GET /repos/{owner}/{repo}/pulls
GET /repos/{owner}/{repo}/pulls/comments
GET /repos/{owner}/{repo}/pulls/{pull_number}
GET /repos/{owner}/{repo}/pulls/{pull_number}/comments
GET /repos/{owner}/{repo}/pulls/{pull_number}/files
GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews
GET /repos/{owner}/{repo}/rules/branches/{branch}
PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}
PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}
PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}
PATCH /repos/{owner}/{repo}/pulls/{pull_number}
POST /repos/{owner}/{repo}/check-runs
POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions
POST /repos/{owner}/{repo}/issues/{issue_number}/comments
POST /repos/{owner}/{repo}/pulls
POST /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions
POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies
POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers
POST /repos/{owner}/{repo}/statuses/{sha}
PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge
""".splitlines()
APPS = """\
GET /app
GET /app/installations
GET /installation/repositories
GET /repos/{owner}/{repo}/installation
POST /app/installations/{installation_id}/access_tokens
""".splitlines()


def test_every_method_of_the_port_is_tried() -> None:
    assert set(METHODS) == {each for each in vars(Forge) if not each.startswith("_")}


async def test_every_request_is_one_that_github_describes(hub: Hub, forge_as: Forges, judge: Judge) -> None:
    for login in (("bot", "token"), ("agentctl[bot]", "app")):
        answers(hub, me=login[0])
        github = forge_as(*login)
        for method in METHODS.values():
            await method(github)
    assert [each for each in judge.refused if not each.startswith("GET /log:")] == []  # a log is kept elsewhere
    assert judge.documents == set(queries.ALL) - {queries.VIEWER, queries.READY, queries.ENQUEUE, queries.QUEUED}
    assert sorted(judge.operations - {"GET no path of GitHub's"}) == OPERATIONS


async def test_every_request_of_an_app_is_one_that_github_describes(
    hub: Hub, clock: JumpingClock, judge: Judge, key_file: Path
) -> None:
    Installed(hub, clock)
    hub.on("GET /app/installations", reply([{"id": 5}]))
    hub.on("GET /installation/repositories", reply({"repositories": [{"full_name": "acme/shed"}]}))
    app = app_of(environment(hub, key_file), clock=clock)
    assert app is not None
    (repo,) = await app.repositories()
    github = await app.forge(RepoName(owner=repo.owner, name=repo.name))
    await github.access()
    await app.close()
    assert judge.refused == []
    assert sorted(judge.operations) == APPS


async def test_prism_would_refuse_what_github_does_not_take(hub: Hub, forge_as: Forges, judge: Judge) -> None:
    github = forge_as()
    await github._client.look(f"{PLACE}/nothing")
    hub.on(f"POST {PLACE}/check-runs", reply({}, 201))
    await github._client.write("POST", f"{PLACE}/check-runs", {"name": "x"}, what="x")
    assert [each.split()[2] for each in judge.refused] == ["NO_PATH_MATCHED_ERROR", "UNPROCESSABLE_ENTITY"]


READS = (
    "branch",
    "default_branch",
    "issue",
    "pull",
    "pulls",
    "files",
    "comments",
    "comment",
    "reviews",
    "remarks",
    "checks",
    "permission",
    "protection",
)


@pytest.mark.parametrize("method", READS)
async def test_what_github_gives_as_an_example_is_read(
    hub: Hub, forge_as: Forges, description: Any, method: str
) -> None:
    known = templates(description)
    shown = []

    async def keep(asked: Asked) -> None:
        await asyncio.sleep(0)
        if asked.path != "/graphql":
            found = min((each for each in known if known[each].fullmatch(asked.path)), key=lambda each: each.count("{"))
            shown.append(example(description, found))
            hub.on(asked.line, reply(shown[-1], Link=""))

    hub.judge = keep
    hub.on("POST /graphql", graph)
    github = forge_as()
    numbers = {"issue": lambda: github.issue(1347), "pulls": github.pulls}
    found = await (numbers[method]() if method in numbers else METHODS[method](github))
    assert shown
    assert found is not None


def example(description: Any, template: str) -> Any:
    """The first example of a success that the description has for a read."""
    (content,) = description["paths"][template]["get"]["responses"]["200"]["content"].values()
    value = next(iter(content["examples"].values()))
    while isinstance(value, Mapping) and value.keys() & {"$ref", "value"}:  # one of them is wrapped twice
        name = str(value.get("$ref", "")).rpartition("/")[2]
        value = description["components"]["examples"][name] if name else value["value"]
    return value


def test_graphql_documents_fit_githubs_schema(description: Any) -> None:
    assert description  # what is needed is there
    script = """
        const { buildSchema, parse, validate } = require(process.argv[1] + "/graphql");
        const read = require("fs").readFileSync;
        const schema = buildSchema(read(process.argv[2], "utf8"), { assumeValidSDL: true });
        const documents = JSON.parse(read(0, "utf8"));
        console.log(JSON.stringify(documents.map((each) => validate(schema, parse(each)).map(String))));
    """
    wrong = "query Rule { repository { nothing } }"
    done = subprocess.run(
        [NODE, "-e", script, str(MODULES), str(SCHEMA)],
        input=json.dumps([*queries.ALL, wrong]),
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    *ours, theirs = json.loads(done.stdout)
    assert ours == [[]] * len(queries.ALL)
    assert theirs


def test_every_document_is_among_those_that_are_checked() -> None:
    named = {value for name, value in vars(queries).items() if name.isupper() and isinstance(value, str)}
    assert named == set(queries.ALL)
