"""What the bot remembers, over restarts and beside other processes."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from agentctl.cli.bot.book import Book, Failed, Message, Standing
from agentctl.orchestrator.errors import DiskFull, RunStateError


def message(name: str, *, lane: str = "acme/shed", body: bytes | None = None, at: float = 0.0) -> Message:
    return Message(id=name, kind="push", body=body if body is not None else name.encode(), at=at, lane=lane)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "bot.db")


def ids(messages: tuple[Message, ...]) -> list[str]:
    return [each.id for each in messages]


def test_a_message_is_new_once_by_its_id_and_by_its_body(book: Book) -> None:
    assert book.take([message("a"), message("b"), message("a")]) == ("a", "b")
    assert book.take([message("b"), message("c", body=b"a"), message("d")]) == ("d",)
    assert ids(book.waiting(now=0.0)) == ["a", "b", "d"]


def test_what_is_done_keeps_what_was_said_and_not_its_body(book: Book) -> None:
    book.take([message("a"), message("b"), message("c")])
    book.end("a", "b", said="done together", at=7.0)
    assert ids(book.waiting(now=0.0)) == ["c"]
    assert (book.said("a"), book.said("b"), book.said("c"), book.said("never")) == (
        *("done together", "done together"),
        *(None, None),
    )
    assert book._db.execute("SELECT body FROM messages WHERE id = 'a'").fetchone() == (None,)


def test_the_oldest_of_each_lane_comes_first_and_busy_lanes_are_left_out(book: Book) -> None:
    book.take([message("a1", lane="a"), message("b1", lane="b"), message("a2", lane="a"), message("c1", lane="c")])
    assert ids(book.heads(now=0.0)) == ["a1", "b1", "c1"]
    assert ids(book.heads(now=0.0, without={"b"})) == ["a1", "c1"]
    assert ids(book.heads(now=0.0, most=1, without={"a"})) == ["b1"]
    book.end("a1", said="", at=0.0)
    assert ids(book.heads(now=0.0)) == ["b1", "a2", "c1"]


def test_what_rests_lets_those_behind_it_go_first_and_comes_again(book: Book) -> None:
    book.take([message("a"), message("b")])
    book.postpone("a", until=10.0, why="not now")
    assert ids(book.heads(now=9.0)) == ["b"]
    assert book.due() == 0.0
    book.end("b", said="", at=9.0)
    assert (book.heads(now=9.0), book.due(), book.due(without=["acme/shed"])) == ((), 10.0, None)
    (again,) = book.heads(now=10.0)
    assert (again.id, again.tries) == ("a", 1)
    book.postpone("a", until=0.0, why="the forge is away", counts=False)
    assert book.heads(now=10.0)[0].tries == 1


def test_what_was_set_aside_is_left_alone_until_somebody_says_so(book: Book) -> None:
    book.take([message("a")])
    book.set_aside("a", why="ValueError: no", at=5.0)
    assert book.waiting(now=1e9) == ()
    failed = Failed(id="a", kind="push", lane="acme/shed", at=0.0, tries=1, said="ValueError: no")
    assert book.failures() == (failed,)
    assert book.take([message("a")]) == ()
    assert (book.again("a"), book.again("a"), book.again("never")) == (True, False, False)
    (back,) = book.waiting(now=0.0)
    assert (back.body, back.tries, book.failures()) == (b"a", 0, ())


def test_how_things_stand_is_counted(book: Book) -> None:
    nothing = Standing(waiting=0, oldest=None, resting=0, failed=0, done=0, last=None)
    assert book.standing(now=0.0) == nothing
    book.take([message(name, at=at) for at, name in enumerate("abcd", start=1)])
    book.end("a", said="", at=9.0)
    book.set_aside("b", why="", at=9.0)
    book.postpone("c", until=20.0, why="")
    assert book.standing(now=10.0) == Standing(waiting=2, oldest=3.0, resting=1, failed=1, done=1, last=4.0)


def test_what_is_long_done_is_forgotten_and_what_is_not_done_is_kept(book: Book) -> None:
    book.take([message("old"), message("new"), message("waits"), message("failed")])
    book.end("old", said="", at=1.0)
    book.end("new", said="", at=100.0)
    book.set_aside("failed", why="", at=1.0)
    assert book.forget(before=50.0) == 1
    assert (book.said("old"), book.said("new")) == (None, "")
    assert book.take([message("old"), message("new"), message("waits"), message("failed")]) == ("old",)


def test_a_look_finds_its_rows_by_an_index(book: Book) -> None:
    book.take([message(f"m{n}", lane=str(n % 7)) for n in range(500)])
    plan = [row[3] for row in book._db.execute("EXPLAIN QUERY PLAN DELETE FROM messages WHERE done_at < 5")]
    assert plan == ["SEARCH messages USING INDEX done (done_at<?)"]
    due = "SELECT min(not_before) FROM messages WHERE done_at IS NULL AND failed_at IS NULL AND lane NOT IN ('x')"
    assert "USING INDEX waiting" in book._db.execute(f"EXPLAIN QUERY PLAN {due}").fetchone()[3]


def test_two_processes_take_the_same_messages_and_each_is_new_to_one(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom agentctl.cli.bot.book import Book, Message\n"
        "with Book(Path(sys.argv[1])) as book:\n"
        "    print(sum(len(book.take([Message(id=f'm{n}', kind='push', body=b'%d' % n, at=0.0)])) for n in range(100)))"
    )
    command = [sys.executable, "-P", "-c", program, str(tmp_path / "bot.db")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    new = [int(each.communicate(timeout=60)[0]) for each in both]
    assert sum(new) == 100
    with Book(tmp_path / "bot.db") as book:
        assert len(book.waiting(now=0.0, most=1000)) == 100


def test_what_another_process_wrote_shows_in_the_version(tmp_path: Path) -> None:
    with Book(tmp_path / "bot.db") as mine, Book(tmp_path / "bot.db") as theirs:
        before = mine.version()
        mine.take([message("mine")])
        assert mine.version() == before
        theirs.take([message("theirs")])
        assert mine.version() != before


def test_a_full_disk_is_said_and_leaves_all_or_nothing(book: Book) -> None:
    book.take([message("first")])
    pages = book._db.execute("PRAGMA page_count").fetchone()[0]
    book._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DiskFull):
        book.take([message("small"), message("large", body=b"x" * 100_000)])
    assert ids(book.waiting(now=0.0)) == ["first"]


def test_a_book_of_a_newer_agentctl_is_left_alone(tmp_path: Path) -> None:
    Book(tmp_path / "bot.db").close()
    with closing(sqlite3.connect(tmp_path / "bot.db")) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(RunStateError, match="newer"):
        Book(tmp_path / "bot.db")


def test_a_damaged_book_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_bytes(b"this is no database, and never was one" * 100)
    with pytest.raises(RunStateError, match="damaged"):
        Book(tmp_path / "bot.db")


def test_two_threads_of_a_process_take_turns_and_neither_is_refused(book: Book) -> None:
    def write(mine: Book, kind: str) -> None:
        for number in range(200):
            mine.take([message(f"{kind}{number}")])
            mine.keep(f"deed {kind}", number, at=0.0)

    with book.another() as theirs:
        threads = [threading.Thread(target=write, args=pair) for pair in ((book, "a"), (theirs, "b"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(book.waiting(now=0.0, most=1000)) == 400
    assert book.deeds("deed ") == {"deed a": 199, "deed b": 199}
