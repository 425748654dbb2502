"""A morning at a real terminal: a run is started, its plan approved, its question answered, its end seen.

The terminal is tmux's, the model a scripted server's over HTTP; every key is one that a person would press.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from agentctl.bench.parts.own_runs import settings
from agentctl.bench.scripted import Answer, Asked, ScriptCall, serve
from agentctl.orchestrator.store.folder import find

from .conftest import SPEC, Repo, script, store

PATIENCE = 120.0
"""Seconds after which a screen that does not show what it should is given up."""
QUESTION = "Shall loud keep what has no capitals?"


def _asking(asked: Asked) -> Answer:
    if asked.call.startswith("T1/") and asked.turn == 0:
        question = {"question": QUESTION, "why": "The spec does not say.", "options": ["keep it", "drop it"]}
        return Answer(calls=(ScriptCall(name="ask", arguments={**question, "recommended": 1}),))
    return script(asked)


@contextmanager
def _serving() -> Iterator[str]:
    """The scripted server's address, for as long as the block lasts."""
    loop, found, ended = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    urls: list[str] = []

    async def stay() -> None:
        async with serve(_asking) as server:
            urls.append(server.url)
            found.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(stay(),))
    thread.start()
    try:
        assert found.wait(10)
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


@dataclass(frozen=True)
class Tmux:
    """One window of 110 by 32."""

    socket: Path
    environ: Mapping[str, str]
    """Of the server and of what runs in it; no COLUMNS or LINES, which would be taken for the terminal's."""

    def say(self, *arguments: str) -> str:
        command = ["tmux", "-S", str(self.socket), *arguments]
        return subprocess.run(command, env=self.environ, check=True, capture_output=True, text=True).stdout

    def start(self, command: list[str], *, root: Path) -> None:
        size = ("-x", "110", "-y", "32")
        kept = ["sh", "-c", '"$0" "$@"; echo "ended with $?"; exec sleep 600', *command]
        self.say("-f", os.devnull, "new-session", "-d", *size, "-c", str(root), *kept)

    def screen(self) -> str:
        return self.say("capture-pane", "-p")

    def wait_for(self, *words: str) -> str:
        """The screen once all of these stand on it."""
        end = time.monotonic() + PATIENCE
        while not all(word in (shown := self.screen()) for word in words):
            assert time.monotonic() < end, f"{words} never came:\n{shown}"
            time.sleep(0.1)
        return shown

    def press(self, key: str, *, until: str) -> str:
        """Press it, and again where it came too soon after a change, until these words stand there."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.say("send-keys", key)
            time.sleep(0.3)
            if "look again" not in (shown := self.screen()) and until in shown:
                return shown
        raise AssertionError(f"{key} brought no {until!r}:\n{self.screen()}")


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    if shutil.which("tmux") is None:
        pytest.skip("needs tmux")
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    terminal = Tmux(tmp_path / "tmux", {**kept, "OPENAI_API_KEY": "test", "LANG": "C.UTF-8"})
    yield terminal
    subprocess.run(["tmux", "-S", str(terminal.socket), "kill-server"], check=False, capture_output=True)


def test_a_run_from_its_start_to_its_end(tmux: Tmux, make_repo: Callable[[str], Repo]) -> None:
    repo = make_repo("morning")
    (repo.path / "shout.md").write_text(SPEC)
    with _serving() as url:
        (repo.path / "agentctl.toml").write_text(settings(url, gates=2))
        repo.git("add", "-A")
        repo.git("commit", "-q", "-m", "A spec")
        tmux.start([sys.executable, "-m", "agentctl", "run", "shout.md", "--tui", "--force"], root=repo.path)
        tmux.wait_for("1 needs you")
        assert "Build this plan?" in tmux.press("o", until="1 approve")
        tmux.press("1", until="is sent in")
        tmux.press("d", until="LATELY")
        tmux.wait_for("1 needs you", "? asks    T1")
        tmux.press("i", until=QUESTION)
        tmux.press("2", until="is sent in")
        tmux.wait_for("answered by Ada")
        tmux.press("d", until="LATELY")
        tmux.wait_for(" done ", "3/3 landed")
        tmux.press("t", until="V2 by R1")
        tmux.press("q", until="ended with 0")
    with store(find(repo.path, None)) as tables:
        assert tables.run().state == "done"
        answers = [(asked.answer, asked.answered_by) for asked in tables.questions()]
    assert answers == [("approve", "person:Ada"), ("drop it", "person:Ada")]
