"""`agentctl lessons`."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.guides.lessons import FILE, parse_lessons
from agentctl.orchestrator.nouns.events import AttemptEnded, AttemptStarted, Judged, Landed, Patched
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.runs import Landing
from agentctl.orchestrator.nouns.verdicts import Verdict

Command = Callable[..., Any]
WRONG = "def parse(line):\n    return [part for part in line.split(',') if part]\n"
RIGHT = "def parse(line):\n    return line.split(',')\n"
ID = "k7m2xq-t1"


@pytest.fixture
def fixed(repo: Path, git_in: Command, new_run: Command) -> Any:
    """A run in which pro put right what flash got wrong."""

    def tree(text: str) -> str:
        (repo / "src").mkdir(exist_ok=True)
        (repo / "src/greet.py").write_text(text)
        git_in(repo, "add", "src/greet.py")
        made: str = git_in(repo, "write-tree")
        git_in(repo, "rm", "-q", "-f", "--cached", "src/greet.py")
        (repo / "src/greet.py").unlink()
        return made

    run, wrong, right = new_run(), tree(WRONG), tree(RIGHT)
    first, second = AttemptKey(task="T1"), AttemptKey(task="T1", attempt=2)
    reason = "tests/test_greet.py::test_empty: assert ['a'] == ['a', '']"
    landing = Landing(order=1, key=second, commit="c" * 40, tree=right, patch="p" * 40, at=1.0)
    run.planned()
    run.say(
        AttemptStarted(key=first, rung="flash", base_tree="0" * 40),
        Patched(key=first, patch="p" * 40, tree=wrong),
        Judged(verdict=Verdict(tree=wrong, gate="g", passed=False, reasons=(reason,)), report="r", key=first),
        AttemptEnded(key=first, state="failed", reason="red"),
        AttemptStarted(key=second, rung="pro", base_tree="0" * 40),
        Patched(key=second, patch="p" * 40, tree=right),
        Landed(landings=(landing,)),
    )
    return run


def kept(repo: Path) -> list[str]:
    path = repo / FILE
    return [each.name for each in parse_lessons(path.read_text())] if path.exists() else []


@pytest.mark.usefixtures("fixed")
def test_a_lesson_is_proposed_with_its_evidence_and_nothing_is_written(agentctl: Command, repo: Path) -> None:
    assert agentctl("lessons", "list").out == f"{ID}  proposed  flash > pro  Write greet\n"
    (document,) = json.loads(agentctl("lessons", "list", "--json").out)
    assert (document["state"], document["applies_to"]) == ("proposed", ["src/greet.py"])
    assert (document["failed"], document["fixed"], document["by"]) == ("T1:1", "T1:2", "pro")
    shown = agentctl("lessons", "show", ID).out
    assert "assert ['a'] == ['a', '']" in shown
    assert "-    return [part for part in line.split(',') if part]\n+    return line.split(',')\n" in shown
    assert "proposed; from run k7m2xq: T1:1 (flash) failed,\nT1:2 (pro) landed.\n" in shown
    assert "diff --git a/src/greet.py" in shown
    assert kept(repo) == []


@pytest.mark.usefixtures("fixed")
def test_the_report_names_the_lessons_that_nobody_has_judged(agentctl: Command) -> None:
    assert "It proposes 1 lesson: agentctl lessons list --run k7m2xq\n" in agentctl("report").out
    assert json.loads(agentctl("report", "--json").out)["lessons"] == [ID]
    agentctl("lessons", "approve", ID)
    assert "lesson" not in agentctl("report").out


@pytest.mark.usefixtures("fixed")
def test_an_approved_lesson_is_in_a_file_that_git_sees(agentctl: Command, repo: Path, git_in: Command) -> None:
    done = agentctl("lessons", "approve", ID)
    assert done.code == 0
    assert "Commit it" in done.err
    assert kept(repo) == [ID]
    assert git_in(repo, "status", "--porcelain") == f"?? {FILE}"
    assert agentctl("lessons", "list").out.split()[:2] == [ID, "approved"]
    git_in(repo, "add", FILE)
    git_in(repo, "commit", "-q", "-m", "Lesson")
    document = json.loads(agentctl("guides", "match", "src/greet.py", "--json").out)
    assert [each["name"] for each in document["this_task"]["guides"]] == [ID]


@pytest.mark.usefixtures("fixed")
def test_a_rejected_lesson_is_proposed_no_more_and_leaves_the_file(agentctl: Command, repo: Path) -> None:
    agentctl("lessons", "approve", ID)
    assert agentctl("lessons", "reject", ID.upper()).code == 0
    assert kept(repo) == []
    assert "no lessons" in agentctl("lessons", "list").out
    assert agentctl("lessons", "list", "--all").out.split()[:2] == [ID, "rejected"]
    assert f"lesson {ID} rejected by Ada" in agentctl("events").out


@pytest.mark.usefixtures("fixed")
def test_a_lesson_can_be_written_anew_before_it_is_approved_and_after(
    agentctl: Command, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def editor(old: str, new: str) -> None:
        script = tmp_path / "editor.py"
        change = f"p.write_text(p.read_text().replace({old!r}, {new!r}))"
        script.write_text(f"import pathlib, sys\np = pathlib.Path(sys.argv[1])\n{change}\n")
        monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")

    editor("Write greet", "Keep empty fields")
    assert "approve it to keep it" in agentctl("lessons", "edit", ID).err
    assert kept(repo) == []
    agentctl("lessons", "approve", ID)
    assert f"## {ID}: Keep empty fields\n" in (repo / FILE).read_text()
    editor("Keep empty", "Never drop empty")
    assert agentctl("lessons", "edit", ID).code == 0
    assert f"## {ID}: Never drop empty fields\n" in (repo / FILE).read_text()
    editor(f"## {ID}", "## other")
    assert agentctl("lessons", "edit", ID).code == 2
    assert kept(repo) == [ID]


def test_a_lesson_that_only_the_file_has_can_be_shown_and_taken_out(agentctl: Command, repo: Path) -> None:
    (repo / FILE).write_text("# Ours\n\n## old-t1: Sort\n\nSort it.\n")
    assert agentctl("lessons", "list").out == "old-t1  approved    Sort\n"
    assert agentctl("lessons", "show", "old-t1").out == "## old-t1: Sort\n\nSort it.\n"
    assert agentctl("lessons", "reject", "old-t1").code == 0
    assert (repo / FILE).read_text() == "# Ours\n"


@pytest.mark.usefixtures("fixed")
def test_a_lesson_that_is_not_there_is_named_with_those_that_are(agentctl: Command) -> None:
    missing = agentctl("lessons", "approve", "k7m2xq-t9")
    assert (missing.code, missing.err) == (2, f"agentctl: There is no lesson k7m2xq-t9; there is {ID}.\n")
    assert agentctl("lessons", "approve").code == 2


@pytest.mark.usefixtures("fixed")
def test_a_file_that_is_a_link_is_not_written(agentctl: Command, repo: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    (repo / FILE).symlink_to(outside)
    refused = agentctl("lessons", "approve", ID)
    assert refused.code == 2
    assert "symbolic link" in refused.err
    assert not outside.exists()


@pytest.mark.usefixtures("fixed")
def test_another_file_can_be_named(agentctl: Command, repo: Path) -> None:
    (repo / "agentctl.toml").write_text('[guides]\nlessons = "docs/lessons.md"\n')
    assert agentctl("lessons", "approve", ID).code == 0
    assert f"## {ID}: " in (repo / "docs/lessons.md").read_text()


def test_a_run_whose_trees_git_has_forgotten_still_has_its_lesson(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.planned()
    first, second = AttemptKey(task="T1"), AttemptKey(task="T1", attempt=2)
    run.say(
        AttemptStarted(key=first, rung="flash", base_tree="0" * 40),
        Patched(key=first, patch="p" * 40, tree="1" * 40),
        AttemptEnded(key=first, state="failed", reason="It gave up."),
        AttemptStarted(key=second, rung="ultra", base_tree="0" * 40),
        Patched(key=second, patch="p" * 40, tree="2" * 40),
        Landed(landings=(Landing(order=1, key=second, commit="c" * 40, tree="2" * 40, patch="p" * 40, at=1.0),)),
    )
    assert "It gave up." in agentctl("lessons", "show", ID).out
