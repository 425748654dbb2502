"""Webhooks become nouns, or are ignored with a reason."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from agentctl.orchestrator.forge.github.webhooks import EVENTS, read_webhook
from agentctl.orchestrator.nouns.forge import Account, Comment, RepoName, Review
from agentctl.orchestrator.nouns.happenings import (
    CheckEnded,
    Commented,
    Delivery,
    GroupQueued,
    Happening,
    Ignored,
    Judged,
    Labelled,
    Opened,
    PullMoved,
    Pushed,
    RepositoryMoved,
)

from .hub import comment, pull, user

MODULES = os.environ.get("AGENTCTL_TEST_GITHUB_MODULES", "")
SHED = {"name": "shed", "full_name": "acme/shed", "html_url": "https://github.com/acme/shed"}
ADA = Account(login="ada")


def happened(kind: str, **payload: Any) -> Happening:
    found = read_webhook(kind, "d-1", {"repository": SHED, "sender": user(), **payload})
    assert isinstance(found, Delivery), found
    assert (found.id, found.repo) == ("d-1", RepoName(owner="acme", name="shed"))
    return found.happening


def reason(kind: str, **payload: Any) -> str:
    found = read_webhook(kind, "d-1", {"repository": SHED, "sender": user(), **payload})
    assert isinstance(found, Ignored), found
    return found.reason


@pytest.mark.skipif(
    not (Path(MODULES) / "@octokit/webhooks-examples").is_dir(),
    reason="AGENTCTL_TEST_GITHUB_MODULES names no folder with @octokit/webhooks-examples: npm install it",
)
def test_every_example_that_github_gives_is_a_noun_or_ignored_with_a_reason() -> None:
    examples = Path(MODULES) / "@octokit/webhooks-examples/api.github.com/index.json"
    events = json.loads(examples.read_text(encoding="utf-8"))
    read = {
        (event["name"], number): read_webhook(event["name"], "d", payload)
        for event in events
        for number, payload in enumerate(event["examples"])
    }
    assert len(read) == 329
    unread = {
        key: each.reason
        for key, each in read.items()
        if isinstance(each, Ignored) and each.reason.endswith("cannot be read")
    }
    assert unread == {}
    reasons = {each.reason for each in read.values() if isinstance(each, Ignored)}
    assert all(reasons)
    assert {name for (name, _), each in read.items() if isinstance(each, Delivery)} == set(EVENTS)
    ignored_of_ours = {
        (name, each.reason) for (name, _), each in read.items() if isinstance(each, Ignored) and name in EVENTS
    }
    assert ignored_of_ours == {
        ("check_run", "the check has not ended"),
        ("check_suite", "each check of a suite is told on its own"),
        ("push", "it is no branch that moved"),
        ("repository", "nothing follows from a repository that is created"),
        ("repository", "nothing follows from a repository that is edited"),
        ("repository", "nothing follows from a repository that is privatized"),
        ("repository", "nothing follows from a repository that is publicized"),
        *(("issues", f"nothing follows from {each}") for each in ISSUES),
        *(("pull_request", f"nothing follows from {each}") for each in PULLS),
    }


_BOTH = ("assigned", "locked", "unassigned", "unlabeled", "unlocked")
ISSUES = (*_BOTH, "deleted", "demilestoned", "milestoned", "pinned", "transferred", "unpinned")
PULLS = (*_BOTH, "review_request_removed", "review_requested")


def test_a_comment_on_a_pull_request_says_who_changed_it_where_that_is_somebody_else() -> None:
    issue = {"number": 3, "pull_request": {}}
    edited = comment(5, "/agentctl run", by="mallory", updated_at="2027-01-15T08:00:01Z")
    assert happened("issue_comment", action="edited", issue=issue, comment=edited) == Commented(
        number=3,
        comment=Comment(
            id=5,
            body="/agentctl run",
            author=Account(login="mallory"),
            created_at=1_800_000_000.0,
            updated_at=1_800_000_001.0,
            url="https://github.com/acme/shed/issues/3#issuecomment-5",
        ),
        pull=True,
        action="edited",
        by=ADA,
    )


def test_a_comment_of_an_account_that_is_gone_is_the_ghosts() -> None:
    found = happened("issue_comment", action="created", issue={"number": 3}, comment=comment(5, "x", by=None))
    assert isinstance(found, Commented)
    assert (found.comment.author, found.pull, found.by) == (Account(login="ghost"), False, ADA)


@pytest.mark.parametrize(
    ("action", "more", "wanted"),
    [
        ("opened", {}, Opened(number=7, pull=True, by=ADA)),
        ("edited", {"changes": {"title": {"from": "x"}}}, Opened(number=7, pull=True, by=ADA, action="edited")),
        (
            "edited",
            {"changes": {"base": {"ref": {"from": "x"}}}},
            PullMoved(number=7, action="retargeted", by=ADA, head_sha="a" * 40),
        ),
        (
            "synchronize",
            {"before": "c" * 40, "after": "a" * 40},
            PullMoved(number=7, action="synchronize", by=ADA, head_sha="a" * 40, before="c" * 40),
        ),
        ("converted_to_draft", {}, PullMoved(number=7, action="draft", by=ADA, head_sha="a" * 40)),
        ("ready_for_review", {}, PullMoved(number=7, action="ready", by=ADA, head_sha="a" * 40)),
        ("enqueued", {}, PullMoved(number=7, action="queued", by=ADA, head_sha="a" * 40)),
        ("labeled", {"label": {"name": "go"}}, Labelled(number=7, label="go", pull=True, by=ADA)),
    ],
)
def test_what_happens_to_a_pull_request(action: str, more: dict[str, Any], wanted: Happening) -> None:
    assert happened("pull_request", action=action, pull_request=pull(), **more) == wanted


def test_closed_is_merged_where_it_was() -> None:
    merged = pull(state="closed", merged=True, merge_commit_sha="c" * 40)
    assert happened("pull_request", action="closed", pull_request=merged) == PullMoved(
        number=7, action="merged", by=ADA, head_sha="a" * 40
    )


def test_a_pull_request_whose_repository_is_gone_is_read() -> None:
    gone = pull(head={"ref": "x", "sha": "a" * 40, "repo": None}, user=None)
    assert happened("pull_request", action="reopened", pull_request=gone) == Opened(
        number=7, pull=True, by=ADA, action="reopened"
    )


def test_a_review_a_push_a_group_and_a_check() -> None:
    review = {"id": 4, "state": "changes_requested", "body": None, "user": user("eve"), "commit_id": "a" * 40}
    assert happened("pull_request_review", action="submitted", review=review, pull_request=pull()) == Judged(
        number=7,
        review=Review(id=4, verdict="changes_requested", body="", author=Account(login="eve"), commit="a" * 40),
    )
    push = {"ref": "refs/heads/a/b", "before": "0" * 40, "after": "d" * 40, "forced": True}
    assert happened("push", **push) == Pushed(branch="a/b", before="", after="d" * 40, forced=True, by=ADA)
    group = {"head_sha": "e" * 40, "head_ref": "refs/heads/gh-readonly-queue/main/pr-1"}
    assert happened("merge_group", action="checks_requested", merge_group=group) == GroupQueued(
        sha="e" * 40, branch="gh-readonly-queue/main/pr-1"
    )
    run = {"id": 1, "name": "ci", "head_sha": "f" * 40, "status": "completed", "conclusion": "timed_out", "app": None}
    assert happened("check_run", action="completed", check_run=run) == CheckEnded(
        sha="f" * 40, name="ci", state="failure", by=ADA
    )


def test_a_renamed_repository_is_told_under_the_name_it_had() -> None:
    payload = {"repository": SHED, "sender": user(), "action": "renamed"}
    found = read_webhook("repository", "d", payload | {"changes": {"repository": {"name": {"from": "hut"}}}})
    assert found == Delivery(
        id="d", repo=RepoName(owner="acme", name="hut"), happening=RepositoryMoved(name="acme/shed")
    )


@pytest.mark.parametrize(
    "name", ["../etc", "acme/..", "acme/a/b", "acme", "acme/a b", "acme/\x1b[2J", "/x", "a/" + "x" * 101]
)
def test_a_repository_with_a_name_that_climbs_is_none(name: str) -> None:
    place = {"name": "x", "full_name": name, "html_url": "https://github.com/x"}
    found = read_webhook("push", "d", {"repository": place, "ref": "refs/heads/x"})
    assert found == Ignored(id="d", reason="its repository has a name that GitHub gives to none")


@pytest.mark.parametrize(
    ("payload", "wanted"),
    [
        ({"repository": None}, "it is about no repository"),
        ({"action": "created"}, "its comment cannot be read"),
        ({"action": "created", "comment": {"id": "\x1b"}}, "its comment.id cannot be read"),
        ({"action": "created", "comment": comment(1, "x")}, "it lacks what it is about"),
        ({"action": "\x1b]0;x", "issue": {"number": 1}, "comment": comment(1, "x")}, "nothing follows from ??0?x"),
        (
            {"action": "created", "issue": {"number": 1}, "comment": comment(1, "x", created_at="soon")},
            "its comment.created_at cannot be read",
        ),
    ],
)
def test_what_cannot_be_read_is_ignored_with_a_reason(payload: dict[str, Any], wanted: str) -> None:
    assert reason("issue_comment", **payload) == wanted


def test_an_event_that_we_do_not_know_is_ignored() -> None:
    assert reason("star", action="created") == "nothing follows from star"
