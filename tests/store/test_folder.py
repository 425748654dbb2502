"""Run folders: made, found, locked, and overlooked by git."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import RepositoryError, RunStateError
from agentctl.orchestrator.nouns.events import Noted
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.store.folder import RunFolder, all_runs, create, exclude_from_git, find, new_run_id
from agentctl.orchestrator.store.journal import Journal
from agentctl.orchestrator.store.sqlite import SqliteStore

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *arguments: str) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


@needs_git
def test_a_run_has_a_folder_that_git_does_not_see(repo: Path) -> None:
    folder = create(repo, "k7m2xq")
    folder.spec.write_text("# spec")
    assert folder == RunFolder(path=repo / ".agentctl" / "runs" / "k7m2xq")
    assert folder.run == "k7m2xq"
    assert {part.parent for part in (folder.spec, folder.run_db, folder.calls_db, folder.graph_db, folder.blobs)} == {
        folder.path
    }
    assert git(repo, "status", "--porcelain", "--untracked-files=all") == ""
    assert folder.path.stat().st_mode & 0o777 == 0o700


@needs_git
def test_excluding_keeps_what_is_there_and_happens_once(repo: Path) -> None:
    path = repo / ".git" / "info" / "exclude"
    path.write_bytes(b"# mine\n*.log")
    for _ in range(2):
        exclude_from_git(repo)
    assert path.read_bytes() == b"# mine\n*.log\n.agentctl/\n"


@needs_git
def test_a_linked_work_tree_shares_its_exclude(repo: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(repo, "worktree", "add", "-q", str(linked))
    create(linked, "a1")
    (linked / ".agentctl" / "runs" / "a1" / "spec.md").write_text("x")
    assert ".agentctl/" in (repo / ".git" / "info" / "exclude").read_text()
    assert git(linked, "status", "--porcelain", "--untracked-files=all") == ""


@needs_git
def test_a_submodule_and_a_bare_repository_are_repositories(repo: Path, tmp_path: Path) -> None:
    outer, bare = tmp_path / "outer", tmp_path / "bare.git"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repo), "inner")
    create(outer / "inner", "a1")
    assert ".agentctl/" in (outer / ".git" / "modules" / "inner" / "info" / "exclude").read_text()
    git(tmp_path, "clone", "-q", "--bare", str(repo), str(bare))
    create(bare, "a1")
    assert ".agentctl/" in (bare / "info" / "exclude").read_text()


def test_no_repository_no_run(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="git init"):
        create(tmp_path, "a1")
    assert list(tmp_path.iterdir()) == []


@needs_git
@pytest.mark.parametrize("name", ["", "A", "a/b", "..", "a:b", "a b", "-a", "x" * 41])
def test_a_run_id_can_be_part_of_a_ref_and_a_thread(repo: Path, name: str) -> None:
    with pytest.raises(RunStateError, match="cannot name a run"):
        create(repo, name)


@needs_git
def test_a_run_is_made_once(repo: Path) -> None:
    create(repo, "a1")
    with pytest.raises(RunStateError, match="a1 exists already"):
        create(repo, "a1")


@needs_git
def test_a_link_in_a_hostile_repository_is_not_followed(repo: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (repo / ".agentctl").symlink_to(elsewhere)
    for use in (lambda: create(repo, "a1"), lambda: all_runs(repo)):
        with pytest.raises(RunStateError, match="symbolic link"):
            use()
    assert list(elsewhere.iterdir()) == []


@needs_git
def test_runs_are_found_by_what_begins_their_id(repo: Path) -> None:
    with pytest.raises(RunStateError, match=r"has no run yet"):
        find(repo, None)
    for number, name in enumerate(["abc", "abd", "ab", "xyz"]):
        (create(repo, name).path / "lock").write_text(f"process 1, since 2026-01-0{number + 1} 10:00:00 +0000")
    assert [folder.run for folder in all_runs(repo)] == ["abc", "abd", "ab", "xyz"]
    found = {prefix: find(repo, prefix).run for prefix in ("abc", "ab", "x", None)}
    assert found == {"abc": "abc", "ab": "ab", "x": "xyz", None: "xyz"}
    with pytest.raises(RunStateError, match="begins several runs: ab, abc, abd"):
        find(repo, "a")
    with pytest.raises(RunStateError, match="no run 'abe' here; there is ab, abd, abc"):
        find(repo, "abe")
    with find(repo, "abc").lock():
        assert find(repo, None).run == "abc"


@needs_git
def test_a_run_that_is_deleted_meanwhile_is_passed_over(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = create(repo, "kept").path / "lock"
    monkeypatch.setattr(Path, "glob", lambda runs, _: [runs / "gone" / "lock", kept])
    assert [folder.run for folder in all_runs(repo)] == ["kept"]


@needs_git
def test_the_order_of_runs_survives_a_copy(repo: Path) -> None:
    for name, since in {"a": "12:00:00 +0000", "b": "12:30:00 +0200", "c": "13:00:00 +0000"}.items():
        lock = create(repo, name).path / "lock"
        lock.write_text(f"process 1, since 2026-01-01 {since}")
        os.utime(lock, (0, 0))
    assert [folder.run for folder in all_runs(repo)] == ["b", "a", "c"]


@needs_git
@pytest.mark.parametrize("place", [".agentctl", ".agentctl/runs"])
def test_a_file_where_the_folder_belongs_is_named(repo: Path, place: str) -> None:
    path = repo / place
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    for look in (lambda: create(repo, "a1"), lambda: all_runs(repo), lambda: find(repo, "a1")):
        with pytest.raises(RunStateError, match=f"{path} is a file, .*: move it away"):
            look()


@needs_git
def test_a_run_knows_which_process_drove_it_last(repo: Path) -> None:
    folder = create(repo, "a1")
    assert not folder.was_driven_by(os.getpid())
    with folder.lock():
        assert folder.was_driven_by(os.getpid())
    assert folder.was_driven_by(os.getpid())
    assert not folder.was_driven_by(os.getpid() // 10)


DRIVER = """
import sys
from pathlib import Path
from agentctl.orchestrator.store.folder import RunFolder
with RunFolder(path=Path(sys.argv[1])).lock():
    print("ready", flush=True)
    sys.stdin.readline()
