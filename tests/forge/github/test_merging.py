"""When a pull request is merged on GitHub, when it is not, and what protects a branch."""

import pytest
from agentctl.orchestrator.errors import ForgeAway, ForgeRefused, HeadMoved
from agentctl.orchestrator.forge.github.adapter import GitHub
from agentctl.orchestrator.nouns.forge import Protection

from .hub import CUT, PLACE, Asked, Hub, Reply, pull, reply

MERGE = f"PUT {PLACE}/pulls/7/merge"
GRAPH = "POST /graphql"
SHA = "a" * 40


class Unprotected:
    """A repository whose main branch asks for nothing."""

    def __init__(self, hub: Hub) -> None:
        hub.on(f"GET {PLACE}", reply({"default_branch": "main", "allow_rebase_merge": False}))
        hub.on(f"GET {PLACE}/rules/branches/main", reply([]))
        hub.on(f"GET {PLACE}/branches/main", reply({"name": "main", "protected": False}))


async def merge(github: GitHub, sha: str = SHA) -> str:
    return await github.merge(7, sha=sha, method="squash", title="t", message="m")


async def test_that_head_is_merged_and_no_other(hub: Hub, github: GitHub) -> None:
    Unprotected(hub)
    hub.on(f"GET {PLACE}/pulls/7", reply(pull(draft=False)))
    hub.on(MERGE, reply({"sha": "c" * 40, "merged": True}))
    with pytest.raises(HeadMoved, match="is at aaaaaaaaaa, not at dddddddddd"):
        await merge(github, "d" * 40)
    assert hub.lines("PUT") == []
    assert await merge(github) == "c" * 40
    assert hub.bodies(MERGE) == [{"sha": SHA, "merge_method": "squash", "commit_title": "t", "commit_message": "m"}]


@pytest.mark.parametrize(
    ("no", "error", "words"),
    [
        (reply({"message": "Pull Request is not mergeable"}, 405), ForgeRefused, "a conflict, a missing approval"),
        (
            reply({"message": "Head branch was modified. Review and try the merge again."}, 409),
            HeadMoved,
            "Head branch",
        ),
        (reply({"message": "Base branch was modified. Review and try the merge again."}, 405), ForgeAway, "base moved"),
        (reply({"message": "Validation Failed"}, 422), ForgeRefused, "Validation Failed"),
        (reply({"message": "Resource not accessible by integration"}, 403), ForgeRefused, "lacks a permission"),
        (reply({"message": "Not Found"}, 404), ForgeRefused, "may not see it"),
    ],
)
async def test_the_ways_not_to_merge_are_told_apart(
    hub: Hub, github: GitHub, no: Reply, error: type[Exception], words: str
) -> None:
    Unprotected(hub)
    hub.on(f"GET {PLACE}/pulls/7", reply(pull(draft=False)))
    hub.on(MERGE, no)
    with pytest.raises(error, match=words) as found:
        await merge(github)
    assert type(found.value) is error or error is ForgeRefused


async def test_a_head_that_moves_during_the_merge_is_told_as_such(hub: Hub, github: GitHub) -> None:
    Unprotected(hub)
    moved = pull(draft=False, head={**pull()["head"], "sha": "e" * 40})
    hub.on(f"GET {PLACE}/pulls/7", reply(pull(draft=False)), reply(moved))
    hub.on(MERGE, reply({"message": "Head branch was modified. Review and try the merge again."}, 409))
    with pytest.raises(HeadMoved, match="eeeeeeeeee"):
        await merge(github)


async def test_a_merge_whose_answer_was_lost_took_place(hub: Hub, github: GitHub) -> None:
    Unprotected(hub)
    merged = pull(state="closed", merged=True, merge_commit_sha="c" * 40)
    hub.on(f"GET {PLACE}/pulls/7", reply(pull(draft=False)), reply(merged))
    hub.on(MERGE, reply(CUT), reply({"message": "Pull Request is not mergeable"}, 405))
    assert await merge(github) == "c" * 40
    assert await merge(github) == "c" * 40


@pytest.mark.parametrize(("changes", "words"), [({}, "is a draft"), ({"state": "closed"}, "is closed")])
async def test_drafts_and_what_is_closed_are_not_merged(
    hub: Hub, github: GitHub, changes: dict[str, str], words: str
) -> None:
    hub.on(f"GET {PLACE}/pulls/7", reply(pull(**changes)))
    with pytest.raises(ForgeRefused, match=words):
        await merge(github)


async def test_where_there_is_a_merge_queue_it_is_joined_once(hub: Hub, github: GitHub) -> None:
    Unprotected(hub)
    hub.on(f"GET {PLACE}/rules/branches/main", reply([{"type": "merge_queue", "parameters": {}}]))
    hub.on(f"GET {PLACE}/pulls/7", reply(pull(draft=False)))
    queued = [False, True]

    def answer(asked: Asked) -> Reply:
        if asked.body["query"].startswith("query Queued"):
            return reply({"data": {"node": {"isInMergeQueue": queued.pop(0)}}})
        return reply({"data": {"enqueuePullRequest": {}}})

    hub.on(GRAPH, answer)
    assert [await merge(github), await merge(github)] == ["", ""]
    enqueued = [each["variables"] for each in hub.bodies(GRAPH) if each["query"].startswith("mutation Enqueue")]
    assert enqueued == [{"id": "PR_7", "head": SHA}]


async def test_protection_is_rulesets_and_the_branchs_own_together(hub: Hub, github: GitHub) -> None:
    Unprotected(hub)
    rules = [
        {"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "ci"}]}},
        {
            "type": "pull_request",
            "parameters": {"required_approving_review_count": 1, "allowed_merge_methods": ["squash", "rebase"]},
        },
        {"type": "required_signatures"},
    ]
    checks = {"required_status_checks": {"contexts": ["ci", "lint"], "checks": [{"context": "lint"}]}}
    hub.on(f"GET {PLACE}/rules/branches/main", reply(rules))
    hub.on(f"GET {PLACE}/branches/main", reply({"name": "main", "protected": True, "protection": checks}))
    rule = {"requiredApprovingReviewCount": 2, "requiresCodeOwnerReviews": True, "requiredStatusCheckContexts": ["e2e"]}
    graph = {"data": {"repository": {"ref": {"refUpdateRule": rule}, "mergeQueue": {"id": "MQ"}}}}
    hub.on(GRAPH, reply(graph), reply({"errors": [{"message": "no"}]}))
    assert await github.protection("main") == Protection(
        required_checks=("ci", "lint", "e2e"),
        approvals=2,
        code_owners=True,
        merge_queue=True,
        signatures=True,
        methods=("squash",),
    )
    own = {"required_pull_request_reviews": {"required_approving_review_count": 3}}
    hub.on(f"GET {PLACE}/branches/main/protection", reply(own), reply({"message": "no"}, 403))
    assert [(await github.protection("main")).approvals for _ in range(2)] == [3, 1]
