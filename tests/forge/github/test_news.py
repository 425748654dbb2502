"""Polling finds what webhooks would have told, and each thing under one id however often it is seen."""

from typing import Any

import pytest
from agentctl.orchestrator.errors import ForgeRefused
from agentctl.orchestrator.forge.github.adapter import GitHub
from agentctl.orchestrator.forge.github.news import OVERLAP, read_cursor
from agentctl.orchestrator.nouns.forge import Account
from agentctl.orchestrator.nouns.happenings import (
    CheckEnded,
    Commented,
    GroupQueued,
    Judged,
    Labelled,
    Opened,
    PullMoved,
    Pushed,
    Remarked,
)

from .hub import PLACE, Asked, Hub, Reply, comment, pull, reply, user

EIGHT = 1_800_000_000.0
ADA = Account(login="ada")


class Shed:
    """The lists of a repository, as a test fills them."""

    def __init__(self, hub: Hub) -> None:
        self.issues: list[Any] = []
        self.comments: list[Any] = []
        self.remarks: list[Any] = []
        self.pulls: list[Any] = []
        self.events: list[Any] = []
        self.queue: list[Any] = []
        self.main = "1" * 40
        hub.on(f"GET {PLACE}", reply({"default_branch": "main"}, Date="Fri, 15 Jan 2027 08:00:00 GMT"))
        hub.on(f"GET {PLACE}/git/ref/heads%2Fmain", lambda _: reply({"object": {"sha": self.main}}))
        hub.on(f"GET {PLACE}/issues", lambda asked: since(self.issues, asked))
        hub.on(f"GET {PLACE}/issues/comments", lambda asked: since(self.comments, asked))
        hub.on(f"GET {PLACE}/pulls/comments", lambda asked: since(self.remarks, asked))
        hub.on(f"GET {PLACE}/pulls", lambda _: reply(self.pulls))
        hub.on(f"GET {PLACE}/issues/events", lambda _: reply(self.events))
        hub.on(f"GET {PLACE}/git/matching-refs/heads%2Fgh-readonly-queue%2F", lambda _: reply(self.queue))


def since(rows: list[Any], asked: Asked) -> Reply:
    size, page = int(asked.query["per_page"]), int(asked.query["page"])
    found = sorted(
        (each for each in rows if each["updated_at"] >= asked.query["since"]), key=lambda each: str(each["updated_at"])
    )
    return reply(found[(page - 1) * size : page * size])


def at(minute: int, second: int = 0) -> str:
    return f"2027-01-15T08:{minute:02}:{second:02}Z"


async def test_news_begin_now(hub: Hub, github: GitHub) -> None:
    shed = Shed(hub)
    shed.comments = [comment(1, "old", updated_at="2027-01-15T07:59:59Z")]
    shed.events = [{"id": 40, "event": "labeled"}]
    found, cursor = await github.news("")
    assert (found, read_cursor(cursor).since, read_cursor(cursor).event) == ((), EIGHT, 40)
    assert await github.news(cursor) == ((), cursor)
    assert len(cursor) < 120


async def test_comments_are_found_once_for_each_text(hub: Hub, github: GitHub) -> None:
    shed = Shed(hub)
    _, cursor = await github.news("")
    shed.comments = [
        comment(1, "/agentctl run", by="ada", created_at=at(1), updated_at=at(1)),
        comment(
            2, "x", by=None, created_at=at(0), updated_at=at(2), html_url="https://h/acme/shed/pull/3#issuecomment-2"
        ),
    ]
    first, cursor = await github.news(cursor)
    happened = [each.happening for each in first]
    assert all(isinstance(each, Commented) for each in happened)
    told = [
        (each.number, each.pull, each.action, each.comment.author.login)
        for each in happened
        if isinstance(each, Commented)
    ]
    assert told == [(3, False, "created", "ada"), (3, True, "edited", "ghost")]
    again, cursor = await github.news(cursor)
    assert {each.id for each in again} <= {each.id for each in first}
    shed.comments[1]["body"] = "y"  # within the same second
    third, _ = await github.news(cursor)
    assert len({each.id for each in third} - {each.id for each in first}) == 1


async def test_looks_overlap(hub: Hub, github: GitHub) -> None:
    shed = Shed(hub)
    _, cursor = await github.news("")
    shed.comments = [comment(1, "x", created_at=at(5), updated_at=at(5))]
    _, cursor = await github.news(cursor)
    assert read_cursor(cursor).since == EIGHT + 300 - OVERLAP
    late = comment(2, "late in the list", created_at=at(4, 30), updated_at=at(4, 30))
    shed.comments.append(late)
    found, _ = await github.news(cursor)
    assert [each.id.split(":")[1] for each in found] == ["2", "1"]


