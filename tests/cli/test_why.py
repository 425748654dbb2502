import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.orchestrator.nouns.events import QuestionAnswered

Call = Callable[..., Any]

MESSAGE = "Write greet\n\nSay hello.\n\nSpec: greet@3f9c2ab1\nTask: T1\nRequirement: R1\nRun: k7m2xq\n"
GREET = 'def greet(name):\n    return f"Hello, {name}!"\n'


@pytest.fixture
def landed(repo: Path, git_in: Callable[..., str]) -> str:
    """A commit of a run; returns its id."""
    (repo / "src").mkdir()
    (repo / "src" / "greet.py").write_text(GREET)
    git_in(repo, "add", ".")
    git_in(repo, "commit", "-q", "-m", MESSAGE)
    return git_in(repo, "rev-parse", "HEAD")


def test_from_a_line_to_the_requirement_the_question_and_the_prompt(
    agentctl: Call, new_run: Call, landed: str, repo: Path, git_in: Call
) -> None:
    run = new_run()
    run.asking()
    run.store.append(QuestionAnswered(key="case", answer="upper"), author="person:Ada")
    run.call('{"messages": [{"role": "user", "text": "Do T1"}]}', '{"text": "thinking"}')
    reply = {"calls": [{"name": "write", "arguments": {"path": "src/greet.py", "content": GREET}}]}
    run.call('{"messages": [{"role": "user", "text": "Go on"}]}', json.dumps(reply), turn=1)
    run.call('{"messages": [{"role": "user", "text": "And now"}]}', '{"text": "done"}', turn=2)
    run.done(landed, git_in(repo, "rev-parse", "HEAD^{tree}"))
    done = agentctl("why", "src/greet.py:2")
    assert done.code == 0
    lines = [line.split(maxsplit=1) for line in done.out.splitlines()]
    assert lines[0] == ["src/greet.py:2", 'return f"Hello, {name}!"']
    assert lines[1][1].startswith(landed[:10])
    assert lines[2:] == [
        ["task", "T1 of run k7m2xq: Write greet"],
        ["requirement", "greet:R1  `greet(name)` in `src/greet.py` MUST return `Hello, NAME!`."],
        ["question", "Upper or lower case?"],
        ["answer", "upper (person:Ada)"],
        ["prompt", "agentctl logs T1:1 --run k7m2xq --turn 1"],
    ]
    assert "Go on" in agentctl("why", "src/greet.py:2", "--prompt").out
    found = json.loads(agentctl("why", "src/greet.py:2", "--json").out)
    assert (found["source"], found["spec"], found["tasks"]) == ("trailers", "greet", ["T1"])
    assert found["prompt"]["calls"][0]["request"]["messages"][0]["text"] == "Go on"


@pytest.mark.usefixtures("landed")
def test_without_the_run_it_says_what_is_missing(agentctl: Call) -> None:
    done = agentctl("why", "src/greet.py:1")
    assert done.code == 0
    assert "greet:R1  (its text is not kept here)" in done.out
    assert "the folder of run k7m2xq is not here" in done.out


@pytest.mark.usefixtures("landed")
def test_a_line_that_no_run_wrote_says_so(agentctl: Call, repo: Path, git_in: Call) -> None:
    path = repo / "src" / "greet.py"
    path.write_text(GREET + "# by hand\n")
    git_in(repo, "commit", "-q", "-am", "By hand")
    assert "No run wrote this line" in agentctl("why", "src/greet.py:3").out
    assert "No run wrote this line" in agentctl("why", "README.md:1").out
    assert json.loads(agentctl("why", "src/greet.py:3", "--json").out)["source"] == "nobody"
    assert "T1 of run" in agentctl("why", "src/greet.py:2").out


@pytest.mark.usefixtures("landed")
def test_a_move_of_the_file_does_not_hide_who_wrote_it(agentctl: Call, repo: Path, git_in: Call) -> None:
    git_in(repo, "mv", "src/greet.py", "src/hello.py")
    git_in(repo, "commit", "-q", "-m", "Move")
    assert "T1 of run k7m2xq" in agentctl("why", "src/hello.py:2").out
    assert "T1 of run k7m2xq" in agentctl("why", "src/greet.py:2", "--at", "HEAD~1").out


@pytest.mark.usefixtures("landed")
def test_a_path_may_be_given_from_where_one_stands(agentctl: Call, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo / "src")
    assert "T1 of run" in agentctl("why", "greet.py:1").out


@pytest.mark.usefixtures("landed")
def test_nothing_of_a_repository_runs_to_say_it(agentctl: Call, repo: Path, git_in: Call) -> None:
    trap = repo / "trap"
    for key in ("diff.evil.textconv", "diff.external", "core.fsmonitor", "core.pager"):
        git_in(repo, "config", key, f"touch {trap};")
    (repo / ".gitattributes").write_text("* diff=evil\n")
    assert agentctl("why", "src/greet.py:1").code == 0
    assert not trap.exists()


@pytest.mark.usefixtures("landed")
def test_commits_that_only_format_are_passed_over_where_the_repository_lists_them(
    agentctl: Call, repo: Path, git_in: Call
) -> None:
    (repo / "src" / "greet.py").write_text(GREET.replace('"', "'"))
    git_in(repo, "commit", "-q", "-am", "Format")
    assert "No run wrote this line" in agentctl("why", "src/greet.py:2").out
    (repo / ".git-blame-ignore-revs").write_text(git_in(repo, "rev-parse", "HEAD") + "\n")
    git_in(repo, "config", "blame.ignoreRevsFile", ".git-blame-ignore-revs")
    assert "T1 of run" in agentctl("why", "src/greet.py:2").out


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("src/greet.py", "write PATH:LINE"),
        ("src/greet.py:0", "write PATH:LINE"),
        ("src/greet.py:99", "is no line of HEAD"),
        ("gone.py:1", "is no line of HEAD"),
        ("--output=x:1", ""),
        ("src/greet.py:1 --at", ""),
    ],
)
@pytest.mark.usefixtures("landed")
def test_what_names_no_line_is_said(agentctl: Call, repo: Path, place: str, said: str) -> None:
    done = agentctl("why", place)
    assert done.code == 2
    assert said in done.err
    assert "hint:" not in done.err
    assert done.err.count("is no line of HEAD") == 0 or len(done.err.splitlines()) == 1
    assert not (repo / "x").exists()


def test_a_file_that_only_a_runs_branch_has_is_told_with_that_branch(
    agentctl: Call, new_run: Call, repo: Path, git_in: Call
) -> None:
    new_run().building()
    before = git_in(repo, "rev-parse", "HEAD")
    (repo / "new.py").write_text("x = 1\n")
    git_in(repo, "add", "new.py")
    git_in(repo, "commit", "-q", "-m", "Not taken over yet")
    git_in(repo, "update-ref", "refs/heads/agentctl/k7m2xq/all", "HEAD")
    git_in(repo, "reset", "-q", "--hard", before)
    assert "agentctl/k7m2xq/all has that file: say --at agentctl/k7m2xq/all" in agentctl("why", "new.py:1").err
    assert "has that file" not in agentctl("why", "gone.py:1").err
    assert "has that file" not in agentctl("why", "src/greet.py:99").err
    assert "No run wrote this line" in agentctl("why", "new.py:1", "--at", "agentctl/k7m2xq/all").out
