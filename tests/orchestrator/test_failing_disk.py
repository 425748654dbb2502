"""A disk that is full or fails, at each place that writes: one error that says what to do, and nothing is lost.

Git is refused by the kernel: a filter of system calls answers each opening for writing as such a disk would.
"""

import errno
import os
import shutil
import stat
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest
from agentctl.orchestrator import faults
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import DiskFull
from agentctl.orchestrator.git.opening import create_repository
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.graphs.checkpoints import open_checkpoints
from agentctl.orchestrator.nouns.events import Noted, RunCreated
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.ports import Completed, TreeEntry
from agentctl.orchestrator.store.folder import create
from agentctl.orchestrator.store.journal import Journal
from agentctl.orchestrator.store.sqlite import SqliteStore
from agentctl.orchestrator.workspace.host import HostWorkspaces
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import Checkpoint, empty_checkpoint
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

WRONG = [
    pytest.param(errno.ENOSPC, "the disk or a quota is full.*make room, then `agentctl resume`", id="full"),
    pytest.param(errno.EIO, "the disk fails.*look at the disk.*then `agentctl resume`", id="failing"),
]

FILTERED_GIT = """\
#!{python} -I
import ctypes, os, struct, sys
step = lambda code, value, yes=0, no=0: struct.pack("<HBBI", code, yes, no, value)
program = b"".join([
    step(0x20, 0), step(0x15, {call}, no=3),
    step(0x20, 16 + 8 * 2), step({compares}, {value}, no=1),
    step(0x06, 0x00050000 | {number}), step(0x06, 0x7FFF0000),
])
buffer = ctypes.create_string_buffer(program)
shape = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, shape, 0, 0) == 0
os.execv("{git}", ["git", *sys.argv[1:]])
"""
OPENAT, WRITE = {"x86_64": 257, "aarch64": 56}, {"x86_64": 1, "aarch64": 64}
CREATES, HAS_LENGTH = (0x45, 0x40), (0x15, 40)
"""Of the third argument: that it has the bit of O_CREAT; that it is the length of an id, which refs are written by."""


class NoCommands:
    """Satisfies Runner."""

    async def run(self, command: str, *, root: Path, seconds: float) -> Completed:
        raise NotImplementedError


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return create_repository(tmp_path / "repo", at=0.0)


