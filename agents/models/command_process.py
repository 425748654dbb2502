"""Starts a person's own command-line tool, watches it, and ends it with all that it started.

The only module outside the sandbox's that starts programs for a model's sake. They are programs of the user, run with
the user's rights and nothing a model wrote on their command line but, where asked for, the prompt as one argument.
Every process below carries a variable that names its call, by which those are found that left the process group.
"""

import asyncio
import contextlib
import itertools
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psutil

from ...orchestrator.kernel import unnamed_file
from ...orchestrator.sandbox.output import Kept
from ...orchestrator.sandbox.tree import children, identity, orphaned, variables

MARK = "AGENTCTL_COMMAND_CALL"
"""The variable that names a call: whose process it is, and a number."""
_OWNED = re.compile(r"(\d+-\d+-\d+)-\d+")

Stopped = Literal["", "idle", "total", "output", "login"]

_CHUNK = 1 << 16
_ERRORS = 64_000
"""Bytes that are kept of what a tool writes to stderr."""
_GRACE = 1.0
"""Seconds between asking a tool to end and ending it, and for which its output is read after its own end."""
_LOOK = 0.01
_UNTOLD = 0.05
"""Seconds between two looks at whether a tool has ended, where nothing tells its end (only Linux has pidfd_open)."""
_ROUNDS = 500
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How far a tool may go; times in seconds."""

    idle: float
    total: float
    output: int = 8_000_000
    """Bytes on stdout; more is no reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A tool that has ended, by itself or not."""

    exit: int | None
    """128 and the signal for a death by signal; None where a limit ended it, which ``stopped`` names."""
    stopped: Stopped
    out: str
    err: str


async def run(
    argv: Sequence[str],
    *,
    stdin: bytes,
    env: Mapping[str, str],
    folder: Path,
    patience: Patience,
    hopeless: Callable[[str], bool] = lambda _: False,
) -> Ended:
    """Run a program to its end or to the first limit; ``hopeless`` reads stderr as it grows, and may end it early.

    When this returns, also by cancellation, nothing that the program started is left. Raises OSError where it cannot
    be started.
    """
    mark = new_mark()
    program = _Program(argv, stdin=stdin, env={**env, MARK: mark}, folder=folder)
    try:
        stopped = await program.watched(patience, hopeless)
    finally:
        await _surely(_end(program, mark))
    code = program.popen.returncode
    return Ended(
        exit=None if stopped else (code if code >= 0 else 128 - code),
        stopped=stopped,
        out=program.out.decode("utf-8", "replace"),
        err=program.err.text(),
    )


def new_mark() -> str:
    """A value of `MARK` that no other program of this machine has."""
    return f"{identity()}-{next(_numbers)}"


async def end_marked(mark: str) -> None:
    """Kill whatever carries that mark, and wait until it is gone."""
    await _surely(_end_all(mark, first=0, alive=lambda: False))


def end_orphans() -> None:
    """Kill what processes that were themselves killed have left behind; part of every start."""
    for pid in psutil.pids():
        found = _OWNED.fullmatch(_mark_of(pid))
        if found is not None and orphaned(found[1]):
            _kill(pid, signal.SIGKILL)


class _Program:
    """One program and what it has printed so far."""

    def __init__(self, argv: Sequence[str], *, stdin: bytes, env: Mapping[str, str], folder: Path) -> None:
        self.out = bytearray()
        self.err = Kept(_ERRORS)
        self._heard = time.monotonic()
        self._changed = asyncio.Event()
        self._open: set[int] = set()
        with contextlib.ExitStack() as ends:
            source = unnamed_file("prompt", stdin)
            ends.callback(os.close, source)
            pipes: list[tuple[int, int]] = []
            try:
                for _ in range(2):
                    pipes.append(os.pipe())
                    ends.callback(os.close, pipes[-1][1])
                self.popen = subprocess.Popen(
                    list(argv),
                    stdin=source,
                    stdout=pipes[0][1],
                    stderr=pipes[1][1],
                    env=dict(env),
                    cwd=folder,
                    start_new_session=True,
                )
            except BaseException:
                for read, _ in pipes:
                    os.close(read)
                raise
        self._began = time.monotonic()
        for (read, _), take in zip(pipes, (self.out.extend, self.err.add), strict=True):
            os.set_blocking(read, False)
            self._open.add(read)
            asyncio.get_running_loop().add_reader(read, self._read, read, take)
        self._pidfd = -1
        with contextlib.suppress(AttributeError, OSError):  # macOS; or there are as many files open as may be
            self._pidfd = os.pidfd_open(self.popen.pid)
            asyncio.get_running_loop().add_reader(self._pidfd, self._changed.set)

    async def watched(self, patience: Patience, hopeless: Callable[[str], bool]) -> Stopped:
        """Wait for its end, or say what ended the waiting."""
        read = -1
        while self.popen.poll() is None:
            if len(self.out) > patience.output:
                return "output"
            if self.err.total != read:
                read = self.err.total
                if hopeless(self.err.text()):
                    return "login"
            now = time.monotonic()
            idle, total = self._heard + patience.idle - now, self._began + patience.total - now
            if min(idle, total) <= 0:
                return "total" if total <= 0 else "idle"
            await self._change(min(idle, total, _UNTOLD if self._pidfd < 0 else idle))
        if self._pidfd >= 0:
            asyncio.get_running_loop().remove_reader(self._pidfd)
        last = time.monotonic() + _GRACE
        while self._open and (left := last - time.monotonic()) > 0:  # a child of it may hold the pipe for ever
            await self._change(left)
        return "output" if len(self.out) > patience.output else ""

    async def _change(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)
        self._changed.clear()

    def _read(self, pipe: int, take: Callable[[bytes], None]) -> None:
        try:
            chunk = os.read(pipe, _CHUNK)
        except BlockingIOError:
            return
        self._heard = time.monotonic()
        self._changed.set()
        if chunk:
            take(chunk)
        else:
            self._close(pipe)

    def _close(self, pipe: int) -> None:
        asyncio.get_running_loop().remove_reader(pipe)
        os.close(pipe)
        self._open.discard(pipe)

    def close(self) -> None:
        """Let go of its pipes."""
        for pipe in tuple(self._open):
            self._close(pipe)
        if self._pidfd >= 0:
            asyncio.get_running_loop().remove_reader(self._pidfd)
            os.close(self._pidfd)


async def _end(program: _Program, mark: str) -> None:
    """Ask it to end, then end it and everything that carries its mark, and wait until all of that is gone."""
    program.close()
    pid = program.popen.pid
    if program.popen.poll() is None:
        _kill(pid, signal.SIGTERM)
        for _ in range(round(_GRACE / _LOOK)):
            if program.popen.poll() is not None:
                break
            await asyncio.sleep(_LOOK)
    await _end_all(mark, first=pid, alive=lambda: program.popen.poll() is None)


async def _end_all(mark: str, *, first: int, alive: Callable[[], bool]) -> None:
    seen: set[int] = set()
    for _ in range(_ROUNDS):
        left = await asyncio.to_thread(_left, mark, first, alive=alive())
        seen |= left
        for each in left:
            _kill(each, signal.SIGKILL)
        if not left:
            break
        await asyncio.sleep(_LOOK)
    # What had a parent when it died may be ours to reap by now, where orphans come to us.
    orphans = {pid for pid in children(os.getpid()) if first and _session(pid) == first}
    for each in (seen | orphans) - {first}:
        _reaped(each)


def _left(mark: str, first: int, *, alive: bool) -> set[int]:
    """What lives of a call: its first process, its session, whatever carries its mark, and everything below."""
    found = {
        pid for pid in psutil.pids() if pid != first and ((first and _session(pid) == first) or _mark_of(pid) == mark)
    }
    if alive:
        found.add(first)
    waiting = list(found)
    while waiting:
        below = [pid for pid in children(waiting.pop()) if pid not in found]
        found.update(below)
        waiting += below
    return {pid for pid in found if pid == first or not _reaped(pid)}


def _session(pid: int) -> int:
    """The session of a process, which no later one can have while a member of it lives; 0 for one that is gone."""
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return 0


def _mark_of(pid: int) -> str:
    """The mark in a process's first environment; empty where there is none or it may not be looked at."""
    start = f"{MARK}=".encode()
    found = (each for each in variables(pid) if each.startswith(start))
    return next((each[len(start) :].decode("ascii", "replace") for each in found), "")


def _reaped(pid: int) -> bool:
    """Whether it is dead, and reaped where that falls to us: orphans of a tool may have become our children."""
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return True
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _kill(pid: int, number: signal.Signals) -> None:
    """A signal to a process and, where it leads one, to its process group."""
    for send in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(pid, number)


_ending: set[asyncio.Task[None]] = set()
"""Keeps the tasks that end a program alive when whoever waited for them was cancelled once more."""


async def _surely(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    _ending.add(task)
    task.add_done_callback(_ending.discard)
    await asyncio.shield(task)
