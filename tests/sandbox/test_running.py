import asyncio
import contextlib
import errno
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import SandboxUnavailable, SettingsError
from agentctl.orchestrator.rules.manifests import setup_commands
from agentctl.orchestrator.sandbox import tree
from agentctl.orchestrator.sandbox.bwrap import Bubblewrap
from agentctl.orchestrator.sandbox.landlock import Plain, respell
from agentctl.orchestrator.sandbox.output import Kept
from agentctl.orchestrator.sandbox.port import CommandLimits, Mount, Sandbox
from agentctl.orchestrator.sandbox.probe import probe

from ..sandboxes import sandbox_or_skip

PYTHON = str(Path(sys.executable).resolve())
LIMITS = CommandLimits(seconds=30, free_bytes=0)
ENV = {"PATH": "/usr/bin:/bin"}


@pytest.fixture(params=["bwrap", "landlock", "docker", "podman", "none"])
async def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return await sandbox_or_skip(request.param)


async def test_exit_codes_and_output_come_back(sandbox: Sandbox, tmp_path: Path) -> None:
    for script, code, output in (("echo a; echo b >&2", 0, "a\nb\n"), ("exit 7", 7, ""), ("kill -9 $$", 137, "")):
        done = await sandbox.run(["/bin/sh", "-c", script], root=tmp_path, writable=True, limits=LIMITS, env=ENV)
        assert (done.exit, done.output, done.stopped) == (code, output, "")


async def test_a_program_that_is_missing_is_an_exit_code(sandbox: Sandbox, tmp_path: Path) -> None:
    done = await sandbox.run(["no-such-program"], root=tmp_path, writable=True, limits=LIMITS, env=ENV)
    assert done.exit not in (0, None)
    assert "no-such-program" in done.output


async def test_the_tree_is_at_workspace_and_variables_are_exact(sandbox: Sandbox, tmp_path: Path) -> None:
    env = {**ENV, "SOME": "/workspace/src:/workspace", "LITERAL": "a b $HOME"}
    argv = ["/bin/sh", "-c", 'pwd; echo "$SOME|$LITERAL"; cat /workspace/file || true']
    (tmp_path / "file").write_text("content\n")
    done = await sandbox.run(argv, root=tmp_path, writable=True, limits=LIMITS, env=env)
    root = "/workspace" if sandbox.relocates else str(tmp_path)
    assert done.output == f"{root}\n{root}/src:{root}|a b $HOME\ncontent\n"


async def test_mounts_and_inherited_descriptors(sandbox: Sandbox, tmp_path: Path) -> None:
    root, other = tmp_path / "tree", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    (other / "file").write_text("mounted\n")
    target = "/mounted" if sandbox.relocates else str(other)
    read_end, write_end = os.pipe()
    try:
        done = await sandbox.run(
            [PYTHON, "-c", f"import os; os.write({write_end}, b'said'); print(open('{target}/file').read())"],
            root=root,
            writable=False,
            limits=LIMITS,
            env=ENV,
            mounts=[Mount(source=other, target=target)],
            inherit=[write_end],
        )
        assert (done.output, os.read(read_end, 100)) == ("mounted\n\n", b"said")
    finally:
        os.close(read_end)
        os.close(write_end)


async def test_processor_time_of_the_whole_tree_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    script = f"{PYTHON} -I -S -c 'import time\nwhile time.process_time() < 0.2: pass'"
    done = await sandbox.run(
        ["/bin/sh", "-c", f"({script}); true"], root=tmp_path, writable=True, limits=LIMITS, env=ENV
    )
    assert done.exit == 0
    assert done.cpu_seconds >= 0.2


async def test_many_at_once(sandbox: Sandbox, tmp_path: Path) -> None:
    async def one(number: int) -> tuple[int | None, str]:
        argv = ["/bin/sh", "-c", f"echo {number}; exit {number}"]
        done = await sandbox.run(argv, root=tmp_path, writable=True, limits=LIMITS, env=ENV)
        return done.exit, done.output

    assert await asyncio.gather(*map(one, range(20))) == [(n, f"{n}\n") for n in range(20)]


async def test_descriptors_are_not_leaked(sandbox: Sandbox, tmp_path: Path) -> None:
    async def once() -> list[str]:
        await sandbox.run(["true"], root=tmp_path, writable=True, limits=LIMITS, env=ENV)
        return os.listdir("/proc/self/fd")  # noqa: PTH208 - numbers

    await once()
    before = await once()
    assert len(await once()) == len(before)


@pytest.mark.parametrize("sandbox", ["bwrap", "none"], indirect=True)
async def test_a_command_is_waited_for_where_no_more_files_can_be_opened(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(_: int) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "pidfd_open", refuses)
    script = ["/bin/sh", "-c", "echo x; exit 3"]
    done = await sandbox.run(script, root=tmp_path, writable=True, limits=LIMITS, env=ENV)
    assert (done.exit, done.output) == (3, "x\n")


@contextlib.contextmanager
def no_more_files() -> Iterator[None]:
    """As many are open as may be."""
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = [os.dup(0)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (held[0] + 50, usual[1]))
    try:
        with contextlib.suppress(OSError):
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        yield
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, usual)


