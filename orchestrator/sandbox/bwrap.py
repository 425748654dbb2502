"""The sandbox of choice: bubblewrap with a file view of its own, no network, and a system call filter.

The view is an allow list: read-only /usr and toolchain, a few files of /etc, fresh /proc, /dev, /tmp and HOME, and the
tree at /workspace. Everything a command starts lives in its process namespace and dies with it.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from .. import kernel
from ..ports import Completed
from . import git_entry, seccomp, tree, view
from .port import TMP, WORKSPACE, CommandLimits, Mount
from .process import Launched, adopt_orphans, supervise

HOME = f"{TMP}/home"
_USER = 1000
_PASSWD = f"root:x:0:0:root:/root:/bin/sh\nworker:x:{_USER}:{_USER}:worker:{HOME}:/bin/sh\n"
_GROUP = f"root:x:0:\nworker:x:{_USER}:\n"
_HOSTS = "127.0.0.1 localhost sandbox\n::1 localhost\n"
_ISOLATION = (
    *("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
    *("--uid", str(_USER), "--gid", str(_USER), "--hostname", "sandbox"),
    *("--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"),
)


class Bubblewrap:
    """Runs commands under ``bwrap``; satisfies `Sandbox`."""

    name = "bwrap"
    relocates = True
    gaps = (
        "memory, processes and disk are watched 20 times a second, so a burst can pass their limits for a moment",
        "the kernel is shared: a bug in it is a way out",
    )

    def __init__(self, program: str) -> None:
        self._program = program
        self._mark = tree.mark()
        adopt_orphans()
        tree.end_orphans()

    async def run(  # noqa: PLR0913 - the protocol's signature
        self,
        argv: Sequence[str],
        *,
        root: Path,
        writable: bool,
        limits: CommandLimits,
        env: Mapping[str, str],
        mounts: Sequence[Mount] = (),
        network: bool = False,
        inherit: Sequence[int] = (),
    ) -> Completed:
        """See `Sandbox.run`."""
        with ExitStack() as files:
            families = seccomp.NETWORK_FAMILIES if network else seccomp.LOCAL_FAMILIES
            filter_fd = _in_memory(files, seccomp.program(families))
            repository = git_entry.of(root)
            info_read, info_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            files.callback(os.close, info_read)
            files.callback(os.close, info_write)
            # No folder is passed: what bwrap does not know stays open for the command, and `..` leads out of a folder.
            passed = [*inherit, filter_fd, info_write]
            profile = [
                *_ISOLATION,
                *([] if network else ["--unshare-net"]),
                *("--seccomp", str(filter_fd), "--info-fd", str(info_write)),
                *_system(network=network),
                *_fresh(limits),
                *_own_files(files, passed, network=network),
                *(_bind(writable), str(root), WORKSPACE),
                *(("--ro-bind", str(root / ".git"), git_entry.PLACE) if repository else ()),
                *(part for mount in mounts for part in (_bind(mount.writable), str(mount.source), mount.target)),
                *("--remount-ro", "/", "--remount-ro", "/dev", "--chdir", WORKSPACE),
                *(part for name, value in _variables(env) for part in ("--setenv", name, value)),
            ]
            # By descriptor, so that the profile, which names paths of the host, is not in /proc/1/cmdline.
            profile_fd = _in_memory(files, "\0".join(profile).encode())
            command = [*git_entry.unchanged(repository), *_prlimit(limits), *argv]
            start = partial(
                Launched,
                [self._mark, "--args", str(profile_fd), "--", *command],
                program=self._program,
                inherit=[*passed, profile_fd],
                namespace=info_read,
            )
            return await supervise(start, limits=limits, folders=[root] if writable else [])


def _bind(writable: bool) -> str:  # noqa: FBT001 - one argument, and the name says it
    return "--bind" if writable else "--ro-bind"


def _variables(env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from {**env, "HOME": HOME, "TMPDIR": TMP}.items()


def _system(*, network: bool) -> Iterator[str]:
    for path in view.existing(view.SYSTEM):
        if os.path.islink(path):  # noqa: PTH114 - asked before every command
            yield from ("--symlink", os.readlink(path), path)  # noqa: PTH115 - as above
        else:
            yield from ("--ro-bind", path, path)
    for path in view.existing(view.ETC + (view.NETWORK_ETC if network else ())):
        yield from ("--ro-bind", path, path)
    for mount in view.toolchain():
        yield from ("--ro-bind", str(mount.source), mount.target)


def _fresh(limits: CommandLimits) -> Iterator[str]:
    # The kernel asks of its settings only who one is: for root, whoever that is inside, they would be there to write.
    yield from ("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev")
    for folder in ("/dev/shm", TMP):  # noqa: S108 - inside the sandbox
        yield from ("--perms", "1777", "--size", str(limits.tmp_bytes), "--tmpfs", folder)
    yield from ("--dir", HOME)


def _own_files(files: ExitStack, passed: list[int], *, network: bool) -> Iterator[str]:
    hosts = [] if network else [("/etc/hosts", _HOSTS)]
    for path, text in (("/etc/passwd", _PASSWD), ("/etc/group", _GROUP), *hosts):
        fd = _in_memory(files, text.encode())
        passed.append(fd)
        yield from ("--ro-bind-data", str(fd), path)


def _in_memory(files: ExitStack, content: bytes) -> int:
    """A descriptor from which ``content`` can be read once."""
    fd = kernel.unnamed_file("profile", content)
    files.callback(os.close, fd)
    return fd


def _prlimit(limits: CommandLimits) -> Sequence[str]:
    """The prefix that sets the kernel's limits; inside, so that processes are counted in the namespace alone.

    Not RLIMIT_AS, which breaks WebAssembly in node; RLIMIT_DATA counts only what is writable, thread stacks included,
    hence twice the limit of the memory watch.
    """
    return (
        "/usr/bin/prlimit",  # and not the first of that name on a path that a target's packages have a folder on
        f"--cpu={limits.cpu_seconds}:{limits.cpu_seconds + 5}",
        f"--fsize={limits.file_bytes}",
        f"--nofile={limits.open_files}",
        f"--nproc={limits.processes * 2}",
        f"--data={limits.memory * 2}",
        "--core=0",
        "--",
    )
