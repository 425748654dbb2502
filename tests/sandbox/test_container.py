"""What only containers do; the rest is tested with the other sandboxes, and attacked in tests/attacks."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from agentctl.orchestrator.errors import SandboxUnavailable
from agentctl.orchestrator.sandbox.container import Container
from agentctl.orchestrator.sandbox.handed import Handed
from agentctl.orchestrator.sandbox.port import CommandLimits, Mount, Sandbox

from ..sandboxes import sandbox_or_skip

LIMITS = CommandLimits(seconds=30, free_bytes=0)
ENV = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def engine(tmp_path: Path) -> Callable[[str], Container]:
    """A client that says on its error output what it was told, and does what the script says."""

    def make(script: str) -> Container:
        program = tmp_path / "docker"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return Container("docker", str(program))

    return make


async def test_an_engine_that_starts_nothing_is_no_failed_command(
    engine: Callable[[str], Container], tmp_path: Path
) -> None:
    broken = engine('echo "Cannot connect to the Docker daemon" >&2; exit 125')
    with pytest.raises(SandboxUnavailable, match="docker started no container: Cannot connect to the Docker daemon"):
        await broken.run(["true"], root=tmp_path, writable=True, limits=LIMITS, env=ENV)
    with pytest.raises(SandboxUnavailable, match="Cannot connect"):
        await broken.prepare()


async def test_the_image_is_made_where_there_is_none(engine: Callable[[str], Container], tmp_path: Path) -> None:
    made = tmp_path / "made"
    await engine(f'[ "$1" = import ] && wc -c >{made}').prepare()
    assert int(made.read_text()) == 10_240


async def test_what_a_command_is_allowed_is_what_the_engine_is_told(
    engine: Callable[[str], Container], tmp_path: Path
) -> None:
    told = tmp_path / "told"
    odd = tmp_path / 'a,"b'
    odd.mkdir()
    with pytest.raises(SandboxUnavailable):
        await engine(f'printf "%s\\n" "$@" >{told}').run(
            ["true"], root=tmp_path, writable=False, limits=LIMITS, env=ENV, mounts=[Mount(source=odd, target="/odd")]
        )
    words = told.read_text().splitlines()
    for option, value in {"--network": "none", "--cap-drop": "ALL", "--security-opt": "no-new-privileges"}.items():
        assert words[words.index(option) + 1] == value
    assert "--read-only" in words
    assert f"type=bind,source={tmp_path},target=/workspace,ro" in words
    doubled = str(odd).replace('"', '""')
    assert f'type=bind,"source={doubled}",target=/odd,ro' in words
    assert "docker.sock" not in told.read_text()


async def test_a_client_that_hangs_is_ended_with_the_clock(
    engine: Callable[[str], Container], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentctl.orchestrator.sandbox.container._PATIENCE", 0.3)
    hanging = engine('[ "$1" = run ] && exec sleep 60')
    done = await hanging.run(
        ["true"], root=tmp_path, writable=True, limits=CommandLimits(seconds=0.2, free_bytes=0), env=ENV
    )
    assert (done.exit, done.stopped) == (None, "time")


def test_pipes_and_files_are_handed_on_and_sockets_are_not(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    memory = os.memfd_create("memory")
    os.write(memory, b"before")
    os.write(write_end, b"once")
    os.close(write_end)
    back, written = os.pipe()
    with Handed(tmp_path, [read_end, memory, written]) as handed:
        assert (tmp_path / str(read_end)).read_bytes() == b"once"
        assert (tmp_path / str(memory)).read_bytes() == b"before"
        (tmp_path / str(memory)).write_bytes(b"before and after")
        (tmp_path / f"{written}.pipe").write_bytes(b"said")
        assert not handed.taken(str(memory))
        handed.give_back()
    assert os.read(back, 100) == b"said"
    assert os.pread(memory, 100, 0) == b"before and after"
    one, other = socket.socketpair()
    with one, other, pytest.raises(SandboxUnavailable, match="no other descriptors"):
        Handed(tmp_path, [one.fileno()]).__enter__()
    for fd in (read_end, memory, back, written):
        os.close(fd)


@pytest.fixture(params=["docker", "podman"])
async def container(request: pytest.FixtureRequest) -> Sandbox:
    return await sandbox_or_skip(request.param)


async def test_whoever_runs_has_a_name(container: Sandbox, tmp_path: Path) -> None:
    done = await container.run(
        ["/bin/sh", "-c", "id -un; ls /run/agentctl"], root=tmp_path, writable=False, limits=LIMITS, env=ENV
    )
    assert done.output == ("root\n" if os.getuid() == 0 else "worker\n")


ALONE = """
import asyncio, sys
from pathlib import Path
from agentctl.orchestrator.sandbox.port import CommandLimits
from agentctl.orchestrator.sandbox.probe import probe

async def main():
    sandbox = await probe(sys.argv[1])
    await sandbox.run(["/bin/sh", "-c", "echo begun >begun; exec sleep 3131"], root=Path(sys.argv[2]), writable=True,
                      limits=CommandLimits(seconds=60, free_bytes=0), env={"PATH": "/usr/bin:/bin"})

asyncio.run(main())
"""


def sleeping() -> bool:
    return any(each.info["cmdline"] == ["sleep", "3131"] for each in psutil.process_iter(["cmdline"]))


async def test_nothing_outlives_whoever_started_it(container: Sandbox, tmp_path: Path) -> None:
    alone = await asyncio.create_subprocess_exec(sys.executable, "-c", ALONE, container.name, str(tmp_path))
    deadline = time.monotonic() + 30
    while not (tmp_path / "begun").exists():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    assert sleeping()
    alone.kill()
    await alone.wait()
    while sleeping():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
