"""A bot with all its parts: from the forge's news to an act, and to what the forge is told."""

import argparse
import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from agentctl.bench.sim.forge import MemoryForge
from agentctl.cli.bot.book import Book, Thread
from agentctl.cli.bot.drivers import unseen
from agentctl.cli.bot.home import Home
from agentctl.cli.bot.poll import poll, replay
from agentctl.cli.bot.reach import Reach
from agentctl.cli.bot.running import bot
from agentctl.cli.bot.serve import serve
from agentctl.cli.bot.wiring import Joined, joined
from agentctl.cli.commands.bot import VERBS
from agentctl.cli.verbs import verb_parser
from agentctl.orchestrator.errors import AuthenticationError, ForgeAway, UsageError
from agentctl.orchestrator.nouns.forge import RepoName
from agentctl.orchestrator.nouns.happenings import Delivery, Ignored

from .happened import SHED, found, said


@dataclass
class Joining:
    """What a bot is joined with, and what it was asked to do."""

    forges: dict[object, MemoryForge] = field(default_factory=dict)
    acted: list[str] = field(default_factory=list)
    ticks: int = 0
    ticked: Callable[[], None] = lambda: None
    fails: bool = False
    finds: int = 0
    away: int = 0
    """As often the forge does not say which repositories there are."""

    @asynccontextmanager
    async def __call__(self, home: Home, book: Book) -> AsyncIterator[Joined]:
        del home, book
        yield Joined(read=self.read, act=self.act, tick=self.tick, find=self.find)

    async def find(self) -> dict[object, MemoryForge]:
        self.finds += 1
        if self.finds <= self.away:
            raise ForgeAway("GitHub did not answer")
        return self.forges

    def read(self, kind: str, id_: str, body: bytes) -> Delivery | Ignored:
        return Ignored(id=id_, reason=f"{kind} with {len(body)} bytes")

    async def act(self, asked: Delivery) -> str:
        if self.fails:
            raise KeyError(asked.id)
        self.acted.append(asked.id)
        return "done"

    async def tick(self) -> float:
        self.ticks += 1
        self.ticked()
        return 3600.0


@pytest.fixture(autouse=True)
def traceback_goes_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def args(tmp_path: Path, verb: str, *rest: str) -> argparse.Namespace:
    return verb_parser("bot", verb, VERBS).parse_args([*rest, "--home", str(tmp_path / "home")])


