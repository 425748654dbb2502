"""The emulated forge answers as GitHub does where our tests rely on it."""

import hashlib
import hmac
import http.server
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import jwt
import pytest
from agentctl.bench.emulated import Hub, Refused, emulated, installed

_MISSING = installed()
pytestmark = pytest.mark.skipif(isinstance(_MISSING, str), reason=str(_MISSING))

PEOPLE = {"ann": "write", "bea": "maintain", "mallory": "read"}
SHELF = "one\ntwo\nthree\n"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with emulated(tmp_path / "hub", people=PEOPLE, files={"shelf.txt": SHELF}) as running:
        yield running


def minted(hub: Hub) -> httpx.Client:
    """A client as the App, with a token of its installation."""
    now = int(time.time())
    claims = {"iat": now - 30, "exp": now + 300, "iss": str(hub.app.id)}
    signed = jwt.encode(claims, hub.app.key.read_text(), algorithm="RS256")
    place = f"{hub.api}/app/installations/100/access_tokens"
    token = httpx.post(place, headers={"Authorization": f"Bearer {signed}"}, json={}).json()["token"]
    return httpx.Client(base_url=f"{hub.api}/repos/{hub.repo}/", headers={"Authorization": f"Bearer {token}"})


def told(hub: Hub, event: str, action: str = "") -> dict[str, object]:
    """The latest webhook of a kind, once it is there."""
    found = hub.wait(
        lambda: [each for each in hub.outbox.every if (each.event, each.action) == (event, action)],
        what=f"a webhook {event} {action}, of {[(each.event, each.action) for each in hub.outbox.every]}",
        seconds=10,
    )
    payload: dict[str, object] = json.loads(found[-1].body)
    return payload


def test_a_pull_request_from_a_pushed_branch_is_reviewed_on_a_line_and_squashed(hub: Hub) -> None:
    ann, bea = hub.as_("ann"), hub.as_("bea")
    first = ann.push("work", {"shelf.txt": "one\n2\nthree\n", "new/box.txt": "b\n"})
    number = ann.open_pull("work", title="Number two")
    pull = hub.pull(number)
    assert (pull["head"]["sha"], pull["mergeable"], pull["merged"]) == (first, True, False)
    assert [each["filename"] for each in ann.ask("GET", f"pulls/{number}/files")] == ["new/box.txt", "shelf.txt"]
    review = bea.review(number, "REQUEST_CHANGES", "Not yet.", remarks=[("shelf.txt", 2, "In words.")])
    remark = hub.remarks(number)[0]
    assert (remark["line"], remark["path"], remark["pull_request_review_id"]) == (2, "shelf.txt", review)
    said = told(hub, "pull_request_review_comment", "created")["comment"]
    assert (said["line"], said["pull_request_review_id"]) == (2, review)  # type: ignore[index]  # JSON
    second = ann.push("work", {"shelf.txt": "one\nzwei\nthree\n"})
    assert told(hub, "pull_request", "synchronize")["before"] == first
    assert hub.remarks(number)[0]["line"] is None
    with pytest.raises(Refused, match="409"):
        bea.merge(number, sha=first)
    made = bea.merge(number, sha=second)
    assert (hub.branches()["main"], hub.text("main", "shelf.txt")) == (made, "one\nzwei\nthree\n")
    after = hub.pull(number)
    assert (after["merged"], after["state"], after["merge_commit_sha"]) == (True, "closed", made)
    assert told(hub, "pull_request", "closed")["pull_request"]["merged"] is True  # type: ignore[index]  # JSON


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_conflict_is_refused_and_nothing_moves(hub: Hub, method: str) -> None:
    ann = hub.as_("ann")
    ann.push("left", {"shelf.txt": "left\n"})
    ann.push("right", {"shelf.txt": "right\n"})
    left, right = ann.open_pull("left"), ann.open_pull("right")
    at = ann.merge(left, method=method)
    assert hub.pull(right)["mergeable"] is False
    with pytest.raises(Refused, match="405"):
        ann.merge(right, method=method)
    assert (hub.branches()["main"], hub.pull(right)["state"]) == (at, "open")


def test_webhooks_are_signed_and_each_has_an_id_of_its_own(hub: Hub) -> None:
    issue = hub.as_("ann").open_issue("A shelf", "With boxes.")
    hub.as_("mallory").comment(issue, "/agentctl run")
    told(hub, "issue_comment", "created")
    for each in hub.outbox.every:
        digest = hmac.new(hub.app.secret.encode(), each.body, hashlib.sha256).hexdigest()
        assert each.signature == f"sha256={digest}"
        assert json.loads(each.body)["installation"]["id"] == 100
    assert len({each.id for each in hub.outbox.every}) == len(hub.outbox.every) == 2


