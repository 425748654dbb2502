"""Commands under sandbox-exec, which macOS brings. Written to what is documented of it; nobody has run it on a Mac.

The profile is in the language of sandbox(7), as far as published profiles show it: what is not allowed is denied, and
of two rules that fit the last one counts. Paths reach it as parameters, never as text of the profile, and as the kernel
sees them: with no symbolic link on the way. launcher.py stays outside; it starts sandbox-exec, which confines itself
and becomes the command.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import SandboxUnavailable
from . import git_entry, view
from .landlock import Launcher
from .port import CommandLimits

PROGRAM = "/usr/bin/sandbox-exec"
_UNTESTED = (
    "anything for sure: it is untested, written to what is documented of sandbox-exec; nobody has run agentctl on macOS"
)

_RULES = """\
(version 1)
(deny default)
(deny process-info* nvram* iokit-get-properties)
(allow process-fork process-exec)
(allow process-info* signal (target same-sandbox))
(allow sysctl-read
  (sysctl-name-prefix "hw.") (sysctl-name-prefix "kern.os") (sysctl-name-prefix "machdep.cpu.")
  (sysctl-name "kern.argmax") (sysctl-name "kern.boottime") (sysctl-name "kern.hostname")
  (sysctl-name "kern.maxfilesperproc") (sysctl-name "kern.maxproc") (sysctl-name "kern.ngroups")
  (sysctl-name "kern.secure_kernel") (sysctl-name "kern.usrstack64") (sysctl-name "kern.version")
  (sysctl-name "sysctl.proc_cputype") (sysctl-name "vm.loadavg"))
(allow system-socket (socket-domain AF_UNIX))
(allow mach-lookup
  (global-name "com.apple.bsd.dirhelper")
  (global-name "com.apple.system.notification_center")
  (global-name "com.apple.system.opendirectoryd.libinfo")
  (global-name "com.apple.system.opendirectoryd.membership"))
(allow file-read-metadata
  (literal "/dev") (literal "/etc") (literal "/private") (literal "/private/etc") (literal "/private/var")
  (literal "/tmp") (literal "/var"))
(allow file-read* (literal "/"))
(allow file-read* file-write-data
  (literal "/dev/null") (literal "/dev/zero") (literal "/dev/random") (literal "/dev/urandom"))
"""
"""The same for each command. `(deny default)` does not cover what the third line denies; other values of sysctl would
tell the variables of other processes; dyld of macOS 26 reads the root folder before any program begins."""
_NETWORK = """\
(allow system-socket)
(allow network-outbound
  (remote ip "*:*")
  (remote unix-socket (path-literal "/private/var/run/mDNSResponder")))
(allow mach-lookup
  (global-name "com.apple.SystemConfiguration.DNSConfiguration")
  (global-name "com.apple.SystemConfiguration.configd")
  (global-name "com.apple.dnssd.service")
  (global-name "com.apple.trustd.agent"))
(allow file-read*
  (literal "/private/etc/hosts") (literal "/private/etc/resolv.conf") (literal "/private/var/run/resolv.conf"))
