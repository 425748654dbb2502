"""The system calls a command may not make, as a BPF program for the kernel. Computes bytes and nothing else.

The list is a deny list: what is missing from it is held by the namespaces, the empty capability set and
no_new_privs. Numbers are those of the kernel's arch/x86/entry/syscalls/syscall_64.tbl and
include/uapi/asm-generic/unistd.h; calls from 424 up have one number on both.
"""

import errno
import functools
import platform
import socket
import struct
from dataclasses import dataclass

from ..errors import SandboxUnavailable

_NETLINK = 16
LOCAL_FAMILIES = frozenset({int(socket.AF_UNIX), int(socket.AF_INET), int(socket.AF_INET6), _NETLINK})
"""Inside a network namespace of its own: Unix, loopback, and netlink, by which libc lists addresses."""
NETWORK_FAMILIES = frozenset({int(socket.AF_INET), int(socket.AF_INET6), _NETLINK})
"""On the host's network: no Unix sockets, because abstract ones would reach the host's services."""
NO_FAMILIES: frozenset[int] = frozenset()
"""Without any namespace: no sockets at all. ``socketpair`` is another call and stays."""

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06

_NEW_NAMESPACES = 0x7E020000  # CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}
_INJECT_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_SETLEASE = 1024
"""fcntl: a lease on a file of the person, also one that can only be read, lets whoever opens it wait for 45 s."""
_X32 = 0x40000000
_SMALL_SEGMENT = 4096
"""Bytes of shared memory that PostgreSQL's lock fits in; a namespace has at most 4096 segments, so 16 MB in all."""

_NEWER = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "process_mrelease": 448,
    "open_tree_attr": 467,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """One column of the kernel's tables: ``refused`` answer EPERM, ``absent`` ENOSYS, so that libraries fall back."""

    audit: int
    refused: dict[str, int]
    absent: dict[str, int]
    shmget: int
    """Absent too, but for what is small in an IPC namespace of its own."""
    shared: dict[str, int]
    """Refused where there is no IPC namespace: queues and semaphores of the whole machine, which outlive a command."""
    clone: int
    fcntl: int
    ioctl: int
    socket: int
    x32: bool


# The memory of a memfd or of System V segments belongs to no process, so the memory watch would not see it.
_X86_64 = Architecture(
    audit=0xC000003E,
    refused={
        "ptrace": 101,
        "syslog": 103,
        "uselib": 134,
        "vhangup": 153,
        "modify_ldt": 154,
        "pivot_root": 155,
        "adjtimex": 159,
        "chroot": 161,
        "acct": 163,
        "settimeofday": 164,
        "mount": 165,
        "umount2": 166,
        "swapon": 167,
        "swapoff": 168,
        "reboot": 169,
        "sethostname": 170,
        "setdomainname": 171,
        "iopl": 172,
        "ioperm": 173,
        "init_module": 175,
        "delete_module": 176,
        "quotactl": 179,
        "clock_settime": 227,
        "kexec_load": 246,
        "add_key": 248,
        "request_key": 249,
        "keyctl": 250,
        "unshare": 272,
        "perf_event_open": 298,
        "fanotify_init": 300,
        "name_to_handle_at": 303,
        "open_by_handle_at": 304,
        "clock_adjtime": 305,
        "setns": 308,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "kcmp": 312,
        "finit_module": 313,
        "kexec_file_load": 320,
        "bpf": 321,
        "userfaultfd": 323,
        **_NEWER,
    },
    absent={"memfd_create": 319, "clone3": 435, "memfd_secret": 447},
    shmget=29,
    shared={"semget": 64, "msgget": 68, "mq_open": 240},
    clone=56,
    fcntl=72,
    ioctl=16,
    socket=41,
    x32=True,
)
_AARCH64 = Architecture(
    audit=0xC00000B7,
    refused={
        "umount2": 39,
        "mount": 40,
        "pivot_root": 41,
        "chroot": 51,
        "vhangup": 58,
        "quotactl": 60,
        "acct": 89,
        "unshare": 97,
        "kexec_load": 104,
        "init_module": 105,
        "delete_module": 106,
        "clock_settime": 112,
        "syslog": 116,
        "ptrace": 117,
        "reboot": 142,
        "sethostname": 161,
        "setdomainname": 162,
        "settimeofday": 170,
        "adjtimex": 171,
        "add_key": 217,
        "request_key": 218,
        "keyctl": 219,
        "swapon": 224,
        "swapoff": 225,
        "perf_event_open": 241,
        "fanotify_init": 262,
        "name_to_handle_at": 264,
        "open_by_handle_at": 265,
        "clock_adjtime": 266,
        "setns": 268,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "kcmp": 272,
        "finit_module": 273,
        "bpf": 280,
        "userfaultfd": 282,
        "kexec_file_load": 294,
        **_NEWER,
    },
    absent={"memfd_create": 279, "clone3": 435, "memfd_secret": 447},
    shmget=194,
    shared={"mq_open": 180, "msgget": 186, "semget": 190},
    clone=220,
    fcntl=25,
    ioctl=29,
    socket=198,
    x32=False,
)
ARCHITECTURES = {"x86_64": _X86_64, "aarch64": _AARCH64}


