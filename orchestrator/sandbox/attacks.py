"""The attacks that a sandbox, and whoever reads what comes out of it, has to survive; and what each sandbox lacks.

One table for `agentctl doctor`, docs/sandbox.md and the tests in tests/attacks, which are named by these numbers. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Where = Literal["inside", "host"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One thing that model-written code, or a repository that is not ours, may try."""

    number: int
    tries: str
    holds: str
    """What stops it, in the sandbox of choice."""
    where: Where
    """``inside`` is the sandbox; ``host`` is where what came out is read, judged, shown or merged."""


def _inside(number: int, tries: str, holds: str) -> Attack:
    return Attack(number=number, tries=tries, holds=holds, where="inside")


def _host(number: int, tries: str, holds: str) -> Attack:
    return Attack(number=number, tries=tries, holds=holds, where="host")


ATTACKS = (
    _host(1, "a path that leads out of the tree", "paths are resolved beneath the tree's own descriptor"),
    _inside(2, "a symbolic link to a file outside, for reading", "not mounted; the host follows no link"),
    _inside(3, "writing through a symbolic link", "its target is not there"),
    _inside(4, "a hard link to a secret", "another mount; more than one link is refused"),
    _inside(5, "reading ~/.ssh, ~/.aws, .netrc", "not mounted; HOME is fresh for each command"),
    _inside(6, "reading .env of your checkout", "not mounted; ignored files are in no workspace"),
    _inside(7, "reading another worker's tree", "not mounted"),
    _inside(8, "secrets in variables", "the environment is a list of what is allowed"),
    _inside(9, "the environment of other processes", "the launcher starts with an empty one"),
    _inside(10, "/proc/PID/root, /proc/kcore, /sys", "a process namespace with a fresh /proc; no /sys"),
    _inside(11, "writing /usr, /etc and other trees", "read-only, or not there"),
    _inside(12, "replacing .git", "a read-only mount point, which cannot be moved"),
    _inside(13, "hooks, fsmonitor, aliases, filters in a git config", "not mounted; the host's git has them off"),
    _inside(14, "a repository inside the tree whose fsmonitor the host's git runs", "refused before git looks"),
    _host(15, ".gitattributes that name drivers", "drivers are in the config, which is ours"),
    _host(16, ".gitmodules with an address that is a command", "no protocol is allowed"),
    _host(17, "submodules and links in a patch", "only regular files pass"),
    _host(18, "conftest.py, pytest.ini, scripts that rewire tests", "guarded files; old tests are laid over"),
    _host(19, "deleting, skipping, weakening tests", "ids and outcomes are compared with the base"),
    _host(20, "editing the gate's own settings", "read from the base, outside the tree"),
    _host(21, "ending early and well, forged reports", "ids under a nonce, complete to the last line"),
    _host(22, "code that behaves while it is judged", "a fresh checkout in the same environment; console checks"),
    _inside(23, "endless output", "a megabyte is kept, at sixteen it is stopped"),
    _inside(24, "bytes that are no text", "replaced where they are decoded"),
    _host(25, "escape sequences, titles, bidirectional text", "shown as characters, obeyed by nothing"),
    _inside(26, "a fork bomb", "a limit of processes; the namespace ends at one stroke"),
    _inside(27, "setsid, nohup, double forks", "what is left dies with the namespace"),
    _inside(28, "ignoring SIGTERM", "SIGKILL to the first process of the namespace"),
    _inside(29, "a busy loop", "a limit of processor time, and the clock"),
    _inside(30, "one process that takes all memory", "the memory of the process tree is watched"),
    _inside(31, "many processes that together do", "the same; memory that belongs to no process is not given"),
    _inside(32, "a file that fills the disk", "a limit of file size"),
    _inside(33, "many files that fill the disk", "what is free is watched, and a floor kept"),
    _inside(34, "filling /tmp and /dev/shm", "a tmpfs with a size"),
    _host(35, "archives that explode, or unpack elsewhere", "the host unpacks nothing that came from a tree"),
    _inside(36, "the network, DNS, the loopback of the host", "a network namespace"),
    _inside(37, "Unix sockets: docker, dbus, ssh-agent, X11", "not mounted; a network namespace; a call filter"),
    _inside(38, "carrying data out through what is allowed", "host names on a list, no addresses, caps, a log"),
    _host(39, "carrying data out in prompts, branch names, commit texts", "secrets are taken out; names are ids"),
    _inside(40, "signals to processes outside", "a process namespace"),
    _inside(41, "ptrace, process_vm, /proc/PID/mem", "a process namespace and a call filter"),
    _inside(42, "namespaces of its own, mounts, pivot_root", "a call filter"),
    _inside(43, "setuid programs", "no new privileges, no capabilities"),
    _inside(44, "typing into your terminal", "a session of its own, a call filter, no stdin"),
    _inside(45, "leaving a sitecustomize, pip.conf or .pth for the next", "HOME is fresh; Python here runs isolated"),
    _host(46, "poisoning a shared cache of packages", "read-only inside; filled from trusted content only"),
    _host(47, "orders in files, in output, in documents", "fenced as data; what may be done is no matter of text"),
    _inside(48, "false clocks, long sleeps", "the clock of the host"),
    _inside(49, "a descriptor that was left open", "none is passed that leads to a folder"),
    _inside(50, "a lease on a file, so that the host waits for it", "a call filter"),
    _inside(51, "queues and semaphores that outlive the command", "an IPC namespace, or a call filter"),
    _inside(52, "settings of the kernel in /proc/sys, which root may write", "mounted read-only"),
    _inside(53, "folders without rights, so that nothing can be cleared away", "the host gives itself the rights"),
)

_LIMITS = frozenset({8, 23, 24, 28, 29, 30, 31, 32, 33, 44, 48})
"""What is held by limits and a clean environment alone."""
_INSIDE = frozenset(attack.number for attack in ATTACKS if attack.where == "inside")
_LANDLOCK: Mapping[int, str] = {
    12: "the tree is no mount, so a command can replace the .git of its workspace; the host trusts nothing in it",
    13: "so too the hooks and settings in it, which nothing of ours ever runs",
    34: "temporary files count as the command's disk, for there is no tmpfs of a size",
    38: "there is no network of its own that a list of hosts could be laid on: [egress] is refused",
}
_SIGNALS: Mapping[int, str] = {40: "signals reach your other processes before Linux 6.12"}
_SEATBELT: Mapping[int, str] = {
    26: "no kernel limit of processes: they are watched, and a fork bomb that leaves its session may outrun its end",
    27: "who leaves the session and the parent at once is not found again, for orphans come to nobody of ours",
    34: _LANDLOCK[34],
    38: _LANDLOCK[38],
}
"""By thinking alone: no attack was tried there."""
_SCOPED = 6
"""The version of Landlock that keeps signals inside."""


def lacks(name: str, *, landlock: int = _SCOPED) -> Mapping[int, str]:
    """Which attacks the sandbox of this name does not hold, and why; ``landlock`` is the kernel's version of it."""
    match name:
        case "bwrap" | "docker" | "podman":
            return {}
        case "landlock":
            return {**_LANDLOCK, **(_SIGNALS if landlock < _SCOPED else {})}
        case "seatbelt":
            return _SEATBELT
        case _:
            return dict.fromkeys(sorted(_INSIDE - _LIMITS), "nothing confines a command")
