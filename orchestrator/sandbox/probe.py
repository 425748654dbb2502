"""Finds out what can confine a command on this machine, by confining one."""

import shutil
import tempfile
from pathlib import Path
from typing import Literal, get_args

from .. import kernel
from ..errors import SandboxUnavailable, SettingsError
from .bwrap import Bubblewrap
from .container import Container
from .landlock import Landlock, Plain
from .port import CommandLimits, Sandbox
from .seatbelt import PROGRAM, Seatbelt

Kind = Literal["auto", "bwrap", "landlock", "seatbelt", "docker", "podman", "none"]

_INSTALL = (
    "install bubblewrap (Debian, Ubuntu: `apt install bubblewrap`; Fedora: `dnf install bubblewrap`; "
    "Arch: `pacman -S bubblewrap`). Where bwrap is installed and refused, as on Ubuntu 24.04, let it make user "
    "namespaces: write `abi <abi/4.0>, include <tunables/global> profile bwrap /usr/bin/bwrap flags=(unconfined) "
    "{ userns, }` to /etc/apparmor.d/bwrap and run `systemctl reload apparmor`. In a container, allow user namespaces, "
    "or use a kernel with Landlock (5.13 or later)"
)
_MAC = (
    "On macOS that is for sandbox-exec to do, which agentctl was never tried with: run it on Linux, in a virtual "
    "machine for instance, and please say what you saw"
)


_ON_LINUX = ("bwrap", "landlock", "docker", "podman")
_ON_MACOS = ("seatbelt", "docker", "podman")


async def probe(kind: str = "auto") -> Sandbox:
    """The sandbox to use: of the asked kind, or for ``auto`` the best that works here.

    Raises:
        SandboxUnavailable: it does not work here; says what to install.
        SettingsError: there is no such kind.
    """
    if kind not in get_args(Kind):
        raise SettingsError(f"sandbox is {kind!r}; choose one of {', '.join(get_args(Kind))}")
    if kind == "none":
        return Plain()
    failures = []
    for name in (_ON_MACOS if kernel.MACOS else _ON_LINUX) if kind == "auto" else (kind,):
        sandbox, problem = await _tried(name)
        if sandbox is not None:
            return sandbox
        failures.append(f"{name}: {problem}")
    todo = _MAC if kernel.MACOS else f"To run workers, {_INSTALL}"
    raise SandboxUnavailable(f"nothing here can confine a command ({'; '.join(failures)}). {todo}")


async def _tried(name: str) -> tuple[Sandbox | None, str]:
    if name == "seatbelt" and not kernel.MACOS:
        return None, "only macOS has it"
    program = "" if name == "landlock" else shutil.which(PROGRAM if name == "seatbelt" else name)
    if program is None:
        return None, "not installed"
    with tempfile.TemporaryDirectory(prefix="agentctl-") as root:
        try:
            sandbox = await _made(name, program)
            done = await sandbox.run(
                ["/bin/sh", "-c", "echo fine >probe && cat probe"],
                root=Path(root),
                writable=True,
                limits=CommandLimits(seconds=10, free_bytes=0),
                env={"PATH": "/usr/bin:/bin"},
            )
        except SandboxUnavailable as error:
            return None, str(error)
    if done.exit == 0 and done.output == "fine\n":
        return sandbox, ""
    return None, done.output.strip().replace("\n", "; ")[-300:] or f"exit code {done.exit}"


async def _made(name: str, program: str) -> Sandbox:
    if name == "bwrap":
        return Bubblewrap(program)
    if name == "landlock":
        return Landlock()
    if name == "seatbelt":
        confined = Seatbelt(program)
        await confined.prepare()
        return confined
    engine = Container(name, program)
    await engine.prepare()
    return engine
