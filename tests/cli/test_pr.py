"""`agentctl pr` against a forge in memory over a real bare repository."""

import json
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agentctl.bench.sim.forge import MemoryForge
from agentctl.orchestrator.nouns.forge import Account, Check, Login, Protection, RepoName, Review
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


def test_open_says_as_whom_opens_and_tells_where(agentctl: Command, forge: MemoryForge, built: str) -> None:
    done = agentctl("pr", "open")
    assert done.code == 0
    assert done.out == "#1  open    greet: say hello  https://github.com/acme/shed/pull/1\n"
    assert done.err.splitlines()[0] == "acme/shed on github.com, as agentctl[bot] (app)"
    assert f"push agentctl/k7m2xq/all at {built[:10]}" in done.err
    pull = forge.requests[1]
    assert (pull.head, pull.head_sha, pull.base, pull.draft) == ("agentctl/k7m2xq/all", built, "main", False)


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


def test_a_dry_run_prints_what_would_be_done_and_writes_nothing(
    agentctl: Command, forge: MemoryForge, built: str
) -> None:
    done = agentctl("pr", "open", "--dry-run")
    assert done.code == 0
    assert done.out.splitlines() == [
        f"push agentctl/k7m2xq/all at {built[:10]}",
        "open 'greet: say hello': agentctl/k7m2xq/all into main, as a draft",
    ]
    assert forge.requests == {}
    assert json.loads(agentctl("status", "--json").out)["pulls"] == []


def test_status_report_and_show_tell_numbers_and_addresses(agentctl: Command, forge: MemoryForge, built: str) -> None:
    assert forge
    assert built
    agentctl("pr", "open")
    line = "#1  open    all  https://github.com/acme/shed/pull/1"
    assert line in agentctl("status").out.splitlines()
    assert line in agentctl("show").out.splitlines()
    assert f"- {line}" in agentctl("report").out.splitlines()
    assert json.loads(agentctl("report", "--json").out)["pulls"][0]["number"] == 1


def test_pr_status_tells_checks_reviews_and_what_it_waits_for(
    agentctl: Command, forge: MemoryForge, built: str
) -> None:
    agentctl("pr", "open")
    forge.protections["main"] = Protection(required_checks=("ci",), approvals=1)
    out = agentctl("pr", "status").out.splitlines()
    assert out[0].split() == ["number", "title", "state", "checks", "reviews", "mergeable", "waits", "for"]
    assert out[1] == (
        "#1      greet: say hello  open   pending (1)  none     yes        not done: ci; 0 of 1 approvals of this head"
    )
    forge.checked.append(Check(id=1, name="ci", sha=built, state="success"))
    forge.judged[1] = [Review(id=1, verdict="approved", body="", author=Account(login="ada"), commit=built)]
    assert (
        agentctl("pr", "status").out.splitlines()[1].endswith("green   1 approval  yes        somebody who merges it")
    )
    document = json.loads(agentctl("pr", "status", "--json").out)
    assert document["pulls"][0]["waits_for"] == []
    forge.requests[1] = replace(forge.requests[1], state="merged", merged_sha=built)
    assert agentctl("pr", "status").out.splitlines()[1].split()[-1] == "merged"


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


def test_update_goes_on_and_a_clash_ends_with_waiting_for_a_person(
    agentctl: Command, forge: MemoryForge, built: str, repo: Path, git_in: Command, commit: Command
) -> None:
    assert built
    agentctl("pr", "open")
    assert agentctl("pr", "update").code == 0
    commit("Theirs", {"src/greet.py": "y = 2\n"})
    git_in(repo, "push", "-q", str(forge.remote), "main")
    done = agentctl("pr", "update", "--rebase")
    assert done.code == 3
    assert "all: clashes with main in `src/greet.py`" in done.err
    assert "cannot be put on" in agentctl("inbox").out + agentctl("show", "Q1").out


def test_a_run_of_which_nothing_landed_is_not_brought_anywhere(
    agentctl: Command, forge: MemoryForge, new_run: Command
) -> None:
    new_run().building()
    done = agentctl("pr", "open")
    assert done.code == 2
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
