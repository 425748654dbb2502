"""Commands are started, watched and ended without pidfd, without /proc, and where orphans come to nobody."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from agentctl.orchestrator.ports import Completed
from agentctl.orchestrator.sandbox import tree
from agentctl.orchestrator.sandbox.landlock import Plain
from agentctl.orchestrator.sandbox.port import CommandLimits

from ..another_kernel import hide_linux

PYTHON = str(Path(sys.executable).resolve())
LIMITS = CommandLimits(seconds=30, free_bytes=0)
ENV = {"PATH": "/usr/bin:/bin"}
DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    child = os.fork()
    if child:
        print(child, flush=True)
        time.sleep(0.5)
        os._exit(0)
    time.sleep(600)
os.wait()
time.sleep({then})
"""
"""Leaves a process without its session and its parent, which was seen below it before."""
STARTS = """
import asyncio, os, sys
from pathlib import Path
from agentctl.orchestrator import kernel
from agentctl.orchestrator.sandbox.landlock import Plain
from agentctl.orchestrator.sandbox.port import CommandLimits
kernel.LINUX = False
asyncio.run(Plain().run(
    ["/bin/sh", "-c", "echo $$ >pid.new; mv pid.new pid; exec sleep 600"],
    root=Path(sys.argv[1]), writable=True, limits=CommandLimits(free_bytes=0), env={"PATH": "/usr/bin:/bin"},
))
"""


@pytest.fixture(autouse=True)
def _another_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    hide_linux(monkeypatch)


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def ran(root: Path, *argv: str, limits: CommandLimits = LIMITS) -> Completed:
    return await Plain().run(argv, root=root, writable=True, limits=limits, env=ENV)


async def test_exit_codes_output_and_processor_time_come_back(tmp_path: Path) -> None:
    for script, code, output in (("echo a; echo b >&2", 0, "a\nb\n"), ("exit 7", 7, ""), ("kill -9 $$", 137, "")):
        done = await ran(tmp_path, "/bin/sh", "-c", script)
        assert (done.exit, done.output, done.stopped) == (code, output, "")
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    assert (await ran(tmp_path, "/bin/sh", "-c", f"{PYTHON} -ISc '{busy}'; true")).cpu_seconds >= 0.2


async def test_a_limit_ends_a_command_with_all_its_children(tmp_path: Path) -> None:
    script = "sleep 600 & echo $!; setsid sleep 600 & echo $!; wait"
    done = await ran(tmp_path, "/bin/sh", "-c", script, limits=replace(LIMITS, seconds=0.5))
    assert done.stopped == "time"
    assert [pid for pid in map(int, done.output.split()) if lives(pid)] == []


@pytest.mark.parametrize("then", [0, 600], ids=["after its end", "at a limit"])
async def test_who_was_once_seen_below_is_found_again(tmp_path: Path, then: int) -> None:
    done = await ran(tmp_path, PYTHON, "-c", DAEMON.format(then=then), limits=replace(LIMITS, seconds=2))
    assert done.stopped == ("time" if then else "")
    assert not lives(int(done.output))


@pytest.mark.parametrize(
    ("script", "limits"),
    [
        ("held = b'x' * 200_000_000", {"memory": 150 << 20}),
        ("import subprocess, sys\nfor _ in range(8): subprocess.Popen(['sleep', '600'])", {"processes": 5}),
    ],
    ids=["memory", "processes"],
)
async def test_memory_and_processes_are_watched(tmp_path: Path, script: str, limits: dict[str, int]) -> None:
    script += "\nimport time; time.sleep(600)"
    done = await ran(tmp_path, PYTHON, "-c", script, limits=replace(LIMITS, **limits))
    assert done.stopped == "memory"


async def test_a_command_ends_with_who_started_it(tmp_path: Path) -> None:
    starter = await asyncio.create_subprocess_exec(sys.executable, "-c", STARTS, str(tmp_path))
    async with asyncio.timeout(20):
        while not (tmp_path / "pid").exists():  # noqa: ASYNC110 - a file that another process writes
            await asyncio.sleep(0.01)
        command = int((tmp_path / "pid").read_text())
        assert lives(command)
        starter.kill()
        await starter.wait()
        while lives(command):  # noqa: ASYNC110 - another process, which is nobody's child here
            await asyncio.sleep(0.01)


def test_a_process_is_known_by_its_id_and_beginning() -> None:
    with subprocess.Popen(["/bin/sleep", "600"]) as process:
        assert tree.lives(process.pid)
        assert process.pid in tree.children(os.getpid())
        assert tree.began(process.pid) is not None
        assert tree.running(["/bin/sleep", "600"]) is not None
        process.kill()
    assert not tree.lives(process.pid)
    assert tree.began(process.pid) is None
