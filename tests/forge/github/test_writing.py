"""What is written to GitHub: once, whatever breaks in between, and only what differs."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from agentctl.orchestrator.errors import ForgeAway, ForgeRefused
from agentctl.orchestrator.forge.github.adapter import GitHub
from agentctl.orchestrator.forge.port import Forge

from .hub import CUT, PLACE, Asked, Hub, Reply, comment, pages, pull, reply, user

PULLS = f"GET {PLACE}/pulls"
OPEN = f"POST {PLACE}/pulls"
SAID = f"GET {PLACE}/issues/3/comments"
SAY = f"POST {PLACE}/issues/3/comments"
GRAPH = "POST /graphql"
SHA = "a" * 40


def test_github_is_a_forge(github: GitHub) -> None:
    forge: Forge = github
    assert str(forge.repo) == "acme/shed"


class Comments:
    """A thread that keeps what is posted; ``broken`` first posts are kept, and their answers lost."""

    def __init__(self, hub: Hub, rows: Sequence[dict[str, Any]] = (), *, broken: int = 0) -> None:
        self.rows = list(rows)
        self.broken = broken
        hub.on(SAID, pages(self.rows, hub.address))
        hub.on(SAY, self.post)

    def post(self, asked: Asked) -> Reply:
        self.rows.append(comment(900 + len(self.rows), asked.body["body"]))
        self.broken -= 1
        return reply(CUT) if self.broken >= 0 else reply(self.rows[-1], 201)


async def test_our_comment_is_made_once_and_edited_in_place(hub: Hub, github: GitHub) -> None:
    Comments(hub)
    first = await github.say(3, "one", marker="agentctl:r")
    assert first.body == "one\n\n<!-- agentctl:r -->"
    assert await github.say(3, "one", marker="agentctl:r") == first
    hub.on(f"PATCH {PLACE}/issues/comments/{first.id}", reply(comment(first.id, "two\n\n<!-- agentctl:r -->")))
    assert (await github.say(3, "two", marker="agentctl:r")).body.startswith("two")
    assert hub.lines("POST", "PATCH") == [SAY, f"PATCH {PLACE}/issues/comments/{first.id}"]


async def test_a_marker_that_somebody_copied_is_not_ours(hub: Hub, github: GitHub) -> None:
    there = Comments(hub, [comment(1, "one\n\n<!-- agentctl:r -->", by="mallory"), comment(2, "x", by=None)])
    made = await github.say(3, "one", marker="agentctl:r")
    assert made.id == there.rows[-1]["id"] != 1


async def test_our_comment_is_found_on_a_late_page(hub: Hub, github: GitHub) -> None:
    Comments(hub, [*(comment(n, "x", by="ada") for n in range(1, 240)), comment(500, "one\r\n\r\n<!-- m -->")])
    assert (await github.say(3, "one", marker="m")).id == 500
    assert hub.lines("POST", "PATCH") == []


@pytest.mark.parametrize("broken", [1, 2])
async def test_a_write_whose_answer_was_lost_is_looked_for_and_not_done_again(
    hub: Hub, github: GitHub, broken: int
) -> None:
    there = Comments(hub, broken=broken)
    assert (await github.say(3, "one", marker="m")).id == 900
    assert len(there.rows) == 1


async def test_a_write_that_never_took_place_is_done_again_and_then_is_for_later(hub: Hub, github: GitHub) -> None:
    hub.on(SAID, reply([]))
    hub.on(SAY, reply(None, 502), reply(comment(9, "one\n\n<!-- m -->"), 201))
    assert (await github.say(3, "one", marker="m")).id == 9
    hub.on(SAY, reply(None, 502))
    with pytest.raises(ForgeAway, match="did not say whether it did comment on #3 of acme/shed: HTTP 502"):
        await github.say(3, "one", marker="m")


async def test_two_who_say_the_same_at_once_say_it_once(hub: Hub, github: GitHub) -> None:
    there = Comments(hub)
    both = await asyncio.gather(*(github.say(3, "one", marker="m") for _ in range(2)))
    assert (both[0], len(there.rows)) == (both[1], 1)


async def test_a_comment_is_no_longer_than_github_takes_and_keeps_its_marker(hub: Hub, github: GitHub) -> None:
    Comments(hub)
    made = await github.say(3, "ä" * 99_999, marker="m")
    assert len(made.body) < 65_536
    assert made.body.endswith("…\n\n<!-- m -->")


async def test_a_thread_is_answered_once(hub: Hub, github: GitHub) -> None:
    root = {**comment(5, "why?", by="ada"), "path": "a.py", "line": None, "commit_id": SHA}
    mine = {**comment(6, "so\n\n<!-- m -->"), "in_reply_to_id": 5, "path": "a.py", "commit_id": SHA}
    hub.on(f"GET {PLACE}/pulls/7/comments", reply([root]), reply([root, mine]))
    hub.on(f"POST {PLACE}/pulls/7/comments/5/replies", reply(mine, 201))
    first = await github.reply(7, 5, "so", marker="m")
    assert await github.reply(7, 5, "so", marker="m") == first
    assert (first.id, first.thread, first.line) == (6, 5, None)
    assert hub.lines("POST", "PATCH") == [f"POST {PLACE}/pulls/7/comments/5/replies"]
    with pytest.raises(ForgeRefused, match="no thread 99 any more"):
        await github.reply(7, 99, "so", marker="m")


async def test_a_reaction_to_a_comment_that_is_gone_is_well(hub: Hub, github: GitHub) -> None:
    hub.on(f"POST {PLACE}/pulls/comments/1/reactions", reply({"id": 1}, 201))
    await github.react(1, remark=True)
    await github.react(2)
    assert hub.bodies(f"POST {PLACE}/issues/comments/2/reactions") == [{"content": "eyes"}]


async def open_it(github: GitHub, *, draft: bool = True) -> int:
    return (await github.open_pull(head="agentctl/r/core", base="main", title="t", body="b", draft=draft)).number


async def test_a_pull_request_is_opened_once(hub: Hub, github: GitHub) -> None:
    hub.on(PULLS, reply([]), reply([pull()]))
    hub.on(OPEN, reply(pull(), 201))
    assert [await open_it(github), await open_it(github)] == [7, 7]
    new = {"head": "agentctl/r/core", "base": "main", "title": "t", "body": "b", "draft": True}
    assert hub.bodies(OPEN) == [new]
    assert hub.asked[0].query["head"] == "acme:agentctl/r/core"


async def test_one_that_somebody_else_opened_meanwhile_is_found(hub: Hub, github: GitHub) -> None:
    exists = {"message": "Validation Failed", "errors": [{"message": "A pull request already exists for acme:x."}]}
    hub.on(PULLS, reply([]), reply([pull()]))
    hub.on(OPEN, reply(exists, 422))
    assert await open_it(github) == 7


async def test_a_fork_with_a_branch_of_the_same_name_is_not_ours(hub: Hub, github: GitHub) -> None:
    fork = {"ref": "agentctl/r/core", "sha": SHA, "repo": {"id": 2, "full_name": "eve/shed"}}
    gone = {"ref": "agentctl/r/core", "sha": SHA, "repo": None}
    hub.on(PULLS, reply([pull(1, head=fork), pull(2, head=gone)]))
    hub.on(OPEN, reply(pull(), 201))
    assert await open_it(github) == 7
    hub.on(f"GET {PLACE}/pulls/1", reply(pull(1, head=fork, user=None)))
    found = await github.pull(1)
    assert found is not None
    assert (found.fork, found.author.login) == (True, "ghost")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("No commits between main and agentctl/r/core", "No commits between main"),
        ("Draft pull requests are not supported in this repository.", "has no drafts"),
    ],
)
async def test_a_pull_request_that_github_does_not_take_is_told_in_words(
    hub: Hub, github: GitHub, error: str, words: str
) -> None:
    hub.on(PULLS, reply([]))
    hub.on(OPEN, reply({"message": "Validation Failed", "errors": [{"message": error}]}, 422))
    with pytest.raises(ForgeRefused, match=words):
        await open_it(github)


async def test_only_what_differs_is_edited(hub: Hub, github: GitHub) -> None:
    hub.on(f"GET {PLACE}/pulls/7", reply(pull(body="a\r\nb")))
    hub.on(f"PATCH {PLACE}/pulls/7", reply(pull(title="New", base=pull()["head"])))
    await github.edit_pull(7, title="Sheds", body="a\nb", base="main")
    assert hub.lines("PATCH") == []
    assert (await github.edit_pull(7, title="New", body="a\nb")).title == "New"
    assert hub.bodies(f"PATCH {PLACE}/pulls/7") == [{"title": "New"}]
    with pytest.raises(ForgeRefused, match="no pull request #8"):
        await github.edit_pull(8, title="x")


async def test_a_draft_is_made_ready_by_graphql_and_only_then(hub: Hub, github: GitHub) -> None:
    hub.on(f"GET {PLACE}/pulls/7", reply(pull()))
    hub.on(GRAPH, reply({"data": {"markPullRequestReadyForReview": {}}}))
    await github.set_draft(7, draft=True)
    assert hub.lines("POST") == []
    await github.set_draft(7, draft=False)
    (body,) = hub.bodies(GRAPH)
    assert body["variables"] == {"id": "PR_7"}
    hub.on(GRAPH, reply({"data": None, "errors": [{"type": "FORBIDDEN", "message": "Resource not accessible"}]}))
    with pytest.raises(ForgeRefused, match="make #7 of acme/shed ready for review: Resource not accessible"):
        await github.set_draft(7, draft=False)


async def test_a_pull_request_is_closed_once(hub: Hub, github: GitHub) -> None:
    hub.on(f"GET {PLACE}/pulls/7", reply(pull()), reply(pull(state="closed")))
    hub.on(f"PATCH {PLACE}/pulls/7", reply(pull(state="closed")))
    await github.close(7)
    await github.close(7)
    assert hub.bodies(f"PATCH {PLACE}/pulls/7") == [{"state": "closed"}]


async def test_reviewers_are_asked_once_and_who_cannot_be_asked_is_left_out(hub: Hub, github: GitHub) -> None:
    events = [
        {"id": 1, "event": "review_requested", "requested_reviewer": user("ada")},
        {"id": 2, "event": "review_requested", "requested_team": {"slug": "core"}},
    ]
    ask = f"POST {PLACE}/pulls/7/requested_reviewers"
    hub.on(f"GET {PLACE}/issues/7/events", reply(events))
    hub.on(f"GET {PLACE}/pulls/7", reply(pull()))

    def answer(asked: Asked) -> Reply:
        refused = "stranger" in asked.body["reviewers"]
        return (
            reply({"message": "Reviews may only be requested from collaborators."}, 422) if refused else reply(pull())
        )

    hub.on(ask, answer)
    await github.ask_review(7, ["@ada", "acme/core", "bot", "x@example.org", "@eve", "stranger", "@acme/web", "eve"])
    assert hub.bodies(ask) == [
        {"reviewers": ["eve", "stranger"], "team_reviewers": ["web"]},
        {"reviewers": ["eve"], "team_reviewers": []},
        {"reviewers": ["stranger"], "team_reviewers": []},
        {"reviewers": [], "team_reviewers": ["web"]},
    ]


async def test_files_are_read_as_text_or_not_at_all(hub: Hub, github: GitHub) -> None:
    def file(path: str, **found: Any) -> None:
        hub.on(f"GET {PLACE}/contents/{path}", reply(found))

    file("a%2Fb.md", type="file", encoding="base64", content="aMOk\n")
    file("large", type="file", encoding="none", content="", sha="f" * 40)
    file("image", type="file", encoding="base64", content="/9j/")
    file("link", type="symlink", target="x")
    hub.on(f"GET {PLACE}/contents/folder", reply([{"type": "file"}]))
    hub.on(f"GET {PLACE}/git/blobs/{'f' * 40}", reply({"content": "aGk=", "encoding": "base64"}))
    names = ["a/b.md", "large", "image", "link", "folder", "nothing"]
    assert [await github.read(name, ref="x/y") for name in names] == ["hä", "hi", None, None, None, None]
    assert hub.asked[0].query == {"ref": "x/y"}


async def test_files_of_a_pull_request_hold_both_names_of_a_renamed_one(hub: Hub, github: GitHub) -> None:
    hub.on(f"GET {PLACE}/pulls/7/files", reply([{"filename": "b", "previous_filename": "a"}, {"filename": "c"}]))
    assert await github.files(7) == ("a", "b", "c")


async def test_reviews_that_nobody_has_sent_are_not_there_yet(hub: Hub, github: GitHub) -> None:
    rows = [{"id": 1, "state": "PENDING"}, {"id": 2, "state": "APPROVED", "user": None, "commit_id": None}]
    hub.on(f"GET {PLACE}/pulls/7/reviews", reply(rows))
    (review,) = await github.reviews(7)
    assert (review.verdict, review.author.login, review.commit) == ("approved", "ghost", "")
