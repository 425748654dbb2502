"""MCP servers as they are started, asked, lost and ended: over pipes, in the sandbox and out of it, and over HTTP."""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from agentctl.agents.mcp.client import Declined, Server, Unanswered
from agentctl.orchestrator.errors import SettingsError
from agentctl.orchestrator.nouns.servers import ToolServer
from agentctl.orchestrator.sandbox.landlock import Plain

Make = Callable[..., Server]
Log = Callable[[], list[str]]
NAMES = ["look", "book", "die", "refuse", "sleep", "dawdle", "flood", "around", "fork"]


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_command_lists_its_tools_and_answers(make: Make, log: Log, *, trusted: bool) -> None:
    server = make(trusted=trusted)
    listed = await server.tools()
    assert [each.name for each in listed] == NAMES
    assert [each.name for each in listed if each.again] == ["look", "dawdle"]
    assert await server.call("look", {"word": "ünï", "times": 2}) == "ünï ünï"
    if trusted:
        assert log() == ["start", "look"]


async def test_in_the_sandbox_it_has_neither_the_network_nor_files_nor_variables(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "s3cret")
    peek = tmp_path / "peek"
    peek.write_text("mine")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        around = {"PORT": str(listening.getsockname()[1]), "PEEK": str(peek), "SECRET": "s3cret"}
        confined = await make(around, trusted=False).call("around", {})
        trusted = await make(around, trusted=True).call("around", {})
    net, _, secret, sees = confined.rsplit(" ", 3)[0], *confined.rsplit(" ", 3)[1:]
    assert (net, secret, sees) == ("no net", "None", "False")
    net, cwd, secret, sees = trusted.rsplit(" ", 3)
    assert (net, secret, sees) == ("net", "None", "True")
    assert Path.cwd() != Path(cwd)


@pytest.mark.parametrize("trusted", [True, False])
async def test_it_is_started_once_more_after_its_death_and_then_not_there(make: Make, *, trusted: bool) -> None:
    server = make(trusted=trusted)
    for _ in range(2):
        assert await server.call("look", {"word": "a"}) == "a"
        with pytest.raises(Unanswered) as lost:
            await server.call("die", {"why": "to see"})
        assert lost.value.sent
    with pytest.raises(Unanswered, match="not there any more") as gone:
        await server.call("look", {"word": "a"})
    assert not gone.value.sent


async def test_a_server_that_died_between_two_calls_is_started_before_the_next(make: Make, tmp_path: Path) -> None:
    server = make()
    await server.tools()
    pid = int((tmp_path / "log").read_text().split()[1])
    os.kill(pid, 9)
    assert server._connected is not None
    async with asyncio.timeout(20):
        await server._connected._gone.wait()
    assert await server.call("book", {"room": "1"}) == "booked 1"


async def test_an_error_of_a_tool_is_told_and_the_server_lives_on(make: Make, log: Log) -> None:
    server = make()
    with pytest.raises(Declined, match="no such room"):
        await server.call("refuse", {})
    with pytest.raises(Declined):
        await server.call("nothing_of_the_kind", {})
    assert await server.call("look", {"word": "still"}) == "still"
    assert log() == ["start", "look"]


async def test_a_call_has_a_time_limit(make: Make) -> None:
    with pytest.raises(Unanswered, match=r"no answer within 0\.5 s"):
        await make(seconds=0.5).call("sleep", {})


@pytest.mark.parametrize("trusted", [True, False])
async def test_nothing_is_left_of_a_server_that_was_closed(make: Make, *, trusted: bool) -> None:
    others = {each.pid for each in psutil.Process().children(recursive=True)}  # left by other tests of this process
    server = make(trusted=trusted)
    child = await server.call("fork", {})
    before = {each.pid for each in psutil.Process().children(recursive=True)} - others
    assert before
    await server.close()
    assert [pid for pid in before if alive(pid)] == []
    if trusted:
        assert not alive(int(child))
    with pytest.raises(Unanswered):
        await server.call("look", {"word": "a"})


