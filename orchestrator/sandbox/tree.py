"""Process trees: who descends from whom, and how much memory they hold. Only reads and kills.

They are seen through /proc, and through psutil where there is none, which takes some tens of times as long.
"""

import contextlib
import os
import re
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

PROC = "/proc" if Path("/proc/self/stat").exists() else ""
"""Where processes are seen; empty where they are asked for."""
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MARK = re.compile(rb"agentctl-sandbox-(\d+-\d+-\d+)\0")


def children(pid: int) -> list[int]:
    """The direct children of a process; empty once it is gone, and while no more files can be opened."""
    if not PROC:
        return _children_by_parent(pid)
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - on the watchdog's path
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:  # noqa: PTH123 - on the watchdog's path
                found += map(int, file.read().split())
    except FileNotFoundError:
        return found if not Path(f"/proc/{pid}").exists() else _children_by_parent(pid)
    except OSError:
        return found
    return found


def _children_by_parent(pid: int, *, recursive: bool = False) -> list[int]:
    """As `children`, for kernels without CONFIG_PROC_CHILDREN or /proc and for threads that ended under way."""
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=recursive)]
    except (psutil.Error, OSError):
        return []


def descendants(pid: int) -> Iterator[int]:
    """Everything below a process, parents before children."""
    if not PROC:
        yield from _children_by_parent(pid, recursive=True)
        return
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
        held += _held(process)
    return count, held


def _held(pid: int) -> int:
    try:
        if not PROC:
            return int(psutil.Process(pid).memory_info().rss)
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123 - on the watchdog's path
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError, psutil.Error):
        return 0


def kill(pid: int) -> None:
    """SIGKILL to a process and, where it leads one, to its process group, which the kernel does at one stroke."""
    for send, target in ((os.killpg, pid), (os.kill, pid)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(target, signal.SIGKILL)


def running(argv: Sequence[str]) -> int | None:
    """The process with exactly this command line that began first; None where nobody can be seen who has it."""
    wanted = b"".join(f"{word}\0".encode() for word in argv)
    found = [
        (since, pid)
        for pid in psutil.pids()
        if _command_line(pid, most=len(wanted) + 1) == wanted and (since := began(pid)) is not None
    ]
    return min(found)[1] if found else None


def mark() -> str:
    """The first word of a launcher's command line: it names this process, for `end_orphans` after its death."""
    return f"agentctl-sandbox-{identity()}"


def identity() -> str:
    """This process, for `orphaned`: its number, when it began, and among which numbers that is one."""
    return f"{os.getpid()}-{began(os.getpid())}-{_numbering()}"


def orphaned(owner: str) -> bool:
    """Whether the process of this `identity` is dead; of another container's numbers nothing can be said."""
    pid, since, numbering = map(int, owner.split("-"))
    return numbering == _numbering() and began(pid) != since


def _numbering() -> int:
    """The namespace of process numbers; 0 where there are none, or the kernel does not say."""
    try:
        return Path(f"{PROC}/self/ns/pid").stat().st_ino if PROC else 0
    except OSError:
        return 0


def end_orphans() -> None:
    """Kill the marked processes whose owner is dead.

    They end with it, but for those that are killed at birth: where bwrap dies between making the first process of its
    namespace and telling it to go on, that one waits for ever. That was seen after 143 of 1,500 kills of a process
    that launches one command after another.
    """
    for pid in psutil.pids():
        found = _MARK.match(_command_line(pid, most=64))
        if found is not None and orphaned(found[1].decode()):
            kill(pid)


def lives(pid: int) -> bool:
    """Whether there is a process of this id."""
    return Path(f"/proc/{pid}").exists() if PROC else psutil.pid_exists(pid)


def began(pid: int) -> int | None:
    """When a process began, which tells it from a later one of the same id; None for one that is gone.

    In clock ticks since the boot, or in hundredths of a second where there is no /proc.
    """
    try:
        if not PROC:
            return round(psutil.Process(pid).create_time() * 100)
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - of each marked process
            return int(file.read().rpartition(b")")[2].split()[19])
    except (OSError, psutil.Error):
        return None


def variables(pid: int) -> list[bytes]:
    """A process's first environment, as ``NAME=value``; empty where it may not be looked at."""
    try:
        if not PROC:
            return [f"{name}={value}".encode() for name, value in psutil.Process(pid).environ().items()]
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123 - of each process there is
            return file.read().split(b"\0")
    except (OSError, psutil.Error):
        return []


def _command_line(pid: int, *, most: int) -> bytes:
    """Its first bytes, each word with a zero byte at its end; empty where it may not be looked at."""
    try:
        if not PROC:
            return b"".join(f"{word}\0".encode() for word in psutil.Process(pid).cmdline())[:most]
        with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123 - of each process there is
            return file.read(most)
    except (OSError, psutil.Error):
        return b""