@pytest.mark.parametrize("sandbox", ["bwrap", "none"], indirect=True)
@pytest.mark.parametrize(("script", "seconds", "exit_code"), [("sleep 0.3; exit 3", 30, 3), ("sleep 600", 0.5, None)])
async def test_a_command_is_watched_while_no_more_files_can_be_opened(
    sandbox: Sandbox, tmp_path: Path, script: str, seconds: float, exit_code: int | None
) -> None:
    limits, before = CommandLimits(seconds=seconds, free_bytes=0), set(tree.descendants(os.getpid()))
    argv = ["/bin/sh", "-c", f"touch began; {script}"]
    running = asyncio.create_task(sandbox.run(argv, root=tmp_path, writable=True, limits=limits, env=ENV))
    while not (tmp_path / "began").exists():  # noqa: ASYNC110 - what is waited for is a file
        await asyncio.sleep(0.01)
    with no_more_files():
        await asyncio.sleep(0.6)
    assert (await running).exit == exit_code
    assert set(tree.descendants(os.getpid())) <= before


async def test_a_launcher_that_is_gone_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailable, match="could not be started"):
        await Bubblewrap("/no/bwrap").run(["true"], root=tmp_path, writable=True, limits=LIMITS, env=ENV)


async def test_probing_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match="apt install bubblewrap"):
        await probe("bwrap")
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho bwrap: No permissions to create a new namespace; exit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    with pytest.raises(SandboxUnavailable, match="No permissions to create a new namespace"):
        await probe("bwrap")


async def test_kinds_are_checked_and_each_names_its_gaps() -> None:
    kinds = "auto, bwrap, landlock, seatbelt, docker, podman, none"
    with pytest.raises(SettingsError, match=f"'chroot'; choose one of {kinds}"):
        await probe("chroot")
    assert isinstance(await probe("none"), Plain)
    assert (await probe("none")).gaps


def test_only_whole_mentions_of_workspace_are_respelled() -> None:
    text = "/workspace /workspace/src:/workspace a/workspace /workspaces x=/workspace"
    assert respell(text, Path("/r")) == "/r /r/src:/r a/workspace /workspaces x=/r"


@pytest.mark.parametrize("size", [1, 7, 100])
def test_kept_output_has_both_ends_and_says_what_is_missing(size: int) -> None:
    kept = Kept(20)
    data = b"".join(b"%03d," % number for number in range(50))
    for start in range(0, len(data), size):
        kept.add(data[start : start + size])
    assert kept.text() == f"{data[:10].decode()}\n[... 180 bytes left out ...]\n{data[-10:].decode()}"


@pytest.mark.parametrize(
    ("manifests", "commands"),
    [
        ({}, ()),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, ()),
        ({"pyproject.toml": "[project]\nname = 'x'\nversion = '1'\n"}, ()),
        ({"pyproject.toml": "not toml ["}, ()),
        ({"pyproject.toml": "[project]\ndependencies = ['attrs']\n"}, ("python -m pip install -e .",)),
        (
            {"pyproject.toml": "[project]\ndependencies = ['a']\noptional-dependencies = {test = ['b'], x = []}\n"},
            ("python -m pip install -e '.[test]'",),
        ),
        (
            {"pyproject.toml": "[dependency-groups]\ndev = ['b>1', {include-group = 'more'}]\nmore = ['c']\n"},
            ("python -m pip install 'b>1' c",),
        ),
        ({"setup.py": ""}, ("python -m pip install -e .",)),
        (
            {"requirements.txt": "", "requirements-dev.txt": ""},
            ("python -m pip install -r requirements-dev.txt -r requirements.txt",),
        ),
        ({"uv.lock": "", "pyproject.toml": "[project]\ndependencies = ['a']\n"}, ("uv sync --frozen",)),
        ({"package.json": "{}"}, ()),
        ({"package.json": "{}", "package-lock.json": "{}"}, ("npm ci --no-audit --no-fund",)),
    ],
)
def test_setup_commands_follow_from_what_is_declared(manifests: dict[str, str], commands: tuple[str, ...]) -> None:
    given = {name: text.encode() for name, text in manifests.items()}
    assert setup_commands(given, uv=True) == commands


async def test_localhost_is_known_by_name_and_is_the_commands_own(tmp_path: Path) -> None:
    try:
        sandbox = await probe("bwrap")
    except SandboxUnavailable as error:
        pytest.skip(f"bwrap does not work here: {error}")
    script = (
        "import socket\nserver = socket.create_server(('localhost', 20001))\n"
        "socket.create_connection(('localhost', 20001)).close()\n"
        "print(socket.gethostbyname('localhost'), socket.gethostbyname(socket.gethostname()))"
    )
    done = await sandbox.run([PYTHON, "-c", script], root=tmp_path, writable=False, limits=LIMITS, env=ENV)
    assert (done.exit, done.output) == (0, "127.0.0.1 127.0.0.1\n")


async def test_shared_memory_is_given_in_segments_too_small_to_fill_the_memory(tmp_path: Path) -> None:
    try:
        sandbox = await probe("bwrap")
    except SandboxUnavailable as error:
        pytest.skip(f"bwrap does not work here: {error}")
    script = (
        "import ctypes\nshmget = ctypes.CDLL(None).shmget\n"
        "print([shmget(0, ctypes.c_size_t(size), 0o1600) >= 0 for size in (56, 4096, 4097, 1 << 20, 1 << 33)])"
    )
    done = await sandbox.run([PYTHON, "-c", script], root=tmp_path, writable=False, limits=LIMITS, env=ENV)
    assert (done.exit, done.output) == (0, "[True, True, False, False, False]\n")
