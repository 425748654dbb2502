"""Which login is found, what it cannot do, and where its secrets go: to its own host, and nowhere else."""

import asyncio
import os
import subprocess
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import AuthenticationError, ForgeAway, ForgeRefused, SettingsError
from agentctl.orchestrator.forge.github import connect as connect_by_package
from agentctl.orchestrator.forge.github.connecting import App, app_of, connect
from agentctl.orchestrator.forge.github.gh import gh_token
from agentctl.orchestrator.forge.github.keys import PERMISSIONS
from agentctl.orchestrator.forge.github.ways import found_token, server_of, told_login
from agentctl.orchestrator.nouns.forge import Access, Account, Login, RepoName

from .hub import PLACE, Asked, Hub, JumpingClock, Reply, pages, pull, reply, user

REPO = RepoName(owner="acme", name="shed")
TOKEN = "ghp_" + "s3cret" * 6
MINT = "POST /app/installations/5/access_tokens"


async def no_gh(host: str, environ: Mapping[str, str]) -> str:
    del host, environ
    return ""


def gh_says(token: str) -> Callable[[str, Mapping[str, str]], Awaitable[str]]:
    async def say(host: str, environ: Mapping[str, str]) -> str:
        del environ
        return f"{token}-{host}"

    return say


class Installed:
    """An App with an installation; counts the tokens that it mints."""

    def __init__(self, hub: Hub, clock: JumpingClock, **granted: str) -> None:
        self.clock = clock
        self.minted = 0
        permissions = {**PERMISSIONS, **granted}
        hub.on(f"GET {PLACE}/installation", reply({"id": 5, "permissions": permissions, "suspended_at": None}))
        hub.on("GET /app", reply({"slug": "agentctl-acme"}))
        hub.on(MINT, self.mint)

    def mint(self, asked: Asked) -> Reply:
        del asked
        self.minted += 1
        until = datetime.fromtimestamp(self.clock.at + 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return reply({"token": f"ghs_number{self.minted}", "expires_at": until}, 201)


def environment(hub: Hub, key_file: Path) -> dict[str, str]:
    return {
        "AGENTCTL_GITHUB_API": hub.address,
        "AGENTCTL_GITHUB_APP_ID": "77",
        "AGENTCTL_GITHUB_APP_KEY": str(key_file),
        "GH_TOKEN": TOKEN,
    }


async def test_an_app_speaks_as_itself_with_a_token_for_one_repository_and_no_more_rights_than_needed(
    hub: Hub, clock: JumpingClock, key_file: Path
) -> None:
    Installed(hub, clock)
    github = await connect(REPO, environ=environment(hub, key_file), clock=clock, gh=no_gh)
    assert await github.login() == Login(account=Account(login="agentctl-acme[bot]", bot=True), way="app")
    access = await github.access()
    assert (access.url, access.token) == ("https://github.com/acme/shed.git", "ghs_number1")
    assert hub.bodies(MINT) == [{"permissions": dict(PERMISSIONS), "repositories": ["shed"]}]
    jwt = hub.asked[0].headers["Authorization"]
    assert jwt.startswith("Bearer eyJ")
    hub.on(f"GET {PLACE}/pulls/7", reply(pull()))
    await github.pull(7)
    assert hub.asked[-1].headers["Authorization"] == "Bearer ghs_number1"
    await github.close_connection()


async def test_a_minted_token_is_kept_until_five_minutes_before_its_end_or_until_it_is_refused(
    hub: Hub, clock: JumpingClock, key_file: Path
) -> None:
    installed = Installed(hub, clock)
    github = await connect(REPO, environ=environment(hub, key_file), clock=clock, gh=no_gh)
    for forward, minted in [(0, 1), (3299, 1), (2, 2), (0, 2)]:
        clock.at += forward
        assert (await github.access()).token == f"ghs_number{minted}"
    hub.on(f"GET {PLACE}/pulls/7", reply({"message": "Bad credentials"}, 401), reply(pull()))
    assert await github.pull(7) is not None
    assert installed.minted == 3
    await github.close_connection()


async def test_what_an_installation_lacks_is_named_and_not_asked_for(
    hub: Hub, clock: JumpingClock, key_file: Path
) -> None:
    Installed(hub, clock, checks="read", actions="none")
    hub.on(
        f"GET {PLACE}/installation",
        reply({"id": 5, "permissions": {"contents": "write", "checks": "read", "issues": "write"}}),
    )
    github = await connect(REPO, environ=environment(hub, key_file), clock=clock, gh=no_gh)
    assert (await github.login()).cannot == tuple(
        f"the installation lacks `{each}`: an owner can accept it in its settings"
        for each in ("actions: read", "checks: write", "pull_requests: write", "statuses: read")
    )
    await github.access()
    assert hub.bodies(MINT)[0]["permissions"] == {"contents": "write", "checks": "read", "issues": "write"}
    await github.close_connection()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply({"message": "Not Found"}, 404), "not installed for acme/shed"),
        (reply({"id": 5, "permissions": {}, "suspended_at": "2027-01-15T08:00:00Z"}), "suspended"),
    ],
)
async def test_an_app_that_is_not_there_says_what_an_owner_can_do(
    hub: Hub, clock: JumpingClock, key_file: Path, answer: Reply, words: str
) -> None:
    hub.on(f"GET {PLACE}/installation", answer)
    with pytest.raises(ForgeRefused, match=words):
        await connect(REPO, environ=environment(hub, key_file), clock=clock, gh=no_gh)


