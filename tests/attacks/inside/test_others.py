"""What a command may try on the network, the kernel, other processes; the numbers are rows of docs/sandbox.md."""

import asyncio
import ctypes
import os
import socket
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from agentctl.orchestrator.gate.checkout import remove
from agentctl.orchestrator.sandbox.attacks import lacks
from agentctl.orchestrator.sandbox.landlock import version
from agentctl.orchestrator.sandbox.port import Sandbox

from .commands import PYTHON, Run, alive, seconds


async def _reaches_nothing(run: Run, places: Sequence[object], *, by: str) -> None:
    script = (
        f"import socket\nfor place in {list(places)!r}:\n"
        f"    try:\n        {by}\n        print('reached', place)\n"
        "    except OSError as error:\n        print(type(error).__name__)"
    )
    done = await run(script, python=True)
    assert done.exit == 0
    assert len(done.output.splitlines()) == len(places)
    assert "reached" not in done.output


async def test_36_the_network_and_the_loopback_of_the_host_are_out_of_reach(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        places = [("127.0.0.1", port), ("192.0.2.1", 80), ("example.org", 80)]
        await _reaches_nothing(run, places, by="socket.create_connection(place, timeout=1)")


async def test_37_unix_sockets_of_the_host_are_out_of_reach(run: Run, tmp_path: Path) -> None:
    place, abstract = str(tmp_path / "agent.sock"), f"\0agentctl-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as two:
        one.bind(place)
        one.listen()
        two.bind(abstract)
        two.listen()
        await _reaches_nothing(run, [place, abstract], by="socket.socket(socket.AF_UNIX).connect(place)")


@pytest.mark.parametrize("family", [40, 17, 38, 29])
async def test_37_no_sockets_of_families_that_know_no_namespace(run: Run, family: int) -> None:
    done = await run(f"import socket; socket.socket({family}, socket.SOCK_RAW)", python=True)
    assert "PermissionError" in done.output


async def test_40_signals_reach_nothing_outside(run: Run, sandbox: Sandbox) -> None:
    if 40 in lacks(sandbox.name, landlock=version()):
        pytest.skip("Landlock holds signals since Linux 6.12")
    victim = await asyncio.create_subprocess_exec("sleep", "31.4")
    try:
        done = await run(f"kill -9 {victim.pid} && echo killed; kill -9 {os.getpid()} && echo killed")
        assert "killed" not in done.output.split()
        assert victim.returncode is None
    finally:
        victim.kill()
        await victim.wait()


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (101, "ptrace"),
        (310, "process_vm_readv"),
        (425, "io_uring_setup"),
        (321, "bpf"),
        (250, "keyctl"),
        (304, "open_by_handle_at"),
        (298, "perf_event_open"),
        (438, "pidfd_getfd"),
    ],
)
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86_64")
async def test_41_calls_that_look_into_others_or_the_kernel(run: Run, number: int, name: str) -> None:
    script = (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"print(libc.syscall({number}, 16, 0, 0, 0, 0, 0), os.strerror(ctypes.get_errno()))"
    )
    done = await run(script, python=True)
    assert done.output == "-1 Operation not permitted\n", name


async def test_42_no_namespaces_and_no_mounts(run: Run) -> None:
    script = (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.unshare(0x10000000), libc.mount(b'none', b'/tmp', b'tmpfs', 0, None), libc.chroot(b'/tmp'))\n"
        "print(libc.clone(0, 0, 0x10000000 | 17, 0), libc.setns(0, 0))"
    )
    done = await run(script, python=True)
    assert done.output.split() == ["-1"] * 5


async def test_43_setuid_programs_give_nothing(run: Run) -> None:
    done = await run(
        "su -c 'echo rooted' </dev/null; sudo -n echo rooted; grep -E '^(CapEff|NoNewPrivs)' /proc/self/status; true"
    )
    assert "rooted" not in done.output.split()
    if "CapEff" in done.output:
        assert "CapEff:\t0000000000000000" in done.output
        assert "NoNewPrivs:\t1" in done.output


async def test_43_root_is_without_its_powers(run: Run) -> None:
    script = "import os\ntry:\n    os.chown('.', 12345, 12345); print('owned')\nexcept OSError: print('refused')"
    assert (await run(script, python=True)).output == "refused\n"