async def test_a_cancelled_call_does_not_take_the_server_along(make: Make, log: Log) -> None:
    server = make()
    await server.tools()
    call = asyncio.create_task(server.call("sleep", {}))
    async with asyncio.timeout(20):
        while "sleep" not in log():  # noqa: ASYNC110 - a file that another process writes
            await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await server.call("look", {"word": "a"}) == "a"
    assert log() == ["start", "sleep", "look"]


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_start_that_is_cancelled_leaves_nothing(make: Make, tmp_path: Path, *, trusted: bool) -> None:
    mute = tmp_path / "mute.py"
    mute.write_text("import time; time.sleep(600)")
    server = make(command=(sys.executable, str(mute)), trusted=trusted, **({} if trusted else {"read": (str(mute),)}))
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    starting = asyncio.create_task(server.tools())
    async with asyncio.timeout(30):
        while not {each.pid for each in psutil.Process().children(recursive=True)} - before:  # noqa: ASYNC110 - processes
            await asyncio.sleep(0.01)
    begun = {each.pid for each in psutil.Process().children(recursive=True)} - before
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert [pid for pid in begun if alive(pid)] == []


async def test_a_server_that_cannot_be_started_says_why_and_what_to_do(make: Make, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"mcp\.house cannot be used: .*No such file"):
        await make(command=("/nowhere/server",)).tools()
    broken = tmp_path / "broken.py"
    broken.write_text("import sys; sys.stderr.write('no config found'); sys.exit(1)")
    with pytest.raises(SettingsError, match="no config found"):
        await make(command=(sys.executable, str(broken))).tools()
    with pytest.raises(SettingsError, match=r"in the sandbox.*`trusted = true`") as confined:
        await make(command=(sys.executable, str(broken)), trusted=False, read=()).tools()
    assert confined.value.exit_code == 2


async def test_without_a_sandbox_only_a_trusted_command_is_started(make: Make, log: Log) -> None:
    async def none() -> Plain:
        return Plain()

    with pytest.raises(SettingsError, match=r"write `trusted = true` in \[mcp.house\]"):
        await make(sandbox=none, trusted=False).tools()
    assert log() == []
    assert await make(sandbox=none).call("look", {"word": "a"}) == "a"


HTTP = """
import sys
sys.path.insert(0, {folder!r})
import asyncio, socket, uvicorn
from server import server

app = server.streamable_http_app()
async def guarded(scope, receive, send):
    if scope["type"] == "http" and dict(scope["headers"]).get(b"authorization") != b"Bearer s3cret-token":
        await send({{"type": "http.response.start", "status": 401, "headers": []}})
        await send({{"type": "http.response.body", "body": b"no"}})
        return
    await app(scope, receive, send)
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(guarded, log_level="critical")).run(sockets=[listening])
"""


async def test_a_server_behind_an_address_is_asked_with_its_token(make: Make, program: Path, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HTTP.format(folder=str(program.parent))),
        stdout=asyncio.subprocess.PIPE,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        address = {"command": (), "env": (), "trusted": False, "read": (), "url": f"http://127.0.0.1:{port}/mcp"}
        server = make({"TOKEN": "s3cret-token"}, token_env="TOKEN", **address)
        assert [each.name for each in await server.tools()] == NAMES
        assert await server.call("look", {"word": "far"}) == "far"
        with pytest.raises(SettingsError, match=r"mcp\.house cannot be used"):
            await make({"TOKEN": "another"}, token_env="TOKEN", **address).tools()
        with pytest.raises(SettingsError, match="export TOKEN"):
            await make(token_env="TOKEN", **address).tools()
    finally:
        process.kill()
        await process.wait()
    with pytest.raises(Unanswered):
        await server.call("look", {"word": "gone"})


async def test_a_server_costs_nothing_before_it_is_asked() -> None:
    async def never() -> Plain:
        raise AssertionError

    server = Server(ToolServer(name="house", command=("/nowhere",)), sandbox=never)
    await server.close()
