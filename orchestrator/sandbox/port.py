"""What a sandbox is: the protocol and the nouns its callers need. Starts nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..ports import Completed

WORKSPACE = "/workspace"
"""Where the root of a command's tree appears, in every sandbox that has a file view of its own."""
TMP = "/tmp"  # noqa: S108 - inside the sandbox, where it is fresh for each command
"""Where TMPDIR is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A file or folder of the host that a command may read, and the path at which it appears."""

    source: Path
    target: str
    writable: bool = False
    """Only for the setup of an environment, which fills a folder of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLimits:
    """What one command may use; sizes are in bytes, times in seconds.

    ``processes`` and ``memory`` are measured over the whole process tree several times a second, so a command can pass
    them for a moment; the kernel holds ``cpu_seconds``, ``file_bytes`` and ``open_files`` for each process.
    """

    seconds: float = 120.0
    cpu_seconds: int = 600
    memory: int = 2 << 30
    processes: int = 512
    open_files: int = 4096
    file_bytes: int = 512 << 20
    disk_bytes: int = 2 << 30
    """How much the command may add to its tree."""
    free_bytes: int = 512 << 20
    """A command is not started, or is stopped, when the disk under its tree has less than this left, or hardly any room
    for files; 0 for not looking."""
    tmp_bytes: int = 512 << 20
    output_bytes: int = 1_000_000
    """How much output is kept; the command is stopped at sixteen times as much."""


class Sandbox(Protocol):
    """Runs commands that nobody has read.

    ``root`` appears as `WORKSPACE` where ``relocates`` is true; elsewhere commands see its real path, and the sandbox
    respells arguments and variables that name `WORKSPACE`. The command's environment is exactly ``env`` plus HOME and
    TMPDIR, both fresh. Descriptors in ``inherit`` stay open under their own numbers.
    """

    @property
    def name(self) -> str:
        """``bwrap``, ``landlock``, ``seatbelt``, ``docker``, ``podman`` or ``none``."""
        ...

    @property
    def relocates(self) -> bool:
        """Whether the tree and the mounts appear at fixed paths rather than at their own."""
        ...

    @property
    def gaps(self) -> tuple[str, ...]:
        """What this sandbox does not hold, in words for a person."""
        ...

    async def run(  # noqa: PLR0913 - each is a part of what the command may see; none has a safe default
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
        """Run one command to its end, or to the first limit it meets.

        Everything it started is dead when this returns, also when the awaiting task is cancelled.

        Raises:
            DiskFull: the disk under the tree is full, and not through this command.
            PolicyViolation: the tree's ``.git`` is a symbolic link.
            SandboxUnavailable: the launcher itself could not be started.
        """
        ...