def test_webhooks_go_to_the_door_once_can_be_held_back_and_sent_again(hub: Hub) -> None:
    got: list[str] = []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            got.append(self.headers["X-GitHub-Delivery"])
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quietly."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub.outbox.door = f"http://127.0.0.1:{server.server_address[1]}/"
    hub.outbox.held = True
    hub.as_("ann").open_issue("A shelf", "")
    told(hub, "issues", "opened")
    assert got == []
    hub.release()
    first = hub.outbox.every[0]
    hub.wait(lambda: first.answers == [202], what="it is delivered", seconds=10)
    assert (hub.deliver(first), got) == (202, [first.id, first.id])
    server.shutdown()
    server.server_close()


def test_an_app_acts_as_itself_and_its_checks_are_its_own(hub: Hub) -> None:
    ann = hub.as_("ann")
    sha = ann.push("work", {"shelf.txt": "one\n"})
    number = ann.open_pull("work")
    with minted(hub) as app:
        said = app.post(f"issues/{number}/comments", json={"body": "Hello."}).json()
        assert (said["user"]["login"], said["user"]["type"]) == ("agentctl[bot]", "Bot")
        app.post("check-runs", json={"name": "agentctl/gate", "head_sha": sha, "status": "queued"})
        ci = ann.check(sha, "test", "failure", log="boom\n")
        assert {name: each["app"]["slug"] for name, each in hub.checks(sha).items()} == {
            "agentctl/gate": "agentctl",
            "test": "github-actions",
        }
        assert app.patch(f"check-runs/{ci}", json={"conclusion": "success"}).status_code == 403
        assert app.get(f"actions/jobs/{ci}/logs").text == "boom\n"
        assert [app.post(f"issues/comments/{said['id']}/reactions", json={"content": "eyes"}).status_code] * 2 == [
            201
        ] * 2
        assert app.post(f"issues/comments/{said['id']}/reactions", json={"content": "eyes"}).status_code == 200
    assert hub.reactions(said["id"]) == [("agentctl[bot]", "eyes")]


def test_a_comment_is_edited_only_when_somebody_edits_it(hub: Hub) -> None:
    issue = hub.as_("ann").open_issue("A shelf", "")
    comment = hub.as_("ann").comment(issue, "one")
    new = hub.comments(issue)[0]
    assert (new["created_at"], new["created_at"][-1], len(new["created_at"])) == (new["updated_at"], "Z", 20)
    hub.as_("root").edit_comment(comment, "two")
    assert told(hub, "issue_comment", "edited")["sender"]["login"] == "root"  # type: ignore[index]  # JSON


def test_who_may_only_read_pushes_and_merges_nothing(hub: Hub) -> None:
    mallory = hub.as_("mallory")
    hub.as_("ann").push("work", {"shelf.txt": "one\n"})
    number = mallory.open_pull("work")
    with pytest.raises(Refused, match="403"):
        mallory.push("evil", {"shelf.txt": "gone\n"})
    with pytest.raises(Refused, match="403"):
        mallory.merge(number)
    asked = [mallory.ask("GET", f"collaborators/{each}/permission") for each in ("mallory", "ann", "bea")]
    found = [(each["permission"], each["role_name"]) for each in asked]
    assert found == [("read", "read"), ("write", "write"), ("write", "maintain")]
    assert httpx.get(f"{hub.api}/repos/{hub.repo}/issues", headers={"Authorization": "Bearer no"}).status_code == 401


def test_a_protected_branch_wants_its_checks_and_an_approval_that_is_not_the_authors(hub: Hub) -> None:
    ann, bea = hub.as_("ann"), hub.as_("bea")
    hub.protect("main", checks=["test", "lint"], approvals=1)
    sha = ann.push("work", {"shelf.txt": "one\n"})
    number = ann.open_pull("work")
    with pytest.raises(Refused, match="422"):
        ann.review(number, "APPROVE")
    ann.check(sha, "test", "success")
    with pytest.raises(Refused, match="lint"):
        ann.merge(number)
    ann.status(sha, "lint", "success")
    with pytest.raises(Refused, match="approving"):
        ann.merge(number)
    bea.review(number, "APPROVE")
    assert ann.merge(number) == hub.branches()["main"]


def test_a_branch_that_goes_closes_what_is_stacked_on_it_and_a_push_into_the_base_merges(hub: Hub) -> None:
    ann = hub.as_("ann")
    ann.push("below", {"a.txt": "a\n"})
    ann.push("above", {"b.txt": "b\n"}, on="below")
    below, above = ann.open_pull("below"), ann.open_pull("above", base="below")
    ann.ask("PATCH", f"pulls/{above}", {"base": "main"})
    assert told(hub, "pull_request", "edited")["changes"]["base"]["ref"] == {"from": "below"}  # type: ignore[index]  # JSON
    ann.ask("PATCH", f"pulls/{above}", {"base": "below"})
    ann.push("main", {"c.txt": "c\n"}, on="below", force=True)
    assert hub.pull(below)["merged"] is True
    ann.ask("DELETE", "git/refs/heads/below")
    assert [hub.pull(above)[key] for key in ("state", "merged")] == ["closed", False]


