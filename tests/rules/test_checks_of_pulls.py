"""What checks come to, and when we may merge by ourselves."""

from dataclasses import replace

import pytest
from agentctl.orchestrator.nouns.forge import Account, Check, Protection, Pull, Review
from agentctl.orchestrator.nouns.policy import Policy
from agentctl.orchestrator.rules.checks_of_pulls import MayMerge, checks_of, may_merge

SHA, OLD = "a" * 40, "b" * 40
BOT = Account(login="agentctl[bot]", bot=True)
ADA = Account(login="ada")


def check(name: str, state: str, *, sha: str = SHA, app: str = "actions") -> Check:
    return Check(id=1, name=name, sha=sha, state=state, app=app)


@pytest.mark.parametrize(
    ("checks", "required", "state", "red", "pending"),
    [
        ([], (), "green", [], []),
        ([check("ci", "success"), check("docs", "skipped"), check("x", "neutral")], (), "green", [], []),
        ([check("ci", "running")], (), "pending", [], ["ci"]),
        ([check("ci", "queued"), check("lint", "failure")], (), "red", ["lint"], ["ci"]),
        ([check("ci", "cancelled")], (), "red", ["ci"], []),
        ([check("lint", "failure"), check("ci", "success")], ("ci",), "green", [], []),
        ([check("lint", "running"), check("ci", "success")], ("ci",), "green", [], []),
        ([check("lint", "success")], ("ci",), "pending", [], ["ci"]),
        ([check("ci", "failure", sha=OLD)], ("ci",), "pending", [], ["ci"]),
        ([check("agentctl/gate", "failure", app="agentctl"), check("ci", "success")], ("ci",), "red", [], []),
        (
            [check("agentctl/gate", "running", app="agentctl"), check("ci", "success")],
            ("ci",),
            "pending",
            [],
            ["agentctl/gate"],
        ),
    ],
)
def test_what_checks_come_to(
    checks: list[Check], required: tuple[str, ...], state: str, red: list[str], pending: list[str]
) -> None:
    found = checks_of(checks, Protection(required_checks=required), sha=SHA)
    assert (found.state, [each.name for each in found.red], list(found.pending)) == (state, red, pending)


def test_our_own_red_ones_and_those_that_hold_up_nothing_are_told_apart() -> None:
    checks = [check("agentctl/gate", "failure", app="agentctl"), check("ci", "failure"), check("lint", "failure")]
    found = checks_of(checks, Protection(required_checks=("ci",)), sha=SHA)
    assert [[each.name for each in part] for part in (found.ours, found.red, found.optional)] == [
        ["agentctl/gate"],
        ["ci"],
        ["lint"],
    ]


def review(login: str, verdict: str = "approved", *, commit: str = SHA, bot: bool = False) -> Review:
    return Review(id=1, verdict=verdict, body="", author=Account(login=login, bot=bot), commit=commit)


PULL = Pull(
    number=1,
    title="t",
    body="",
    author=BOT,
    head="agentctl/r/a",
    head_sha=SHA,
    base="main",
    base_sha=OLD,
    mergeable=True,
)
PEOPLE = {"ada": "write", "grace": "admin", "eve": "read"}


def asked(pull: Pull = PULL, **given: object) -> MayMerge:
    terms = {
        "protection": Protection(required_checks=("ci",)),
        "checks": [check("ci", "success")],
        "reviews": [review("ada")],
        "permissions": PEOPLE,
        "policy": Policy(merge="squash"),
        "sha": SHA,
        "me": BOT.login,
    }
    return may_merge(pull, **{**terms, **given})


def test_what_is_approved_and_green_may_be_merged_as_the_policy_says() -> None:
    assert asked() == MayMerge(method="squash")


def test_without_a_policy_nothing_is_ever_merged() -> None:
    assert asked(policy=Policy()).why == ("the policy names no way to merge: a person merges",)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"pull": replace(PULL, draft=True)}, "it is a draft"),
        ({"pull": replace(PULL, state="closed")}, "it is closed"),
        ({"pull": replace(PULL, fork=True)}, "it comes from a fork: a person merges"),
        ({"pull": replace(PULL, base="agentctl/r/b")}, "it stands on agentctl/r/b, which comes first"),
        ({"pull": replace(PULL, mergeable=None)}, "the forge has not found out yet whether it can be merged"),
        ({"pull": replace(PULL, mergeable=False)}, "it conflicts with main"),
        ({"pull": replace(PULL, head_sha=OLD)}, f"its head is {OLD[:10]}, and {SHA[:10]} was judged"),
        ({"protection": Protection(methods=("merge",))}, "the policy says squash, and the repository allows merge"),
        ({"paths": [".github/workflows/ci.yml"]}, "it changes .github/, which a person has to merge"),
        ({"paths": ["a.py", "agentctl.toml"]}, "it changes agentctl.toml, which a person has to merge"),
        ({"checks": []}, "not done: ci"),
        ({"checks": [check("ci", "failure")]}, "red: ci"),
        ({"checks": [check("ci", "success", sha=OLD)]}, "not done: ci"),
        ({"reviews": []}, "0 of 1 approvals of this head"),
        ({"reviews": [review("ada", commit=OLD)]}, "0 of 1 approvals of this head; 1 of an older head"),
        ({"reviews": [review(BOT.login)]}, "0 of 1 approvals of this head"),
        ({"reviews": [review("robot", bot=True)]}, "0 of 1 approvals of this head"),
        ({"reviews": [review("eve")]}, "0 of 1 approvals of this head"),
        ({"reviews": [review("stranger")]}, "0 of 1 approvals of this head"),
        ({"reviews": [review("ada"), review("ada", "dismissed")]}, "0 of 1 approvals of this head"),
        ({"reviews": [review("ada"), review("grace", "changes_requested")]}, "changes are requested by grace"),
        ({"reviews": [review("ada"), review("eve", "changes_requested")]}, "changes are requested by eve"),
        ({"protection": Protection(required_checks=("ci",), approvals=2)}, "1 of 2 approvals of this head"),
    ],
)
def test_each_thing_that_speaks_against_it_is_enough(given: dict[str, object], why: str) -> None:
    found = asked(**given)
    assert found.method is None
    assert why in found.why


def test_our_author_does_not_approve_their_own() -> None:
    assert asked(pull=replace(PULL, author=ADA)).why == ("0 of 1 approvals of this head",)


def test_a_comment_after_an_approval_leaves_it_and_an_approval_settles_a_request() -> None:
    assert asked(reviews=[review("ada"), review("ada", "commented")]).method == "squash"
    assert asked(reviews=[review("ada", "changes_requested"), review("ada")]).method == "squash"
