"""Files of large trees, written by processes beside ours; without them, by our own hands."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.ports import TreeEntry
from agentctl.orchestrator.workspace import attempt, writers
from agentctl.orchestrator.workspace.checkout import Checkout
from agentctl.orchestrator.workspace.files import HostFiles
from agentctl.orchestrator.workspace.host import HostWorkspaces
from agentctl.orchestrator.workspace.memory import stamped
from agentctl.orchestrator.workspace.writers import Writers
from agentctl.orchestrator.workspace.writing import Folder, Order, obey, ordered

from .held_up import HeldUp

MakeTree = Callable[[dict[str, str | tuple[str, str]]], Awaitable[str]]
KEY = AttemptKey(task="T1")
FOLDERS: Sequence[Folder] = (("", [("a", b"1", False), ("run", b"#!", True)]), ("b/c", [("d", b"", False)]))


@pytest.fixture
def ordering(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """Every workspace is worth a process; what is ordered of them."""
    orders: list[Order] = []

    def seen(root: Path, staging: Path, folders: Sequence[Folder]) -> Order:
        orders.append(ordered(root, staging, folders))
        return orders[-1]

    monkeypatch.setattr(attempt, "MANY", 1)
    monkeypatch.setattr(writers, "ordered", seen)
    return orders


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, Path]:
    """A root and a staging folder."""
    for name in ("tree", "staging"):
        (tmp_path / name).mkdir()
    return tmp_path / "tree", tmp_path / "staging"


async def test_a_workspace_that_processes_wrote_is_like_any_other(
    workspaces: HostWorkspaces, make_tree: MakeTree, ordering: list[Order]
) -> None:
    tree = await make_tree({"a": "1", "d/e/f": "2", "run.sh": ("100755", "#!"), "link": ("120000", "d/e/f")})
    workspace = await workspaces.open(KEY, tree)
    assert len(ordering) == 1
    assert (workspace.root / "d/e/f").read_text() == (workspace.root / "link").read_text() == "2"
    assert os.access(workspace.root / "run.sh", os.X_OK)
    assert await workspace.snapshot() == tree
    workspace.write("a", b"other")
    workspace.delete("run.sh")
    await workspace.restore(tree)
    assert len(ordering) == 2
    assert await workspace.snapshot() == tree
    await workspace.close()


async def test_names_that_are_no_text_are_written_too(
    workspaces: HostWorkspaces, repository: Repository, ordering: list[Order]
) -> None:
    name = os.fsdecode(b"caf\xe9")
    entry = TreeEntry(mode="100644", id=await repository.write(b"au lait"))
    workspace = await workspaces.open(KEY, await repository.amend_tree(None, {f"menu/{name}": entry}))
    assert ordering
    assert (workspace.root / "menu" / name).read_bytes() == b"au lait"
    await workspace.close()


async def test_many_are_written_at_once(workspaces: HostWorkspaces, make_tree: MakeTree, ordering: list[Order]) -> None:
    trees = [await make_tree({f"f{n}": str(n), "same/file": "x"}) for n in range(12)]
    opened = await asyncio.gather(*(workspaces.open(KEY, tree) for tree in trees))
    assert len(ordering) == len(trees)
    assert [await each.snapshot() for each in opened] == trees
    await asyncio.gather(*(each.close() for each in opened))


async def test_without_its_process_a_workspace_is_written_all_the_same(
    workspaces: HostWorkspaces, make_tree: MakeTree, ordering: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "_start", _ended)
    tree = await make_tree({"a": "1", "b/c": "2"})
    for _ in range(2):
        workspace = await workspaces.open(KEY, tree)
        assert await workspace.snapshot() == tree
        await workspace.close()
    assert len(ordering) == 1  # nobody was asked again


@pytest.mark.parametrize("with_processes", [True, False])
async def test_who_is_cancelled_while_files_are_written_is_so_once_they_are(
    workspaces: HostWorkspaces,
    make_tree: MakeTree,
    ordering: list[Order],
    monkeypatch: pytest.MonkeyPatch,
    *,
    with_processes: bool,
) -> None:
    writing = HeldUp(monkeypatch, *((Writers, "_write") if with_processes else (Checkout, "write")))
    monkeypatch.setattr(attempt, "MANY", 1 if with_processes else 10)
    tree, open_before = await make_tree({"a/b": "1", "c": "2"}), descriptors()
    await writing.cancelled_meanwhile(workspaces.open(KEY, tree))
    await workspaces.drain()
    assert not workspaces._root.exists()
    assert descriptors() == open_before
    assert len(ordering) == with_processes


def descriptors() -> set[str]:
    """What this process has open of files and folders."""
    links = list(Path("/proc/self/fd").iterdir())
    return {str(link.readlink()) for link in links if link.is_dir() or link.is_file()}


def test_what_a_killed_process_had_staged_is_in_nobodys_way(place: tuple[Path, Path]) -> None:
    root, staging = place
    mine = HostFiles(root, staging)
    files = [(f"f{number}", b"old", False) for number in range(20)]
    mine.write_folder("", files)
    for number in range(10_000):
        (staging / str(number)).write_bytes(b"half")
    mine.write_folder("", [(name, b"new", runs) for name, _, runs in files])
    assert {path.read_bytes() for path in root.iterdir()} == {b"new"}
    mine.close()


async def test_a_process_that_is_killed_says_nothing(place: tuple[Path, Path]) -> None:
    mine, root, staging = Writers(), *place
    assert await mine.write(root, staging, FOLDERS) is not None
    for process in mine._processes:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert await mine.write(root, staging, FOLDERS) is None
    await mine.close()


async def test_each_file_is_told_in_its_order(place: tuple[Path, Path]) -> None:
    mine, root, staging = Writers(), *place
    told = await mine.write(root, staging, FOLDERS)
    assert told == [stamped((root / path).stat()) for path in ("a", "run", "b/c/d")]
    processes = list(mine._processes)
    await mine.close()
    assert [process.returncode for process in processes] == [0]
    assert await mine.write(root, staging, FOLDERS) is not None  # and another one is started
    await mine.close()


async def test_what_does_not_fit_into_an_order_is_not_ordered(
    place: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "_MOST", 2)
    mine = Writers()
    assert await mine.write(*place, FOLDERS) is None
    assert not mine._processes


def test_nothing_is_written_through_a_link(place: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (place[0] / "b").symlink_to(tmp_path / "outside")
    assert obey(ordered(*place, FOLDERS)).refused
    assert not list((tmp_path / "outside").iterdir())


def test_it_ends_with_who_started_it() -> None:
    told = "import time; from agentctl.orchestrator.workspace.writers import _start; print(_start().pid, flush=True)"
    with subprocess.Popen(
        [sys.executable, "-P", "-c", f"{told}; time.sleep(60)"], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        writer = int(parent.stdout.readline())
        parent.kill()
    waiting = os.pidfd_open(writer) if Path(f"/proc/{writer}").exists() else None
    if waiting is not None:
        with os.fdopen(waiting):
            assert select.select([waiting], [], [], 30)[0]


def _ended() -> subprocess.Popen[bytes]:
    process = subprocess.Popen(["true"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.wait()
    return process