def test_pull_requests_are_among_issues_and_lists_of_the_repository_tell_what_happened_since(hub: Hub) -> None:
    ann = hub.as_("ann")
    issue = ann.open_issue("A shelf", "")
    ann.push("work", {"a.txt": "a\n"})
    number = ann.open_pull("work", title="A box")
    first, second = ann.comment(issue, "one"), ann.comment(number, "two")
    hub.as_("bea").review(number, "COMMENT", remarks=[("a.txt", 1, "three")])
    ann.label(number, "agentctl")
    assert told(hub, "pull_request", "labeled")["label"]["name"] == "agentctl"  # type: ignore[index]  # JSON
    ann.merge(number)
    told(hub, "pull_request", "closed")
    found = {each["number"]: "pull_request" in each for each in ann.ask("GET", "issues?state=all")}
    assert found == {issue: False, number: True}
    assert ann.ask("GET", f"issues/{number}")["title"] == "A box"
    since = "2020-01-01T00:00:00Z"
    assert [each["id"] for each in ann.ask("GET", f"issues/comments?since={since}")] == [first, second]
    assert [each["body"] for each in ann.ask("GET", f"pulls/comments?since={since}")] == ["three"]
    assert [each["event"] for each in ann.ask("GET", "issues/events")] == ["closed", "merged", "labeled"]


def test_drafts_become_ready_by_graphql_and_are_not_merged_before(hub: Hub) -> None:
    ann = hub.as_("ann")
    ann.push("work", {"a.txt": "a\n"})
    number = int(ann.ask("POST", "pulls", {"head": "work", "base": "main", "title": "A", "draft": True})["number"])
    with pytest.raises(Refused, match="405"):
        ann.merge(number)
    ann.ask("PATCH", f"pulls/{number}", {"draft": False})
    assert hub.pull(number)["draft"] is True
    query = "mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { clientMutationId } }"
    answer = ann.ask("POST", "/graphql", {"query": query, "variables": {"id": hub.pull(number)["node_id"]}})
    assert "errors" not in answer
    assert told(hub, "pull_request", "ready_for_review")["pull_request"]["draft"] is False  # type: ignore[index]  # JSON
    assert "errors" in ann.ask("POST", "/graphql", {"query": "query { viewer { login } }"})


def test_what_a_fork_holds_comes_in_by_a_pull_request(hub: Hub) -> None:
    mallory = hub.as_("mallory")
    mallory.ask("POST", "forks", {})
    theirs = f"{hub.api}/mallory/shed.git"
    sha = _pushed_to(theirs, hub.tokens["mallory"], hub.folder / "theirs")
    number = mallory.open_pull("mallory:work")
    pull = hub.pull(number)
    assert (pull["head"]["sha"], pull["head"]["repo"]["full_name"]) == (sha, "mallory/shed")
    hub.as_("ann").merge(number)
    assert hub.text("main", "theirs.txt") == "theirs\n"


def test_things_go_wrong_as_often_as_they_are_told_to(hub: Hub) -> None:
    issue = hub.as_("ann").open_issue("A shelf", "")
    with minted(hub) as app:
        hub.breaks("patience", seconds=7)
        hub.breaks("exhausted", seconds=60, matching="GET")
        hub.breaks("lost", matching="POST")
        limited, lost = app.get("issues"), app.post(f"issues/{issue}/comments", json={"body": "once"})
        spent = app.get("issues")
        after = app.get("issues")
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    assert (lost.status_code, [each["body"] for each in hub.comments(issue)]) == (502, ["once"])
    assert (spent.status_code, spent.headers["X-RateLimit-Remaining"]) == (403, "0")
    assert after.status_code == 200


def test_writes_of_the_app_are_counted_and_can_be_watched_and_an_unchanged_answer_is_not_sent_twice(hub: Hub) -> None:
    seen: list[tuple[str, int, str]] = []
    hub.front.before_write = lambda number, what: seen.append(("before", number, what))
    hub.front.after_write = lambda number, what: seen.append(("after", number, what))
    issue = hub.as_("ann").open_issue("A shelf", "")
    with minted(hub) as app:
        app.post(f"issues/{issue}/comments", json={"body": "one"})
        first = app.get(f"issues/{issue}")
        again = app.get(f"issues/{issue}", headers={"If-None-Match": first.headers["ETag"]})
    what = f"POST /repos/acme/shed/issues/{issue}/comments"
    assert seen == [("before", 1, what), ("after", 1, what)]
    assert (again.status_code, again.content) == (304, b"")
    assert [each.path for each in hub.requests if each.write] == [f"/repos/acme/shed/issues/{issue}/comments"]


def _pushed_to(url: str, token: str, folder: Path) -> str:
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True, timeout=60)
        return done.stdout.strip()

    folder.mkdir()
    git("clone", "--quiet", url.replace("://", f"://x-access-token:{token}@"), ".")
    (folder / "theirs.txt").write_text("theirs\n")
    git("add", "--all")
    git("-c", "user.name=m", "-c", "user.email=m@example.org", "commit", "--quiet", "-m", "Theirs")
    git("push", "--quiet", "origin", "HEAD:refs/heads/work")
    return git("rev-parse", "HEAD")
