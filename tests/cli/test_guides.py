"""`agentctl guides`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.cli.settings import Flags, load
from agentctl.orchestrator.errors import SettingsError

Command = Callable[..., Any]
MONEY = """\
---
name: money
description: Sums of money in invoices. Use for prices.
keywords: [money, invoice]
---
Use cents.
"""


@pytest.fixture
def guided(repo: Path, git_in: Command) -> Path:
    """A repository with rules, a guide of its own and a lesson, all committed."""
    files = {
        "AGENTS.md": "Use tabs.\n",
        "src/api/CLAUDE.md": "Answer in JSON.\n",
        "src/api/app.py": "",
        "src/log.py": "",
        "docs/guides/money.md": MONEY,
        "agentctl.toml": '[guides]\npaths = ["docs/guides"]\n',
        "agentctl.lessons.md": "## k7m2xq-t1: Keep empty fields\n\nApplies to: `src/log.py`\n\nDropped.\n",
    }
    for name, text in files.items():
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_text(text)
    git_in(repo, "add", ".")
    git_in(repo, "commit", "-q", "-m", "Guides")
    return repo


@pytest.mark.usefixtures("guided")
def test_the_list_has_ours_the_repositorys_and_its_rules(agentctl: Command) -> None:
    lines = agentctl("guides", "list").out.splitlines()
    names = [line.split()[0] for line in lines if line.strip()]
    assert {"errors", "money", "k7m2xq-t1", "AGENTS.md", "src/api/CLAUDE.md"} <= set(names)
    document = json.loads(agentctl("guides", "list", "--json").out)
    money = next(each for each in document["guides"] if each["name"] == "money")
    assert (money["from"], money["keywords"]) == ("docs/guides/money.md", ["money", "invoice"])
    assert [(each["path"], each["applies"]) for each in document["rules"]] == [
        ("AGENTS.md", "everywhere"),
        ("src/api/CLAUDE.md", "src/api/"),
    ]


def test_what_is_not_committed_is_not_read(agentctl: Command, guided: Path) -> None:
    (guided / "AGENTS.md").write_text("Use spaces.\n")
    (guided / "docs/guides/new.md").write_text(MONEY.replace("name: money", "name: new"))
    assert agentctl("guides", "show", "AGENTS.md").out == "Use tabs.\n"
    assert agentctl("guides", "show", "new").code == 2


@pytest.mark.usefixtures("guided")
def test_one_is_shown_with_its_sources(agentctl: Command) -> None:
    assert agentctl("guides", "show", "money").out == "Use cents.\n"
    shown = agentctl("guides", "show", "tests").out
    assert shown.startswith("# Tests\n")
    assert "\n## Sources\n\n- " in shown
    missing = agentctl("guides", "show", "monye")
    assert (missing.code, missing.err) == (2, "agentctl: There is no guide `monye`; there is money.\n")


@pytest.mark.usefixtures("guided")
def test_paths_and_words_say_what_a_task_would_get_and_why(agentctl: Command) -> None:
    document = json.loads(agentctl("guides", "match", "src/api/app.py", "the money of an invoice", "--json").out)
    assert [each["name"] for each in document["every_task"]["guides"]] == ["python", "errors", "tests"]
    assert [each["path"] for each in document["every_task"]["rules"]] == ["AGENTS.md"]
    assert [(each["name"], each["why"]) for each in document["this_task"]["guides"]] == [
        ("money", ["invoice", "money"])
    ]
    assert [each["path"] for each in document["this_task"]["rules"]] == ["src/api/CLAUDE.md"]
    text = agentctl("guides", "match", "src/log.py").out
    assert "k7m2xq-t1" in text
    assert "src/api/CLAUDE.md" not in text


@pytest.mark.usefixtures("guided")
def test_a_task_of_a_run_gets_what_its_worker_was_told(agentctl: Command, new_run: Command) -> None:
    new_run().planned()
    document = json.loads(agentctl("guides", "match", "t1", "--json").out)
    assert [each["name"] for each in document["every_task"]["guides"]] == ["python", "errors", "tests"]
    assert document["this_task"] == {"guides": [], "rules": []}


@pytest.mark.usefixtures("guided")
def test_what_cannot_be_matched_is_said(agentctl: Command) -> None:
    assert agentctl("guides", "match").code == 2
    assert "no role `boss`" in agentctl("guides", "match", "a", "--role", "boss").err


def test_lint_reads_the_folders_of_the_settings_or_the_files_that_are_named(agentctl: Command, guided: Path) -> None:
    warned = agentctl("guides", "lint")
    assert (warned.code, warned.err) == (0, "")
    assert "money.md:1: sources: no sources" in warned.out
    assert agentctl("guides", "lint", "--strict").code == 6
    wrong = guided / "wrong.md"
    wrong.write_text("no guide\n")
    found = agentctl("guides", "lint", str(wrong), "--json")
    assert found.code == 6
    assert [(each["file"], each["rule"], each["severity"]) for each in json.loads(found.out)] == [
        (str(wrong), "front-matter", "error")
    ]
    assert agentctl("guides", "lint", "missing.md").code == 2


def test_without_folders_or_files_there_is_nothing_to_lint(agentctl: Command) -> None:
    assert "nothing to lint" in agentctl("guides", "lint").err


def test_a_repository_without_a_commit_has_our_guides(agentctl: Command, tmp_path: Path, git_in: Command) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    git_in(empty, "init", "-q")
    assert "distributed-systems" in agentctl("guides", "list", "--repo", str(empty)).out


@pytest.mark.parametrize("place", ["/etc", "../up", "."])
def test_a_folder_outside_of_the_repository_is_refused(agentctl: Command, repo: Path, place: str) -> None:
    (repo / "agentctl.toml").write_text(f'[guides]\npaths = ["{place}"]\n')
    refused = agentctl("guides", "list")
    assert refused.code == 2
    assert "guides.paths" in refused.err


def test_folders_and_the_file_of_lessons_come_from_any_layer_of_settings(repo: Path) -> None:
    def found(text: str, **environ: str) -> tuple[tuple[str, ...], str]:
        (repo / "agentctl.toml").write_text(text)
        run = load(repo, Flags(), environ=environ).run
        return run.guides, run.lessons

    assert found("") == ((), "agentctl.lessons.md")
    assert found('[guides]\npaths = "docs/guides"\nlessons = "docs/lessons.md"\n') == (
        ("docs/guides",),
        "docs/lessons.md",
    )
    assert found('[guides]\npaths = ["a", "b"]\n', AGENTCTL_GUIDES_PATHS="c\nd") == (("c", "d"), "agentctl.lessons.md")
    with pytest.raises(SettingsError, match=r"guides\.lessons"):
        found('[guides]\nlessons = "lessons.txt"\n')


@pytest.mark.usefixtures("guided")
def test_a_task_that_the_run_does_not_have_is_no_word(agentctl: Command, new_run: Command) -> None:
    new_run().planned()
    done = agentctl("guides", "match", "T9")
    assert (done.code, "no task `T9`" in done.err) == (2, True)
