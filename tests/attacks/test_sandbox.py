"""What model-written code may try from inside a command; the numbers are the rows of docs/sandbox.md."""

import asyncio
import contextlib
import ctypes
import fcntl
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import psutil
import pytest
from agentctl.orchestrator.errors import DiskFull, PolicyViolation, SandboxUnavailable
from agentctl.orchestrator.gate.checkout import remove
from agentctl.orchestrator.ports import Completed
from agentctl.orchestrator.sandbox import git_entry
from agentctl.orchestrator.sandbox.attacks import lacks
from agentctl.orchestrator.sandbox.landlock import version
from agentctl.orchestrator.sandbox.port import CommandLimits, Sandbox

from ..sandboxes import sandbox_or_skip

PYTHON = str(Path(sys.executable).resolve())
LIMITS = CommandLimits(seconds=30, free_bytes=0)
Run = Callable[..., Awaitable[Completed]]


KINDS = ("bwrap", "landlock", "docker", "podman")


def lacking(*names: str) -> pytest.MarkDecorator:
    """For a test of an attack that these sandboxes do not hold: there it has to fail, so that what they say is true."""
    fails = pytest.mark.xfail(strict=True, reason="not held: docs/sandbox.md")
    given = [pytest.param(name, marks=[fails] if name in names else []) for name in KINDS]
    return pytest.mark.parametrize("sandbox", given, indirect=True)


@pytest.fixture(params=KINDS)
async def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return await sandbox_or_skip(request.param)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


@pytest.fixture
def run(sandbox: Sandbox, root: Path) -> Run:
    """Run a shell script, or with ``python=True`` a Python one, in the tree."""

    async def run(
        script: str, *, python: bool = False, limits: CommandLimits = LIMITS, writable: bool = True
    ) -> Completed:
        argv = [PYTHON, "-c", script] if python else ["/bin/sh", "-c", script]
        env = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
        return await sandbox.run(argv, root=root, writable=writable, limits=limits, env=env)

    return run


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "id_rsa"
    file.write_text("PRIVKEY\n")
    return file


def content(file: Path) -> str:
    return file.read_text()


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def seconds(test: int) -> str:
    """How long the commands of a test sleep: a figure that marks them, different in each worker of a parallel run."""
    return f"31.{test}{os.getpid()}"