@functools.cache
def program(families: frozenset[int], *, own_ipc: bool = True) -> bytes:
    """The filter for this machine, as an array of ``struct sock_filter``, allowing sockets of ``families`` only.

    ``own_ipc`` is whether there is an IPC namespace for the command alone.

    Raises:
        SandboxUnavailable: on a processor whose table is not known here.
    """
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise SandboxUnavailable(f"no system call filter is known for {machine}; use an x86_64 or aarch64 machine")
    return compiled(ARCHITECTURES[machine], families, own_ipc=own_ipc)


def compiled(table: Architecture, families: frozenset[int], *, own_ipc: bool = True) -> bytes:
    """The filter for one architecture."""
    code = [_step(_LOAD, _ARCH), _step(_EQUAL, table.audit, yes=1), _step(_RETURN, _KILL), _step(_LOAD, _NUMBER)]
    if table.x32:
        code += [_step(_AT_LEAST, _X32, no=1), _answer(errno.EPERM)]
    for number in sorted([*table.refused.values(), *(() if own_ipc else table.shared.values())]):
        code += [_step(_EQUAL, number, no=1), _answer(errno.EPERM)]
    for number in sorted(table.absent.values()):
        code += [_step(_EQUAL, number, no=1), _answer(errno.ENOSYS)]
    code += _on_call(table.clone, argument=0, steps=[_step(_ANY_BIT, _NEW_NAMESPACES, no=1), _answer(errno.EPERM)])
    if own_ipc:
        code += _small_segments(table.shmget)
    else:
        code += [_step(_EQUAL, table.shmget, no=1), _answer(errno.ENOSYS)]
    inject = [step for request in _INJECT_INPUT for step in (_step(_EQUAL, request, no=1), _answer(errno.EPERM))]
    code += _on_call(table.ioctl, argument=1, steps=inject)
    code += _on_call(table.fcntl, argument=1, steps=[_step(_EQUAL, _SETLEASE, no=1), _answer(errno.EPERM)])
    allowed = [step for family in sorted(families) for step in (_step(_EQUAL, family, no=1), _step(_RETURN, _ALLOW))]
    code += _on_call(table.socket, argument=0, steps=[*allowed, _answer(errno.EPERM)])
    return b"".join([*code, _step(_RETURN, _ALLOW)])


def _small_segments(number: int) -> list[bytes]:
    high = [_step(_LOAD, _ARGUMENTS + 8 + 4), _step(_EQUAL, 0, yes=1), _answer(errno.ENOSYS)]
    low = [_step(_LOAD, _ARGUMENTS + 8), _step(_AT_LEAST, _SMALL_SEGMENT + 1, no=1), _answer(errno.ENOSYS)]
    body = [*high, *low, _step(_RETURN, _ALLOW)]
    return [_step(_EQUAL, number, no=len(body)), *body]


def _on_call(number: int, *, argument: int, steps: list[bytes]) -> list[bytes]:
    # Only the low half of an argument is compared: the kernel itself takes these four as 32 bits.
    body = [_step(_LOAD, _ARGUMENTS + 8 * argument), *steps, _step(_RETURN, _ALLOW)]
    return [_step(_EQUAL, number, no=len(body)), *body]


def _answer(code: int) -> bytes:
    return _step(_RETURN, _ERRNO | code)


def _step(operation: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("<HBBI", operation, yes, no, value)
