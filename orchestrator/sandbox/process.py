"""Starts a launcher, watches it and ends it. The only module that starts processes written by a model.

A launcher (bwrap, or launcher.py) is the ancestor of everything its command starts. Ends are awaited by pidfd and
reaped by wait4, which tells the CPU time of the whole tree; asyncio's own child watchers do not. Where there is no
pidfd, wait4 is asked every few milliseconds. bwrap leaves before the first process of its namespace has gone, so that
one becomes our child (`adopt_orphans`) and is reaped too: only then is everything dead.
"""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from ..errors import SandboxUnavailable
from ..kernel import prctl
from ..ports import Completed
from . import tree
from .disk import DiskWatch
from .output import Kept
from .port import CommandLimits

Stopped = Literal["", "time", "output", "memory", "disk"]

_CHUNK = 1 << 16
_TICK = 0.05
_LOOK = 0.005
_OUTPUT_FACTOR = 16
_CPU_EXHAUSTED = 128 + signal.SIGXCPU
_PR_SET_CHILD_SUBREAPER = 36
_NICE = 5  # so that whoever watches is served before those watched


def adopt_orphans() -> None:
    """Make this process the parent of what bwrap leaves behind (a child subreaper, prctl(2))."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


class Launched:
    """One launcher, from its start until it and all it started are dead.

    ``program`` is what runs, where the first word of ``argv`` does not name it. ``namespace`` is the read end of
    bwrap's ``--info-fd``, where the id of the namespace's first process will be found. ``errors`` is where its own
    words go, where they are not the command's.
    """

    def __init__(  # noqa: PLR0913 - what to launch, and what it is given
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        inherit: Sequence[int] = (),
        program: str | None = None,
        namespace: int | None = None,
        given: int = subprocess.DEVNULL,
        errors: int = subprocess.STDOUT,
    ) -> None:
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        self._output = read_end
        self._namespace = namespace
        self._init: int | None = None
        self.began = time.monotonic()
        try:
            # Popen and not asyncio: the launcher dies with the thread that started it, so it must be this one.
            self._popen = subprocess.Popen(
                argv,
                executable=program,
                env=dict(env or {}),
                cwd="/",
                stdin=given,
                stdout=write_end,
                stderr=errors,
                pass_fds=tuple(inherit),
                start_new_session=True,
            )
        except OSError as error:
            os.close(read_end)
            raise SandboxUnavailable(f"{program or argv[0]} could not be started: {error.strerror}") from error
        finally:
            os.close(write_end)
        self.pid = self._popen.pid
        os.setpriority(os.PRIO_PROCESS, self.pid, _NICE)
        self.cpu_seconds = 0.0
        self.ended = asyncio.Event()
        self._on_end(self.pid, self._launcher_ended)

    def _on_end(self, pid: int, then: Callable[[int], None]) -> None:
        """Reap ``pid`` when it has ended, and go on with its wait status."""
        if not hasattr(os, "pidfd_open"):
            self._ask_for_end(pid, then)
            return
        loop = asyncio.get_running_loop()
        try:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            pidfd = os.pidfd_open(pid)
        except (ChildProcessError, ProcessLookupError):  # bwrap has reaped it; the number may be somebody else's by now
            then(0)
            return
        except OSError:  # as many files are open as may be
            self._ask_for_end(pid, then)
            return

        def reap() -> None:
            loop.remove_reader(pidfd)
            os.close(pidfd)
            _, status, usage = os.wait4(pid, 0)
            self.cpu_seconds += usage.ru_utime + usage.ru_stime
            then(status)

        loop.add_reader(pidfd, reap)

    def _ask_for_end(self, pid: int, then: Callable[[int], None]) -> None:
        """As `_on_end`, without a pidfd, and without waitid, which Python has on macOS since 3.13."""
        try:
            ended, status, usage = os.wait4(pid, os.WNOHANG)
        except ChildProcessError:
            then(0)
            return
        if not ended:
            asyncio.get_running_loop().call_later(_LOOK, self._ask_for_end, pid, then)
            return
        self.cpu_seconds += usage.ru_utime + usage.ru_stime
        then(status)

    def _launcher_ended(self, status: int) -> None:
        self._popen.returncode = os.waitstatus_to_exitcode(status)
        if self._namespace is not None:
            self._init = _child_pid(self._namespace)
        if self._init is None:
            self.ended.set()
        else:
            self._on_end(self._init, lambda _: self.ended.set())

    @property
    def top(self) -> int:
        """The process below which everything is that the command started."""
        return self.pid

    @property
    def exit(self) -> int:
        """The exit code, 128 and the signal for a death by signal."""
        code = int(self._popen.returncode)
        return code if code >= 0 else 128 - code

    async def drain(self, kept: Kept, limit: int) -> bool:
        """Read until the last writer is gone; False as soon as ``limit`` bytes were passed."""
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(self._output, readable.set)
        try:
            while kept.total <= limit:
                try:
                    chunk = os.read(self._output, _CHUNK)
                except BlockingIOError:
                    readable.clear()
                    await readable.wait()
                    continue
                if not chunk:
                    return True
                kept.add(chunk)
                await asyncio.sleep(0)
        finally:
            loop.remove_reader(self._output)
        return False

    async def end(self) -> None:
        """Kill it and everything below it, and wait until it is reaped.

        The first child goes first: it is the first process of the namespace, with which the kernel ends all others, or
        the leader of a process group. The launcher itself is left to follow, for until that child is there, killing
        the launcher could leave it behind.
        """
        since = time.monotonic()
        while not self.ended.is_set():
            first = [self._init] if self._init is not None else tree.children(self.pid)
            for pid in first:
                tree.kill(pid)
            if not first and time.monotonic() - since > 1:
                tree.kill(self.pid)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ended.wait(), 0.005)

    def close(self) -> None:
        """Let go of the output pipe."""
        os.close(self._output)


def _child_pid(info: int) -> int | None:
    """What bwrap wrote to its info descriptor, a pipe that does not block; None if it had no child, or is ended."""
    try:
        said = os.read(info, _CHUNK)
    except OSError:  # nothing was said, or whoever ends it has closed the pipe
        return None
    found = re.search(rb'"child-pid": (\d+)', said)
    return int(found[1]) if found else None


async def supervise(start: Callable[[], Launched], *, limits: CommandLimits, folders: Sequence[Path] = ()) -> Completed:
    """Run a launcher to its end or to the first limit; ``folders`` are watched for what is written in them.

    Raises DiskFull where the disk under them is full and the command is not to blame: before it starts, or after its
    end if others filled it meanwhile.
    """
    disk = DiskWatch(folders, limits)
    launched = start()
    kept = Kept(limits.output_bytes)
    try:
        stopped = await _watch(launched, kept, limits=limits, disk=disk)
    finally:
        await _end_surely(launched)
        launched.close()
    if stopped == "disk":
        await disk.blame()
    if not stopped and launched.exit == _CPU_EXHAUSTED:
        stopped = "time"
    return Completed(
        exit=None if stopped else launched.exit,
        output=kept.text(),
        seconds=time.monotonic() - launched.began,
        cpu_seconds=launched.cpu_seconds,
        stopped=stopped,
    )


async def _watch(launched: Launched, kept: Kept, *, limits: CommandLimits, disk: DiskWatch) -> Stopped:
    deadline = launched.began + limits.seconds
    output = asyncio.create_task(launched.drain(kept, limits.output_bytes * _OUTPUT_FACTOR))
    ended = asyncio.create_task(launched.ended.wait())
    try:
        while not (output.done() and ended.done()):
            left = deadline - time.monotonic()
            if left <= 0:
                return "time"
            await asyncio.wait({output, ended}, timeout=min(_TICK, left))
            if output.done() and not output.result():
                return "output"
            if ended.done():
                # Whoever still held the pipe has been killed with the launcher; its last bytes are in it.
                await asyncio.wait({output}, timeout=left)
                continue
            count, held = tree.footprint(launched.top, most=limits.processes)
            if held > limits.memory or count > limits.processes:
                return "memory"
            if await disk.full():
                return "disk"
    finally:
        output.cancel()
        ended.cancel()
    return "" if output.result() else "output"


_ending: set[asyncio.Task[None]] = set()
"""Keeps the tasks that end a launcher alive when whoever waited for them was cancelled once more."""


async def _end_surely(launched: Launched) -> None:
    if launched.ended.is_set():
        return
    task = asyncio.create_task(launched.end())
    _ending.add(task)
    task.add_done_callback(_ending.discard)
    await asyncio.shield(task)
