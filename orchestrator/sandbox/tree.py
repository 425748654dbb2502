"""Process trees, seen through /proc: who descends from whom, and how much memory they hold. Only reads and kills."""

import contextlib
import os
import re
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

_PAGE = os.sysconf("SC_PAGE_SIZE")
_MARK = re.compile(rb"agentctl-sandbox-(\d+)-(\d+)\0")


def children(pid: int) -> list[int]:
    """The direct children of a process; empty once it is gone."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - on the watchdog's path
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:  # noqa: PTH123 - on the watchdog's path
                found += map(int, file.read().split())
    except FileNotFoundError:
        return found if not Path(f"/proc/{pid}").exists() else _children_by_parent(pid)
    except (ProcessLookupError, PermissionError):
        return found
    return found


def _children_by_parent(pid: int) -> list[int]:
    """As `children`, for kernels without CONFIG_PROC_CHILDREN and for threads that ended under way."""
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []


def descendants(pid: int) -> Iterator[int]:
    """Everything below a process, parents before children."""
    waiting = children(pid)
    while waiting:
        child = waiting.pop()
        yield child
        waiting += children(child)


def footprint(pid: int, *, most: int) -> tuple[int, int]:
    """How many processes are below ``pid``, and how many bytes of memory they hold, shared pages counted each time.

    Stops counting beyond ``most`` processes: among thousands a full count would come too late.
    """
    count = held = 0
    for process in descendants(pid):
        count += 1
        if count > most:
            break
        try:
            with open(f"/proc/{process}/statm", "rb") as file:  # noqa: PTH123 - on the watchdog's path
                held += int(file.read().split()[1]) * _PAGE
        except (OSError, IndexError):
            continue
    return count, held


def kill(pid: int) -> None:
    """SIGKILL to a process and, where it leads one, to its process group, which the kernel does at one stroke."""
    for send, target in ((os.killpg, pid), (os.kill, pid)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(target, signal.SIGKILL)


def running(argv: Sequence[str]) -> int | None:
    """The process with exactly this command line that began first; None where nobody can be seen who has it."""
    wanted = b"".join(f"{word}\0".encode() for word in argv)
    found: list[tuple[int, int]] = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123 - of each process there is
                same = file.read(len(wanted) + 1) == wanted
            began = _began(pid) if same else None
            found += [(began, pid)] if began is not None else []
    return min(found)[1] if found else None


def mark() -> str:
    """The first word of a launcher's command line: it names this process, for `end_orphans` after its death."""
    return f"agentctl-sandbox-{os.getpid()}-{_began(os.getpid())}"


def end_orphans() -> None:
    """Kill the marked processes whose owner is dead.

    They end with it, but for those that are killed at birth: where bwrap dies between making the first process of its
    namespace and telling it to go on, that one waits for ever. That was seen after 143 of 1,500 kills of a process
    that launches one command after another.
    """
    for pid in psutil.pids():
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123 - of each process there is
                found = _MARK.match(file.read(64))
        except OSError:
            continue
        if found is not None and _began(int(found[1])) != int(found[2]):
            kill(pid)


def _began(pid: int) -> int | None:
    """When a process began, in clock ticks since the boot, which tells it from a later one of the same id."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - as above
            return int(file.read().rpartition(b")")[2].split()[19])
    except OSError:
        return None