def test_one_round_takes_the_news_acts_on_them_and_tells_the_forge(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forge = MemoryForge(remote=tmp_path / "no.git")
    join = Joining(forges={SHED: forge})
    once = args(tmp_path, "poll", "--once")
    assert poll(once, join=join) == 0
    forge.happened += [said("a"), said("b")]
    assert poll(once, join=join) == 0
    assert (join.acted, join.ticks) == (["a", "b"], 2)
    assert "acme/shed: 2 new" in capsys.readouterr().err


def test_one_round_that_leaves_something_ends_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forge = MemoryForge(remote=tmp_path / "no.git")
    join, once = Joining(forges={SHED: forge}), args(tmp_path, "poll", "--once")
    poll(once, join=join)
    forge.happened.append(said("a"))
    join.fails = True
    assert poll(once, join=join) == 1
    assert "1 messages are left or failed" in capsys.readouterr().err


def test_one_round_with_a_forge_that_is_away_says_so(tmp_path: Path) -> None:
    class Away(MemoryForge):
        async def news(self, cursor: str) -> tuple[list[Delivery], str]:
            raise ForgeAway(f"no answer about {cursor!r}")

    with pytest.raises(ForgeAway, match="no answer"):
        poll(args(tmp_path, "poll", "--once"), join=Joining(forges={SHED: Away(remote=tmp_path)}))


@pytest.mark.parametrize("once", [[], ["--once"]])
def test_with_nothing_to_ask_polling_says_what_to_name(tmp_path: Path, once: list[str]) -> None:
    with pytest.raises(UsageError, match="no repository to ask"):
        poll(args(tmp_path, "poll", *once), join=Joining())


@pytest.fixture
def no_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "AGENTCTL_GITHUB_TOKEN",
        "AGENTCTL_GITHUB_APP_ID",
        "AGENTCTL_GITHUB_APP_KEY",
        "AGENTCTL_GITHUB_API",
        "GH_HOST",
        "GH_TOKEN",
        "GITHUB_TOKEN",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("GH_CONFIG_DIR", str(tmp_path / "no gh"))


@pytest.mark.usefixtures("no_login")
def test_a_bot_in_a_home_of_its_own_does_not_begin_without_a_login(tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError, match=r"No login for github\.com was found"):
        poll(args(tmp_path, "poll", "--once"), join=joined)


@pytest.mark.usefixtures("no_login")
def test_a_bot_in_a_clone_without_a_forge_is_told_what_it_can_do(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    arguments = args(tmp_path, "poll", "--once")
    arguments.home, arguments.repo = None, str(tmp_path)
    with pytest.raises(UsageError, match="git remote add origin") as told:
        poll(arguments, join=joined)
    assert "--repo-name" not in str(told.value)


@pytest.mark.usefixtures("no_login")
def test_without_a_login_a_bot_says_how_to_get_one(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run(["git", "-C", str(tmp_path), "remote", "add", "origin", "https://example.org/acme/shed"], check=True)
    arguments = args(tmp_path, "poll", "--once")
    arguments.home, arguments.repo = None, str(tmp_path)
    with pytest.raises(AuthenticationError, match=r"No login for example\.org was found: run `gh auth login"):
        poll(arguments, join=joined)


def test_a_secret_in_a_variable_of_another_name_is_the_bots_alone_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEXT_SECRET", "s" * 32)
    seen = list[Home]()

    @asynccontextmanager
    async def join(home: Home, book: Book) -> AsyncIterator[Joined]:
        del book
        seen.append(home)
        raise UsageError("that is all")
        yield Joined(read=Joining().read, act=Joining().act, tick=Joining().tick)

    with pytest.raises(UsageError, match="that is all"):
        serve(args(tmp_path, "serve", "--port", "0", "--secret-env", "NEXT_SECRET"), join=join)
    assert {"NEXT_SECRET", "GH_TOKEN"} < {*unseen(seen[0])}


def test_polling_goes_on_until_it_is_told_to_end(tmp_path: Path) -> None:
    forge = MemoryForge(remote=tmp_path / "no.git")

    def ticked() -> None:
        if join.ticks == 1:
            forge.happened.append(said("never found, as the next question is an hour away"))
            os.kill(os.getpid(), signal.SIGTERM)

    join = Joining(forges={SHED: forge}, ticked=ticked)
    assert poll(args(tmp_path, "poll", "--every", "3600"), join=join) == 0
    assert (join.acted, join.ticks) == ([], 1)


def test_a_forge_that_is_away_at_the_start_does_not_end_the_bot(tmp_path: Path) -> None:
    def ticked() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    join = Joining(forges={SHED: MemoryForge(remote=tmp_path / "no.git")}, ticked=ticked, away=9)
    assert poll(args(tmp_path, "poll", "--every", "3600"), join=join) == 0
    assert join.ticks == 1


async def test_a_forge_that_is_away_is_no_reason_not_to_begin(tmp_path: Path) -> None:
    class App:
        async def repositories(self) -> Sequence[RepoName]:
            raise ForgeAway("no answer")

    home = Home(path=tmp_path / "home")
    home.make()
    with Book(home.book) as book:
        reach = Reach(home=home, book=book, _app=App())  # type: ignore[arg-type] - as much of one as is asked
        await reach.login()
        with pytest.raises(ForgeAway):
            await reach.found()


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target"])
def test_a_payload_of_a_workflow_is_worked_off_under_its_usual_name(tmp_path: Path, event: str) -> None:
    (tmp_path / "event.json").write_text('{"repository": {"full_name": "acme/shed"}}')
    assert (
        replay(args(tmp_path, "replay", str(tmp_path / "event.json"), "--event", event, "--id", "e"), join=Joining())
        == 0
    )
    with Book(tmp_path / "home" / "bot.db") as book:
        assert book.said("e") == "ignored: pull_request with 42 bytes"


async def test_after_each_act_and_each_change_of_a_runs_folder_the_forge_is_brought_up_to_date(tmp_path: Path) -> None:
    home = Home(path=tmp_path / "home")
    folder = home.clone(SHED) / ".agentctl" / "runs" / "k7m2xq"
    folder.mkdir(parents=True)
    reached: dict[int, asyncio.Event] = {number: asyncio.Event() for number in (1, 2, 3)}

    def ticked() -> None:
        reached[min(join.ticks, 3)].set()

    join = Joining(ticked=ticked)
    async with bot(home, join) as one, asyncio.timeout(60):
        one.ticking.least = one.ticking.period = 0.01
        one.book.bind(
            Thread(repo=SHED, number=1, run="k7m2xq", pull=False, by="ada", sha="c", base="main", spec="", at=1.0)
        )
        going = asyncio.create_task(one.go_on())
        await reached[1].wait()
        assert join.acted == []
        (message,) = found(said("a"))
        one.book.take([message])
        one.work.wake()
        await reached[2].wait()
        assert one.book.said(message.id) == "done"
        while not reached[3].is_set():  # until the watcher has looked before and after
            with (folder / "run.db").open("ab") as file:
                file.write(b"x")
            await asyncio.sleep(0.02)
        one.end()
        await going
