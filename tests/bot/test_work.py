"""How messages are worked off, in which order, and what becomes of those that cannot be."""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from agentctl.cli.bot.book import Book, Message
from agentctl.cli.bot.found import delivery_of
from agentctl.cli.bot.work import LONGEST, Work
from agentctl.orchestrator.errors import DiskFull, ForgeAway, ForgeRefused, GitError, HeadMoved
from agentctl.orchestrator.nouns.happenings import Delivery, Ignored

from .happened import BARN, SHED, delivery, found, moved, said


@dataclass
class Acting:
    """An act that notes what it was asked to do, and does as it is told."""

    does: Callable[[Delivery], Awaitable[None]] | None = None
    noted: list[Delivery] = field(default_factory=list)

    async def __call__(self, asked: Delivery) -> str:
        if self.does is not None:
            await self.does(asked)
        self.noted.append(asked)
        return f"did {asked.id}"


@dataclass
class At:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def traceback_goes_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "bot.db")


def work(book: Book, act: Acting, **changes: object) -> Work:
    told: list[str] = []
    usual = {"read": _unread, "tell": told.append, "clock": At()}
    return Work(book=book, act=act, **usual | changes)


def _unread(kind: str, id_: str, body: bytes) -> Delivery | Ignored:
    raise AssertionError(f"{kind} {id_} came by no webhook: {body!r}")


async def caught_up(work: Work) -> None:
    async with asyncio.timeout(30):
        await work.catch_up(asyncio.Event())


async def test_messages_of_a_repository_are_worked_off_in_order_and_what_was_said_is_kept(book: Book) -> None:
    act = Acting()
    messages = found(said("a"), said("b"), said("c"))
    book.take(messages)
    await caught_up(work(book, act))
    assert act.noted == [said("a"), said("b"), said("c")]
    assert [book.said(each.id) for each in messages] == ["did a", "did b", "did c"]


async def test_a_repository_that_takes_long_holds_up_no_other_and_none_is_worked_for_twice_at_once(book: Book) -> None:
    barn_is_done, at_work = asyncio.Event(), list[str]()

    async def does(asked: Delivery) -> None:
        assert str(asked.repo) not in at_work
        at_work.append(str(asked.repo))
        await (asyncio.sleep(0) if asked.repo == BARN else barn_is_done.wait())
        at_work.remove(str(asked.repo))
        if asked.id == "b2":
            barn_is_done.set()

    act = Acting(does)
    book.take(found(said("s1"), said("s2"), said("b1", repo=BARN), said("b2", repo=BARN)))
    await caught_up(work(book, act))
    assert [each.id for each in act.noted] == ["b1", "b2", "s1", "s2"]


async def test_no_more_repositories_are_worked_for_at_once_than_may_be(book: Book) -> None:
    most, now = 0, 0

    async def does(_: Delivery) -> None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1

    book.take([Message(id=f"m{n}", kind="push", body=b"%d" % n, at=0.0, lane=f"acme/r{n}") for n in range(20)])
    act = Acting(does)
    await caught_up(work(book, act, lanes=3, read=lambda _, id_, __: said(id_)))
    assert (len(act.noted), most) == (20, 3)


async def test_a_burst_that_says_the_same_is_one_act(book: Book) -> None:
    act = Acting()
    messages = found(moved("a", "c2", before="c1"), moved("b", "c3", before="c2"), said("c"), moved("d", "c4"))
    book.take(messages)
    await caught_up(work(book, act))
    assert act.noted == [moved("a", "c3", before="c1"), said("c"), moved("d", "c4")]
    assert [book.said(each.id) for each in messages] == ["did a", "did a", "did c", "did d"]


async def test_what_is_of_no_use_is_ended_with_the_reason(book: Book) -> None:
    book.take([Message(id="m", kind="push", body=b"{}", at=0.0)])
    act = Acting()
    await caught_up(work(book, act, read=lambda _, id_, __: Ignored(id=id_, reason="no branch of ours")))
    assert (act.noted, book.said("m")) == ([], "ignored: no branch of ours")


@pytest.mark.parametrize("error", [ForgeRefused("not allowed here"), HeadMoved("not allowed here")])
async def test_what_the_forge_refuses_is_ended_with_its_words(book: Book, error: ForgeRefused) -> None:
    async def does(_: Delivery) -> None:
        raise error

    (message,) = found(said("a"))
    book.take([message])
    await caught_up(work(book, Acting(does)))
    assert book.said(message.id) == "refused: not allowed here"
    assert book.waiting(now=1e12) == ()


