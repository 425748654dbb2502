"""Services beside a command, in the real sandbox: a server of Python's own library stands for any other."""

import asyncio
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import ServiceFailed, SettingsError
from agentctl.orchestrator.nouns.services import Service
from agentctl.orchestrator.sandbox.landlock import Landlock, Plain
from agentctl.orchestrator.sandbox.port import CommandLimits, Sandbox
from agentctl.orchestrator.sandbox.served import Served

from ..sandboxes import sandbox_or_skip

PYTHON = str(Path(sys.executable).resolve())
LIMITS = CommandLimits(seconds=30, free_bytes=0)
ENV = {"PATH": "/usr/bin:/bin"}
PORT = 20_001
SERVER = """
import os, socket, sys
print("about to listen", flush=True)
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    one, _ = server.accept()
    if one.recv(100) == b"end":
        print("told to end", flush=True)
        os._exit(3)
    one.sendall(f"{sys.argv[2]} in {os.getcwd()} {os.environ.get('PYTHONPATH')}".encode())
    one.close()
"""
ASK = """
import socket, sys
for port in sys.argv[2:]:
    with socket.create_connection(("127.0.0.1", int(port))) as server:
        server.sendall(sys.argv[1].encode())
        print(server.recv(1000).decode())
"""


def service(name: str = "echo", *, says: str = "it", port: int = PORT, **more: object) -> Service:
    return replace(Service(name=name, command=(PYTHON, "-c", SERVER, str(port), says), port=port), **more)


def ask(*ports: int, say: str = "hello") -> list[str]:
    return [PYTHON, "-c", ASK, say, *map(str, ports)]


@pytest.fixture(params=["bwrap", "docker", "podman"])
async def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return await sandbox_or_skip(request.param)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


async def failed(sandbox: Sandbox, root: Path, *services: Service, argv: list[str] | None = None) -> ServiceFailed:
    served = Served(sandbox, services, python=PYTHON)
    with pytest.raises(ServiceFailed) as raised:
        await served.run(argv or ["touch", "ran"], root=root, writable=True, limits=LIMITS, env=ENV)
    return raised.value


@contextmanager
def taken(port: int) -> Iterator[list[str]]:
    """Somebody listens there on the host; yields who came."""
    came: list[str] = []
    with socket.create_server(("127.0.0.1", port)) as server:

        def listen() -> None:
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                came.append("somebody")
                one.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield came
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


async def test_a_command_finds_services_up_each_in_a_folder_of_its_own_and_without_the_trees_modules(
    sandbox: Sandbox, root: Path
) -> None:
    services = (service(), service("other", says="that", port=PORT + 1, env={"OTHER": "20002"}))
    served = Served(sandbox, services, python=PYTHON)
    argv = ["/bin/sh", "-c", 'pwd; echo "$OTHER $PYTHONPATH"; "$@"; exit 7', "sh", *ask(PORT, PORT + 1)]
    env = {**ENV, "PYTHONPATH": "/workspace"}
    done = await served.run(argv, root=root, writable=True, limits=LIMITS, env=env)
    said = ["it in /tmp/services/echo None", "that in /tmp/services/other None"]
    assert (done.exit, done.output.splitlines()) == (7, ["/workspace", "20002 /workspace", *said])
    assert list(root.iterdir()) == []


async def test_a_port_of_a_service_is_no_port_of_the_host(sandbox: Sandbox, root: Path) -> None:
    served = Served(sandbox, [service()], python=PYTHON)
    with taken(PORT) as came:
        done = await served.run(ask(PORT), root=root, writable=False, limits=LIMITS, env=ENV)
    assert (done.exit, done.output.split()[0], came) == (0, "it", [])


async def test_two_sandboxes_have_the_same_port_at_once_without_a_clash(sandbox: Sandbox, root: Path) -> None:
    meet = "until [ -e $1 ]; do sleep 0.01; done"
    argv = ["/bin/sh", "-c", f'touch $0; {meet}; shift; "$@"']

    async def one(mine: str, other: str) -> str:
        served = Served(sandbox, [service(says=mine)], python=PYTHON)
        done = await served.run([*argv, mine, other, *ask(PORT)], root=root, writable=True, limits=LIMITS, env=ENV)
        return done.output.split()[0]

    assert await asyncio.gather(one("a", "b"), one("b", "a")) == ["a", "b"]


