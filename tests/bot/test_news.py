"""What polling finds, and that nothing of it is lost or taken twice."""

import asyncio
from pathlib import Path

import pytest
from agentctl.bench.sim.forge import MemoryForge
from agentctl.cli.bot.book import Book
from agentctl.cli.bot.found import delivery_of
from agentctl.cli.bot.news import Polling
from agentctl.orchestrator import faults
from agentctl.orchestrator.errors import ForgeAway
from agentctl.orchestrator.forge.port import Forge
from agentctl.orchestrator.nouns.forge import RepoName
from agentctl.orchestrator.nouns.happenings import Delivery

from .happened import SHED, said


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def forge(tmp_path: Path) -> MemoryForge:
    return MemoryForge(remote=tmp_path / "no.git")


def polling(book: Book, forge: MemoryForge, told: list[str] | None = None, *, every: float = 0.01) -> Polling:
    tell = (told if told is not None else []).append

    async def find() -> dict[RepoName, Forge]:
        return {SHED: forge}

    return Polling(book=book, find=find, taken=lambda: None, tell=tell, every=every, clock=lambda: 1.0)


def taken(book: Book) -> list[str]:
    return [delivery_of(each.body).id for each in book.waiting(now=1e12)]


async def test_the_first_question_begins_now_and_the_next_goes_on_from_there(
    tmp_path: Path, forge: MemoryForge
) -> None:
    forge.happened.append(said("long ago"))
    with Book(tmp_path / "bot.db") as book:
        assert await polling(book, forge).once(SHED, forge) == 0
        forge.happened += [said("a"), said("b")]
        assert await polling(book, forge).once(SHED, forge) == 2
        assert await polling(book, forge).once(SHED, forge) == 0
        assert taken(book) == ["a", "b"]


@pytest.mark.parametrize("fault", ["news are in the book", "the cursor of news is kept"])
async def test_killed_at_any_step_it_loses_nothing_and_takes_nothing_twice(
    tmp_path: Path, forge: MemoryForge, fault: str
) -> None:
    def strike(name: str) -> None:
        if name == fault:
            raise Killed

    with Book(tmp_path / "bot.db") as book:
        await polling(book, forge).once(SHED, forge)
        forge.happened += [said("a"), said("b")]
        faults.arm(strike)
        try:
            with pytest.raises(Killed):
                await polling(book, forge).once(SHED, forge)
        finally:
            faults.arm(None)
    with Book(tmp_path / "bot.db") as book:
        forge.happened.append(said("c"))
        await polling(book, forge).once(SHED, forge)
        assert taken(book) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("error", "words"), [(ForgeAway("no answer"), "no answer"), (KeyError("x"), "KeyError, traceback: ")]
)
async def test_a_forge_that_cannot_be_asked_is_told_of_once_and_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    class Away(MemoryForge):
        left = 3

        async def news(self, cursor: str) -> tuple[list[Delivery], str]:
            Away.left -= 1
            if Away.left >= 0:
                raise error
            stop.set()
            return [said("a")], cursor + "1"

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    stop, told = asyncio.Event(), list[str]()
    with Book(tmp_path / "bot.db") as book:
        async with asyncio.timeout(30):
            await polling(book, Away(remote=tmp_path / "no.git"), told).go_on(stop)
        assert taken(book) == ["a"]
    (line,) = told
    assert line.startswith(f"acme/shed could not be asked for news, which is tried again: {words}")