async def test_an_app_lists_where_it_is_installed(hub: Hub, clock: JumpingClock, key_file: Path) -> None:
    Installed(hub, clock)
    hub.on("GET /app/installations", reply([{"id": 5}, {"id": 6, "suspended_at": "2027-01-15T08:00:00Z"}]))
    names = [{"full_name": "acme/shed"}, {"full_name": "acme/hut"}]
    hub.on("GET /installation/repositories", reply({"total_count": 2, "repositories": names}))
    app = app_of(environment(hub, key_file), clock=clock)
    assert app is not None
    assert await app.repositories() == (REPO, RepoName(owner="acme", name="hut"))
    assert hub.bodies(MINT) == [{"permissions": {"metadata": "read"}}]
    await app.close()


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"hello", b"-----BEGIN CERTIFICATE-----"])
def test_a_file_that_is_no_private_key_is_told_by_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "app.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"app\.pem, which is no private key"):
        app_of({"AGENTCTL_GITHUB_APP_ID": "1", "AGENTCTL_GITHUB_APP_KEY": str(path)})


async def test_a_key_that_signs_nothing_is_told_without_showing_it(
    hub: Hub, clock: JumpingClock, tmp_path: Path
) -> None:
    path = tmp_path / "app.pem"
    path.write_text("-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0IHN0dWZm\n-----END RSA PRIVATE KEY-----\n")
    with pytest.raises(SettingsError, match="private key of App 77 cannot be used") as error:
        await connect(REPO, environ=environment(hub, path), clock=clock, gh=no_gh)
    assert "c2VjcmV0" not in "".join(traceback.format_exception(error.value))


def test_half_of_an_app_is_told() -> None:
    with pytest.raises(SettingsError, match="Set both"):
        app_of({"AGENTCTL_GITHUB_APP_ID": "1"})
    assert app_of({}) is None


def test_an_app_shows_no_key(hub: Hub, key_file: Path) -> None:
    app = app_of(environment(hub, key_file))
    assert isinstance(app, App)
    assert "PRIVATE" not in repr(app) + repr(app.door) + repr(vars(app.key.__class__))


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({"GITHUB_TOKEN": "c", "GH_TOKEN": "b", "AGENTCTL_GITHUB_TOKEN": "a"}, ("a", "token")),
        ({"GITHUB_TOKEN": "c", "GH_TOKEN": " b "}, ("b", "token")),
        ({"GITHUB_TOKEN": "c"}, ("c", "token")),
        ({"GITHUB_TOKEN": "c", "GITHUB_ACTIONS": "true"}, ("c", "action")),
        ({"GH_TOKEN": "ghs_c", "GITHUB_ACTIONS": "true"}, ("ghs_c", "action")),
        ({"GH_TOKEN": "  "}, ("gh-github.com", "gh")),
        ({}, ("gh-github.com", "gh")),
    ],
)
async def test_the_most_particular_token_is_taken(environ: dict[str, str], wanted: tuple[str, str]) -> None:
    assert await found_token("github.com", environ, ours=True, gh=gh_says("gh")) == wanted