@pytest.mark.parametrize(("asked", "pauses"), [(90.0, [90.0, 90.0, 90.0]), (0.0, [5.0, 15.0, 15.0])])
async def test_a_forge_that_is_away_is_left_alone_for_that_long_and_nothing_is_lost(
    book: Book, asked: float, pauses: list[float]
) -> None:
    away = True

    async def does(each: Delivery) -> None:
        if away and each.repo == SHED:
            raise ForgeAway("try later", seconds=asked)

    book.take(found(said("a"), said("b"), said("c", repo=BARN)))
    act, at = Acting(does), At()
    one = work(book, act, clock=at, away=(5.0, 15.0))
    for pause in pauses:
        await caught_up(one)
        assert [each.id for each in act.noted] == ["c"]
        assert book.due() == 0.0  # b has not been tried: the whole repository rests
        at.now += pause - 1.0
        await caught_up(one)
        assert [each.id for each in act.noted] == ["c"]
        at.now += 1.0
    away = False
    await caught_up(one)
    assert [each.id for each in act.noted] == ["c", "a", "b"]
    assert book.standing(now=at.now).failed == 0


async def test_a_clock_that_was_ahead_makes_no_message_wait_for_years(book: Book) -> None:
    away = True

    async def does(_: Delivery) -> None:
        if away:
            raise ForgeAway("try later")

    book.take(found(said("a")))
    act, at = Acting(does), At(now=1e9)
    await caught_up(work(book, act, clock=at))
    away, at.now = False, 1000.0
    one = work(book, act, clock=at)
    await caught_up(one)
    at.now += LONGEST
    await caught_up(one)
    assert [each.id for each in act.noted] == ["a"]


async def test_what_the_forge_never_answers_lets_others_go_first_after_a_while(book: Book) -> None:
    tried: list[str] = []

    async def does(each: Delivery) -> None:
        tried.append(each.id)
        if each.id == "a":
            raise ForgeAway("502 for this one alone")

    book.take(found(said("a"), said("b")))
    act, at = Acting(does), At()
    one = work(book, act, clock=at, away=(5.0, 15.0))
    for _ in range(5):
        await caught_up(one)
        at.now += 15.0
    assert tried == ["a", "a", "a", "a", "b"]
    book.take(found(said("c")))
    await caught_up(one)
    assert [each.id for each in act.noted] == ["b", "c"]
    at.now += 30.0
    await caught_up(one)
    assert tried[-1] == "a"
    assert book.standing(now=at.now).failed == 0


async def test_a_message_that_nothing_can_be_made_of_holds_up_no_other_and_is_set_aside(book: Book) -> None:
    async def does(asked: Delivery) -> None:
        if asked.id == "bad":
            raise KeyError("what was sent: hunter2")

    bad, good = found(said("bad"), said("good"))
    book.take([bad, good])
    act, at, told = Acting(does), At(), list[str]()
    one = work(book, act, clock=at, tell=told.append, pauses=(10.0, 60.0))
    for pause in (0.0, 10.0, 60.0):
        at.now += pause
        await caught_up(one)
        assert [each.id for each in act.noted] == ["good"]
    (failed,) = book.failures()
    assert (failed.id, failed.tries, failed.said) == (bad.id, 3, "KeyError: 'what was sent: hunter2'")
    assert len(told) == 3
    assert f"agentctl bot retry {bad.id}" in told[-1]
    assert "hunter2" not in "".join(told)
    at.now += 1e6
    await caught_up(one)
    assert [each.id for each in act.noted] == ["good"]


@pytest.mark.parametrize(
    "error",
    [
        DiskFull("no room"),
        OSError(errno.ENOSPC, "x"),
        OSError(errno.EDQUOT, "x"),
        GitError("git fetch: fatal: write error: No space left on device"),
    ],
)
async def test_a_full_disk_is_waited_for_however_long_and_counts_as_no_try(book: Book, error: Exception) -> None:
    async def does(_: Delivery) -> None:
        raise error

    act, at, told = Acting(does), At(), list[str]()
    (message,) = found(said("a"))
    book.take([message])
    one = work(book, act, clock=at, tell=told.append)
    for _ in range(9):
        await caught_up(one)
        at.now += 30.0
    assert (len(told), book.standing(now=at.now).failed) == (9, 0)
    assert [each.tries for each in book.waiting(now=at.now)] == [0]
    act.does = None
    await caught_up(one)
    assert book.said(message.id) == "did a"


