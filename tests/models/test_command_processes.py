"""Processes of command-line tools: whatever ends a call, nothing of them stays."""

import asyncio
import errno
import os
import sys
from pathlib import Path

import pytest
from agentctl.agents.models.command_process import MARK, end_orphans
from agentctl.agents.models.errors import (
    ModelError,
    Repeating,
    TimedOut,
)
from agentctl.orchestrator.sandbox.tree import children, identity

from ..another_kernel import hide_linux
from .commands import ASK, KEY, Make, alive, pids, until

HANGS = """
    import os, signal, subprocess, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    log = open({log!r}, "a")
    own = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    plain = subprocess.Popen([sys.executable, "-c", own])
    apart = subprocess.Popen([sys.executable, "-c", own], start_new_session=True)
    bare = subprocess.Popen([sys.executable, "-c", own], env={{}})
    if os.fork() == 0:  # a daemon: its own session, its parent gone
        os.setsid()
        if os.fork() == 0:
            print(os.getpid(), file=log, flush=True)
            time.sleep(600)
        os._exit(0)
    os.wait()
    print(os.getpid(), plain.pid, apart.pid, bare.pid, file=log, flush=True)
    {then}
    time.sleep(600)
    """


@pytest.fixture(params=["Linux", "another kernel"])
def _any_kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "Linux":
        hide_linux(monkeypatch)


@pytest.mark.parametrize(
    ("then", "fields", "kind"),
    [
        ("", {"idle_seconds": 1.5}, TimedOut),
        (
            "while True: sys.stderr.write('.'); sys.stderr.flush(); time.sleep(0.05)",
            {"idle_seconds": 60.0, "total_seconds": 2.0},
            TimedOut,
        ),
        ("while True: sys.stdout.write('x' * 1_000_000)", {}, Repeating),
    ],
    ids=["idle", "total", "output"],
)
async def test_a_limit_ends_it_with_all_its_children(
    make: Make, tmp_path: Path, then: str, fields: dict[str, float], kind: type[ModelError]
) -> None:
    log = tmp_path / "pids"
    with pytest.raises(kind):
        await make(HANGS.format(log=str(log), then=then), **fields).complete(KEY, ASK)
    assert len(pids(log)) == 5
    assert [pid for pid in pids(log) if alive(pid)] == []


@pytest.mark.usefixtures("_any_kernel")
async def test_a_cancelled_call_leaves_nothing(make: Make, tmp_path: Path) -> None:
    log = tmp_path / "pids"
    call = asyncio.create_task(make(HANGS.format(log=str(log), then="")).complete(KEY, ASK))
    await until(lambda: len(pids(log)) == 5)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert [pid for pid in pids(log) if alive(pid)] == []


@pytest.mark.usefixtures("_any_kernel")
async def test_children_that_stay_behind_keep_no_reply_back_and_do_not_stay(make: Make, tmp_path: Path) -> None:
    log = tmp_path / "pids"
    reply = await make(
        f"""
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        open({str(log)!r}, "w").write(str(child.pid))
        print("done")
        """
    ).complete(KEY, ASK)
    assert reply.text == "done"
    assert [pid for pid in pids(log) if alive(pid)] == []


@pytest.mark.usefixtures("_any_kernel")
async def test_a_call_keeps_no_descriptor_open(make: Make) -> None:
    model = make("print('x')")
    await model.complete(KEY, ASK)
    before, below = len(list(Path("/proc/self/fd").iterdir())), children(os.getpid())
    await model.complete(KEY, ASK)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert children(os.getpid()) == below


async def test_a_program_is_waited_for_where_no_more_files_can_be_opened(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "pidfd_open", refuses)
    assert (await make("print('x')").complete(KEY, ASK)).text == "x"


def refuses(_: int) -> int:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


@pytest.mark.usefixtures("_any_kernel")
async def test_what_a_killed_run_left_behind_is_ended_at_the_next_start() -> None:
    code = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(600)"
    numbering = identity().rpartition("-")[2]
    left = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, env={MARK: f"999999999-1-{numbering}-1"}, stdout=asyncio.subprocess.PIPE
    )
    assert left.stdout is not None
    await left.stdout.readline()
    end_orphans()
    assert await left.wait() == -9
