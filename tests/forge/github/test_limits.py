"""Limits, outages and what did not change: how GitHub is asked."""

import random
import traceback
from typing import Any

import pytest
from agentctl.orchestrator.errors import ForgeAway, ForgeRefused, SettingsError
from agentctl.orchestrator.forge.github.adapter import GitHub
from agentctl.orchestrator.forge.github.asking import at, checked_address
from agentctl.orchestrator.forge.github.limits import PATIENCE, pause, wanted_rest
from agentctl.orchestrator.nouns.forge import Check

from .conftest import Forges
from .hub import CUT, PLACE, Asked, Hub, JumpingClock, Reply, comment, pages, pull, reply

PULL = f"GET {PLACE}/pulls/7"
FINE = reply(pull())


@pytest.mark.parametrize(
    ("status", "headers", "said", "tries", "wanted"),
    [
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1100"}, "", 0, None),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1100"}, "", 0, 101.0),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "900"}, "", 0, 1.0),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, "", 0, 60.0),
        (403, {"x-ratelimit-remaining": "12"}, "Resource not accessible by integration", 0, None),
        (403, {"retry-after": "7"}, "", 0, 7.0),
        (403, {}, "You have exceeded a secondary rate limit", 0, 60.0),
        (403, {}, "You have exceeded a secondary rate limit", 2, 240.0),
        (403, {}, "You have triggered an abuse detection mechanism", 0, 60.0),
        (429, {}, "", 1, 120.0),
        (429, {"retry-after": "Wed, 21 Oct 2027 07:28:00 GMT"}, "", 0, 60.0),
        (404, {"retry-after": "7"}, "", 0, None),
    ],
)
def test_how_long_github_wants_to_be_left_alone(
    status: int, headers: dict[str, str], said: str, tries: int, wanted: float | None
) -> None:
    assert wanted_rest(status, headers, said, now=1000.0, tries=tries) == wanted


def test_pauses_are_jittered_under_a_ceiling() -> None:
    chance = random.Random(5)
    for tries, ceiling in enumerate([1.0, 2.0, 4.0, 8.0, 16.0, 16.0]):
        some = [pause(tries, chance) for _ in range(200)]
        assert 0.0 <= min(some) < ceiling / 4
        assert ceiling * 3 / 4 < max(some) <= ceiling


async def test_a_short_limit_is_waited_for(hub: Hub, github: GitHub, clock: JumpingClock) -> None:
    hub.on(PULL, reply({"message": "secondary rate limit"}, 403, retry_after="9"), FINE)
    found = await github.pull(7)
    assert found is not None
    assert (found.number, clock.slept) == (7, [9.0])


async def test_a_long_limit_is_told_and_nobody_asks_before_it_ends(
    hub: Hub, github: GitHub, clock: JumpingClock
) -> None:
    reset = str(int(clock.at) + 600)
    spent = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": reset}
    hub.on(PULL, reply({"message": "API rate limit exceeded"}, 403, **spent), FINE)
    with pytest.raises(ForgeAway, match="left alone for 601 s") as away:
        await github.pull(7)
    assert away.value.seconds == 601.0
    with pytest.raises(ForgeAway):
        await github.pull(7)
    assert hub.lines() == [PULL]
    clock.at += 602
    assert await github.pull(7) is not None


async def test_the_last_of_a_limit_is_a_warning(hub: Hub, github: GitHub, clock: JumpingClock) -> None:
    last = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(clock.at) + int(PATIENCE) - 10)}
    hub.on(PULL, reply(pull(), **last), FINE)
    await github.pull(7)
    assert clock.slept == []
    await github.pull(7)
    assert clock.slept == [21.0]


