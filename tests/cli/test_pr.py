"""`agentctl pr` against a forge in memory over a real bare repository."""

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.bench.sim.forge import MemoryForge
from agentctl.orchestrator.nouns.forge import Account, Login, RepoName
from agentctl.orchestrator.nouns.keys import integration_branch

Command = Callable[..., Any]


@pytest.fixture
def forge(repo: Path, git_in: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryForge:
    """The forge that the commands reach, and the remote that names it."""
    git_in(tmp_path, "clone", "-q", "--bare", str(repo), str(tmp_path / "forge.git"))
    git_in(repo, "remote", "add", "origin", "git@github.com:acme/shed.git")
    made = MemoryForge(remote=tmp_path / "forge.git", people={"ada": "write"})
    module = types.ModuleType("agentctl.cli.forges")

    async def forge_for(name: RepoName, *, environ: object) -> MemoryForge:
        del environ
        assert str(name) == "acme/shed"
        return made

    module.forge_for = forge_for
    monkeypatch.setitem(sys.modules, "agentctl.cli.forges", module)
    return made


@pytest.fixture
def built(repo: Path, git_in: Command, commit: Command, new_run: Command) -> str:
    """A finished run whose branch holds one commit more than main; gives that commit."""
    run = new_run()
    run.building()
    git_in(repo, "checkout", "-q", "-b", "work")
    head = commit("Greet", {"src/greet.py": "x = 1\n"})
    git_in(repo, "checkout", "-q", "main")
    git_in(repo, "update-ref", integration_branch("k7m2xq"), head)
    git_in(repo, "branch", "-q", "-D", "work")
    run.done(head, git_in(repo, "rev-parse", f"{head}^{{tree}}"))
    return head


def test_what_a_login_cannot_do_is_said_before_anything_is_written(
    agentctl: Command, forge: MemoryForge, built: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert built
    login = Login(
        account=Account(login="ada"), way="gh", cannot=("A pull request of yours cannot be approved by you.",)
    )

    async def as_ada(self: MemoryForge) -> Login:
        assert self.writes == []
        return login

    monkeypatch.setattr(MemoryForge, "login", as_ada)
    err = agentctl("pr", "open", "--dry-run").err
    assert "acme/shed on github.com, as ada (gh)\n  note: A pull request of yours cannot be approved by you.\n" in err
    assert forge.writes == []


def test_update_of_a_run_without_pull_requests_says_how_to_open_them(
    agentctl: Command, forge: MemoryForge, built: str
) -> None:
    assert forge
    assert built
    done = agentctl("pr", "update")
    assert (done.code, done.err.splitlines()[-1]) == (
        2,
        "agentctl: Run k7m2xq has no pull request yet: open them with `agentctl pr open k7m2xq`.",
    )


def test_a_run_of_which_nothing_landed_is_not_brought_anywhere(
    agentctl: Command, forge: MemoryForge, new_run: Command
) -> None:
    new_run().building()
    done = agentctl("pr", "open")
    assert done.code == 1
    assert "Nothing of run k7m2xq has landed" in done.err
    assert forge.writes == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--draft-until", "25:00"], "--draft-until '25:00' is no hour: write one such as 09:00."),
        (["--draft-until", "soon"], "is no hour"),
        (["--max-open", "0"], "--max-open 0 opens nothing: write 1 or more."),
        (["--repo-name", "what is this"], "is no repository: write OWNER/NAME or HOST/OWNER/NAME."),
        (["--base", "trunk"], "acme/shed has no branch trunk"),
    ],
)
def test_what_cannot_be_used_is_said(
    agentctl: Command, forge: MemoryForge, built: str, options: list[str], words: str
) -> None:
    assert built
    done = agentctl("pr", "open", *options)
    assert done.code in {1, 2}
    assert words in done.err
    assert forge.writes == []


def test_a_clone_without_a_forge_asks_for_its_name(agentctl: Command, built: str) -> None:
    assert built
    done = agentctl("pr", "open")
    assert (done.code, "name it with --repo-name OWNER/NAME" in done.err) == (2, True)
