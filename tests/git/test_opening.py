"""Finding, making and describing repositories in every state a person may have them in."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import GitError, RepositoryError
from agentctl.orchestrator.git import location
from agentctl.orchestrator.git.broken_refs import unreadable_refs
from agentctl.orchestrator.git.committed import content_at
from agentctl.orchestrator.git.locks import clear_locks, stale_locks
from agentctl.orchestrator.git.opening import create_repository, empty_repository, open_repository
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.git.survey import look, require, survey

Shell = Callable[..., str]
Commit = Callable[[dict[str, str]], str]


def test_a_new_repository_has_one_empty_commit_on_main(repository: Repository, git: Shell, tmp_path: Path) -> None:
    assert git("log", "--format=%s|%an|%at", "--all") == "Start|agentctl|1700000000"
    assert git("status", "--porcelain=v2", "--branch").splitlines()[1] == "# branch.head main"
    assert "core.bare=false" in git("config", "--local", "--list")
    assert "core.worktree" not in git("config", "--local", "--list")
    assert repository.location.root == tmp_path / "repo"


def test_a_new_repository_is_not_made_over_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    with pytest.raises(RepositoryError, match="not empty"):
        create_repository(tmp_path, at=1)
    with pytest.raises(RepositoryError, match="cannot be made"):
        create_repository(tmp_path / "f", at=1)
    with pytest.raises(RepositoryError, match="cannot be made"):
        create_repository(tmp_path / "f" / "g", at=1)


def test_a_repository_is_found_from_any_of_its_folders(repository: Repository, tmp_path: Path) -> None:
    inner = tmp_path / "repo/a/b"
    inner.mkdir(parents=True)
    assert open_repository(inner).location == repository.location


def test_no_repository_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="git init"):
        open_repository(tmp_path)
    with pytest.raises(RepositoryError, match="not a folder"):
        open_repository(tmp_path / "nope")


async def test_a_linked_work_tree_works_like_the_main_one(
    repository: Repository, commit: Commit, git: Shell, tmp_path: Path
) -> None:
    head = commit({"a": "1"})
    git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    side = open_repository(tmp_path / "side")
    assert side.location.root == tmp_path / "side"
    assert side.location.common_dir == repository.location.common_dir
    assert await side.resolve("HEAD") == head
    assert await side.move_ref("refs/agentctl/r/T/1", new=head, old=None)
    assert await repository.refs("refs/agentctl/") == {"refs/agentctl/r/T/1": head}
    (tmp_path / "side/a").write_text("2")
    found = await survey(side)
    assert (found.branch, found.dirty, found.problems) == ("side", ("a",), ())
    assert (await survey(repository)).dirty == ()


def test_a_git_file_that_points_nowhere_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere\n")
    with pytest.raises(RepositoryError, match="worktree repair"):
        open_repository(tmp_path)


def test_a_clean_repository_has_no_problems(repository: Repository, commit: Commit) -> None:
    head = commit({"a": "1"})
    found = look(repository)
    assert (found.head, found.branch, found.dirty, found.problems) == (head, "main", (), ())
    require(found)
    assert [note.split(":")[0] for note in found.notes] == ["git does not know who you are"]


def test_no_commit_yet(git: Shell, tmp_path: Path) -> None:
    git("init", "-q", "-b", "main", str(tmp_path / "fresh"), cwd=tmp_path)
    found = look(open_repository(tmp_path / "fresh"))
    assert (found.head, found.branch) == (None, "main")
    with pytest.raises(RepositoryError, match="no commit yet"):
        require(found)


def test_a_bare_repository(repository: Repository, git: Shell, tmp_path: Path) -> None:
    git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    found = look(open_repository(tmp_path / "bare.git"))
    assert found.bare
    with pytest.raises(RepositoryError, match="bare repository: clone it"):
        require(found)
    assert repository.location.bare is False


def test_a_detached_head_is_a_note(repository: Repository, git: Shell) -> None:
    git("checkout", "-q", "--detach")
    found = look(repository)
    assert found.branch is None
    assert found.problems == ()
    assert found.notes[0].startswith("HEAD is detached at")


def test_uncommitted_changes_are_a_note_and_stay_as_they_are(
    repository: Repository, commit: Commit, git: Shell, tmp_path: Path
) -> None:
    commit({"a": "1", "b c": "1", "d": "1"})
    (tmp_path / "repo/b c").write_text("22")
    (tmp_path / "repo/d").unlink()
    (tmp_path / "repo/new").write_text("untracked")
    (tmp_path / "repo/a").touch()
    before = (tmp_path / "repo/.git/index").read_bytes()
    found = look(repository)
    assert (found.dirty, found.untracked) == (("b c", "d"), ("new",))
    assert "Not committed, so not part of the run: changes in b c, d; untracked new." in found.notes
    assert (tmp_path / "repo/.git/index").read_bytes() == before
    git("stash", "-q")
    assert look(repository).dirty == ()


def test_untracked_files_are_named_but_for_what_is_ignored_hidden_or_left_by_tools(
    repository: Repository, commit: Commit, git: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit({".gitignore": "*.log\n"})
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    files = ("a.log", "b.mine", ".env", ".agentctl/runs/x", "__pycache__/a.pyc", "f.pyc", "node_modules/a/b", "m~")
    for path in (*files, "src/a.py", "src/b.py", *(f"t{n}.py" for n in range(6)), "../config/git/ignore"):
        (tmp_path / "repo" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "repo" / path).write_text("*.mine\n")
    found = look(repository)
    assert found.untracked == ("src/", *(f"t{n}.py" for n in range(6)))
    note = "Not committed, so not part of the run: untracked src/, t0.py, t1.py, t2.py, t3.py and 2 more."
    assert note in found.notes
    assert git("status", "--porcelain", "--", "src") == "?? src/"


@pytest.mark.parametrize(
    ("spec", "others", "untracked"),
    [
        ("spec.md", (), ()),
        ("spec.md", ("x.py",), ("x.py",)),
        ("docs/specs/spec.md", (), ()),
        ("docs/specs/spec.md", ("docs/x.md",), ("docs/",)),
        ("../spec.md", ("x.py",), ("x.py",)),
    ],
)
def test_the_spec_of_the_run_is_read_as_it_stands_and_not_named(
    spec: str, others: tuple[str, ...], untracked: tuple[str, ...], repository: Repository, tmp_path: Path
) -> None:
    for path in (spec, *others):
        (tmp_path / "repo" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "repo" / path).write_text("x")
    assert look(repository, spec=tmp_path / "repo" / spec).untracked == untracked


def test_a_changed_spec_is_not_named(repository: Repository, commit: Commit, tmp_path: Path) -> None:
    commit({"spec.md": "1", "a": "1"})
    (tmp_path / "repo/spec.md").write_text("22")
    assert look(repository).dirty == ("spec.md",)
    assert look(repository, spec=tmp_path / "repo/spec.md").dirty == ()


def test_links_and_line_ends_of_the_checkout_are_not_changes(
    repository: Repository, commit: Commit, git: Shell, tmp_path: Path
) -> None:
    git("config", "core.autocrlf", "true")
    (tmp_path / "repo/l").symlink_to("a")
    commit({"a": "1\n2\n"})
    (tmp_path / "repo/a").unlink()
    git("checkout", "a")
    assert (tmp_path / "repo/a").read_bytes() == b"1\r\n2\r\n"
    os.utime(tmp_path / "repo/a", (1, 1))
    assert look(repository).dirty == ()


def test_submodules_shallow_clones_and_unfinished_merges_are_notes(
    repository: Repository, commit: Commit, git: Shell, tmp_path: Path
) -> None:
    head = commit({"a": "1"})
    git("clone", "-q", ".", str(tmp_path / "lib"))
    git("submodule", "--quiet", "add", str(tmp_path / "lib"), "vendor/lib")
    commit({"a": "2"})
    (tmp_path / "repo/.git/MERGE_HEAD").write_text(head + "\n")
    found = look(repository)
    assert (found.submodules, found.unfinished, found.problems) == (("vendor/lib",), ("a merge",), ())
    git("clone", "-q", "--depth", "1", f"file://{tmp_path / 'repo'}", str(tmp_path / "shallow"))
    shallow = look(open_repository(tmp_path / "shallow"))
    assert shallow.shallow
    assert any("shallow clone" in note for note in shallow.notes)


def test_a_branch_in_the_way_of_ours_is_a_problem(repository: Repository, git: Shell) -> None:
    git("branch", "agentctl")
    with pytest.raises(RepositoryError, match="branch named `agentctl`"):
        require(look(repository))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_repository_of_another_user_is_refused_until_it_is_trusted(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    os.chown(repository.location.git_dir, 12345, 12345)
    with pytest.raises(RepositoryError, match=r"another user.*safe\.directory"):
        open_repository(tmp_path / "repo")
    (tmp_path / "mine").write_text(f"[safe]\ndirectory = {tmp_path / 'repo'}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "mine"))
    assert open_repository(tmp_path / "repo").location == repository.location


def test_the_owner_of_every_folder_counts(repository: Repository) -> None:
    assert location.foreign_owner(repository.location) is None


def test_an_unreadable_configuration_is_an_error_with_gits_words(repository: Repository, tmp_path: Path) -> None:
    (repository.location.git_dir / "config").write_text("[core\n")
    with pytest.raises(RepositoryError, match="bad config line 1"):
        open_repository(tmp_path / "repo")


async def test_locks_of_a_dead_run_are_cleared_and_nobody_elses(repository: Repository) -> None:
    head = await repository.resolve("HEAD")
    assert await repository.move_ref("refs/agentctl/r1/T1/1", new=head, old=None)
    assert await repository.move_ref("refs/heads/agentctl/r1/all", new=head, old=None)
    git_dir = repository.location.git_dir
    for name in ("refs/agentctl/r1/T1/1", "refs/heads/agentctl/r1/all", "refs/heads/main", "index"):
        (git_dir / f"{name}.lock").touch()
    assert clear_locks(repository.location, "r1") == ["refs/agentctl/r1/T1/1", "refs/heads/agentctl/r1/all"]
    assert (git_dir / "index.lock").exists()
    assert (git_dir / "refs/heads/main.lock").exists()
    assert await repository.move_ref("refs/heads/agentctl/r1/all", new=None, old=head)
    assert clear_locks(repository.location, "..") == []


async def test_refs_that_another_git_deletes_while_they_are_looked_through_are_passed_over(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = await repository.resolve("HEAD")
    git_dir = repository.location.git_dir
    for run in ("r1", "r2"):
        assert await repository.move_ref(f"refs/agentctl/{run}/T1/1", new=head, old=None)
        (git_dir / f"refs/agentctl/{run}/T2").write_text("cut short")
        (git_dir / f"refs/agentctl/{run}/T2.lock").touch()
    scandir = os.scandir

    def deleted(place: str | Path) -> Iterator[os.DirEntry[str]]:
        if os.fspath(place) == str(git_dir / "refs/agentctl/r1"):
            raise FileNotFoundError(place)
        return scandir(place)

    monkeypatch.setattr(os, "scandir", deleted)
    assert [lock.run for lock in stale_locks(repository.location, now=time.time() + 3600)] == ["r2"]
    assert unreadable_refs(repository.location) == ("refs/agentctl/r2/T2",)
    assert clear_locks(repository.location, "r1") == []
    assert clear_locks(repository.location, "r2") == ["refs/agentctl/r2/T2"]


async def test_a_repository_without_a_checkout_is_made_once_and_takes_a_run_that_names_its_commit(
    tmp_path: Path, repository: Repository, commit: Commit
) -> None:
    place = tmp_path / "bot" / "clone"
    made = empty_repository(place)
    again = empty_repository(place)
    assert made.location == again.location
    assert made.location.root == place
    assert await made.resolve("HEAD") is None
    assert [path.name for path in place.iterdir()] == [".git"]
    assert look(made).problems[0].endswith("for example `git commit --allow-empty -m Start`.")
    assert look(made, based=True).problems == ()
    (tmp_path / "f").write_text("x")
    with pytest.raises(RepositoryError, match="cannot be made"):
        empty_repository(tmp_path / "f")
    head = commit({"a.txt": "1\n", "b/c.txt": ""})
    assert [content_at(repository, head, path) for path in ("a.txt", "b/c.txt", "b", "none")] == [
        b"1\n",
        b"",
        None,
        None,
    ]
    with pytest.raises(GitError, match="ls-tree failed"):
        content_at(repository, "0" * 40, "a.txt")
