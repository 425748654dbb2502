"""Commands in a container of docker or podman, where neither bubblewrap nor Landlock works.

The image is empty: what a command sees is mounted from the host, as under bubblewrap. The first process is launcher.py,
which sets limits and the system call filter; it ends, and with it the kernel ends all others, when we let go of its
input. So nothing outlives this process, even though the container is not below it.
"""

import asyncio
import contextlib
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from .. import kernel
from ..errors import SandboxUnavailable
from ..ports import Completed
from . import git_entry, seccomp, tree, view
from .handed import Handed, whole
from .landlock import LAUNCHER, kernel_limits
from .port import TMP, WORKSPACE, CommandLimits, Mount
from .process import Launched, supervise

IMAGE = "agentctl-empty:1"
_HOME = f"{TMP}/home"
_OURS = "/run/agentctl"
_STARTER = "/run/agentctl-launcher.py"
_PYTHON = str(Path(sys.executable).resolve())
_EMPTY_ARCHIVE = bytes(10_240)
_PASSED = ("PATH", "HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "DOCKER_", "CONTAINER_", "CONTAINERS_")
"""How the variables begin by which an engine finds its socket and its settings."""
_THREADS = "nproc=30000:30000"
_PATIENCE = 20.0
"""Seconds that an engine is given to end a container before its client is killed and the container left to follow."""


class Container:
    """Runs each command in a container of its own; satisfies `Sandbox`."""

    relocates = True
    gaps = (
        "memory, processes and disk are watched 20 times a second, so a burst can pass their limits for a moment",
        "the kernel is shared: a bug in it is a way out",
        "each command takes as long to start as a container does, some tenths of a second",
        "as root a command may write to its own /dev, 64 MB that end with it",
    )

    def __init__(self, name: str, program: str) -> None:
        self.name = name
        self._program = program

    async def prepare(self) -> None:
        """Make the empty image, unless it is there. Raises SandboxUnavailable where the engine does not answer."""
        known = await asyncio.to_thread(self._asked, "image", "inspect", IMAGE)
        if known.returncode:
            made = await asyncio.to_thread(self._asked, "import", "-", IMAGE, given=_EMPTY_ARCHIVE)
            if made.returncode:
                raise SandboxUnavailable(made.stderr.decode(errors="replace").strip()[-300:])

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
        """See `Sandbox.run`; of the descriptors in ``inherit``, pipes and files without a name can be given on."""
        with ExitStack() as used:
            fresh = Path(tempfile.mkdtemp(prefix="agentctl-"))
            used.callback(shutil.rmtree, fresh, ignore_errors=True)
            entry = git_entry.of(root)
            ours = fresh / "ours"
            ours.mkdir()
            handed = used.enter_context(Handed(ours, inherit))
            settings = _settings(
                [*git_entry.unchanged(entry), *argv], env, limits, handed=handed.names, network=network
            )
            told = handed.file("settings", json.dumps(settings).encode())
            said = kernel.unnamed_file("said")
            used.callback(os.close, said)
            name = f"agentctl-{uuid.uuid4().hex}"
            bound = [
                *_view(network=network),
                *_people(fresh),
                Mount(source=ours, target=_OURS, writable=True),
                Mount(source=root, target=WORKSPACE, writable=writable),
                *([Mount(source=root / ".git", target=git_entry.PLACE)] if entry else []),
                *mounts,
            ]
            options = [*self._options(name, limits, network=network), *_bound(bound)]
            start = partial(_Contained, self._program, options, name=name, said=said)
            done = await supervise(start, limits=limits, folders=[ours, *([root] if writable else [])])
            if not handed.taken("settings") and not done.stopped:
                raise SandboxUnavailable(f"{self.name} started no container: {_tail(said)}")
            handed.give_back()
            return replace(done, cpu_seconds=_used(told, otherwise=done.cpu_seconds))

    def _options(self, name: str, limits: CommandLimits, *, network: bool) -> Iterator[str]:
        yield from ("--rm", "--interactive", "--name", name, "--pull", "never", "--log-driver", "none")
        yield from ("--user", f"{os.getuid()}:{os.getgid()}", "--hostname", "sandbox", "--workdir", "/")
        if self.name == "podman":
            # podman's own can be more than one may have; the launcher lowers what counts.
            yield from ("--ulimit", f"nofile={limits.open_files}:{limits.open_files}", "--ulimit", _THREADS)
            yield "--read-only-tmpfs=false"
            yield from ("--userns", "keep-id") if os.getuid() else ()
        yield from ("--network", "host" if network else "none", "--ipc", "private", "--read-only")
        yield from ("--cap-drop", "ALL", "--security-opt", "no-new-privileges")
        # The watch comes first; where it does not see inside, in a machine of docker's own, these hold.
        yield from ("--pids-limit", str(limits.processes * 2))
        yield from ("--memory", str(limits.memory + 3 * limits.tmp_bytes))
        yield from ("--mount", "type=tmpfs,target=/sys,ro,tmpfs-size=0")
        temporary = f"{TMP}:exec,mode=1777,size={limits.tmp_bytes}"
        yield from ("--shm-size", str(limits.tmp_bytes), "--tmpfs", temporary)

    def _asked(self, *words: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        return _engine([self._program, *words], given=given)


def _settings(
    argv: Sequence[str], env: Mapping[str, str], limits: CommandLimits, *, handed: Sequence[str], network: bool
) -> dict[str, object]:
    """What launcher.py is told."""
    families = seccomp.NETWORK_FAMILIES if network else seccomp.LOCAL_FAMILIES
    return {
        "argv": argv,
        "env": {**env, "HOME": _HOME, "TMPDIR": TMP},
        "folder": WORKSPACE,
        "home": _HOME,
        "limits": kernel_limits(limits),
        "linux": True,
        "confined": True,
        "seccomp": seccomp.program(families).hex(),
        "handed": [f"{_OURS}/{name}" for name in handed],
    }


def _used(told: int, *, otherwise: float) -> float:
    """The processor time that launcher.py told at its end; it may have been killed before, or while it did."""
    try:
        return float(json.loads(whole(told))["cpu_seconds"])
    except (KeyError, ValueError):
        return otherwise


def _view(*, network: bool) -> Iterator[Mount]:
    etc = view.ETC + (view.NETWORK_ETC if network else ())
    yield from (Mount(source=Path(path), target=path) for path in view.existing(view.SYSTEM + etc))
    yield from view.toolchain()
    yield Mount(source=LAUNCHER, target=_STARTER)


def _people(folder: Path) -> Iterator[Mount]:
    """Who there is, in files that are made in ``folder``: root, and whoever the command runs as."""
    user, group = os.getuid(), os.getgid()
    passwd = f"root:x:0:0:root:/root:/bin/sh\nworker:x:{user}:{group}:worker:{_HOME}:/bin/sh\n"
    for name, text in (("passwd", passwd), ("group", f"root:x:0:\nworker:x:{group}:\n")):
        (folder / name).write_text(text)
        yield Mount(source=folder / name, target=f"/etc/{name}")


def _bound(mounts: Iterable[Mount]) -> Iterator[str]:
    """As options, whose values are lines of CSV."""
    for mount in mounts:
        line = io.StringIO()
        access = () if mount.writable else ("ro",)
        csv.writer(line, lineterminator="").writerow(
            ["type=bind", f"source={mount.source}", f"target={mount.target}", *access]
        )
        yield from ("--mount", line.getvalue())


class _Contained(Launched):
    """The client of an engine, and the container that it waits for."""

    def __init__(self, program: str, options: Sequence[str], *, name: str, said: int) -> None:
        self._argv = [_PYTHON, "-I", "-S", _STARTER, f"{_OURS}/settings", name]
        read_end, self._lifeline = os.pipe()
        try:
            super().__init__(
                [program, "run", *options, IMAGE, *self._argv], env=_environment(), given=read_end, errors=said
            )
        except BaseException:
            os.close(self._lifeline)
            raise
        finally:
            os.close(read_end)
        self._kill = [program, "kill", name]
        self._first: int | None = None

    @property
    def top(self) -> int:
        """The container's first process, as soon as it can be seen."""
        if self._first is None:
            self._first = tree.running(self._argv)
        return self._first or self.pid

    async def end(self) -> None:
        """Have the engine kill the container until its client has ended; a container can still be about to begin."""
        since = time.monotonic()
        while not self.ended.is_set():
            if time.monotonic() - since > _PATIENCE:
                tree.kill(self.pid)
            await asyncio.to_thread(_engine, self._kill)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ended.wait(), 0.05)

    def close(self) -> None:
        """Let go of the pipes: whatever still runs in the container ends."""
        super().close()
        os.close(self._lifeline)


def _engine(argv: Sequence[str], *, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(
            argv, input=given, capture_output=True, check=False, env=_environment(), timeout=_PATIENCE
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(argv, returncode=1, stdout=b"", stderr=b"it does not answer")


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(_PASSED)}


def _tail(said: int) -> str:
    return whole(said).decode(errors="replace").strip().replace("\n", "; ")[-300:] or "it says nothing"