def alive(marker: str) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            if any(marker in part for part in process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return [pid for pid in found if pid != os.getpid()]


# Files: rows 2 to 14


async def test_02_a_symbolic_link_in_the_tree_reaches_no_file_outside(run: Run, root: Path, secret: Path) -> None:
    (root / "link").symlink_to(secret)
    (root / "folder").symlink_to(secret.parent)
    done = await run(f"cat link; cat folder/{secret.name}; cat {secret}")
    assert "PRIVKEY" not in done.output


async def test_03_nothing_is_written_through_a_symbolic_link(run: Run, root: Path, secret: Path) -> None:
    (root / "link").symlink_to(secret)
    await run("echo changed >link; echo changed >>link")
    assert content(secret) == "PRIVKEY\n"


async def test_04_no_hard_link_to_a_file_outside(run: Run, root: Path, secret: Path) -> None:
    done = await run(f"ln {secret} mine && cat mine")
    assert done.exit != 0
    assert not (root / "mine").exists()


async def test_05_home_is_fresh_and_the_real_one_cannot_be_read(run: Run) -> None:
    done = await run(f"ls -A $HOME; ls {Path.home()}/.ssh {Path.home()}/.bashrc {Path.home()}/.config && echo read")
    assert "read\n" not in done.output.splitlines(keepends=True)
    assert (await run("touch $HOME/x; echo $HOME")).output.strip() != str(Path.home())
    assert (await run("ls -A $HOME")).output == ""


async def test_06_07_other_trees_cannot_be_read(run: Run, root: Path) -> None:
    other = root.parent / "other"
    other.mkdir()
    (other / ".env").write_text("KEY=PRIVKEY")
    done = await run(f"cat ../other/.env {other}/.env; ls ..")
    assert "PRIVKEY" not in done.output
    assert "other\n" not in done.output.splitlines(keepends=True)


async def test_08_variables_of_the_host_are_not_seen(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "PRIVKEY")
    done = await run("env; cat /proc/self/environ | tr '\\0' '\\n'")
    assert "PRIVKEY" not in done.output


async def test_09_nor_in_the_environment_of_any_process(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "PRIVKEY")
    done = await run("cat /proc/*/environ /proc/[0-9]*/environ | tr '\\0' '\\n'")
    assert "PRIVKEY" not in done.output


async def test_10_no_way_out_through_proc_or_sys(run: Run, secret: Path) -> None:
    done = await run(
        f"cat /proc/*/root{secret} /proc/*/cwd/{secret.name}; head -c 1 /proc/kcore | wc -c; ls /sys /proc/1/root/home"
    )
    assert "PRIVKEY" not in done.output
    assert "\n1\n" not in f"\n{done.output}"
    assert "kernel" not in done.output.split()


async def test_10_the_processes_of_the_host_are_not_listed(run: Run) -> None:
    done = await run("ls /proc | grep -c '^[0-9]'")
    assert int(done.output.splitlines()[-1]) < 8


async def test_11_nothing_outside_the_tree_can_be_written(run: Run, root: Path, sandbox: Sandbox) -> None:
    places = ["/usr/x", "/etc/x", "/x", "/bin/x", "/dev/x", "/lib/x", f"{sys.base_prefix}/x", str(root.parent / "x")]
    done = await run("".join(f"(echo x >{place}) 2>/dev/null && echo wrote {place}\n" for place in places))
    fresh = "/dev/x" if sandbox.name in ("docker", "podman") and os.getuid() == 0 else ""
    assert done.output == (f"wrote {fresh}\n" if fresh else "")
    assert (await run("cat /dev/x")).exit != 0
    assert not any(Path(place).exists() for place in places)


async def test_11_a_tree_that_is_not_writable_is_not_written(run: Run, root: Path) -> None:
    (root / "kept").write_text("kept")
    await run("echo x >new; echo x >kept; rm kept", writable=False)
    assert names(root) == ["kept"]
    assert content(root / "kept") == "kept"


@lacking("landlock")
@pytest.mark.parametrize("folder", [True, False])
async def test_12_13_the_git_entry_cannot_be_replaced(run: Run, root: Path, *, folder: bool) -> None:
    if folder:
        (root / ".git" / "hooks").mkdir(parents=True)
        (root / ".git" / "config").write_text("[core]\n")
    else:
        (root / ".git").write_text("gitdir: /elsewhere\n")
    done = await run(
        "(echo x >.git) 2>&1; mv .git other && echo moved; rm -rf .git && echo removed;"
        "ln -sfn /tmp .git && echo linked;"
        "(echo x >.git/hooks/pre-commit) && echo hooked; (echo x >>.git/config) && echo configured"
    )
    assert not {"moved", "removed", "linked", "hooked", "configured"} & set(done.output.split())
    assert (root / ".git").is_dir() is folder


@lacking("landlock")
async def test_12_a_git_entry_that_became_a_link_is_refused_and_not_followed(
    run: Run, root: Path, secret: Path
) -> None:
    (root / ".git").symlink_to(secret.parent)
    with pytest.raises(PolicyViolation):
        await run("cat .git/*")


@pytest.mark.parametrize("folder", [True, False])
async def test_49_no_descriptor_leads_out_of_the_view(run: Run, root: Path, *, folder: bool) -> None:
    if folder:
        (root / ".git").mkdir()
    else:
        (root / ".git").write_text("gitdir: /elsewhere\n")
    script = (
        "import os\nfor place in ['/proc/self/fd', '/proc/1/fd']:\n    try: found = [*os.scandir(place)]\n"
        "    except OSError: found = []\n"
        "    for each in found:\n        try: print(place, os.readlink(each.path))\n        except OSError: pass\n"
        "for fd in range(3, 1024):\n    try: os.fstat(fd)\n    except OSError: continue\n    print('open', fd)"
    )
    done = await run(script, python=True)
    held = {line.split()[1].split(":")[0] for line in done.output.splitlines() if line.startswith("/proc/")}
    assert "open" not in done.output.split()
    assert {name for name in held if not name.startswith("/proc/")} <= {"/dev/null", "pipe", "anon_inode"}


@lacking("landlock")
async def test_12_a_git_folder_that_becomes_another_while_a_command_starts_is_not_shown(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale(root, monkeypatch)
    (root / ".git").mkdir()
    (root / ".git" / "id_rsa").write_text("PRIVKEY")
    done = await run("cat .git/id_rsa")
    assert done.exit != 0
    assert "PRIVKEY" not in done.output


async def test_12_a_git_folder_that_becomes_a_link_while_a_command_starts_is_not_followed(
    run: Run, root: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale(root, monkeypatch)
    (root / ".git").symlink_to(secret.parent)
    with contextlib.suppress(SandboxUnavailable):  # podman mounts nothing at all where it meets a link
        done = await run(f"cat .git/{secret.name}")
        assert done.exit != 0
        assert "PRIVKEY" not in done.output


def stale(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a command that runs beside the next one takes .git away right after that one's sandbox has looked at it."""
    (root / ".git").mkdir()
    seen = git_entry.of(root)
    monkeypatch.setattr(git_entry, "of", lambda _: seen)
    (root / ".git").rename(root / "was")


# Resources: rows 23 to 34, 48


async def test_23_endless_output_is_cut_and_stopped(run: Run) -> None:
    done = await run("yes")
    assert (done.exit, done.stopped) == (None, "output")
    assert len(done.output) < 1_100_000
    assert "bytes left out" in done.output


async def test_24_bytes_that_are_no_text_do_no_harm(run: Run) -> None:
    done = await run(r"printf 'a\000\377\376b'")
    assert done.output == "a\0\ufffd\ufffdb"


async def test_26_a_fork_bomb_ends_without_a_trace(run: Run) -> None:
    limits = CommandLimits(seconds=5, processes=100, free_bytes=0)
    done = await run("f() { f | f & }; f; sleep " + seconds(26), limits=limits)
    assert done.exit is None
    assert done.stopped in ("memory", "time")
    assert alive(seconds(26)) == []


async def test_27_what_detached_itself_dies_with_the_command(run: Run) -> None:
    sleep = f"sleep {seconds(27)}"
    script = f"setsid nohup sh -c '{sleep}' >/dev/null 2>&1 & ({sleep} >/dev/null 2>&1 &) ; echo started"
    done = await run(script)
    assert (done.exit, done.stopped, done.output) == (0, "", "started\n")
    assert alive(seconds(27)) == []


async def test_28_a_command_that_ignores_sigterm_is_ended(run: Run) -> None:
    limits = CommandLimits(seconds=0.5, free_bytes=0)
    done = await run(f"trap '' TERM INT HUP; while :; do sleep {seconds(28)}; done", limits=limits)
    assert (done.exit, done.stopped) == (None, "time")
    assert alive(seconds(28)) == []


async def test_29_a_busy_loop_meets_its_processor_limit(run: Run) -> None:
    done = await run("while :; do :; done", limits=CommandLimits(seconds=30, cpu_seconds=1, free_bytes=0))
    assert (done.exit, done.stopped) == (None, "time")


async def test_30_one_process_that_takes_too_much_memory(run: Run) -> None:
    script = "blocks = []\nwhile True: blocks.append(bytearray(b'x') * 10_000_000)"
    done = await run(script, python=True, limits=CommandLimits(seconds=30, memory=200 << 20, free_bytes=0))
    assert done.exit != 0
    assert done.stopped == "memory" or "MemoryError" in done.output


async def test_31_many_processes_that_together_take_too_much(run: Run) -> None:
    script = (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n"
        f"        kept = bytearray(b'x') * 60_000_000\n        time.sleep({seconds(31)})\ntime.sleep({seconds(31)})"
    )
    done = await run(script, python=True, limits=CommandLimits(seconds=30, memory=300 << 20, free_bytes=0))
    assert (done.exit, done.stopped) == (None, "memory")
    assert alive(seconds(31)) == []


@pytest.mark.parametrize("call", ["memfd_create('x')", "memfd_create('x', 0)"])
async def test_31_memory_that_belongs_to_no_process_is_not_to_be_had(run: Run, call: str) -> None:
    done = await run(f"import os; os.{call}", python=True)
    assert "OSError" in done.output


async def test_32_one_file_cannot_grow_past_its_limit(run: Run, root: Path) -> None:
    limits = CommandLimits(seconds=30, file_bytes=1_000_000, free_bytes=0)
    done = await run("head -c 50000000 /dev/zero >big; echo ended", limits=limits)
    assert done.exit == 0
    assert (root / "big").stat().st_size <= 1_000_000


async def test_32_limits_are_not_set_by_a_program_of_the_tree(sandbox: Sandbox, root: Path) -> None:
    for name in ("prlimit", "stat", "sh"):
        (root / name).write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n')
        (root / name).chmod(0o755)
    (root / ".git").mkdir()
    done = await sandbox.run(
        ["/bin/sh", "-c", "head -c 50000000 /dev/zero >big; echo ended"],
        root=root,
        writable=True,
        limits=CommandLimits(seconds=30, file_bytes=1_000_000, free_bytes=0),
        env={"PATH": "/workspace:/usr/bin:/bin"},
    )
    assert "ended" in done.output
    assert (root / "big").stat().st_size <= 1_000_000


async def test_33_many_files_that_fill_the_disk(run: Run) -> None:
    script = "i=0; while :; do i=$((i+1)); head -c 1000000 /dev/zero >f$i; done"
    done = await run(script, limits=CommandLimits(seconds=60, disk_bytes=20_000_000, free_bytes=0))
    assert (done.exit, done.stopped) == (None, "disk")


@pytest.fixture
def shared_memory() -> Iterator[Path]:
    """A folder on a disk in memory, which nobody else fills meanwhile: the same test of the other sandbox waits."""
    disk = os.open("/dev/shm", os.O_RDONLY)
    fcntl.flock(disk, fcntl.LOCK_EX)
    try:
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            yield Path(folder)
    finally:
        os.close(disk)


async def test_33_a_command_that_takes_what_has_to_stay_free(sandbox: Sandbox, shared_memory: Path) -> None:
    free = shutil.disk_usage(shared_memory).free
    takes = min(100_000_000, free // 2)
    limits = CommandLimits(seconds=60, free_bytes=free - takes, disk_bytes=4 * takes)
    script = ["/bin/sh", "-c", "while :; do head -c 1000000 /dev/zero >>f; done"]
    done = await sandbox.run(script, root=shared_memory, writable=True, limits=limits, env={"PATH": "/usr/bin:/bin"})
    assert (done.exit, done.stopped) == (None, "disk")


async def test_33_on_a_disk_that_is_full_no_command_starts_and_none_is_blamed(run: Run, root: Path) -> None:
    with pytest.raises(DiskFull, match="make room"):
        await run("touch ran", limits=CommandLimits(seconds=60, free_bytes=1 << 60))
    assert not (root / "ran").exists()


@lacking("landlock")
async def test_34_tmp_has_a_size(run: Run) -> None:
    limits = CommandLimits(seconds=30, tmp_bytes=1_000_000, free_bytes=0)
    done = await run(
        "for d in /tmp $HOME /dev/shm; do head -c 5000000 /dev/zero >$d/x || rm -f $d/x; done", limits=limits
    )
    assert done.output.count("No space left") == 3


async def test_48_sleeping_is_measured_by_the_clock_of_the_host(run: Run) -> None:
    began = time.monotonic()
    done = await run(f"sleep {seconds(48)}", limits=CommandLimits(seconds=0.3, free_bytes=0))
    assert (done.exit, done.stopped) == (None, "time")
    assert done.seconds <= time.monotonic() - began


# Network and other processes: rows 36 to 45


async def test_36_the_network_and_the_loopback_of_the_host_are_out_of_reach(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        script = (
            "import socket\n"
            f"for place in (('127.0.0.1', {port}), ('192.0.2.1', 80), ('example.org', 80)):\n"
            "    try:\n        socket.create_connection(place, timeout=1)\n        print('reached', place)\n"
            "    except OSError as error:\n        print(type(error).__name__)"
        )
        done = await run(script, python=True)
    assert done.exit == 0
    assert "reached" not in done.output


async def test_37_unix_sockets_of_the_host_are_out_of_reach(run: Run, tmp_path: Path) -> None:
    place, abstract = str(tmp_path / "agent.sock"), f"\0agentctl-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as two:
        one.bind(place)
        one.listen()
        two.bind(abstract)
        two.listen()
        script = (
            "import socket\n"
            f"for place in ({place!r}, {abstract!r}):\n"
            "    try:\n        socket.socket(socket.AF_UNIX).connect(place)\n        print('reached', place)\n"
            "    except OSError as error:\n        print(type(error).__name__)"
        )
        done = await run(script, python=True)
    assert done.exit == 0
    assert "reached" not in done.output


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