async def test_44_no_typing_into_the_terminal(run: Run) -> None:
    script = (
        "import fcntl, os\nfor request in (0x5412, 0x541C, 0xFFFFFFFF00005412 & 0xFFFFFFFF):\n"
        "    try:\n        fcntl.ioctl(0, request, b'x')\n        print('typed')\n"
        "    except OSError as error:\n        print(error.strerror)"
    )
    done = await run(script, python=True)
    assert done.output == "Operation not permitted\n" * 3
    assert (await run("tty; (echo x >/dev/tty) 2>&1 && echo wrote; cat")).output.count("wrote") == 0


async def test_45_what_one_command_leaves_in_home_does_not_meet_the_next(run: Run) -> None:
    await run(
        "mkdir -p $HOME/.config/pip $HOME/.local; echo poison >$HOME/.config/pip/pip.conf; echo poison >$TMPDIR/x"
    )
    done = await run("find $HOME $TMPDIR -type f")
    assert done.output == ""


async def test_cancelling_the_waiting_task_kills_everything(run: Run) -> None:
    sleep = f"sleep {seconds(99)}"
    for delay in (0.0, 0.002, 0.01, 0.1):
        task = asyncio.create_task(run(f"{sleep} & setsid {sleep} & {sleep}"))
        await asyncio.wait({task}, timeout=delay)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert alive(seconds(99)) == []


async def test_no_child_is_left_unreaped(run: Run) -> None:
    before = {child.pid for child in psutil.Process().children()}
    await asyncio.gather(*(run("sleep 0.01 & exit 3") for _ in range(8)))
    left = [child for child in psutil.Process().children() if child.pid not in before]
    assert [child for child in left if child.status() == psutil.STATUS_ZOMBIE] == []


async def test_50_no_lease_makes_the_host_wait_for_a_file(run: Run, root: Path) -> None:
    (root / "mine").write_text("x")
    script = (
        "import fcntl, os\n"
        f"for path in ('mine', {PYTHON!r}, '/usr/bin/env'):\n"
        "    try:\n        fcntl.fcntl(os.open(path, os.O_RDONLY), 1024, 1)\n        print('leased')\n"
        "    except OSError as error:\n        print(error.strerror)"
    )
    assert (await run(script, python=True)).output == "Operation not permitted\n" * 3


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86_64")
async def test_51_nothing_is_left_for_others_in_queues_and_semaphores_of_the_machine(run: Run) -> None:
    key = 0x61670000 + os.getpid() % 0xFFFF
    script = (
        "import ctypes\nlibc = ctypes.CDLL(None)\n"
        f"print(libc.syscall(68, {key}, 0o1666), libc.syscall(64, {key}, 1, 0o1666))"
    )
    await run(script, python=True)
    libc = ctypes.CDLL(None)
    found = (libc.syscall(68, key, 0), libc.syscall(64, key, 0, 0))
    if found[0] != -1:
        libc.syscall(71, found[0], 0, None)
    if found[1] != -1:
        libc.syscall(66, found[1], 0, 0)
    assert found == (-1, -1)


async def test_52_no_setting_of_the_kernel_can_be_written(run: Run) -> None:
    script = (
        "import os\n"
        "NULL = os.stat('/dev/null').st_rdev  # which a container has in the place of what it hides\n"
        "OWN = ('self', 'thread-self', 'pressure')  # what is written to the last asks to be woken, and sets nothing\n"
        "for top, folders, files in os.walk('/proc'):\n"
        "    folders[:] = [name for name in folders if not name.isdigit() and name not in OWN]\n"
        "    for name in files:\n"
        "        try: fd = os.open(os.path.join(top, name), os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)\n"
        "        except OSError: continue\n"
        "        if os.fstat(fd).st_rdev != NULL: print(os.path.join(top, name))\n"
        "for name in ('kernel/core_pattern', 'kernel/modprobe', 'vm/drop_caches'):\n"
        "    try: os.close(os.open(f'/proc/sys/{name}', os.O_WRONLY)); print(name)\n"
        "    except OSError: pass"
    )
    assert (await run(script, python=True)).output == ""


async def test_53_a_folder_without_rights_is_taken_away_all_the_same(run: Run, root: Path) -> None:
    await run("mkdir -p a/b && touch a/b/c && chmod 000 a/b/c a/b && chmod 500 a")
    remove(root)
    assert not root.exists()
