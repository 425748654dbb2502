"""A run of two teams as pull requests: the commands as typed, on an emulated GitHub and on a forge in memory."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from agentctl.bench.emulated import Hub, emulated, installed
from agentctl.bench.sim.forge import MemoryForge
from agentctl.cli import forges
from agentctl.orchestrator.nouns.forge import Account, Check, Protection, RepoName, Review
from agentctl.orchestrator.store.folder import RunFolder

from .conftest import Repo, Said

_MISSING = installed()
needs_a_forge = pytest.mark.skipif(isinstance(_MISSING, str), reason=str(_MISSING))
Agentctl = Callable[..., Said]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with emulated(tmp_path / "hub", people={"ann": "write", "bea": "write"}, files={}) as running:
        monkeypatch.setenv("AGENTCTL_GITHUB_API", running.api)
        monkeypatch.setenv("AGENTCTL_GITHUB_GIT", running.git.removesuffix(f"/{running.repo}.git"))
        monkeypatch.setenv("AGENTCTL_GITHUB_TOKEN", running.as_("ann").token)
        yield running


@pytest.fixture
def built(hub: Hub, make_repo: Callable[[str], Repo]) -> tuple[Repo, RunFolder]:
    repo = make_repo("repo")
    repo.git("remote", "add", "origin", f"https://github.com/{hub.repo}.git")
    address = hub.git.replace("://", f"://x-access-token:{hub.as_('ann').token}@")
    repo.git("push", "-q", "--force", address, "main")
    folder = repo.prepare()
    assert repo.drive(folder).state == "done"
    return repo, folder


@needs_a_forge
def test_a_run_is_delivered_as_stacked_pull_requests_that_follow_what_is_merged(
    hub: Hub, built: tuple[Repo, RunFolder], agentctl: Agentctl
) -> None:
    repo, folder = built
    refs = repo.git("for-each-ref")
    dry = agentctl(repo, "deliver", "--pr", "--dry-run")
    assert (dry.code, [line.split()[0] for line in dry.out.splitlines()]) == (0, ["push", "open", "push", "open"])
    assert (hub.pulls(), repo.git("for-each-ref", "refs/heads")) == ([], "\n".join(refs_of_heads(refs)))
    lost = agentctl(repo, "deliver", "--pr", "--repo-name", "no repository")
    assert (lost.code, "write OWNER/NAME" in lost.err) == (2, True)
    said = agentctl(repo, "deliver", "--pr")
    assert said.code == 0, said.err
    assert "acme/shed on github.com, as ann (token)" in said.err
    assert "you cannot approve a pull request that was opened under your own name" in said.err
    parts, whole = hub.pulls()
    assert [(each["head"]["ref"], each["base"]["ref"]) for each in (parts, whole)] == [
        (f"agentctl/{folder.run}/parts", "main"),
        (f"agentctl/{folder.run}/whole", f"agentctl/{folder.run}/parts"),
    ]
    assert "MUST return the text in capitals" in parts["body"]
    again = agentctl(repo, "pr", "open")
    assert (again.code, "nothing was to be done" in again.err) == (0, True)
    hub.as_("bea").merge(parts["number"], method="squash")
    assert agentctl(repo, "pr", "update").code == 0
    assert hub.pull(whole["number"])["base"]["ref"] == "main"
    status = json.loads(agentctl(repo, "pr", "status", "--json").out)
    assert [(each["number"], each["state"]) for each in status["pulls"]] == [
        (parts["number"], "merged"),
        (whole["number"], "open"),
    ]
    assert hub.as_("ann").token not in "".join(
        path.read_text(errors="replace") for path in (repo.path / ".git").rglob("*") if path.is_file()
    )


def refs_of_heads(refs: str) -> list[str]:
    return [line for line in refs.splitlines() if "\trefs/heads/" in line]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--pr", "--mail"], "leave out --mail and --out"),
        (["--max-open", "3"], "--max-open is of pull requests: say --pr too"),
        (["--pr", "--draft-until", "25:00"], "is no hour"),
        (["--pr", "--max-open", "0"], "opens nothing"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_anything_is_done(
    make_repo: Callable[[str], Repo], agentctl: Agentctl, options: list[str], words: str
) -> None:
    said = agentctl(make_repo("repo"), "deliver", *options)
    assert (said.code, words in said.err) == (2, True), said.err


@pytest.fixture
def forge(
    make_repo: Callable[[str], Repo], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Repo, MemoryForge]:
    """A repository, and the forge that the commands reach there."""
    repo = make_repo("repo")
    repo.git("clone", "-q", "--bare", str(repo.path), str(tmp_path / "forge.git"))
    repo.git("remote", "add", "origin", "git@github.com:acme/shed.git")
    made = MemoryForge(remote=tmp_path / "forge.git", people={"ada": "write"})

    async def forge_for(name: RepoName, *, environ: object) -> MemoryForge:
        assert (str(name), bool(environ)) == ("acme/shed", True)
        return made

    monkeypatch.setattr(forges, "forge_for", forge_for)
    return repo, made


def test_every_screen_tells_the_pull_requests_and_what_each_waits_for(
    forge: tuple[Repo, MemoryForge], agentctl: Agentctl
) -> None:
    repo, shed = forge
    run = repo.prepare().run
    assert repo.drive(RunFolder(path=repo.path / ".agentctl" / "runs" / run)).state == "done"
    done = agentctl(repo, "pr", "open")
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        "#1  open    The parts  https://github.com/acme/shed/pull/1",
        "#2  open    Write shout  https://github.com/acme/shed/pull/2",
    ]
    assert done.err.splitlines()[0] == "acme/shed on github.com, as agentctl[bot] (app)"
    line = "#1  open    parts  https://github.com/acme/shed/pull/1"
    assert line in agentctl(repo, "status").out.splitlines()
    assert line in agentctl(repo, "show").out.splitlines()
    assert f"- {line}" in agentctl(repo, "report").out.splitlines()
    assert json.loads(agentctl(repo, "report", "--json").out)["pulls"][0]["number"] == 1
    shed.protections["main"] = Protection(required_checks=("ci",), approvals=1)
    head, *_ = agentctl(repo, "pr", "status").out.splitlines()
    assert head.split() == ["number", "title", "state", "checks", "reviews", "mergeable", "waits", "for"]
    assert waits(agentctl, repo) == ["not done: ci", "0 of 1 approvals of this head"]
    sha = shed.requests[1].head_sha
    shed.checked.append(Check(id=1, name="ci", sha=sha, state="success"))
    shed.judged[1] = [Review(id=1, verdict="approved", body="", author=Account(login="ada"), commit=sha)]
    assert waits(agentctl, repo) == []
    (repo.path / "src").mkdir()
    (repo.path / "src" / "loud.py").write_text("y = 2\n")
    repo.git("add", "src")
    repo.git("commit", "-q", "-m", "Theirs")
    repo.git("push", "-q", str(shed.remote), "main")
    clash = agentctl(repo, "pr", "update", "--rebase")
    assert clash.code == 3
    assert "parts: clashes with main in `src/loud.py`" in clash.err
    assert "cannot be put on" in agentctl(repo, "inbox").out + agentctl(repo, "show", "Q1").out


def waits(agentctl: Agentctl, repo: Repo) -> list[str]:
    """What the first pull request waits for."""
    found: list[str] = json.loads(agentctl(repo, "pr", "status", "--json").out)["pulls"][0]["waits_for"]
    return found