async def test_what_is_edited_while_we_walk_pushes_nothing_out_of_sight(hub: Hub, github: GitHub) -> None:
    shed = Shed(hub)
    _, cursor = await github.news("")
    shed.comments = [
        comment(n, "x", created_at=at(n // 60, n % 60), updated_at=at(n // 60, n % 60)) for n in range(1, 251)
    ]
    walked = 0

    def answer(asked: Asked) -> Reply:
        nonlocal walked
        walked += 1
        page = since(shed.comments, asked)
        if walked == 1:  # the first is edited, and goes to the end
            shed.comments[0] |= {"updated_at": at(30)}
        return page

    hub.on(f"GET {PLACE}/issues/comments", answer)
    found, _ = await github.news(cursor)
    assert {int(each.id.split(":")[1]) for each in found} == set(range(1, 251))


async def test_more_in_one_second_than_a_page_holds_is_walked(hub: Hub, github: GitHub) -> None:
    shed = Shed(hub)
    _, cursor = await github.news("")
    shed.comments = [comment(n, "x", created_at=at(1), updated_at=at(1)) for n in range(230)]
    found, _ = await github.news(cursor)
    assert len(found) == 230


async def test_issues_labels_reviews_remarks_heads_checks_pushes_and_groups_are_found(hub: Hub, github: GitHub) -> None:
    shed = Shed(hub)
    _, cursor = await github.news("")
    times = {"created_at": at(1), "updated_at": at(1)}
    shed.issues = [
        {"number": 3, "id": 103, "user": user(), **times},
        {"number": 2, "id": 102, "user": user(), "created_at": "2026-01-01T00:00:00Z", "updated_at": at(2)},
    ]
    remark = {**comment(6, "why?", by="ada", **times), "path": "a.py", "commit_id": "a" * 40}
    shed.remarks = [remark | {"pull_request_url": "https://api.github.com/repos/acme/shed/pulls/7"}]
    shed.pulls = [pull(updated_at=at(3))]
    shed.events = [
        {"id": 3, "event": "merged", "actor": user(), "issue": {"number": 7, "pull_request": {}}, "created_at": at(4)},
        {"id": 2, "event": "subscribed", "actor": user(), "issue": {"number": 7}, "created_at": at(1)},
        {
            "id": 1,
            "event": "labeled",
            "actor": user(),
            "issue": {"number": 3},
            "label": {"name": "go"},
            "created_at": at(1),
        },
    ]
    review = {"id": 9, "state": "APPROVED", "user": user(), "commit_id": "a" * 40, "submitted_at": at(3)}
    hub.on(f"GET {PLACE}/pulls/7/reviews", reply([review]))
    run = {"name": "ci", "status": "completed", "conclusion": "failure", "completed_at": at(3), "app": {"slug": "ci"}}
    runs = [{"id": 1, **run}, {"id": 2, **run, "app": {"slug": "bot"}}, {"id": 3, **run, "status": "queued"}]
    hub.on(f"GET {PLACE}/commits/{'a' * 40}/check-runs", reply({"check_runs": runs}))
    statuses = [{"id": 5, "context": "lint", "state": "success"}, {"id": 6, "context": "e2e", "state": "pending"}]
    hub.on(f"GET {PLACE}/commits/{'a' * 40}/status", reply({"statuses": statuses}))
    shed.main = "2" * 40
    shed.queue = [{"ref": "refs/heads/gh-readonly-queue/main/pr-7-x", "object": {"sha": "3" * 40}}]

    found, cursor = await github.news(cursor)
    by_id = {each.id: each.happening for each in found}
    assert by_id.pop("review:9:approved").__class__ is Judged
    (remarked,) = [by_id.pop(each) for each in list(by_id) if each.startswith("remark:6:")]
    assert isinstance(remarked, Remarked)
    assert (remarked.number, remarked.action) == (7, "created")
    bot = by_id.pop("check:2:1800000180")
    assert isinstance(bot, CheckEnded)
    assert by_id == {
        "opened:3": Opened(number=3, pull=False, by=ADA),
        "event:1": Labelled(number=3, label="go", pull=False, by=ADA),
        "event:3": PullMoved(number=7, action="merged", by=ADA),
        f"head:7:{'a' * 40}": PullMoved(number=7, action="synchronize", by=Account(login="bot"), head_sha="a" * 40),
        "check:1:1800000180": CheckEnded(sha="a" * 40, name="ci", state="failure", app="ci"),
        "status:5": CheckEnded(sha="a" * 40, name="lint", state="success"),
        f"push:main:{'2' * 40}": Pushed(
            branch="main", before="1" * 40, after="2" * 40, forced=False, by=Account(login="ghost")
        ),
        f"group:{'3' * 40}": GroupQueued(sha="3" * 40, branch="gh-readonly-queue/main/pr-7-x"),
    }
    times_told = [each.id for each in found]
    assert times_told.index("opened:3") < times_told.index("event:3")
    again, _ = await github.news(cursor)
    assert {each.id for each in again} < {each.id for each in found}


async def test_events_of_one_second_stand_in_their_order(hub: Hub, github: GitHub) -> None:
    shed = Shed(hub)
    _, cursor = await github.news("")
    issue = {"number": 7, "pull_request": {}}
    shed.events = [
        {"id": n, "event": name, "issue": issue, "created_at": at(1)} for n, name in ((2, "merged"), (1, "closed"))
    ]
    found, _ = await github.news(cursor)
    assert [each.id for each in found] == ["event:1", "event:2"]


async def test_what_is_asked_again_and_has_not_changed_is_not_sent(hub: Hub, github: GitHub) -> None:
    Shed(hub)
    line = f"GET {PLACE}/issues/comments"
    hub.on(line, lambda asked: reply(None, 304) if "If-None-Match" in asked.headers else reply([], ETag='"v1"'))
    _, cursor = await github.news("")
    for _ in range(3):
        _, cursor = await github.news(cursor)
    assert ["If-None-Match" in each.headers for each in hub.asked if each.line == line] == [False, True, True]


@pytest.mark.parametrize("cursor", ["x", "{}", "[]", '{"since":"soon","event":1,"main":""}'])
async def test_a_cursor_that_is_none_of_ours_is_told(github: GitHub, cursor: str) -> None:
    with pytest.raises(ForgeRefused, match="begin anew"):
        await github.news(cursor)