async def test_a_limit_that_graphql_tells_in_a_success_is_waited_for(hub: Hub, github: GitHub) -> None:
    hub.on(PULL, FINE)
    hub.on("POST /graphql", reply({"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}))
    with pytest.raises(ForgeAway) as away:
        await github.set_draft(7, draft=False)
    assert away.value.seconds == 60.0


@pytest.mark.parametrize("trouble", [reply(b"<html>", 502), reply({"message": "x"}, 500), reply(CUT)])
async def test_a_read_survives_an_outage(hub: Hub, github: GitHub, clock: JumpingClock, trouble: Reply) -> None:
    hub.on(PULL, trouble, trouble, FINE)
    assert await github.pull(7) is not None
    assert len(clock.slept) == 2


@pytest.mark.parametrize(
    ("trouble", "words"),
    [(reply(None, 503), "HTTP 503; try again when http"), (reply(CUT), r"connection broke .*; try again when http")],
)
async def test_an_outage_that_lasts_is_told(hub: Hub, github: GitHub, trouble: Reply, words: str) -> None:
    hub.on(PULL, trouble)
    with pytest.raises(ForgeAway, match=words):
        await github.pull(7)
    assert hub.lines() == [PULL] * 4


async def test_writes_come_one_at_a_time_a_second_apart(hub: Hub, github: GitHub, clock: JumpingClock) -> None:
    hub.on(f"POST {PLACE}/issues/comments/1/reactions", reply({"id": 1}))
    for _ in range(3):
        await github.react(1)
    assert clock.slept == [1.0, 1.0]


async def test_what_did_not_change_is_not_sent_again(hub: Hub, github: GitHub) -> None:
    def answer(asked: Asked) -> Reply:
        same = asked.headers.get("If-None-Match") == '"v1"'
        return reply(None, 304) if same else reply(pull(title="first"), ETag='"v1"')

    hub.on(PULL, answer)
    first = await github.pull(7)
    assert await github.pull(7) == first
    assert [each.headers.get("If-None-Match") for each in hub.asked] == [None, '"v1"']


async def test_permission_is_never_answered_from_memory(hub: Hub, github: GitHub) -> None:
    line = f"GET {PLACE}/collaborators/ada/permission"
    hub.on(line, reply({"permission": "write", "role_name": "maintain"}, ETag='"v1"'), reply({"permission": "read"}))
    assert [await github.permission("ada"), await github.permission("ada")] == ["maintain", "read"]
    assert all("If-None-Match" not in each.headers for each in hub.asked)
    assert await github.permission("nobody") == "none"


async def test_a_role_of_the_organisations_own_counts_by_what_it_is_made_of(hub: Hub, github: GitHub) -> None:
    hub.on(f"GET {PLACE}/collaborators/ada/permission", reply({"permission": "write", "role_name": "Gardener"}))
    assert await github.permission("ada") == "write"


@pytest.mark.parametrize("links", [True, False])
async def test_lists_are_walked_to_their_end(hub: Hub, github: GitHub, *, links: bool) -> None:
    rows = [comment(number, "x") for number in range(1, 251)]
    with_links = pages(rows, hub.address)

    def without(asked: Asked) -> Reply:
        return Reply(body=with_links(asked).body)

    hub.on(f"GET {PLACE}/issues/3/comments", with_links if links else without)
    assert [each.id for each in await github.comments(3)] == list(range(1, 251))
    assert len(hub.asked) == 3


async def test_a_list_without_an_end_is_left_for_later(hub: Hub, github: GitHub) -> None:
    hub.on(f"GET {PLACE}/issues/3/comments", reply([comment(1, "x")] * 100))
    with pytest.raises(ForgeAway, match="no end after 300 pages"):
        await github.comments(3)
    assert len(hub.asked) == 300


async def test_a_repository_that_was_renamed_is_followed_and_another_server_is_not(hub: Hub, github: GitHub) -> None:
    hub.on(PULL, reply(None, 301, Location=f"{hub.address}/repositories/1/pulls/7"))
    hub.on("GET /repositories/1/pulls/7", FINE)
    assert await github.pull(7) is not None
    hub.on(PULL, reply(None, 302, Location="http://127.0.0.2:9/steal"))
    with pytest.raises(ForgeRefused):
        await github.pull(7)


@pytest.mark.parametrize(
    ("no", "words"),
    [
        (reply({"message": "Bad credentials"}, 401), "not valid any more: make a new token"),
        (
            reply({"message": "A JSON web token could not be decoded"}, 401),
            "AGENTCTL_GITHUB_APP_ID is to be the id of the App whose key AGENTCTL_GITHUB_APP_KEY names",
        ),
        (
            reply(
                {"message": "Resource not accessible by personal access token"},
                403,
                X_Accepted_GitHub_Permissions="pull_requests=read; contents=read",
            ),
            "`pull_requests: read or contents: read`",
        ),
        (
            reply({"message": "SAML"}, 403, X_GitHub_SSO="required; url=https://github.com/orgs/acme/sso"),
            "single sign-on: https://github.com/orgs/acme/sso",
        ),
        (reply({"message": "\x1b[2Jno\u202e" + "o" * 999}, 403), "no(o+)…"),
    ],
)
async def test_a_no_says_what_a_person_can_do(hub: Hub, github: GitHub, no: Reply, words: str) -> None:
    hub.on(PULL, no)
    with pytest.raises(ForgeRefused, match=words) as refused:
        await github.pull(7)
    assert "\x1b" not in str(refused.value)
    assert "\u202e" not in str(refused.value)


@pytest.mark.parametrize("status", [200, 403, 422, 503])
async def test_a_token_is_in_no_error_whatever_a_server_repeats(
    hub: Hub, forge_as: Forges, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    token = "plain-secret-0123456789"
    github = forge_as(token=token)
    hub.on(PULL, lambda asked: reply({"message": f"you sent {asked.headers['Authorization']}"}, status))
    with pytest.raises((ForgeRefused, ForgeAway)) as error:
        await github.pull(7)
    assert hub.asked[0].headers["Authorization"] == f"Bearer {token}"
    told = "".join(traceback.format_exception(error.value)) + repr(github) + repr(vars(error.value))
    told += repr(github._client) + repr(github._key) + repr(await github.access()) + "".join(capsys.readouterr())
    assert token not in told


async def test_what_is_not_githubs_json_is_for_later(hub: Hub, github: GitHub) -> None:
    hub.on(PULL, reply(b"<html>log in to the wireless</html>"))
    with pytest.raises(ForgeAway, match="no pull of GitHub's"):
        await github.pull(7)


@pytest.mark.parametrize("part", ["", ".", ".."])
def test_no_part_of_a_path_climbs(part: str) -> None:
    with pytest.raises(ForgeRefused):
        at("repos", part, "shed")


def test_what_is_inside_a_part_stays_inside_it() -> None:
    assert at("repos", "a/../b", "c?d#e") == "/repos/a%2F..%2Fb/c%3Fd%23e"


@pytest.mark.parametrize("api", ["http://ghe.example.org", "ftp://x", "x", "https://", "https://a:b@x", "http://[", ""])
def test_an_address_that_would_show_the_token_is_refused(api: str) -> None:
    with pytest.raises(SettingsError):
        checked_address(api)


async def test_a_log_is_read_from_elsewhere_without_the_token_and_only_its_end(hub: Hub, github: GitHub) -> None:
    other = hub.address.replace("127.0.0.1", "localhost")
    log = b"x" * 200_000 + b" \x1b[31mAKIA" + b"ABCDEFGHIJKLMNOP" + b" failed\n"
    hub.on(f"GET {PLACE}/actions/jobs/9/logs", reply(None, 302, Location=f"{other}/log?sig=1"))
    hub.on("GET /log", reply(log))
    check = Check(id=9, name="ci", sha="a", state="failure", app="github-actions")
    told = await github.check_log(check)
    assert told.endswith("x [redacted:aws-key] failed\n")
    assert len(told) <= 1 << 16
    assert "Authorization" not in hub.asked[-1].headers
    others: dict[str, Any] = {"id": 9, "name": "ci", "sha": "a", "state": "failure", "app": "circle"}
    assert await github.check_log(Check(**others)) == ""