async def test_a_token_is_not_sent_to_a_host_that_a_remote_names(key_file: Path) -> None:
    environ = {"GH_TOKEN": TOKEN, "AGENTCTL_GITHUB_APP_ID": "1", "AGENTCTL_GITHUB_APP_KEY": str(key_file)}
    repo = RepoName(owner="acme", name="shed", host="evil.example.org")
    with pytest.raises(AuthenticationError, match=r"not sent to evil\.example\.org: set GH_HOST") as error:
        await connect(repo, environ=environ, gh=no_gh)
    assert TOKEN not in str(error.value)


@pytest.mark.parametrize(
    ("host", "environ", "api", "ours"),
    [
        ("github.com", {}, "https://api.github.com", True),
        ("ghe.example.org", {}, "https://ghe.example.org/api/v3", False),
        ("ghe.example.org", {"GH_HOST": "ghe.example.org"}, "https://ghe.example.org/api/v3", True),
        ("x.org", {"GITHUB_SERVER_URL": "https://x.org"}, "https://x.org/api/v3", True),
        ("acme.ghe.com", {}, "https://api.acme.ghe.com", True),
        ("github.com", {"AGENTCTL_GITHUB_API": "http://127.0.0.1:1/"}, "http://127.0.0.1:1", True),
    ],
)
def test_where_a_hosts_api_is(host: str, environ: dict[str, str], api: str, *, ours: bool) -> None:
    server = server_of(host, environ)
    assert (server.api, server.ours) == (api, ours)


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"GH_TOKEN": TOKEN}, "a token of the environment"),
        ({"GITHUB_TOKEN": TOKEN, "GITHUB_ACTIONS": "true"}, "the token of a workflow"),
        ({"PATH": "/nonexistent"}, ""),
    ],
)
async def test_a_login_is_told_without_asking_anybody(environ: dict[str, str], told: str) -> None:
    assert await told_login(environ) == told


async def test_the_login_of_an_app_and_of_gh_are_told_in_words(key_file: Path, tmp_path: Path) -> None:
    app = {"AGENTCTL_GITHUB_APP_ID": "77", "AGENTCTL_GITHUB_APP_KEY": str(key_file)}
    assert await told_login(app) == "App 77"
    gh = Command(tmp_path, "echo gho_0123456789").environ
    assert await told_login({"PATH": gh["PATH"]}) == "the login of `gh`"


async def test_an_enterprise_servers_own_token_comes_before_those_of_github_com() -> None:
    environ = {"GH_TOKEN": "com", "GH_ENTERPRISE_TOKEN": "own"}
    assert await found_token("ghe.example.org", environ, ours=True, gh=no_gh) == ("own", "token")


@pytest.mark.parametrize(
    ("token", "headers", "told"),
    [
        (TOKEN, {"X-OAuth-Scopes": "repo, workflow"}, []),
        (TOKEN, {"X-OAuth-Scopes": "public_repo, workflow"}, ["public repositories alone"]),
        (TOKEN, {"X-OAuth-Scopes": ""}, ["cannot push or open", "`workflow`"]),
        ("github_pat_11AAAA", {}, ["fine-grained"]),
    ],
)
async def test_what_a_token_cannot_do_is_told(
    hub: Hub, clock: JumpingClock, token: str, headers: dict[str, str], told: list[str]
) -> None:
    hub.on("GET /user", Reply(body=user("ada"), headers=headers))
    github = await connect(REPO, environ={"GH_TOKEN": token}, api=hub.address, clock=clock, gh=no_gh)
    login = await github.login()
    assert login.account == Account(login="ada")
    assert ["your own name" in login.cannot[0], "check runs" in login.cannot[1]] == [True, True]
    assert len(login.cannot[2:]) == len(told)
    assert all(words in line for words, line in zip(told, login.cannot[2:], strict=True))
    assert (await github.access()) == Access(url="https://github.com/acme/shed.git", token=token)
    await github.close_connection()


@pytest.mark.parametrize(
    ("viewer", "wanted"),
    [
        (reply({"data": {"viewer": {"login": "github-actions[bot]"}}}), ("github-actions[bot]", "action")),
        (reply({"data": {"viewer": {"login": "release-helper"}}}), ("release-helper[bot]", "app")),
        (reply({"errors": [{"type": "FORBIDDEN", "message": "no"}]}), ("github-actions[bot]", "action")),
    ],
)
async def test_a_token_in_a_workflow_is_the_workflows_or_an_apps(
    hub: Hub, clock: JumpingClock, viewer: Reply, wanted: tuple[str, str]
) -> None:
    hub.on("POST /graphql", viewer)
    environ = {"GITHUB_TOKEN": "ghs_x", "GITHUB_ACTIONS": "true"}
    github = await connect(REPO, environ=environ, api=hub.address, clock=clock, gh=no_gh)
    login = await github.login()
    assert (login.account, login.way) == (Account(login=wanted[0], bot=True), wanted[1])
    assert ("starts no workflows" in login.cannot[0]) == (login.way == "action")
    await github.close_connection()


