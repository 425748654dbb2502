"""Confines itself, then runs one command: the launcher where there is no bwrap. Standard library only.

Run as ``python -I -S launcher.py FD``, where FD yields a JSON object (made by landlock.py); never imported. It stays as
the ancestor of all that the command starts (a child subreaper), kills what is left when the command ends, and dies
with agentctl. Numbers are those of include/uapi/linux/{landlock,prctl,seccomp,capability}.h. Where the kernel is not
Linux it adopts nobody: whoever started it looks after what leaves the command's process group (strays.py).

In a container it is the first process, and gets the path of a file instead (made by container.py), into which it writes
at the end how much processor time was used.
"""
# ruff: noqa: PTH103, PTH108, PTH112, PTH116, PTH119, PTH123, PTH208 - importing pathlib would be a third of the time this takes

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import signal
import struct
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_CAPBSET_DROP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 22, 24, 36, 38
_PR_SET_DUMPABLE = 4
_SECCOMP_FILTER = 2
_LOOK = 0.5
"""Seconds between two looks at whether agentctl still lives, where no signal tells its death."""
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x20080522
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_BENEATH = 1

# LANDLOCK_ACCESS_FS_*: what may be done below a folder, and what may be done to a file.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _IOCTL = 1, 2, 4, 8, 1 << 14, 1 << 15
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_MAKE_DEVICES = 1 << 6 | 1 << 11
_FILE_RIGHTS = {0: 0, 1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_ALL_FILE_RIGHTS = (1 << 16) - 1  # since version 5
_KNOWS_TCP, _BIND_AND_CONNECT = 4, 3
_KNOWS_SCOPES, _ABSTRACT_SOCKETS_AND_SIGNALS = 6, 3

_libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, doing: str) -> int:
    """Raise OSError for a system call that answered -1."""
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{doing}: {os.strerror(code)}")
    return result


def restrict(settings: dict[str, Any]) -> None:
    """Landlock: reading below ``read``, anything but devices below ``write``; the rest of the disk is out of reach."""
    version = check(_libc.syscall(_CREATE_RULESET, None, 0, 1), "landlock")
    files = _FILE_RIGHTS.get(version, _ALL_FILE_RIGHTS)
    handled = [files]
    if version >= _KNOWS_TCP:
        handled.append(0 if settings["network"] else _BIND_AND_CONNECT)
    if version >= _KNOWS_SCOPES:
        handled.append(_ABSTRACT_SOCKETS_AND_SIGNALS)
    attributes = struct.pack(f"{len(handled)}Q", *handled)
    ruleset = check(_libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0), "landlock_create_ruleset")
    allow_beneath(ruleset, settings["read"], _READ & files)
    allow_beneath(ruleset, settings["write"], files & ~_MAKE_DEVICES)
    allow_beneath(ruleset, settings["devices"], (_READ_FILE | _WRITE_FILE) & files)
    check(_libc.syscall(_RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)


def allow_beneath(ruleset: int, paths: Sequence[str], access: int) -> None:
    """Add a rule for each path; one that is not there needs none."""
    for path in paths:
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except (FileNotFoundError, PermissionError):
            continue
        allowed = access if os.path.isdir(path) else access & _ON_FILES
        rule = struct.pack("=Qi", allowed, fd)
        check(_libc.syscall(_ADD_RULE, ruleset, _BENEATH, rule, 0), "landlock_add_rule")
        os.close(fd)


def drop_capabilities() -> None:
    """Root without them cannot load modules, read kernel memory, or take them back by executing a program."""
    for capability in range(64):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    check(_libc.syscall(_CAPSET[os.uname().machine], header, bytes(24)), "capset")


def refuse_calls(program: bytes) -> None:
    """Install the system call filter."""
    code = ctypes.create_string_buffer(program, len(program))
    filters = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    check(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_FILTER, filters, 0, 0), "seccomp")


def limit(settings: dict[str, Any]) -> None:
    """Set the kernel's limits for each process, and for this user's threads those there are and what is allowed."""
    counted = {"RLIMIT_NPROC": [own_threads() + settings["processes"]] * 2} if "processes" in settings else {}
    for name, wanted in (settings["limits"] | counted).items():
        number = getattr(resource, name)
        most = resource.getrlimit(number)[1]
        soft, hard = (value if most == resource.RLIM_INFINITY else min(value, most) for value in wanted)
        resource.setrlimit(number, (soft, hard))


def own_threads() -> int:
    """How many threads run under this user, which is what the kernel counts for RLIMIT_NPROC."""
    count = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            status = os.stat(f"/proc/{pid}/task")
            count += status.st_nlink - 2 if status.st_uid == os.getuid() else 0
    return count


