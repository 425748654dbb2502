"""`agentctl bot` on the command line: what it shows, and what it says of what cannot be."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.cli import main as door
from agentctl.cli.bot.book import Book, Message, Thread
from agentctl.cli.bot.home import Home
from agentctl.cli.bot.status import ago
from agentctl.orchestrator.nouns.forge import RepoName

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def bot(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """`agentctl bot VERB ... --home`, in this process."""
    monkeypatch.setenv("AGENTCTL_WEBHOOK_SECRET", "a secret that is long enough")

    def call(verb: str, *rest: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = door.main(["bot", verb, *rest, "--home", str(tmp_path / "home")])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def book(tmp_path: Path) -> Book:
    Home(path=tmp_path / "home").make()
    return Book(tmp_path / "home" / "bot.db")


def test_without_a_secret_nothing_is_served_and_the_variable_is_named(
    bot: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AGENTCTL_WEBHOOK_SECRET")
    code, _, err = bot("serve")
    assert (code, "AGENTCTL_WEBHOOK_SECRET is not set" in err) == (2, True)
    monkeypatch.setenv("OTHER", "hunter2")
    code, _, err = bot("serve", "--secret-env", "OTHER")
    assert (code, "OTHER holds fewer than 16" in err, "hunter2" in err) == (2, True, False)


def test_a_port_in_use_is_said_with_what_to_do(bot: Call) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = bot("serve", "--port", str(taken.getsockname()[1]))
    assert (code, "choose another with --port" in err) == (2, True)
    assert bot("serve", "--port", "70000")[0] == 2
    assert bot("serve", "--host", "192.0.2.1")[0] == 2


def test_a_name_of_the_server_that_is_none_is_refused(bot: Call) -> None:
    code, _, err = bot("serve", "--name", "https://bot.example.org/")
    assert (code, "no name of a server" in err) == (2, True)


@pytest.mark.parametrize("verb", [["serve"], ["poll"], ["poll", "--once"]])
def test_where_a_bot_lives_no_other_can(tmp_path: Path, bot: Call, verb: list[str]) -> None:
    with Home(path=tmp_path / "home").held():
        code, _, err = bot(*verb)
    assert (code, "another --home" in err) == (2, True)


@pytest.mark.parametrize("every", ["1", "-60", "nan", "inf"])
def test_asking_too_often_or_never_is_refused(bot: Call, every: str) -> None:
    code, _, err = bot("poll", "--every", every)
    assert (code, "more often than forges like, or too seldom" in err) == (2, True)


@pytest.mark.parametrize("limit", [("--most-bytes", "-1"), ("--connections", "0")])
def test_limits_under_which_nothing_could_be_heard_are_refused(bot: Call, limit: tuple[str, str]) -> None:
    code, _, err = bot("serve", *limit)
    assert (code, limit[0] in err) == (2, True)


@pytest.mark.parametrize(
    ("content", "event", "words"),
    [
        ("{}", "star", "no use for events 'star'"),
        ("no json", "push", "holds no payload"),
        ('{"repository": {"full_name": "../.."}}', "push", "holds no payload"),
        (" " * (1 << 20) + "{}", "push", "holds no payload"),
        (None, "push", "cannot be read"),
    ],
)
def test_a_file_that_is_no_event_is_said_to_be_none(
    tmp_path: Path, bot: Call, content: str | None, event: str, words: str
) -> None:
    if content is not None:
        (tmp_path / "event.json").write_text(content)
    code, _, err = bot("replay", str(tmp_path / "event.json"), "--event", event)
    assert (code, words in err) == (2, True), err


def test_status_says_that_nobody_has_lived_there(bot: Call, tmp_path: Path) -> None:
    code, _, err = bot("status")
    assert (code, "No bot has lived in" in err) == (2, True)
    assert bot("retry", "m")[0] == 2
    assert not (tmp_path / "home").exists()


def test_status_shows_what_waits_what_failed_and_which_runs_are_told_of(bot: Call, book: Book, tmp_path: Path) -> None:
    book.take([Message(id=f"m{n}", kind="push", body=b"%d" % n, at=1.0, lane="acme/shed") for n in range(4)])
    book.end("m0", said="done", at=2.0)
    book.set_aside("m1", why="KeyError: \x1b[31mred", at=2.0)
    book.postpone("m2", until=1e12, why="later")
    book.keep("rate acme/shed", {"left": 4200}, at=2.0)
    repo = RepoName(owner="acme", name="shed")
    book.bind(Thread(repo=repo, number=7, run="k7m2xq", pull=False, by="ada", sha="c1", base="main", spec="", at=1.0))
    code, out, _ = bot("status")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert lines[0] == f"{tmp_path / 'home'}: nobody is at work"
    assert "2 wait" in lines[1]
    assert "1 of them rest until later; 1 done; 1 failed" in lines[1]
    assert lines[2:4] == ["acme/shed: {'left': 4200}", "failed m1 push acme/shed KeyError: ␛[31mred"]
    assert lines[4].startswith("run k7m2xq acme/shed#7 by ada ")
    code, out, _ = bot("status", "--json")
    told = json.loads(out)
    assert told["messages"] == {"waiting": 2, "oldest": 1.0, "resting": 1, "failed": 1, "done": 1, "last": 1.0}
    assert [each["id"] for each in told["failed"]] == ["m1"]
    assert [each["run"] for each in told["threads"]] == ["k7m2xq"]


def test_what_failed_is_tried_again_when_somebody_says_so(bot: Call, book: Book) -> None:
    book.take([Message(id="m", kind="push", body=b"{}", at=1.0)])
    book.set_aside("m", why="no", at=2.0)
    assert bot("retry", "m")[0] == 0
    assert [each.id for each in book.waiting(now=0.0)] == ["m"]
    code, _, err = bot("retry", "m")
    assert (code, "waits already" in err) == (2, True)
    code, _, err = bot("retry", "other\x1b[31m")
    assert (code, "never came" in err, "\x1b" in err) == (2, True, False)


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "0 s ago"), (59, "59 s ago"), (60, "1 min ago"), (7300, "2 h ago"), (90_000, "1 d ago")]
)
def test_how_long_ago_is_told_in_one_unit(seconds: float, words: str) -> None:
    assert ago(1000.0, 1000.0 + seconds) == words


def test_the_verbs_are_listed_without_anything_heavy() -> None:
    program = (
        "import sys; from agentctl.cli.main import main; main(['bot', 'serve', '--help']); "
        "sys.stderr.write(' '.join(n for n in ('starlette', 'uvicorn', 'msgspec', 'sqlite3') if n in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "--secret-env" in done.stdout
    assert done.stderr == ""