"""


@needs_git
def test_one_process_drives_a_run_and_a_dead_one_does_not(repo: Path) -> None:
    folder = create(repo, "a1")
    assert folder.driver() is None
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(folder.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert driver.stdout
    driver.stdout.readline()
    assert (folder.driver() or "").startswith(f"process {driver.pid}, since ")
    with pytest.raises(RunStateError, match=rf"run a1 is already being driven \(process {driver.pid}, "), folder.lock():
        pass
    driver.kill()
    driver.communicate(timeout=60)
    assert folder.driver() is None
    with folder.lock():
        assert (folder.driver() or "").startswith(f"process {os.getpid()}, ")
    with folder.lock():
        pass


def test_run_ids_are_short_typable_and_differ() -> None:
    chance = random.Random(7)
    ids = [new_run_id(chance) for _ in range(2000)]
    assert len(set(ids)) == len(ids)
    assert all(len(run) == 6 and run[0].isalpha() and run.isalnum() and run.islower() for run in ids)
    assert not set("".join(ids)) & set("01ilo")
    assert new_run_id(random.Random(7)) == ids[0]


def _removed(lock: Path) -> None:
    lock.unlink()


def _made_anew(lock: Path) -> None:
    text = lock.read_bytes()
    lock.unlink()
    lock.write_bytes(text)


def _taken_over(lock: Path) -> None:
    lock.write_text("process 1, since 2026-01-01 00:00:00 +0000")


@needs_git
@pytest.mark.parametrize("lose", [_removed, _made_anew, _taken_over])
def test_who_has_lost_the_lock_writes_nothing_more(repo: Path, lose: Callable[[Path], None]) -> None:
    folder = create(repo, "a1")
    with folder.lock() as fence:
        clock = SystemClock()
        journal = Journal(folder.calls_db, clock=clock, redact=str, fence=fence)
        with SqliteStore(folder.run_db, clock=clock, redact=str, blobs=None, fence=fence) as store, closing(journal):
            store.append(Noted(text="mine"), author="driver")
            start(journal, 1)
            lose(folder.path / "lock")
            with pytest.raises(RunStateError, match=r"was removed or taken over .* `agentctl resume a1`"):
                store.append(Noted(text="no longer mine"), author="driver")
            with pytest.raises(RunStateError, match="this process stops"):
                start(journal, 2)
            assert [event.fact for event in store.events()] == [Noted(text="mine")]
            assert [call.key.turn for call in journal.calls()] == [1]


def start(journal: Journal, turn: int) -> None:
    key = CallKey(attempt=AttemptKey(task="T1", attempt=1), role="worker", turn=turn)
    journal.start(key, digest="d", request="{}", tier="flash", model="", reserved_usd=0.0)
