"""Opening, reading, changing, keeping, restoring and closing workspaces on real files and real git."""

import asyncio
import os
import shutil
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import GitError, PolicyViolation
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.ports import TreeEntry, Workspaces
from agentctl.orchestrator.workspace.host import HostWorkspaces

from .held_up import HeldUp

MakeTree = Callable[[dict[str, str | tuple[str, str]]], Awaitable[str]]
KEY = AttemptKey(task="T1")


def on_disk(root: Path) -> dict[str, str]:
    """Every file beneath ``root`` by its text, links by their target; not its .git."""
    found = {}
    for folder, folders, names in os.walk(root):
        if Path(folder) == root and ".git" in folders:
            folders.remove(".git")
        for name in [*names, *(each for each in folders if (Path(folder) / each).is_symlink())]:
            path = Path(folder) / name
            text = f"-> {path.readlink()}" if path.is_symlink() else path.read_text()
            found[str(path.relative_to(root))] = text
    return found


def test_they_satisfy_the_port(workspaces: HostWorkspaces) -> None:
    port: Workspaces = workspaces
    assert port is workspaces


async def test_a_workspace_holds_exactly_its_tree(workspaces: HostWorkspaces, make_tree: MakeTree) -> None:
    tree = await make_tree({"a": "1", "d/e/f": "2", "run.sh": ("100755", "#!"), "link": ("120000", "d/e/f")})
    workspace = await workspaces.open(KEY, tree)
    assert on_disk(workspace.root) == {"a": "1", "d/e/f": "2", "run.sh": "#!", "link": "-> d/e/f"}
    assert (workspace.root / "run.sh").stat().st_mode & stat.S_IXUSR
    assert not (workspace.root / "a").stat().st_mode & stat.S_IXUSR
    assert workspace.paths() == ["a", "d/e/f", "run.sh"]
    assert await workspace.snapshot() == tree
    await workspace.close()


async def test_reading_writing_and_deleting_show_in_the_snapshot(
    workspaces: HostWorkspaces, make_tree: MakeTree
) -> None:
    workspace = await workspaces.open(KEY, await make_tree({"a": "1", "gone": "x", "run.sh": ("100755", "#!")}))
    assert workspace.read("a") == b"1"
    workspace.write("a", b"2")
    workspace.write("new/deep/file", b"3")
    workspace.write("run.sh", b"#!/bin/sh")
    workspace.delete("gone")
    expected = await make_tree({"a": "2", "new/deep/file": "3", "run.sh": ("100755", "#!/bin/sh")})
    assert await workspace.snapshot() == expected
    assert await workspace.snapshot() == expected
    assert workspace.paths() == ["a", "new/deep/file", "run.sh"]
    await workspace.close()


async def test_what_commands_do_shows_in_the_snapshot(workspaces: HostWorkspaces, make_tree: MakeTree) -> None:
    workspace = await workspaces.open(KEY, await make_tree({"a": "1", "b/c": "x", "b/d": "y", "e": "z"}))
    done = await workspace.run("echo two > a; rm -r b; echo f > b; chmod +x e; mkdir -p n/m; mv a n/m/", seconds=60)
    assert done.exit == 0
    expected = await make_tree({"n/m/a": "two\n", "b": "f\n", "e": ("100755", "z")})
    assert await workspace.snapshot() == expected
    await workspace.close()


async def test_a_change_in_the_same_tick_with_the_same_size_is_seen(
    workspaces: HostWorkspaces, make_tree: MakeTree
) -> None:
    workspace = await workspaces.open(KEY, await make_tree({"a": "0"}))
    for number in range(1, 30):
        path = workspace.root / "a"
        before = path.stat()
        path.write_text(str(number % 10))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert await workspace.snapshot() == await make_tree({"a": str(number % 10)})
    await workspace.close()