def test_what_reads_messages_and_names_logins_does_not_load_the_library() -> None:
    room = "agentctl.orchestrator.forge.github"
    code = f"import sys, {room}.webhooks, {room}.ways; sys.exit('githubkit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


async def test_the_package_itself_connects(hub: Hub, clock: JumpingClock) -> None:
    hub.on("GET /user", reply(user("ada")))
    forge = await connect_by_package(REPO, environ={"GH_TOKEN": TOKEN}, api=hub.address, clock=clock)
    assert (await forge.login()).account.login == "ada"
    await forge.close_connection()


async def test_a_token_that_github_does_not_take_is_told(hub: Hub, clock: JumpingClock) -> None:
    hub.on("GET /user", reply({"message": "Bad credentials"}, 401))
    with pytest.raises(ForgeRefused, match="gh auth login"):
        await connect(REPO, environ={"GH_TOKEN": TOKEN}, api=hub.address, clock=clock, gh=no_gh)


async def test_a_minted_token_that_is_none_is_for_later(hub: Hub, clock: JumpingClock, key_file: Path) -> None:
    Installed(hub, clock)
    hub.on(MINT, reply({"token": None}, 201))
    github = await connect(REPO, environ=environment(hub, key_file), clock=clock, gh=no_gh)
    with pytest.raises(ForgeAway):
        await github.access()
    await github.close_connection()


class Command:
    """A `gh` that a test writes."""

    def __init__(self, folder: Path, script: str) -> None:
        path = folder / "gh"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        self.environ = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder), "GH_TOKEN": TOKEN, "SECRET": "x"}


async def test_gh_is_asked_for_its_own_token_with_a_clean_environment(tmp_path: Path) -> None:
    script = (
        f'printf "%s\\n" "$*" > {tmp_path}/words; env > {tmp_path}/env; pwd > {tmp_path}/where; echo gho_0123456789'
    )
    command = Command(tmp_path, script)
    assert await gh_token("ghe.example.org:8443", command.environ) == "gho_0123456789"
    assert (tmp_path / "words").read_text() == "auth token --hostname ghe.example.org:8443\n"
    assert (tmp_path / "where").read_text() == "/\n"
    environment = (tmp_path / "env").read_text()
    assert TOKEN not in environment
    assert "SECRET" not in environment


@pytest.mark.parametrize("script", ["exit 1", "echo gho_0123456789; exit 4", "echo", "echo 'a b'", "printf '\\377\\n'"])
async def test_a_gh_that_is_not_logged_in_gives_nothing(tmp_path: Path, script: str) -> None:
    assert await gh_token("github.com", Command(tmp_path, script).environ) == ""


@pytest.mark.parametrize("host", ["", "--help", "a b", "x;y", "a/b"])
async def test_gh_is_not_asked_for_what_is_no_host(tmp_path: Path, host: str) -> None:
    assert await gh_token(host, Command(tmp_path, "echo gho_0123456789").environ) == ""


async def test_without_gh_there_is_nothing(tmp_path: Path) -> None:
    assert await gh_token("github.com", {"PATH": str(tmp_path)}) == ""


async def test_the_app_and_a_person_can_be_read_side_by_side(hub: Hub, clock: JumpingClock, key_file: Path) -> None:
    Installed(hub, clock)
    hub.on("GET /user", reply(user("ada")))
    hub.on(f"GET {PLACE}/issues/3/comments", pages([], hub.address))
    app = connect(REPO, environ=environment(hub, key_file), clock=clock, gh=no_gh)
    person = connect(REPO, environ={"GH_TOKEN": TOKEN}, api=hub.address, clock=clock, gh=no_gh)
    both = await asyncio.gather(app, person)
    await asyncio.gather(*(each.comments(3) for each in both))
    seen = {each.headers["Authorization"] for each in hub.asked if each.path.endswith("/comments")}
    assert seen == {"Bearer ghs_number1", f"Bearer {TOKEN}"}
    for each in both:
        await each.close_connection()
