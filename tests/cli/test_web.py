"""`agentctl web` as a process: its address, its viewers, and how it ends."""

import asyncio
import base64
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from agentctl.cli.notices.webhook import signed
from agentctl.orchestrator.nouns.events import RunMoved
from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, WSMsgType, WSServerHandshakeError

from .terminals import PATIENCE

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()

Call = Callable[..., Any]
CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[78=>])")


@dataclass
class Server:
    """`agentctl web`, and the address that it printed."""

    process: subprocess.Popen[str]
    address: str

    @property
    def origin(self) -> str:
        return self.address.partition("/?")[0]

    def end(self, number: int) -> tuple[int, str]:
        """Its exit code, and what it said."""
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, err


Web = Callable[..., Any]


@pytest.fixture
def web(repo: Path) -> Web:
    @contextmanager
    def start(*argv: str, **environ: str) -> Iterator[Server]:
        process = subprocess.Popen(
            [sys.executable, "-m", "agentctl", "web", *argv],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=repo,
            env={**os.environ, **environ},
            text=True,
        )
        try:
            assert process.stdout is not None
            yield Server(process, process.stdout.readline().strip())
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            process.communicate()

    return start


async def sees(page: ClientWebSocketResponse, words: str) -> str:
    """All that was drawn until these words, without what a terminal would obey."""
    shown = ""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while words not in shown:
                message = await page.receive()
                assert message.type is WSMsgType.BINARY, (message, shown[-500:])
                shown = CONTROL.sub("", shown + message.data.decode("utf-8", "replace"))
    assert words in shown
    return shown


def viewers(server: Server) -> list[int]:
    """The processes that it has started."""
    process = server.process.pid
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def are_gone(processes: list[int]) -> bool:
    """Once all of them have ended."""
    for process in processes:
        with suppress(ProcessLookupError):
            descriptor = os.pidfd_open(process)
            ready, _, _ = select.select([descriptor], [], [], PATIENCE)
            os.close(descriptor)
            assert ready
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
async def test_however_the_server_ends_its_dashboards_end_and_the_run_does_not(
    number: int, web: Web, new_run: Call
) -> None:
    run = new_run()
    run.building()
    events = run.store.last_event()
    with web() as server:
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
            answer = await browser.get(server.address)
            assert (answer.status, str(answer.url)) == (200, f"{server.origin}/")
            with pytest.raises(WSServerHandshakeError, match="403"):
                await browser.ws_connect(f"{server.origin}/ws", origin="http://127.0.0.1:1")
            page = await browser.ws_connect(f"{server.origin}/ws?width=100&height=30", origin=server.origin)
            assert "looks only" in await sees(page, "nothing drives it")
            started = viewers(server)
            assert len(started) == 1
            code, said = await asyncio.to_thread(server.end, number)
            assert are_gone(started)
    if number == signal.SIGKILL:
        return
    assert code == 0
    lines = said.splitlines()
    assert lines[0].startswith("open this address in a browser: nobody can change the run there")
    assert lines[1].startswith(f"that address is used up; another browser opens {server.origin}/?token=")
    assert lines[2:] == [
        "refused 403: GET /ws",
        "the server has ended, and its dashboards with it; k7m2xq goes on as it was",
    ]
    assert run.store.last_event() == events


async def test_a_run_that_is_over_is_shown_and_played_again(web: Web, new_run: Call) -> None:
    run = new_run()
    run.building()
    run.say(RunMoved(state="done"))
    with web("k7", "--replay", "--theme", "light", "--write", NO_COLOR="1") as server:
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
            assert 'class="light"' in await (await browser.get(server.address)).text()
            page = await browser.ws_connect(f"{server.origin}/ws?width=100&height=30", origin=server.origin)
            await sees(page, "replay at 1x, event 1 of")
            await page.send_json(["focus"])
            await page.send_json(["stdin", ":"])
            await sees(page, "agentctl")
            await page.send_json(["stdin", "tui\r"])
            await sees(page, "The dashboard needs a terminal")
            await page.send_json(["stdin", "q"])
            while (message := await page.receive(timeout=PATIENCE)).type is WSMsgType.BINARY:
                pass
            assert message.type is WSMsgType.CLOSE
            assert are_gone(viewers(server))


async def test_a_signed_answer_is_taken_without_a_session_and_no_other(web: Web, new_run: Call, repo: Path) -> None:
    run = new_run()
    run.asking()
    (asked,) = run.store.questions()
    (repo / "agentctl.toml").write_text('[notify]\nanswers = true\nwebhook = "https://bot.example.org/"\n')
    given = {"run": run.folder.run, "question": asked.id, "key": asked.question.key, "answer": "2", "by": "bot"}
    body = json.dumps(given).encode()
    with web(AGENTCTL_NOTIFY_SECRET=SECRET) as server:
        async with ClientSession() as bot:
            url = f"{server.origin}/answer"
            assert (await bot.post(url, data=body)).status == 401
            assert (await bot.get(url)).status == 404
            assert (await bot.post(f"{server.origin}/slack", data=body)).status in (404, 405)
            first = await bot.post(url, data=body, headers=signed(SECRET, "msg_1", body))
            assert (first.status, (await first.json())["taken"]) == (200, "Q1 of run k7m2xq: lower")
            assert (await bot.post(url, data=body, headers=signed(SECRET, "msg_1", body))).status == 409
    (stands,) = run.store.questions()
    assert (stands.answer, stands.answered_by) == ("lower", "person:webhook:bot")


def test_answers_without_a_secret_are_no_server(agentctl: Call, new_run: Call, repo: Path) -> None:
    new_run().asking()
    (repo / "agentctl.toml").write_text("[notify]\nanswers = true\n")
    done = agentctl("web")
    assert (done.code, "AGENTCTL_NOTIFY_SECRET" in done.err) == (2, True)


def test_without_a_run_it_says_what_the_dashboard_says(agentctl: Call) -> None:
    done = agentctl("web")
    assert done == agentctl("tui")
    assert (done.code, done.out) == (2, "")


def test_a_port_that_cannot_be_used_is_named(agentctl: Call, new_run: Call) -> None:
    new_run().building()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = agentctl("web", "--port", str(port))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"agentctl: port {port} cannot be used: ")
    assert done.err.endswith("choose another with --port\n")
    for wrong in ("-1", "70000", "http"):
        assert agentctl("web", "--port", wrong).code == 2


def test_a_dashboard_is_nothing_that_loads_with_the_help() -> None:
    code = "import sys; from agentctl.cli.main import main; main(['web', '--help']); print('aiohttp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_the_port_is_on_loopback_alone(web: Web, new_run: Call) -> None:
    new_run().building()
    with web() as server:
        port = int(server.origin.rpartition(":")[2])
        listening = [
            line.split()[1]
            for name in ("tcp", "tcp6")
            for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
            if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
        ]
        assert listening == [f"0100007F:{port:04X}"]
        assert json.dumps(server.address).isascii()
        assert server.end(signal.SIGINT)[0] == 0