async def test_caches_and_what_the_base_ignores_are_left_out(workspaces: HostWorkspaces, make_tree: MakeTree) -> None:
    rules = "*.log\n!keep.log\n/build/\n# words\n\n[\n/\n"
    base = {".gitignore": rules, "sub/.gitignore": "!loud.log\nonly-here\n", "build/tracked": "1", "a.pyc": "tracked"}
    workspace = await workspaces.open(KEY, await make_tree(base))
    for path in (
        "x.log",
        "build/new",
        "build/deep/new",
        "sub/y.log",
        "sub/only-here",
        "src/__pycache__/m.cpython-311.pyc",
        "m.pyc",
        ".pytest_cache/v/x",
        ".mypy_cache/x",
        ".ruff_cache/x",
        "pkg.egg-info/PKG-INFO",
        "web/node_modules/m/index.js",
        ".venv/bin/python",
        ".coverage",
        ".hypothesis/x",
    ):
        workspace.write(path, b"noise")
    for path in ("keep.log", "sub/loud.log", "only-here", "build/tracked"):
        workspace.write(path, b"2")
    workspace.write("a.pyc", b"changed")
    changed = {"keep.log": "2", "sub/loud.log": "2", "only-here": "2", "build/tracked": "2", "a.pyc": "changed"}
    assert await workspace.snapshot() == await make_tree({**base, **changed})
    assert workspace.paths() == sorted({**base, **changed})
    await workspace.close()


async def test_the_ignore_rules_are_those_of_the_base_and_not_the_workers(
    workspaces: HostWorkspaces, make_tree: MakeTree
) -> None:
    workspace = await workspaces.open(KEY, await make_tree({".gitignore": "*.log\n"}))
    workspace.write(".gitignore", b"*.py\n")
    workspace.write("seen.py", b"1")
    workspace.write("unseen.log", b"1")
    assert await workspace.snapshot() == await make_tree({".gitignore": "*.py\n", "seen.py": "1"})
    await workspace.close()


async def test_an_ignore_rule_made_to_be_slow_is_passed_over(workspaces: HostWorkspaces, make_tree: MakeTree) -> None:
    base = {".gitignore": "a*" * 40 + "b\n"}
    workspace = await workspaces.open(KEY, await make_tree(base))
    workspace.write("a" * 200, b"1")
    assert await workspace.snapshot() == await make_tree({**base, "a" * 200: "1"})
    await workspace.close()


async def test_restoring_makes_the_files_exactly_that_tree(workspaces: HostWorkspaces, make_tree: MakeTree) -> None:
    first = await make_tree({"a": "1", "d/x": "2", "run.sh": ("100755", "#!"), "l": ("120000", "a"), "f/g": "3"})
    second = await make_tree({"a": "one", "d": "file", "f/g": ("100755", "3"), "l": "plain"})
    workspace = await workspaces.open(KEY, first)
    await workspace.run("mkdir -p junk/__pycache__ && echo > junk/__pycache__/x.pyc; rm a; ln -s /etc e", seconds=60)
    await workspace.restore(second)
    assert on_disk(workspace.root) == {"a": "one", "d": "file", "f/g": "3", "l": "plain"}
    assert not (workspace.root / "junk").exists()
    assert await workspace.snapshot() == second
    await workspace.restore(first)
    assert on_disk(workspace.root) == {"a": "1", "d/x": "2", "run.sh": "#!", "l": "-> a", "f/g": "3"}
    assert await workspace.snapshot() == first
    await workspace.close()


async def test_after_a_restore_the_ignore_rules_are_still_those_of_the_opening(
    workspaces: HostWorkspaces, make_tree: MakeTree
) -> None:
    workspace = await workspaces.open(KEY, await make_tree({".gitignore": "*.log\n"}))
    later = {".gitignore": "*.py\n", "seen.py": "1", "kept.log": "tracked by now"}
    await workspace.restore(await make_tree(later))
    workspace.write("more.py", b"2")
    workspace.write("more.log", b"2")
    assert await workspace.snapshot() == await make_tree({**later, "more.py": "2"})
    await workspace.close()


async def test_a_workspace_beyond_repair_is_restored_in_a_new_folder(
    workspaces: HostWorkspaces, make_tree: MakeTree
) -> None:
    tree = await make_tree({"a": "1", "d/x": "2"})
    workspace = await workspaces.open(KEY, tree)
    await workspace.run("mkfifo pipe; ln d/x second; git init -q inner; chmod 0 d", seconds=60)
    with pytest.raises(PolicyViolation):
        await workspace.snapshot()
    await workspace.restore(tree)
    assert on_disk(workspace.root) == {"a": "1", "d/x": "2"}
    assert await workspace.snapshot() == tree
    await workspace.close()


