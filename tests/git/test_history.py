from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import GitError
from agentctl.orchestrator.git.history import blame, mentioning, reaches, told, touching
from agentctl.orchestrator.git.repository import Repository

Shell = Callable[..., str]
Commit = Callable[[dict[str, str | None]], str]


async def test_commits_are_found_by_a_line_of_their_message_newest_first(repository: Repository, git: Shell) -> None:
    for message in ("one\n\nSpec: a@1", "two\n\nSpec: b@1", "three\n\nSpec: a@2\nTask: T1"):
        git("commit", "-q", "--allow-empty", "-m", message)
    tip = git("rev-parse", "HEAD")
    found = await mentioning(repository, tip=tip, words="Spec: a@")
    assert [each.subject for each in found] == ["three", "one"]
    assert found[0].commit == tip
    assert found[0].parents == (git("rev-parse", "HEAD~1"),)
    assert found[0].message.strip().endswith("Task: T1")
    assert await mentioning(repository, tip=tip, words=".*") == ()


async def test_a_commit_tells_its_author_and_its_time(repository: Repository, git: Shell) -> None:
    git("commit", "-q", "--allow-empty", "-m", "x", "--author", "Bob <b@example.org>", "--date", "1700000001 +0000")
    found = await told(repository, git("rev-parse", "HEAD"))
    assert (found.author, found.at, found.subject) == ("Bob", 1700000001.0, "x")


async def test_the_commits_of_a_path(repository: Repository, commit: Commit) -> None:
    first = commit({"a": "1\n", "b": "1\n"})
    commit({"b": "2\n"})
    tip = commit({"a": "2\n"})
    assert [each.commit for each in await touching(repository, tip=tip, path="a")] == [tip, first]
    assert await touching(repository, tip=tip, path="gone") == ()


async def test_what_a_commit_stands_on(repository: Repository, commit: Commit, git: Shell) -> None:
    first, second = commit({"a": "1"}), commit({"a": "2"})
    git("checkout", "-q", "--detach", first)
    beside = commit({"a": "3"})
    assert await reaches(repository, tip=second, commit=first)
    assert not await reaches(repository, tip=second, commit=beside)
    assert not await reaches(repository, tip=second, commit="1" * 40)


async def test_who_wrote_a_line(repository: Repository, commit: Commit) -> None:
    first = commit({"a": "one\ntwo\n"})
    tip = commit({"a": "zero\none\ntwo\n"})
    found = await blame(repository, commit=tip, path="a", line=2)
    assert (found.commit, found.path, found.line, found.text) == (first, "a", 1, "one")
    assert (await blame(repository, commit=tip, path="a", line=1)).commit == tip


@pytest.mark.parametrize(("path", "line"), [("a", 9), ("gone", 1), ("--contents=/etc/passwd", 1)])
async def test_a_line_that_is_not_there_is_an_error(
    repository: Repository, commit: Commit, path: str, line: int
) -> None:
    tip = commit({"a": "one\n"})
    with pytest.raises(GitError):
        await blame(repository, commit=tip, path=path, line=line)


async def test_what_git_says_of_a_line_that_is_not_there_is_its_reason_alone(
    repository: Repository, commit: Commit
) -> None:
    tip = commit({"a": "one\n"})
    with pytest.raises(GitError) as refused:
        await blame(repository, commit=tip, path="a", line=9)
    assert str(refused.value) == "file a has only 1 line"
    with pytest.raises(GitError) as refused:
        await blame(repository, commit=tip, path="gone", line=1)
    assert str(refused.value) == f"no such path gone in {tip}"


async def test_what_is_not_committed_is_not_looked_at(repository: Repository, commit: Commit, tmp_path: Path) -> None:
    tip = commit({"a": "one\n"})
    (tmp_path / "repo" / "a").write_text("mine\none\n")
    assert (await blame(repository, commit=tip, path="a", line=1)).text == "one"
