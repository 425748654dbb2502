"""What a command may try to use up; the numbers are the rows of docs/sandbox.md."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import DiskFull
from agentctl.orchestrator.sandbox.port import CommandLimits, Sandbox

from .commands import Run, alive, lacking, seconds


async def test_23_endless_output_is_cut_and_stopped(run: Run) -> None:
    done = await run("yes")
    assert (done.exit, done.stopped) == (None, "output")
    assert len(done.output) < 1_100_000
    assert "bytes left out" in done.output


async def test_24_bytes_that_are_no_text_do_no_harm(run: Run) -> None:
    done = await run(r"printf 'a\000\377\376b'")
    assert done.output == "a\0\ufffd\ufffdb"


async def test_26_a_fork_bomb_ends_without_a_trace(run: Run) -> None:
    limits = CommandLimits(seconds=5, processes=100, free_bytes=0)
    done = await run("f() { f | f & }; f; sleep " + seconds(26), limits=limits)
    assert done.exit is None
    assert done.stopped in ("memory", "time")
    assert alive(seconds(26)) == []


async def test_27_what_detached_itself_dies_with_the_command(run: Run) -> None:
    sleep = f"sleep {seconds(27)}"
    script = f"setsid nohup sh -c '{sleep}' >/dev/null 2>&1 & ({sleep} >/dev/null 2>&1 &) ; echo started"
    done = await run(script)
    assert (done.exit, done.stopped, done.output) == (0, "", "started\n")
    assert alive(seconds(27)) == []


async def test_28_a_command_that_ignores_sigterm_is_ended(run: Run) -> None:
    limits = CommandLimits(seconds=0.5, free_bytes=0)
    done = await run(f"trap '' TERM INT HUP; while :; do sleep {seconds(28)}; done", limits=limits)
    assert (done.exit, done.stopped) == (None, "time")
    assert alive(seconds(28)) == []


async def test_29_a_busy_loop_meets_its_processor_limit(run: Run) -> None:
    done = await run("while :; do :; done", limits=CommandLimits(seconds=30, cpu_seconds=1, free_bytes=0))
    assert (done.exit, done.stopped) == (None, "time")


async def test_30_one_process_that_takes_too_much_memory(run: Run) -> None:
    script = "blocks = []\nwhile True: blocks.append(bytearray(b'x') * 10_000_000)"
    done = await run(script, python=True, limits=CommandLimits(seconds=30, memory=200 << 20, free_bytes=0))
    assert done.exit != 0
    assert done.stopped == "memory" or "MemoryError" in done.output


async def test_31_many_processes_that_together_take_too_much(run: Run) -> None:
    script = (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n"
        f"        kept = bytearray(b'x') * 60_000_000\n        time.sleep({seconds(31)})\ntime.sleep({seconds(31)})"
    )
    done = await run(script, python=True, limits=CommandLimits(seconds=30, memory=300 << 20, free_bytes=0))
    assert (done.exit, done.stopped) == (None, "memory")
    assert alive(seconds(31)) == []


@pytest.mark.parametrize("call", ["memfd_create('x')", "memfd_create('x', 0)"])
async def test_31_memory_that_belongs_to_no_process_is_not_to_be_had(run: Run, call: str) -> None:
    done = await run(f"import os; os.{call}", python=True)
    assert "OSError" in done.output


async def test_32_one_file_cannot_grow_past_its_limit(run: Run, root: Path) -> None:
    limits = CommandLimits(seconds=30, file_bytes=1_000_000, free_bytes=0)
    done = await run("head -c 50000000 /dev/zero >big; echo ended", limits=limits)
    assert done.exit == 0
    assert (root / "big").stat().st_size <= 1_000_000


async def test_32_limits_are_not_set_by_a_program_of_the_tree(sandbox: Sandbox, root: Path) -> None:
    for name in ("prlimit", "stat", "sh"):
        (root / name).write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n')
        (root / name).chmod(0o755)
    (root / ".git").mkdir()
    done = await sandbox.run(
        ["/bin/sh", "-c", "head -c 50000000 /dev/zero >big; echo ended"],
        root=root,
        writable=True,
        limits=CommandLimits(seconds=30, file_bytes=1_000_000, free_bytes=0),
        env={"PATH": "/workspace:/usr/bin:/bin"},
    )
    assert "ended" in done.output
    assert (root / "big").stat().st_size <= 1_000_000


async def test_33_many_files_that_fill_the_disk(run: Run) -> None:
    script = "i=0; while :; do i=$((i+1)); head -c 1000000 /dev/zero >f$i; done"
    done = await run(script, limits=CommandLimits(seconds=60, disk_bytes=20_000_000, free_bytes=0))
    assert (done.exit, done.stopped) == (None, "disk")


@pytest.fixture
def shared_memory() -> Iterator[Path]:
    """A folder on a disk in memory, which nobody else fills meanwhile: the same test of the other sandbox waits."""
    disk = os.open("/dev/shm", os.O_RDONLY)
    fcntl.flock(disk, fcntl.LOCK_EX)
    try:
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            yield Path(folder)
    finally:
        os.close(disk)


async def test_33_a_command_that_takes_what_has_to_stay_free(sandbox: Sandbox, shared_memory: Path) -> None:
    free = shutil.disk_usage(shared_memory).free
    takes = min(100_000_000, free // 2)
    limits = CommandLimits(seconds=60, free_bytes=free - takes, disk_bytes=4 * takes)
    script = ["/bin/sh", "-c", "while :; do head -c 1000000 /dev/zero >>f; done"]
    done = await sandbox.run(script, root=shared_memory, writable=True, limits=limits, env={"PATH": "/usr/bin:/bin"})
    assert (done.exit, done.stopped) == (None, "disk")


async def test_33_on_a_disk_that_is_full_no_command_starts_and_none_is_blamed(run: Run, root: Path) -> None:
    with pytest.raises(DiskFull, match="make room"):
        await run("touch ran", limits=CommandLimits(seconds=60, free_bytes=1 << 60))
    assert not (root / "ran").exists()


@lacking("landlock")
async def test_34_tmp_has_a_size(run: Run) -> None:
    limits = CommandLimits(seconds=30, tmp_bytes=1_000_000, free_bytes=0)
    done = await run(
        "for d in /tmp $HOME /dev/shm; do head -c 5000000 /dev/zero >$d/x || rm -f $d/x; done", limits=limits
    )
    assert done.output.count("No space left") == 3


async def test_48_sleeping_is_measured_by_the_clock_of_the_host(run: Run) -> None:
    began = time.monotonic()
    done = await run(f"sleep {seconds(48)}", limits=CommandLimits(seconds=0.3, free_bytes=0))
    assert (done.exit, done.stopped) == (None, "time")
    assert done.seconds <= time.monotonic() - began
