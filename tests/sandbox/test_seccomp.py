import re
import struct
from pathlib import Path

import pytest
from agentctl.orchestrator.sandbox.seccomp import ARCHITECTURES, LOCAL_FAMILIES, NO_FAMILIES, compiled

ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


def answer(program: bytes, *, arch: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """Runs a filter as the kernel would."""
    data = struct.pack("<IIQ6Q", number, arch, 0, *(*arguments, *[0] * 6)[:6])
    code = [struct.unpack_from("<HBBI", program, at) for at in range(0, len(program), 8)]
    at = accumulator = 0
    while True:
        operation, yes, no, value = code[at]
        at += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif operation == 0x06:
            return value
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}
            at += yes if holds[operation] else no


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_every_refused_call_is_refused_and_others_are_not(machine: str) -> None:
    table = ARCHITECTURES[machine]
    program = compiled(table, NO_FAMILIES)
    alone = compiled(table, NO_FAMILIES, own_ipc=False)
    special = {table.clone, table.fcntl, table.ioctl, table.socket, table.shmget}
    for number in range(512):
        expected = ALLOW
        if number in table.refused.values():
            expected = EPERM
        if number in table.absent.values():
            expected = ENOSYS
        if number not in special:
            assert answer(program, arch=table.audit, number=number) == expected, number
            shared = EPERM if number in table.shared.values() else expected
            assert answer(alone, arch=table.audit, number=number) == shared, number


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_arguments_decide_on_clone_ioctl_socket_and_shared_memory(machine: str) -> None:
    table = ARCHITECTURES[machine]

    def asked(number: int, *arguments: int, families: frozenset[int] = LOCAL_FAMILIES) -> int:
        return answer(compiled(table, families), arch=table.audit, number=number, arguments=arguments)

    assert asked(table.clone, 0x01200011) == ALLOW
    assert asked(table.clone, 0x10000000 | 17) == EPERM
    assert asked(table.clone, 1 << 32 | 0x00020000) == EPERM
    assert [asked(table.ioctl, 0, request) for request in (0x5401, 0x5412, 1 << 32 | 0x5412, 0x541C)] == [
        ALLOW,
        EPERM,
        EPERM,
        EPERM,
    ]
    assert [asked(table.socket, family) for family in (1, 2, 10, 16, 17, 38, 40)] == [ALLOW] * 4 + [EPERM] * 3
    assert asked(table.socket, 1, families=NO_FAMILIES) == EPERM
    sizes = (0, 56, 4096, 4097, 1 << 32, 1 << 63)
    assert [asked(table.shmget, 0, size) for size in sizes] == [ALLOW] * 3 + [ENOSYS] * 3
    alone = compiled(table, NO_FAMILIES, own_ipc=False)
    assert answer(alone, arch=table.audit, number=table.shmget, arguments=(0, 56)) == ENOSYS
    assert [asked(table.fcntl, 5, command) for command in (1, 1030, 1024, 1 << 32 | 1024)] == [ALLOW] * 2 + [EPERM] * 2


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_another_architecture_ends_the_process(machine: str) -> None:
    table = ARCHITECTURES[machine]
    assert answer(compiled(table, NO_FAMILIES), arch=0x40000003, number=1) == KILL


def test_the_second_numbering_of_x86_64_is_refused() -> None:
    table = ARCHITECTURES["x86_64"]
    assert answer(compiled(table, NO_FAMILIES), arch=table.audit, number=0x40000000 | 101) == EPERM


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_numbers_are_those_of_the_kernel(machine: str) -> None:
    header = HEADERS[machine]
    if not header.exists():
        pytest.skip(f"{header} is missing: install linux-libc-dev")
    text = header.read_text()
    known = {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    table = ARCHITECTURES[machine]
    ours = {**table.refused, **table.absent, **table.shared, "socket": table.socket, "shmget": table.shmget}
    ours |= {"clone": table.clone, "fcntl": table.fcntl, "ioctl": table.ioctl}
    assert {name: number for name, number in ours.items() if known.get(name, number) != number} == {}
