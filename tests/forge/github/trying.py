"""Each method of the port to a forge, with answers that take it all its ways."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from agentctl.orchestrator.forge.github.adapter import GitHub
from agentctl.orchestrator.nouns.forge import Annotation, Check, CheckWanted

from .hub import PLACE, Asked, Hub, Reply, comment, pull, reply, user

SHA = "a" * 40


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