async def test_services_start_in_their_order_and_a_probe_may_be_a_command(sandbox: Sandbox, root: Path) -> None:
    first = service(ready=("/bin/sh", "-c", "test -e slow || { touch slow; exit 1; }"))
    second = service("second", says="second", port=PORT + 1)
    second = replace(second, command=("/bin/sh", "-c", 'test -e ../echo/slow && exec "$@"', "sh", *second.command))
    served = Served(sandbox, [first, second], python=PYTHON)
    done = await served.run(ask(PORT + 1), root=root, writable=False, limits=LIMITS, env=ENV)
    assert (done.exit, done.output.split()[0]) == (0, "second")


@pytest.mark.parametrize(
    ("command", "more", "what", "last"),
    [
        ("echo no room >&2; exit 4", {}, "ended with exit code 4", ("no room",)),
        ("echo gone &", {}, "ended with exit code 0; it has to stay in the foreground", ("gone",)),
        ("kill -9 $$", {}, "was ended by signal 9", ()),
        ("exec no-such-server", {}, "ended with exit code 127", ("/bin/sh: 1: exec: no-such-server: not found",)),
        (
            "echo deaf; sleep 1000",
            {"seconds": 0.5},
            f"could not be used within 0.5 s: nothing takes connections at 127.0.0.1:{PORT}",
            ("deaf",),
        ),
        (
            "sleep 1000",
            {"seconds": 0.5, "ready": ("/bin/sh", "-c", "echo not yet; exit 1")},
            "could not be used within 0.5 s: its probe does not end with 0",
            ("not yet",),
        ),
        (
            "sleep 1000",
            {"seconds": 0.5, "ready": ("sleep", "1000")},
            "could not be used within 0.5 s: its probe does not end with 0",
            (),
        ),
        (
            "sleep 1000",
            {"ready": ("no-such-probe",)},
            "has a probe that cannot be started: no-such-probe: No such file or directory",
            (),
        ),
    ],
)
async def test_a_service_that_cannot_be_used_is_an_error_with_its_last_lines_and_nothing_runs(
    sandbox: Sandbox, root: Path, command: str, more: dict[str, object], what: str, last: tuple[str, ...]
) -> None:
    found = await failed(sandbox, root, service(command=("/bin/sh", "-c", command), **more))
    assert (found.what, found.last_lines) == (f"the service echo {what}", last)
    assert (found.not_found, found.begun) == ("no-such" in f"{command} {more}", False)
    assert str(found).startswith(f"the service echo {what}, so nothing was judged.")
    assert all(f"\n| {line}" in str(found) for line in last)
    assert not (root / "ran").exists()


async def test_a_program_that_is_not_there_is_named(sandbox: Sandbox, root: Path) -> None:
    found = await failed(sandbox, root, service(command=("no-such-server",)))
    assert found.what == "the service echo could not be started: no-such-server: No such file or directory"
    assert found.not_found


async def test_a_service_that_ends_while_the_command_runs_ends_it_and_is_no_exit_code_of_it(
    sandbox: Sandbox, root: Path
) -> None:
    argv = ["/bin/sh", "-c", '"$@"; sleep 1000', "sh", *ask(PORT, say="end")]
    found = await failed(sandbox, root, service(), argv=argv)
    assert found.what == "the service echo ended with exit code 3 while the tests ran"
    assert (found.last_lines, found.begun) == (("about to listen", "told to end"), True)


async def test_one_that_ends_while_another_is_waited_for_is_the_one_that_is_named(sandbox: Sandbox, root: Path) -> None:
    first = service(ready=("true",), command=("/bin/sh", "-c", "until [ -e ../late ]; do sleep 0.01; done; exit 5"))
    late = service("late", port=PORT + 1, command=("/bin/sh", "-c", "touch ../late; sleep 1000"))
    found = await failed(sandbox, root, first, late)
    assert found.what == "the service echo ended with exit code 5"


