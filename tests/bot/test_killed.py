"""The bot as a process: ended in every way, and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from agentctl.bench.parts.deliveries import SECRET, Sent, comment
from agentctl.cli.bot.book import Book

from .doors import answer

SECONDS = 60.0


@contextmanager
def serving(folder: Path, *, fault: str = "-", port: int = 0) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process and its port."""
    command = [sys.executable, "-P", "-m", "agentctl.bench.parts.noted_bot", str(folder / "notes"), fault, "serve"]
    command += ["--home", str(folder / "home"), "--port", str(port)]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    environ = {**buffered, "AGENTCTL_WEBHOOK_SECRET": SECRET.decode(), "XDG_STATE_HOME": str(folder)}
    with (folder / "said").open("a") as said:
        process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=said, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline()
        assert address.startswith("http://127.0.0.1:"), (folder / "said").read_text()
        yield process, int(address.split(":")[2].split("/")[0])
    finally:
        process.kill()
        process.communicate(timeout=SECONDS)


def send(port: int, sent: Sent) -> int:
    """The status; 0 where nobody answered."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as line:
            line.sendall(sent.request("127.0.0.1"))
            return answer(line)[0]
    except ConnectionError:
        return 0


def noted(folder: Path) -> list[str]:
    return (folder / "notes").read_text().split() if (folder / "notes").exists() else []


def wait(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < until, "it has not come to that"
        time.sleep(0.05)


def done(folder: Path) -> int:
    with Book(folder / "home" / "bot.db", readonly=True) as book:
        return book.standing(now=0.0).done


@pytest.mark.parametrize(
    ("fault", "times"), [("a message is in hand:2", 1), ("a message is acted on:2", 2), ("a message is done:2", 1)]
)
def test_killed_at_any_step_nothing_is_lost_and_only_what_was_in_hand_is_done_again(
    tmp_path: Path, fault: str, times: int
) -> None:
    everything = [comment(number, repos=1) for number in range(4)]
    with serving(tmp_path, fault=fault) as (process, port):
        taken = [each for each in everything if send(port, each) == 202]
        assert process.wait(SECONDS) == -signal.SIGKILL
    with serving(tmp_path) as (_, port):
        for each in everything:
            assert send(port, each) == 202
        wait(lambda: done(tmp_path) == len(everything))
    assert taken
    counts = [noted(tmp_path).count(each.id) for each in everything]
    assert counts == [1, times, 1, 1]


def test_sigterm_ends_what_is_in_hand_and_begins_nothing_else(tmp_path: Path) -> None:
    first, then = comment(0, repos=1, text="slowly"), comment(1, repos=1)
    with serving(tmp_path) as (process, port):
        assert [send(port, first), send(port, then)] == [202, 202]
        wait(lambda: f"begun-{first.id}" in noted(tmp_path))
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
    assert noted(tmp_path) == [f"begun-{first.id}", first.id]
    with serving(tmp_path):
        wait(lambda: done(tmp_path) == 2)
    assert noted(tmp_path) == [f"begun-{first.id}", first.id, then.id]


def test_sigint_twice_stops_at_once_and_loses_nothing(tmp_path: Path) -> None:
    slow = comment(0, text="for a day")
    with serving(tmp_path) as (process, port):
        assert send(port, slow) == 202
        wait(lambda: f"begun-{slow.id}" in noted(tmp_path))
        process.send_signal(signal.SIGINT)
        wait(lambda: "Ctrl-C stops at once" in (tmp_path / "said").read_text())
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 130
    with serving(tmp_path):
        wait(lambda: noted(tmp_path).count(f"begun-{slow.id}") == 2)


def test_a_second_bot_in_the_same_home_says_who_lives_there(tmp_path: Path) -> None:
    with (
        serving(tmp_path) as (process, _),
        pytest.raises(AssertionError, match=f"process {process.pid}"),
        serving(tmp_path),
    ):
        raise AssertionError("two bots")


def test_what_a_file_brings_is_worked_off_where_nobody_is_at_work(tmp_path: Path) -> None:
    sent = comment(3)
    (tmp_path / "event.json").write_bytes(sent.body)
    command = [sys.executable, "-P", "-m", "agentctl.bench.parts.noted_bot", str(tmp_path / "notes"), "-", "replay"]
    command += [
        str(tmp_path / "event.json"),
        "--event",
        "issue_comment",
        "--home",
        str(tmp_path / "home"),
        "--id",
        "e1",
    ]
    for _ in range(2):
        subprocess.run(command, check=True, timeout=SECONDS, capture_output=True)
    assert noted(tmp_path) == ["e1"]
    with serving(tmp_path) as (_, port):
        assert send(port, sent) == 202
        another = comment(4)
        assert send(port, another) == 202
        wait(lambda: done(tmp_path) == 2)
    assert noted(tmp_path) == ["e1", another.id]
