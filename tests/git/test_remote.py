"""Fetch and push reach one repository and change nothing here but the refs that are named; a token leaves no trace."""

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import ForgeAway, ForgeRefused, GitError, HeadMoved
from agentctl.orchestrator.git import door as door_module
from agentctl.orchestrator.git.opening import open_repository
from agentctl.orchestrator.git.remote import Push, fetch, push
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.git.scrub import environment, unwanted
from agentctl.orchestrator.nouns.forge import Access

from .served import Served, served

Shell = Callable[..., str]
Commit = Callable[[dict[str, str | None]], str]
TOKEN = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"
MAIN = "refs/heads/main:refs/agentctl/forge/heads/main"


@pytest.fixture
def forge(tmp_path: Path, repository: Repository, commit: Commit, git: Shell) -> Path:
    """A bare repository with the same main branch."""
    assert repository.location.root == tmp_path / "repo"
    commit({"a.txt": "one\n"})
    git("clone", "-q", "--bare", str(tmp_path / "repo"), str(tmp_path / "forge/acme/shed.git"), cwd=tmp_path)
    git("config", "http.receivepack", "true", cwd=tmp_path / "forge/acme/shed.git")
    return tmp_path / "forge/acme/shed.git"


@pytest.fixture
def web(tmp_path: Path, forge: Path) -> Iterator[Served]:
    """The same over HTTP, for who has the token."""
    assert forge.is_dir()
    basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    with served(tmp_path / "forge", authorization=f"Basic {basic}") as state:
        yield state


@pytest.fixture
def over_web(web: Served) -> Access:
    return Access(url=f"{web.url}/acme/shed.git", token=TOKEN)


def here(root: Path) -> dict[str, str]:
    """Every file of a checkout and its git directory but for objects and our own refs, by digest."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            place = path.relative_to(root).as_posix()
            if not place.startswith((".git/objects/", ".git/refs/agentctl/")):
                found[place] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def more_on(git: Shell, forge: Path, name: str = "b.txt") -> str:
    """Somebody pushes a commit to the forge's main branch."""
    blob = git("hash-object", "-w", "--stdin", cwd=forge, stdin=b"two\n")
    tree = git("mktree", cwd=forge, stdin=f"100644 blob {blob}\t{name}\n".encode())
    new = git("commit-tree", tree, "-p", "main", "-m", "more", cwd=forge)
    git("update-ref", "refs/heads/main", new, cwd=forge)
    return new


async def test_a_fetch_brings_the_refs_that_are_named_and_touches_nothing_else(
    repository: Repository, forge: Path, git: Shell, tmp_path: Path
) -> None:
    new = more_on(git, forge)
    git("tag", "v1", "main", cwd=forge)
    before = here(tmp_path / "repo")
    assert await fetch(repository, Access(url=str(forge)), [MAIN]) == {"refs/agentctl/forge/heads/main": new}
    assert here(tmp_path / "repo") == before
    assert git("rev-parse", "refs/agentctl/forge/heads/main") == new
    assert git("tag") == ""
    assert not (tmp_path / "repo/.git/FETCH_HEAD").exists()