async def test_a_command_sees_a_history_of_one_commit_and_nothing_else(
    workspaces: HostWorkspaces, make_tree: MakeTree, repository: Repository
) -> None:
    secret = await repository.write(b"another branch's secret")
    workspace = await workspaces.open(KEY, await make_tree({"a": "1\n", "d/x": "2\n"}))
    workspace.write("a", b"2\n")
    workspace.write("d/__pycache__/x.pyc", b"cache")
    status = await workspace.run("git status --porcelain && git diff --stat && git log --format=%s", seconds=60)
    assert status.exit == 0, status.output
    assert status.output.splitlines()[0] == " M a"
    assert status.output.splitlines()[-1] == "base"
    assert "__pycache__" not in status.output
    assert (await workspace.run(f"git cat-file -p {secret}", seconds=60)).exit != 0
    objects = (await workspace.run("git cat-file --batch-all-objects --batch-check | wc -l", seconds=60)).output
    assert int(objects) == 5
    assert not (workspace.root / ".git/objects/info/alternates").exists()
    await workspace.close()


async def test_who_is_cancelled_while_a_history_is_copied_is_so_once_it_is_and_the_next_command_has_one(
    workspaces: HostWorkspaces, make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    copying = HeldUp(monkeypatch, shutil, "copytree")
    workspace = await workspaces.open(KEY, await make_tree({"a": "1"}))
    await copying.cancelled_meanwhile(workspace.run("true", seconds=60))
    assert (await workspace.run("git status --porcelain", seconds=60)).exit == 0
    await workspace.close()
    await workspaces.drain()
    assert not workspaces._root.exists()


async def test_what_a_worker_does_to_its_git_directory_concerns_nobody(
    workspaces: HostWorkspaces, make_tree: MakeTree
) -> None:
    tree = await make_tree({"a": "1"})
    one, two = await workspaces.open(KEY, tree), await workspaces.open(KEY, tree)
    await one.run(
        "rm -rf .git/objects/pack; git commit -qam x; echo '[core]fsmonitor=touch owned' >> .git/config", seconds=60
    )
    assert (await two.run("git fsck --full --strict && git status --porcelain", seconds=60)).exit == 0
    assert await one.snapshot() == tree
    await one.run("rm -rf .git && ln -s /etc .git", seconds=60)
    assert await one.snapshot() == tree
    await one.close()
    await two.close()


async def test_left_out_entries_survive_every_snapshot(
    workspaces: HostWorkspaces, make_tree: MakeTree, repository: Repository
) -> None:
    tree = await make_tree(
        {
            "a": "1",
            "sub": ("160000", "1" * 40),
            "out": ("120000", "../../etc/passwd"),
            "abs": ("120000", "/etc/passwd"),
            "d/up": ("120000", "../a"),
            "way": ("120000", "d"),
            "d/f": "f",
            "through": ("120000", "way/f"),
        }
    )
    workspace = await workspaces.open(KEY, tree)
    assert on_disk(workspace.root) == {"a": "1", "d/up": "-> ../a", "way": "-> d", "d/f": "f"}
    assert await workspace.snapshot() == tree
    workspace.write("a", b"2")
    kept = await repository.entries(await workspace.snapshot())
    old = await repository.entries(tree)
    assert {path for path in old if kept.get(path) != old[path]} == {"a"}
    await workspace.restore(tree)
    assert await workspace.snapshot() == tree
    await workspace.close()


async def test_names_no_folder_can_hold_are_left_out_and_survive(
    workspaces: HostWorkspaces, make_tree: MakeTree, repository: Repository
) -> None:
    inner = await make_tree({"config": "[core]\nfsmonitor=evil\n"})
    records = f"040000 tree {inner}\t.GIT\x00040000 tree {inner}\t..\x00040000 tree {inner}\tok\x00"
    tree = repository.door.run("mktree", "-z", stdin=records.encode()).output.decode().strip()
    workspace = await workspaces.open(KEY, tree)
    assert workspace.paths() == ["ok/config"]
    assert not (workspace.root.parent / "config").exists()
    assert await workspace.snapshot() == tree
    workspace.write("new", b"1")
    assert set(await repository.entries(await workspace.snapshot())) == {".GIT/config", "../config", "ok/config", "new"}
    await workspace.close()


async def test_a_link_replaced_by_a_file_or_a_folder_is_a_change(
    workspaces: HostWorkspaces, make_tree: MakeTree
) -> None:
    tree = await make_tree({"in": ("120000", "a"), "out": ("120000", "/etc"), "a": "1"})
    workspace = await workspaces.open(KEY, tree)
    await workspace.run("rm in; echo x > in; mkdir out; echo y > out/f", seconds=60)
    assert await workspace.snapshot() == await make_tree({"in": "x\n", "out/f": "y\n", "a": "1"})
    await workspace.close()


async def test_fifty_workspaces_on_one_base_do_not_see_each_other(
    workspaces: HostWorkspaces, make_tree: MakeTree
) -> None:
    tree = await make_tree({"a": "1", "d/x": "2"})
    opened = await asyncio.gather(*(workspaces.open(AttemptKey(task=f"T{n}"), tree) for n in range(50)))
    for number, workspace in enumerate(opened):
        workspace.write("mine", str(number).encode())
    trees = await asyncio.gather(*(workspace.snapshot() for workspace in opened))
    assert list(trees) == [await make_tree({"a": "1", "d/x": "2", "mine": str(n)}) for n in range(50)]
    await asyncio.gather(*(workspace.close() for workspace in opened))


async def test_closing_leaves_nothing_behind(workspaces: HostWorkspaces, make_tree: MakeTree, tmp_path: Path) -> None:
    workspace = await workspaces.open(KEY, await make_tree({"a": "1"}))
    await workspace.run("mkdir -p $(printf 'd/%.0s' $(seq 900)); touch d/f", seconds=60)
    await workspace.run("mkdir -p locked/in && echo > locked/in/f && chmod 0 locked", seconds=60)
    await workspace.close()
    await workspace.close()
    assert not workspace.root.exists()
    await workspaces.drain()
    assert not (tmp_path / "work").exists()


async def test_closed_workspaces_wait_to_be_deleted_until_the_last_one_is_closed(
    workspaces: HostWorkspaces, make_tree: MakeTree, tmp_path: Path
) -> None:
    tree = await make_tree({"a": "1"})
    opened = [await workspaces.open(KEY, tree) for _ in range(3)]
    for workspace in opened[:2]:
        await workspace.close()
    assert len(list((tmp_path / "work/trash").iterdir())) == 2
    await opened[2].close()
    await workspaces.drain()
    assert not (tmp_path / "work").exists()


async def test_sweeping_clears_what_a_killed_process_left(
    workspaces: HostWorkspaces, make_tree: MakeTree, tmp_path: Path
) -> None:
    left = tmp_path / "work/open/0-T9_1/tree"
    left.mkdir(parents=True)
    (left / "f").write_text("x")
    half = tmp_path / "work/trash/77.0/deep"
    half.mkdir(parents=True)
    workspace = await workspaces.open(KEY, await make_tree({"a": "1"}))
    await workspaces.sweep()
    await workspaces.drain()
    assert [path.name for path in (tmp_path / "work/open").iterdir()] == [workspace.root.parent.name]
    assert not list((tmp_path / "work/trash").iterdir())
    assert workspace.read("a") == b"1"
    await workspace.close()


async def test_opening_on_what_is_no_tree_fails_and_leaves_nothing(workspaces: HostWorkspaces, tmp_path: Path) -> None:
    with pytest.raises(GitError):
        await workspaces.open(KEY, "1" * 40)
    await workspaces.sweep()
    await workspaces.drain()
    assert not (tmp_path / "work").exists()


async def test_reading_says_what_is_wrong_with_a_path(workspaces: HostWorkspaces, make_tree: MakeTree) -> None:
    workspace = await workspaces.open(KEY, await make_tree({"d/x": "2"}))
    with pytest.raises(FileNotFoundError):
        workspace.read("nope")
    with pytest.raises(IsADirectoryError):
        workspace.read("d")
    with pytest.raises(NotADirectoryError):
        workspace.read("d/x/y")
    with pytest.raises(IsADirectoryError):
        workspace.write("d", b"")
    with pytest.raises(FileNotFoundError):
        workspace.delete("nope/x")
    assert on_disk(workspace.root) == {"d/x": "2"}
    assert not list((workspace.root.parent / "staging").iterdir())
    await workspace.close()


async def test_a_tree_of_a_thousand_files_comes_back_as_it_was(
    workspaces: HostWorkspaces, repository: Repository
) -> None:
    blobs = [await repository.write(str(n).encode()) for n in range(7)]
    entries = {f"p{n % 11}/q{n % 5}/{n}": TreeEntry(mode="100644", id=blobs[n % 7]) for n in range(1200)}
    tree = await repository.amend_tree(None, entries)
    workspace = await workspaces.open(KEY, tree)
    assert len(workspace.paths()) == 1200
    assert await workspace.snapshot() == tree
    await workspace.close()
