"""Which messages of a forge say the same."""

from dataclasses import replace

import pytest
from agentctl.orchestrator.nouns.forge import Account, Comment, RepoName
from agentctl.orchestrator.nouns.happenings import (
    CheckEnded,
    Commented,
    Delivery,
    GroupQueued,
    Happening,
    Labelled,
    Opened,
    PullMoved,
    Pushed,
)
from agentctl.orchestrator.rules.coalescing import coalesced, is_repeatable

SHED, BARN = RepoName(owner="acme", name="shed"), RepoName(owner="acme", name="barn")
ADA, BOB = Account(login="ada"), Account(login="bob")


def delivery(what: Happening, *, repo: RepoName = SHED) -> Delivery:
    return Delivery(id="m", repo=repo, happening=what)


def moved(head: str, before: str, *, number: int = 1) -> PullMoved:
    return PullMoved(number=number, action="synchronize", by=ADA, head_sha=head, before=before)


def edited(text: str, *, by: Account = ADA, id_: int = 7) -> Commented:
    comment = Comment(id=id_, body=text, author=ADA, created_at=1.0, updated_at=2.0)
    return Commented(number=1, comment=comment, pull=True, action="edited", by=by)


CREATED = replace(edited("/agentctl run"), action="created", by=None)
GREEN = CheckEnded(sha="c1", name="test", state="success", app="ci")
PUSH = Pushed(branch="main", before="c1", after="c2", forced=True, by=ADA)
TITLE = Opened(number=1, pull=True, by=ADA, action="edited")


@pytest.mark.parametrize(
    ("first", "later", "what", "places"),
    [
        (moved("c2", "c1"), [], moved("c2", "c1"), ()),
        (moved("c2", "c1"), [moved("c3", "c2"), moved("c4", "c3")], moved("c4", "c1"), (0, 1)),
        (moved("c2", "c1"), [moved("d3", "d2", number=2), moved("c3", "c2")], moved("c3", "c1"), (1,)),
        (moved("c2", "c1"), [GREEN, PUSH, moved("c3", "c2")], moved("c3", "c1"), (2,)),
        (moved("c2", "c1"), [CREATED, moved("c3", "c2")], moved("c2", "c1"), ()),
        (moved("c2", "c1"), [moved("c3", "c2"), CREATED, moved("c4", "c3")], moved("c3", "c1"), (0,)),
        (moved("c2", "c1"), [replace(moved("", ""), action="closed"), moved("c3", "c2")], moved("c2", "c1"), ()),
        (replace(GREEN, state="failure"), [GREEN], GREEN, (0,)),
        (GREEN, [replace(GREEN, sha="c2"), replace(GREEN, name="lint"), replace(GREEN, app="x")], GREEN, ()),
        (GREEN, [replace(GREEN, rerequested=True)], GREEN, ()),
        (PUSH, [replace(PUSH, before="c2", after="c3", forced=False)], replace(PUSH, after="c3"), (0,)),
        (PUSH, [replace(PUSH, branch="other", before="c2")], PUSH, ()),
        (TITLE, [TITLE, TITLE], TITLE, (0, 1)),
        (TITLE, [replace(TITLE, by=BOB)], TITLE, ()),
        (edited("a"), [edited("b")], edited("b"), (0,)),
        (edited("a"), [edited("b", by=BOB)], edited("a"), ()),
        (edited("a"), [edited("b", id_=8)], edited("a"), ()),
        (CREATED, [CREATED, edited("b")], CREATED, ()),
    ],
)
def test_what_says_the_same_is_one(
    first: Happening, later: list[Happening], what: Happening, places: tuple[int, ...]
) -> None:
    assert coalesced(delivery(first), [delivery(each) for each in later]) == (delivery(what), places)


def test_another_repository_neither_says_the_same_nor_stands_between() -> None:
    later = [delivery(moved("c3", "c2"), repo=BARN), delivery(CREATED, repo=BARN), delivery(moved("c3", "c2"))]
    assert coalesced(delivery(moved("c2", "c1")), later) == (delivery(moved("c3", "c1")), (2,))


@pytest.mark.parametrize(
    ("what", "repeatable"),
    [
        (moved("c2", "c1"), True),
        (replace(moved("c2", "c1"), action="closed"), False),
        (GREEN, True),
        (replace(GREEN, rerequested=True), False),
        (PUSH, True),
        (TITLE, True),
        (replace(TITLE, action="opened"), False),
        (edited("a"), True),
        (CREATED, False),
        (Labelled(number=1, label="build", pull=False, by=ADA), False),
        (GroupQueued(sha="c1", branch="main"), False),
    ],
)
def test_only_what_could_be_said_again_is_looked_through(what: Happening, repeatable: bool) -> None:  # noqa: FBT001 - a table
    assert is_repeatable(delivery(what)) == repeatable