async def test_a_payload_that_cannot_be_understood_is_set_aside_too(book: Book) -> None:
    def read(*_: object) -> Delivery:
        raise ValueError("no such field")

    book.take([Message(id="m", kind="push", body=b"{}", at=0.0)])
    await caught_up(work(book, Acting(), read=read, pauses=()))
    assert [each.said for each in book.failures()] == ["ValueError: no such field"]


async def test_what_was_found_by_another_agentctl_is_no_reason_to_stop(book: Book) -> None:
    strange = Message(
        id="m", kind="found", body=b'{"id":"x","repo":{"owner":"a","name":"b"},"kind":"Sang","what":{}}', at=0
    )
    book.take([strange])
    await caught_up(work(book, Acting(), pauses=()))
    assert "a newer agentctl" in book.failures()[0].said


async def test_told_to_stop_it_ends_what_is_in_hand_and_begins_nothing_else(book: Book) -> None:
    stop, begun, may_end = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def does(_: Delivery) -> None:
        begun.set()
        await may_end.wait()

    book.take(found(said("a"), said("b")))
    act = Acting(does)
    one = work(book, act)
    going = asyncio.create_task(one.go_on(stop))
    async with asyncio.timeout(30):
        await begun.wait()
        stop.set()
        one.wake()
        may_end.set()
        await going
    assert [each.id for each in act.noted] == ["a"]
    assert [delivery_of(each.body).id for each in book.waiting(now=0.0)] == ["b"]


async def test_cancelled_it_leaves_what_was_in_hand_for_the_next_time(book: Book) -> None:
    begun = asyncio.Event()

    async def does(_: Delivery) -> None:
        begun.set()
        await asyncio.Event().wait()

    book.take(found(said("a")))
    going = asyncio.create_task(work(book, Acting(does)).go_on(asyncio.Event()))
    async with asyncio.timeout(30):
        await begun.wait()
        going.cancel()
        with pytest.raises(asyncio.CancelledError):
            await going
    act = Acting()
    await caught_up(work(book, act))
    assert act.noted == [said("a")]


async def test_what_comes_while_it_waits_is_taken_up_whoever_brings_it(tmp_path: Path, book: Book) -> None:
    stop, all_done, act = asyncio.Event(), asyncio.Event(), Acting()
    one = work(book, act, done=lambda: all_done.set() if len(act.noted) == 2 else None)
    going = asyncio.create_task(one.go_on(stop))
    with Book(tmp_path / "bot.db") as theirs:
        await asyncio.sleep(0)
        theirs.take(found(said("from another process")))
        await asyncio.sleep(0)
        book.take(found(said("from here")))
        one.wake()
        async with asyncio.timeout(30):
            await all_done.wait()
            stop.set()
            one.wake()
            await going
    assert sorted(each.id for each in act.noted) == ["from another process", "from here"]


async def test_a_message_that_cannot_be_entered_as_done_is_done_again(book: Book) -> None:
    async def does(_: Delivery) -> None:
        book._db.execute("PRAGMA query_only = 1")

    act, at, told = Acting(does), At(), list[str]()
    (message,) = found(said("a"))
    book.take([message])
    one = work(book, act, clock=at, tell=told.append)
    await caught_up(one)
    assert (len(act.noted), len(told), book.said(message.id)) == (1, 1, None)
    book._db.execute("PRAGMA query_only = 0")
    act.does = None
    await caught_up(one)
    assert len(act.noted) == 1  # a book in trouble is left alone for a while
    at.now += 30.0
    await caught_up(one)
    assert (len(act.noted), book.said(message.id)) == (2, "did a")


async def test_what_polling_found_is_read_back_as_it_was() -> None:
    everything = [
        said("a", "text ☃"),
        moved("b", "c2", before="c1"),
        delivery("c", moved("x", "y").happening, repo=BARN),
    ]
    assert [delivery_of(each.body) for each in found(*everything)] == everything
    assert len({each.id for each in found(said("a"), said("a", repo=BARN), said("b"))}) == 3