"""
_NO_NETWORK = "(deny network*)\n"
_LAST = "(deny file-link file-write-setugid)\n"
"""A second name would lead past a rule about the first."""
_HOMEBREW = ("bin", "lib", "libexec", "opt", "share", "Cellar", "Frameworks")
"""What of a prefix of Homebrew are programs; its `var` and `etc` hold databases and settings of a person."""
_SYSTEM = (
    *("/bin", "/sbin", "/System", "/usr/bin", "/usr/lib", "/usr/libexec", "/usr/sbin", "/usr/share"),
    *("/Library/Apple", "/Library/Developer/CommandLineTools", "/Applications/Xcode.app/Contents/Developer"),
    *(f"{prefix}/{folder}" for prefix in ("/usr/local", "/opt/homebrew") for folder in _HOMEBREW),
    *("/private/etc/localtime", "/private/etc/passwd", "/private/etc/group", "/private/etc/protocols"),
    *("/private/etc/services", "/private/etc/ssl", "/private/var/db/dyld", "/private/var/db/timezone"),
    *("/private/var/db/xcode_select_link", "/private/var/select"),
)
"""Programs and libraries, and the few settings that libc, the shell and the compilers of Apple read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The folders and files of one command."""

    root: Path
    read: tuple[Path, ...]
    """Beside the root and what is written."""
    written: tuple[Path, ...]
    """Beneath these a command may write; the folders themselves stay as and where they are, and so does ``.git``."""
    network: bool = False


def arguments(seen: View) -> list[str]:
    """The options of sandbox-exec that confine a command to ``seen``."""
    parameters = {
        **_numbered("READ", [*map(Path, _SYSTEM), seen.root, *seen.read, *seen.written]),
        **_numbered("ABOVE", _above([seen.root, *seen.read, *seen.written])),
        **_numbered("WRITE", seen.written),
        "GIT": seen.root.resolve() / ".git",
    }
    told = [part for name, path in parameters.items() for part in ("-D", f"{name}={path}")]
    return ["-p", profile(tuple(parameters), network=seen.network), *told]


def profile(names: Sequence[str], *, network: bool) -> str:
    """The profile in which the parameters of these names stand for paths."""
    return "".join(
        (
            _RULES,
            _allowed("file-read*", [f'(subpath (param "{name}"))' for name in _of("READ", names)]),
            _allowed("file-read-metadata", [f'(literal (param "{name}"))' for name in _of("ABOVE", names)]),
            _allowed("file-write*", [_beneath(name) for name in _of("WRITE", names)]),
            '(deny file-write* (subpath (param "GIT")))\n',
            _NETWORK if network else _NO_NETWORK,
            _LAST,
        )
    )


class Seatbelt(Launcher):
    """Seatbelt, the sandbox of macOS, through sandbox-exec. Satisfies `Sandbox`."""

    name = "seatbelt"
    gaps = (
        _UNTESTED,
        "sandbox-exec is deprecated: a macOS to come may be without it",
        "commands see the real paths of this machine, though they can open only the system's and their own",
        "no sockets at all: tests that listen on loopback fail; no semaphores with a name, which multiprocessing wants",
        "the number of processes is only watched, as memory and disk are, and a fork bomb may outrun its end",
        "a process that at once leaves its session and its parent outlives its command",
    )
    _confined = False

    def __init__(self, program: str = PROGRAM) -> None:
        self._program = program

    async def prepare(self) -> None:
        """See that a file outside can be neither read nor written. Raises SandboxUnavailable where it can be."""
        with tempfile.TemporaryDirectory(prefix="agentctl-") as root, tempfile.NamedTemporaryFile(buffering=0) as other:
            other.write(b"open\n")
            done = await self.run(
                ["/bin/sh", "-c", 'cat <"$1"; echo lost >"$1"; true', "sh", other.name],
                root=Path(root),
                writable=True,
                limits=CommandLimits(seconds=10, free_bytes=0),
                env={"PATH": "/usr/bin:/bin"},
            )
            other.seek(0)
            if "open" in done.output.splitlines() or other.read() != b"open\n":
                raise SandboxUnavailable(f"{self._program} confines nothing here")

    def _prefixed(
        self, argv: Sequence[str], root: Path, *, read: Sequence[Path], written: Sequence[Path], network: bool
    ) -> list[str]:
        git_entry.of(root)
        tools = (mount.source for mount in view.toolchain())
        seen = View(root=root, read=(*read, *tools), written=tuple(written), network=network)
        return [self._program, *arguments(seen), "--", *argv]


def _numbered(kind: str, paths: Iterable[Path]) -> dict[str, Path]:
    """Each path once, by a name for it."""
    return {f"{kind}_{number}": path for number, path in enumerate(dict.fromkeys(path.resolve() for path in paths))}


def _above(paths: Iterable[Path]) -> Iterator[Path]:
    """The folders on the way to the paths, as they are spelled and as they are: programs ask for each what it is."""
    for path in paths:
        yield from (*path.parents, *path.resolve().parents)


def _of(kind: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(f"{kind}_")]


def _beneath(name: str) -> str:
    return f'(require-all (subpath (param "{name}")) (require-not (literal (param "{name}"))))'


def _allowed(operation: str, filters: Sequence[str]) -> str:
    """A rule; none without a filter, which would allow it everywhere."""
    return "\n  ".join([f"(allow {operation}", *filters]) + ")\n" if filters else ""