@pytest.fixture
def git_meets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """From now on git meets this error where it opens a file for writing, or where it writes an id into one.

    None is for a disk that is well again.
    """
    path, git = os.environ["PATH"], shutil.which("git")
    if os.uname().machine not in OPENAT:
        pytest.skip("the filter knows the numbers of x86_64 and aarch64 only")

    def meet(number: int | None, *, writing: bool = False) -> None:
        monkeypatch.setenv("PATH", path)
        if number is None:
            return
        program = tmp_path / "filtered" / "git"
        program.parent.mkdir(exist_ok=True)
        call, (compares, value) = (WRITE, HAS_LENGTH) if writing else (OPENAT, CREATES)
        program.write_text(
            FILTERED_GIT.format(
                python=sys.executable,
                git=git,
                number=number,
                call=call[os.uname().machine],
                compares=compares,
                value=value,
            )
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{program.parent}:{path}")

    return meet


async def a_blob(git: Repository) -> str:
    return await git.write(b"new\n")


async def a_tree(git: Repository) -> str:
    blob = git.door.run("hash-object", "--stdin").output
    entry = TreeEntry(mode="100644", id=blob.decode().strip())
    return await git.amend_tree(None, {"kept": entry})


async def a_commit(git: Repository) -> str:
    head = await git.resolve("HEAD") or ""
    return await git.commit(tree=await git.tree_of(head), parents=[head], message="Land", at=5.0)


async def a_landing(git: Repository) -> bool:
    head = await git.resolve("HEAD") or ""
    return await git.move_ref("refs/heads/agentctl/aaaaaa/all", new=head, old=None)


@pytest.mark.parametrize(("number", "words"), WRONG)
@pytest.mark.parametrize("write", [a_blob, a_tree, a_commit, a_landing], ids=lambda write: str(write.__name__))
async def test_what_git_cannot_write_is_told_and_written_later(
    write: Callable[[Repository], Awaitable[object]],
    number: int,
    words: str,
    repository: Repository,
    git_meets: Callable[..., None],
) -> None:
    repository.door.run("hash-object", "-w", "--stdin")
    git_meets(number)
    with pytest.raises(DiskFull, match=words) as told:
        await write(repository)
    assert told.value.exit_code == 1
    git_meets(None)
    assert await write(repository)
    repository.door.run("rev-list", "--all", "--objects")
    assert not list((repository.location.git_dir / "refs").rglob("*.lock"))


@pytest.mark.parametrize(("number", "words"), WRONG)
async def test_a_ref_that_git_cannot_write_is_told_though_git_does_not_say_why(
    number: int, words: str, repository: Repository, git_meets: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    if number == errno.ENOSPC:
        nothing = os.statvfs_result((4096, 4096, *(0 for _ in range(8)), 255))
        monkeypatch.setattr(os, "statvfs", lambda _: nothing)
    git_meets(number, writing=True)
    with pytest.raises(DiskFull, match=words):
        await a_landing(repository)
    git_meets(None)
    assert await a_landing(repository)


async def test_checkpoints_that_have_no_room_say_so(tmp_path: Path) -> None:
    async def keep() -> None:
        async with open_checkpoints(tmp_path / "saved") as saver:
            assert isinstance(saver, AsyncSqliteSaver)
            await saver.setup()
            await saver.conn.execute("PRAGMA max_page_count = 20")
            config: RunnableConfig = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
            for number in range(100):
                state = {"channel_values": {"all": "x" * 10_000}, "id": f"{number:04}"}
                await saver.aput(config, cast("Checkpoint", empty_checkpoint() | state), {}, {})

    with pytest.raises(DiskFull, match="saved could not be written: the disk or a quota is full"):
        await keep()


@pytest.mark.parametrize(("number", "words"), WRONG)
@pytest.mark.parametrize("call", ["open", "write", "mkdir", "rename"])
async def test_a_file_of_a_workspace_is_as_it_was(
    call: str, number: int, words: str, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = await repository.write(b"old\n")
    tree = await repository.amend_tree(None, {"a.txt": TreeEntry(mode="100644", id=blob)})
    workspaces = HostWorkspaces(repository, tmp_path / "work", NoCommands())
    workspace = await workspaces.open(AttemptKey(task="T1"), tree)
    path = "new/a.txt" if call == "mkdir" else "a.txt"
    real = getattr(os, call)

    def refuse(*given: object, **more: object) -> object:
        if call == "open" and not int(str(given[1])) & os.O_CREAT:
            return real(*given, **more)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(DiskFull, match=words):
        workspace.write(path, b"new\n")
    monkeypatch.undo()
    assert (workspace.read("a.txt"), await workspace.snapshot()) == (b"old\n", tree)
    workspace.write(path, b"new\n")
    assert workspace.read(path) == b"new\n"
    await workspace.close()
    await workspaces.drain()


WRITES: dict[str, Callable[[SqliteStore, Path], object]] = {
    "events.written": lambda store, _: store.append(Noted(text="lost?"), author="driver"),
    "blob": lambda store, _: store.put_blob("a text"),
    "folder": lambda _, root: create(root, "bbbbbb"),
}


@pytest.mark.parametrize(("number", "words"), WRONG)
@pytest.mark.parametrize("point", WRITES)
def test_the_tables_are_as_they_were_and_take_the_next_word(
    point: str, number: int, words: str, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strike(name: str) -> None:
        if name == point:
            raise OSError(number, os.strerror(number), "run.db")

    def refuse(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number), "a file")

    root = repository.location.root
    folder = create(root, "aaaaaa")
    with SqliteStore(folder.run_db, clock=SystemClock(), redact=str, blobs=folder.blobs) as store:
        settings = RunSettings(profile="desk", repo=str(root))
        store.append(
            RunCreated(run="aaaaaa", spec_id="s", spec_blob="", title="S", base="b" * 40, settings=settings),
            author="driver",
        )
        faults.arm(strike)
        with monkeypatch.context() as broken:
            broken.setattr(os, "open" if point == "folder" else "fsync", refuse)
            with pytest.raises(DiskFull, match=words):
                WRITES[point](store, root)
        faults.arm(None)
        store.append(Noted(text="well again"), author="driver")
        assert [type(event.fact).__name__ for event in store.events()] == ["RunCreated", "Noted"]
        assert store.blob(store.put_blob("a text")) == "a text"


@pytest.mark.parametrize(("number", "words"), WRONG)
def test_a_call_that_could_not_be_entered_is_entered_later(
    number: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = CallKey(attempt=AttemptKey(task="T1"), role="worker", turn=0)
    with Journal(tmp_path / "calls.db", clock=SystemClock(), redact=str) as journal:

        def refuse(_: str) -> str:
            raise OSError(number, os.strerror(number), "calls.db")

        given = {"digest": "d", "request": "{}", "tier": "flash", "model": "m", "reserved_usd": 0.1}
        with monkeypatch.context() as broken:
            broken.setattr(journal._bodies, "put", refuse)
            with pytest.raises(DiskFull, match=words):
                journal.start(key, **given)  # type: ignore[arg-type]
        assert journal.calls() == ()
        journal.start(key, **given)  # type: ignore[arg-type]
        assert [call.state for call in journal.calls()] == ["started"]
