"""Every request that the adapter makes is one that GitHub's own description of its API accepts, by Prism.

Our server answers, so that each method goes all its ways; Prism only judges what was asked. GraphQL is in no such
description: its documents are checked against GitHub's published schema by the reference implementation.
"""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from agentctl.orchestrator.forge.github import queries
from agentctl.orchestrator.forge.github.connecting import app_of
from agentctl.orchestrator.forge.port import Forge
from agentctl.orchestrator.nouns.forge import RepoName

from .conftest import Forges
from .hub import PLACE, Asked, Hub, JumpingClock, reply
from .judging import DESCRIPTION, MODULES, NODE, PRISM, SCHEMA, SECONDS, Judge, example, prism_at_work, templates
from .test_login import Installed, environment
from .trying import METHODS, answers, graph

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
    with prism_at_work(tmp_path_factory.mktemp("prism") / "log") as address:
        yield address


@pytest.fixture
async def judge(prism: str, hub: Hub, description: Any) -> AsyncIterator[Judge]:
    async with httpx.AsyncClient(base_url=prism, trust_env=False, timeout=60) as client:
        hub.judge = Judge(client, templates(description))
        yield hub.judge


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