async def test_over_http_the_token_goes_in_a_header_and_stands_on_no_command_line(
    repository: Repository, forge: Path, git: Shell, over_web: Access, web: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, lines = more_on(git, forge), list[list[str]]()
    execute = door_module._execute

    def watched(line: list[str], **given: object) -> object:
        lines.append(line)
        return execute(line, **given)

    monkeypatch.setattr(door_module, "_execute", watched)
    assert await fetch(repository, over_web, [MAIN]) == {"refs/agentctl/forge/heads/main": new}
    basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    assert set(web.authorizations) == {f"Basic {basic}"}
    assert any("fetch" in line for line in lines)
    assert not [part for line in lines for part in line if TOKEN in part or basic in part]
    assert TOKEN not in repr(over_web)


async def test_a_push_over_http_moves_a_branch_of_ours_and_changes_nothing_here(
    repository: Repository, forge: Path, git: Shell, over_web: Access, tmp_path: Path
) -> None:
    head = git("rev-parse", "HEAD")
    before = here(tmp_path / "repo")
    await push(repository, over_web, [Push(branch="agentctl/r/core", new=head, old=None)])
    assert git("rev-parse", "agentctl/r/core", cwd=forge) == head
    assert here(tmp_path / "repo") == before


async def test_what_the_repository_says_of_remotes_hooks_and_helpers_is_not_heard(
    repository: Repository, forge: Path, git: Shell, over_web: Access, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    hook = tmp_path / "repo/.git/hooks/pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
    hook.chmod(0o755)
    git("config", f"url.{tmp_path}/nowhere.insteadOf", over_web.url)
    git("config", "credential.helper", f"!touch {trap}; false")
    git("config", f"remote.{over_web.url}.vcs", "evil")
    git("config", "http.proxy", "http://127.0.0.1:1")
    head = git("rev-parse", "HEAD")
    await push(repository, over_web, [Push(branch="agentctl/r/core", new=head, old=None)])
    assert git("rev-parse", "agentctl/r/core", cwd=forge) == head
    assert not trap.exists()


async def test_a_branch_that_is_elsewhere_is_not_overwritten_and_of_several_none_is_moved(
    repository: Repository, forge: Path, git: Shell, commit: Commit
) -> None:
    first = git("rev-parse", "HEAD")
    theirs = more_on(git, forge)
    git("update-ref", "refs/heads/agentctl/r/core", theirs, cwd=forge)
    mine = commit({"c.txt": "three\n"})
    for old in (None, first):
        with pytest.raises(HeadMoved, match="Somebody else moved"):
            await push(
                repository,
                Access(url=str(forge)),
                [
                    Push(branch="agentctl/r/ui", new=mine, old=None),
                    Push(branch="agentctl/r/core", new=mine, old=old),
                ],
            )
    assert git("rev-parse", "agentctl/r/core", cwd=forge) == theirs
    assert git("for-each-ref", "refs/heads/agentctl/r/ui", cwd=forge) == ""


async def test_ours_is_replaced_where_it_still_is_what_was_seen(
    repository: Repository, forge: Path, git: Shell, commit: Commit
) -> None:
    access = Access(url=str(forge))
    first, second = commit({"c.txt": "three\n"}), commit({"c.txt": "four\n"})
    await push(repository, access, [Push(branch="agentctl/r/core", new=second, old=None)])
    await push(repository, access, [Push(branch="agentctl/r/core", new=first, old=second)])
    assert git("rev-parse", "agentctl/r/core", cwd=forge) == first


@pytest.mark.parametrize(
    "branch", ["main", "agentctl/../main", "agentctl/r/x:refs/heads/main", "-f", "agentctl/r/x.lock"]
)
async def test_only_branches_of_ours_are_pushed(repository: Repository, forge: Path, git: Shell, branch: str) -> None:
    with pytest.raises(GitError, match="nothing else is ever pushed"):
        await push(repository, Access(url=str(forge)), [Push(branch=branch, new=git("rev-parse", "HEAD"), old=None)])


@pytest.mark.parametrize(
    "refspec", ["main", "refs/heads/main:refs/heads/main", "refs/heads/*:refs/agentctl/forge/heads/*", ""]
)
async def test_a_fetch_goes_into_refs_of_ours_only(repository: Repository, forge: Path, refspec: str) -> None:
    with pytest.raises(GitError, match="cannot be fetched"):
        await fetch(repository, Access(url=str(forge)), [refspec])


async def test_a_wrong_token_is_said_and_not_shown(repository: Repository, over_web: Access) -> None:
    wrong = Access(url=over_web.url, token="ghs_wrong000000000000000000000000000000")
    with pytest.raises(ForgeRefused, match="login is not accepted") as refused:
        await fetch(repository, wrong, [MAIN])
    basic = base64.b64encode(f"x-access-token:{wrong.token}".encode()).decode()
    assert wrong.token not in str(refused.value)
    assert basic not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (403, ForgeRefused, "needs write access"),
        (404, ForgeRefused, "is not there, or the login may not see it"),
        (429, ForgeAway, "cannot be reached now"),
        (500, ForgeAway, "cannot be reached now"),
        (503, ForgeAway, "cannot be reached now"),
    ],
)
async def test_each_way_in_which_a_forge_refuses_is_told_apart(
    repository: Repository, over_web: Access, web: Served, *, status: int, error: type[Exception], words: str
) -> None:
    web.status = status
    with pytest.raises(error, match=words):
        await fetch(repository, over_web, [MAIN])


