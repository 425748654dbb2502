"""Commands started through launcher.py: under Landlock and a system call filter, or with limits alone.

Where the kernel is not Linux, seatbelt.py puts a confinement of its own before the command.

There is no file view of its own, so a command sees real paths, and whatever names /workspace is respelled.
"""

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from .. import kernel
from ..ports import Completed
from . import seccomp, view
from .port import WORKSPACE, CommandLimits, Mount
from .process import Launched, supervise
from .strays import Unadopted

LAUNCHER = Path(__file__).with_name("launcher.py")
_CREATE_RULESET = 444
_WORKSPACE = re.compile(rf"(?<![\w./-]){re.escape(WORKSPACE)}(?![\w.-])")


class Launcher:
    """Runs commands under launcher.py; the base of the sandboxes without namespaces."""

    name: str
    gaps: tuple[str, ...]
    relocates = False
    _confined: bool

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
        with ExitStack() as used:
            fresh = Path(tempfile.mkdtemp(prefix="agentctl-"))
            used.callback(shutil.rmtree, fresh, ignore_errors=True)
            (fresh / "home").mkdir()
            written = [fresh, *([root] if writable else []), *(mount.source for mount in mounts if mount.writable)]
            settings = {
                "argv": self._prefixed(
                    [respell(part, root) for part in argv],
                    root,
                    read=[mount.source for mount in mounts],
                    written=written,
                    network=network,
                ),
                "linux": kernel.LINUX,
                "env": {name: respell(value, root) for name, value in env.items()}
                | {"HOME": str(fresh / "home"), "TMPDIR": str(fresh)},
                "folder": str(root),
                "limits": kernel_limits(limits),
                **({"processes": limits.processes * 2} if kernel.LINUX else {}),
                **self._confinement([root, *(mount.source for mount in mounts)], written, network=network),
            }
            fd = kernel.unnamed_file("settings", json.dumps(settings).encode())
            used.callback(os.close, fd)
            argv = [sys.executable, "-I", "-S", str(LAUNCHER), str(fd)]
            launched = Launched if kernel.LINUX else Unadopted
            return await supervise(partial(launched, argv, inherit=[*inherit, fd]), limits=limits, folders=written)

    def _prefixed(
        self, argv: Sequence[str], root: Path, *, read: Sequence[Path], written: Sequence[Path], network: bool
    ) -> list[str]:
        """What the launcher starts: the command, here as it is."""
        del root, read, written, network
        return list(argv)

    def _confinement(self, read: Sequence[Path], written: Sequence[Path], *, network: bool) -> dict[str, object]:
        if not self._confined:
            return {"confined": False}
        system = view.existing(view.SYSTEM + view.ETC + (view.NETWORK_ETC if network else ()))
        prefixes = [*read, *(mount.source for mount in view.toolchain())]
        families = seccomp.NETWORK_FAMILIES if network else seccomp.NO_FAMILIES
        return {
            "confined": True,
            "read": [*system, *map(str, prefixes), "/proc/cpuinfo", "/proc/meminfo", "/proc/sys/kernel", "/etc/passwd"],
            "write": [str(folder) for folder in written],
            "devices": list(view.DEVICES),
            "network": network,
            "seccomp": seccomp.program(families, own_ipc=False).hex(),
        }


class Landlock(Launcher):
    """Landlock and seccomp: where user namespaces are not to be had. Satisfies `Sandbox`."""

    name = "landlock"
    gaps = (
        "commands see the real paths of this machine, though they can open only the system's and their own",
        "no sockets at all: tests that listen on loopback fail",
        "no /proc but for a few files",
        "as root the number of processes is only watched, and a fork bomb that leaves its session may outrun its end",
        "before Linux 6.12 a command may send signals to your other processes",
        "the metadata (names, sizes) of files that cannot be opened can be read",
    )
    _confined = True


class Plain(Launcher):
    """Limits, a fresh HOME and a clean environment, and nothing else: for code that is our own. Satisfies `Sandbox`."""

    name = "none"
    gaps = ("commands can read and write whatever you can, and use the network",)
    _confined = False


def version() -> int:
    """Which Landlock this kernel has; 0 for none."""
    if not kernel.LINUX:
        return 0
    import ctypes  # noqa: PLC0415 - milliseconds that only who asks should pay

    return max(0, int(ctypes.CDLL(None).syscall(_CREATE_RULESET, None, 0, 1)))


def respell(value: str, root: Path) -> str:
    """``value`` with each mention of /workspace as a path of its own turned into ``root``."""
    return _WORKSPACE.sub(lambda _: str(root), value)


def kernel_limits(limits: CommandLimits) -> dict[str, tuple[int, int]]:
    """Soft and hard limits by their names in the resource module.

    Without a user namespace RLIMIT_NPROC counts everything the person runs, so the launcher adds that up itself.
    """
    return {
        "RLIMIT_CPU": (limits.cpu_seconds, limits.cpu_seconds + 5),
        "RLIMIT_FSIZE": (limits.file_bytes, limits.file_bytes),
        "RLIMIT_NOFILE": (limits.open_files, limits.open_files),
        "RLIMIT_DATA": (limits.memory * 2, limits.memory * 2),
        "RLIMIT_CORE": (0, 0),
    }