async def test_the_time_of_a_command_begins_when_its_services_are_up(sandbox: Sandbox, root: Path) -> None:
    slow = service(command=("/bin/sh", "-c", 'sleep 1; exec "$@"', "sh", *service().command))
    served = Served(sandbox, [slow], python=PYTHON)
    limits = replace(LIMITS, seconds=0.9)
    done = await served.run(["true"], root=root, writable=False, limits=limits, env=ENV)
    assert (done.exit, done.stopped) == (0, "")
    done = await served.run(["sleep", "1000"], root=root, writable=False, limits=limits, env=ENV)
    assert (done.exit, done.stopped) == (None, "time")


async def test_services_die_with_a_command_that_is_cancelled(sandbox: Sandbox, root: Path) -> None:
    mark = f"31557{os.getpid()}"  # seconds that nothing else sleeps
    endless = service(command=("/bin/sh", "-c", f"sleep {mark}"), ready=("true",))
    served = Served(sandbox, [endless], python=PYTHON)
    argv = ["/bin/sh", "-c", "touch up; sleep 1000"]
    running = asyncio.create_task(served.run(argv, root=root, writable=True, limits=LIMITS, env=ENV))
    await asyncio.to_thread(_wait_for, root / "up")
    assert _sleeping(mark)
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()
    assert not _sleeping(mark)


def _wait_for(path: Path) -> None:
    while not path.exists():
        time.sleep(0.01)


def _sleeping(mark: str) -> bool:
    lines = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(process.read_bytes())
        except OSError:
            continue
    return any(f"sleep\0{mark}".encode() in line for line in lines)


HOLDERS = """
import glob, os, sys
mine = os.readlink(f"/proc/self/fd/{sys.argv[1]}")
for place in glob.glob("/proc/[0-9]*/fd/*"):
    try:
        if os.readlink(place) == mine and place.split("/")[2] != str(os.getpid()):
            print(place)
    except OSError:
        pass
"""


async def test_what_a_service_of_python_printed_is_told_though_it_did_not_flush(sandbox: Sandbox, root: Path) -> None:
    deaf = service(command=(PYTHON, "-c", "import time; print('alive'); time.sleep(60)"), seconds=1.0)
    assert "alive" in str(await failed(sandbox, root, deaf))


async def test_descriptors_of_the_command_are_its_own(sandbox: Sandbox, root: Path) -> None:
    read_end, write_end = os.pipe()
    try:
        served = Served(sandbox, [service()], python=PYTHON)
        done = await served.run(
            [PYTHON, "-c", f"import os; os.write({write_end}, b'said')"],
            root=root,
            writable=False,
            limits=LIMITS,
            env=ENV,
            inherit=[write_end],
        )
        assert (done.exit, os.read(read_end, 10)) == (0, b"said")
        done = await served.run(
            [PYTHON, "-c", HOLDERS, str(write_end)],
            root=root,
            writable=False,
            limits=LIMITS,
            env=ENV,
            inherit=[write_end],
        )
        assert (done.exit, done.output) == (0, "")
    finally:
        os.close(read_end)
        os.close(write_end)


FORGE = """
import glob, os, sys
for place in glob.glob('/proc/[0-9]*/fd/*'):
    try:
        if any(word in os.readlink(place) for word in ('pipe', 'deleted')):
            os.write(os.open(place, os.O_WRONLY | os.O_NONBLOCK), sys.argv[1].encode())
    except OSError:
        pass
"""


async def test_what_a_command_writes_where_its_services_are_told_of_is_its_own_loss(
    sandbox: Sandbox, root: Path
) -> None:
    served = Served(sandbox, [service()], python=PYTHON)
    done = await served.run([PYTHON, "-c", FORGE, "[1]\n{\x80\n7\n"], root=root, writable=False, limits=LIMITS, env=ENV)
    assert done.exit == 0
    forged = '{"ready": false, "failed": "echo", "why": "never came up"}\n'
    found = await failed(sandbox, root, service(), argv=[PYTHON, "-c", FORGE, forged])
    assert (found.what, found.begun) == ("the service echo never came up while the tests ran", True)


@pytest.mark.parametrize("kind", [Landlock, Plain])
def test_where_there_is_no_network_of_its_own_services_are_refused(kind: type[Landlock | Plain]) -> None:
    with pytest.raises(SettingsError, match=r"has no network of its own.*\(echo, .*apt install bubblewrap"):
        Served(kind(), [service()], python=PYTHON)
    assert Served(kind(), [], python=PYTHON).name == kind.name