async def test_a_redirect_is_not_followed_and_the_token_does_not_go_there(
    repository: Repository, over_web: Access, web: Served, tmp_path: Path
) -> None:
    with served(tmp_path / "forge") as elsewhere:
        web.status, web.location = 302, f"{elsewhere.url}/acme/shed.git/info/refs?service=git-upload-pack"
        with pytest.raises(ForgeRefused, match="sends us elsewhere"):
            await fetch(repository, over_web, [MAIN])
        assert elsewhere.paths == []


async def test_a_hook_of_the_forge_that_declines_is_a_rule_and_its_words_are_told(
    repository: Repository, forge: Path, git: Shell
) -> None:
    hook = forge / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'GH006: Protected branch update failed'\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ForgeRefused, match=r"A rule of .* GH006: Protected branch update failed"):
        await push(
            repository, Access(url=str(forge)), [Push(branch="agentctl/r/x", new=git("rev-parse", "HEAD"), old=None)]
        )


async def test_nobody_who_answers_is_away_and_not_a_refusal(repository: Repository) -> None:
    with pytest.raises(ForgeAway, match="cannot be reached now"):
        await fetch(repository, Access(url="http://127.0.0.1:1/acme/shed"), [MAIN])


async def test_a_ref_that_is_not_there_is_named(repository: Repository, forge: Path) -> None:
    with pytest.raises(ForgeRefused, match="has no refs/heads/gone"):
        await fetch(repository, Access(url=str(forge)), ["refs/heads/gone:refs/agentctl/forge/heads/gone"])


async def test_a_transfer_that_never_ends_is_ended(repository: Repository, forge: Path, git: Shell) -> None:
    hook = forge / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexec sleep 600\n")
    hook.chmod(0o755)
    sent = Push(branch="agentctl/r/x", new=git("rev-parse", "HEAD"), old=None)
    with pytest.raises(ForgeAway, match="took too long to push to"):
        await push(repository, Access(url=str(forge)), [sent], seconds=1)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/acme/shed",
        "https://user:pass@example.org/acme/shed",
        "ext::sh -c evil",
        "ssh://git@example.org/acme/shed",
        "file:///tmp/x",
        "--upload-pack=evil",
        "relative/path",
    ],
)
async def test_an_address_that_is_not_safe_is_refused_before_git_is_asked(repository: Repository, url: str) -> None:
    with pytest.raises(ForgeRefused) as refused:
        await fetch(repository, Access(url=url), [MAIN])
    assert "pass" not in str(refused.value).partition("password")[0]


async def test_a_shallow_clone_can_be_fetched_into_and_pushed_from(
    forge: Path, git: Shell, commit: Commit, tmp_path: Path
) -> None:
    commit({"d.txt": "four\n"})
    git("push", "-q", str(forge), "HEAD:main")
    git("clone", "-q", "--depth=1", f"file://{forge}", str(tmp_path / "shallow"), cwd=tmp_path)
    shallow = open_repository(tmp_path / "shallow")
    new = more_on(git, forge)
    assert await fetch(shallow, Access(url=str(forge)), [MAIN]) == {"refs/agentctl/forge/heads/main": new}
    head = git("rev-parse", "HEAD", cwd=tmp_path / "shallow")
    await push(shallow, Access(url=str(forge)), [Push(branch="agentctl/r/x", new=head, old=None)])
    assert git("rev-parse", "agentctl/r/x", cwd=forge) == head


async def test_what_would_write_the_token_down_or_send_it_unchecked_does_not_reach_git(
    repository: Repository, over_web: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_TRACE_CURL", "GIT_TRACE", "GIT_TRACE_PACKET", "GIT_TRACE2"):
        monkeypatch.setenv(name, str(tmp_path / "trace"))
    monkeypatch.setenv("GIT_TRACE_REDACT", "0")
    monkeypatch.setenv("GIT_SSL_NO_VERIFY", "1")
    await fetch(repository, over_web, [MAIN])
    assert not (tmp_path / "trace").exists()
    assert unwanted(["GIT_SSL_NO_VERIFY", "GIT_SSL_CAINFO"], environment({})) == ["GIT_SSL_NO_VERIFY"]