def become(settings: dict[str, Any]) -> NoReturn:
    """In the child: take the limits, then the confinement, then turn into the command."""
    os.setsid()
    os.chdir(settings["folder"])
    limit(settings)
    if settings["linux"]:
        check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
        check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    if settings["confined"]:
        drop_capabilities()
        if "read" in settings:
            restrict(settings)
        refuse_calls(bytes.fromhex(settings["seccomp"]))
    argv = settings["argv"]
    os.execvpe(argv[0], argv, settings["env"])  # noqa: S606 - the command is a list


def start(settings: dict[str, Any]) -> int:
    """Fork the command; with signals as they are by default."""
    child = os.fork()
    if child:
        return child
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        become(settings)
    except OSError as error:
        os.write(2, f"{settings['argv'][0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def arrive(settings: dict[str, Any], *, above: int) -> dict[int, int]:
    """What only a container needs: one stream of output, a HOME, and descriptors, from files without a name from now.

    What a command writes to a pipe goes to a file: each file by the end of the pipe that is read here.
    """
    os.dup2(1, 2)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.makedirs(settings["home"])
    written: dict[int, int] = {}
    for number, path in sorted(numbered(settings).items()):
        passed = moved(os.open(path, os.O_RDWR), above=above)
        os.unlink(path)
        if path.endswith(".pipe"):
            read_end, write_end = (moved(end, above=above) for end in os.pipe())
            written[read_end], passed = passed, write_end
        os.dup2(passed, number)
        os.close(passed)
    return written


def numbered(settings: dict[str, Any]) -> dict[int, str]:
    """The files that are handed to the command, by the descriptors under which it expects them."""
    return {int(os.path.basename(path).partition(".")[0]): path for path in settings["handed"]}


def moved(fd: int, *, above: int) -> int:
    """The same descriptor under a number that nothing else is to have; no command inherits it."""
    found = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, above)
    os.close(fd)
    return found


def keep(read_end: int, file: int) -> None:
    """Copy what is written to a pipe until the last writer is gone."""
    while chunk := os.read(read_end, 1 << 16):
        os.write(file, chunk)


def end_with(lifeline: int) -> NoReturn:
    """Whoever started the container holds the other end; with the first process the kernel ends all others."""
    os.read(lifeline, 1)
    os._exit(128 + signal.SIGTERM)


def children() -> list[int]:
    """The children of this process; as the subreaper it inherits every orphan below it."""
    found: list[int] = []
    with contextlib.suppress(FileNotFoundError):  # only Linux has it
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
    return found


def kill_all(leader: int) -> None:
    """End everything below: first the command's process group, at one stroke, then whoever left it.

    A killed parent hands its children up to this process, so this ends when none is left. Each round takes all the dead
    at once: one at a time, ten thousand of them take minutes.
    """
    while True:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(leader, signal.SIGKILL)
        for pid in children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return


def main() -> int:
    """Start the command, wait for it, clear what it left, and answer with its exit code."""
    parent = os.getppid()
    with open(int(sys.argv[1]), "rb") as file:
        settings = json.loads(file.read())
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    if settings["linux"]:
        check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")
        check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0), "prctl")
    if os.getppid() != parent:
        return 128 + signal.SIGTERM
    child = start(settings)

    def stop(*_: object) -> None:
        kill_all(child)
        os._exit(128 + signal.SIGTERM)

    def look(*_: object) -> None:
        if os.getppid() != parent:
            stop()

    if not settings["linux"]:  # no signal tells of a parent's death
        signal.signal(signal.SIGALRM, look)
        signal.setitimer(signal.ITIMER_REAL, _LOOK, _LOOK)
    signal.signal(signal.SIGTERM, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    return outlive(child)


def outlive(child: int) -> int:
    """Wait for the command, clear what it left, and tell its exit code: 128 and the signal for a death by signal."""
    ended, status = os.waitpid(-1, 0)
    while ended != child:
        ended, status = os.waitpid(-1, 0)
    kill_all(child)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def main_of_container(path: str) -> int:
    """The same as the first process of a container, with the settings in a file, where what was used is told."""
    import threading  # noqa: PLC0415 - where it is not needed, it would be a fifth of the time this takes

    check(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl")  # so that no command opens what is open here
    told = os.open(path, os.O_RDWR)
    os.unlink(path)
    settings = json.loads(os.pread(told, os.fstat(told).st_size, 0))
    numbers = numbered(settings)
    above = max(numbers, default=0) + 10
    told, lifeline = moved(told, above=above), moved(os.dup(0), above=above)
    written = arrive(settings, above=above)
    child = start(settings)
    for number in numbers:
        os.close(number)
    threading.Thread(target=end_with, args=(lifeline,), daemon=True).start()
    keeping = [threading.Thread(target=keep, args=ends) for ends in written.items()]
    for each in keeping:
        each.start()
    code = outlive(child)
    for each in keeping:
        each.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    os.ftruncate(told, 0)
    os.pwrite(told, json.dumps({"cpu_seconds": used.ru_utime + used.ru_stime}).encode(), 0)
    return code


if __name__ == "__main__":
    os._exit(main() if sys.argv[1].isdigit() else main_of_container(sys.argv[1]))
