"""Who is heard at the bot's port, and what becomes of what they say."""

import asyncio
import gzip
import socket
import threading
from pathlib import Path

import pytest
from agentctl.cli.bot.book import Book, Message
from agentctl.cli.bot.door import signature
from agentctl.cli.bot.intake import Intake
from agentctl.cli.bot.listening import bound
from agentctl.cli.bot.patience import Patience

from .doors import BODY, ID, SECRET, answer, door, request


def test_a_signed_message_is_durable_when_it_is_acknowledged(tmp_path: Path) -> None:
    with door(tmp_path, clock=lambda: 5.0) as opened:
        assert opened.post() == (202, "taken")
        kept = Message(id=ID, kind="issue_comment", body=BODY, at=5.0, lane="acme/shed")
        assert opened.messages() == (kept,)
        assert opened.woken == [None]
        assert opened.told == []


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        signature(b"another secret of nobody", BODY),
        signature(SECRET, BODY + b" "),
        signature(SECRET, BODY).upper(),
        signature(SECRET, BODY).replace("sha256", "sha1"),
        signature(SECRET, BODY) + "é",
    ],
)
def test_without_the_right_signature_nothing_is_taken(tmp_path: Path, said: str | None) -> None:
    with door(tmp_path) as opened:
        status, words = opened.post(x_hub_signature_256=said)
        assert status == 401, words
        assert opened.messages() == ()


def test_while_a_secret_is_replaced_both_sign(tmp_path: Path) -> None:
    new, other = b"the new secret of the tests", b'{"b": 1}'
    with door(tmp_path, secrets=[SECRET, new]) as opened:
        assert opened.post() == (202, "taken")
        signed = signature(new, other)
        assert opened.post(other, x_hub_signature_256=signed, x_github_delivery="another-one") == (202, "taken")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"x_github_delivery": "00000000-0000-4000-8000-000000000000"},
        {"x_github_event": "pull_request"},
        {"x_github_event": "pull_request", "x_github_delivery": "00000000-0000-4000-8000-000000000000"},
    ],
)
def test_what_was_heard_once_is_not_taken_again_under_any_name(tmp_path: Path, changes: dict[str, str]) -> None:
    with door(tmp_path) as opened:
        assert opened.post() == (202, "taken")
        assert opened.post(**changes) == (202, "taken before")
        assert [(each.id, each.kind) for each in opened.messages()] == [(ID, "issue_comment")]


def test_what_was_done_is_not_taken_again_after_a_restart(tmp_path: Path) -> None:
    with door(tmp_path) as opened:
        opened.post()
    with Book(tmp_path / "bot.db") as book:
        book.end(ID, said="done", at=1.0)
    with door(tmp_path) as opened:
        assert opened.post(x_github_delivery="00000000-0000-4000-8000-000000000000") == (202, "taken before")
        assert opened.messages() == ()


@pytest.mark.parametrize("kind", ["star", "ping", "installation"])
def test_events_of_no_use_are_acknowledged_and_forgotten(tmp_path: Path, kind: str) -> None:
    with door(tmp_path) as opened:
        status, words = opened.post(x_github_event=kind)
        assert (status, words.split(":")[0]) == (202, "ignored")
        assert opened.messages() == ()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"content_length": None}, 411),
        ({"content_length": None, "transfer_encoding": "chunked"}, 411),
        ({"transfer_encoding": "chunked"}, 411),
        ({"content_type": None}, 415),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
        ({"content_encoding": "gzip"}, 415),
        ({"x_github_event": None}, 400),
        ({"x_github_event": "../../etc/passwd"}, 400),
        ({"x_github_event": "a" * 100}, 400),
        ({"x_github_delivery": None}, 400),
        ({"x_github_delivery": "a; DROP TABLE messages"}, 400),
        ({"x_github_delivery": "../" * 10}, 400),
        ({"x_github_delivery": "a" * 101}, 400),
        ({"host": None}, 400),
        ({"content_length": "-1"}, 400),
        ({"content_length": "1e3"}, 400),
        ({"content_length": "9" * 30}, 400),
    ],
)
def test_a_head_that_does_not_say_what_comes_is_refused(
    tmp_path: Path, changes: dict[str, str | None], status: int
) -> None:
    body = b"" if "content_length" in changes else BODY
    with door(tmp_path) as opened:
        signed = signature(SECRET, body)
        assert opened.post(body, **{"x_hub_signature_256": signed, **changes})[0] == status
        assert opened.messages() == ()


@pytest.mark.parametrize(
    "more",
    [
        "x-hub-signature-256: sha256=00\r\n",
        "x-github-event: push\r\n",
        "x-github-delivery: 00000000-0000-4000-8000-000000000000\r\n",
        "content-type: text/plain\r\n",
        "host: other.example.org\r\n",
        "content-length: 3\r\n",
    ],
)
def test_a_header_that_decides_may_stand_there_once(tmp_path: Path, more: str) -> None:
    with door(tmp_path) as opened:
        assert opened.send(request(more=more))[0] == 400
        assert opened.messages() == ()


def test_a_packed_body_is_not_unpacked(tmp_path: Path) -> None:
    body = gzip.compress(BODY)
    with door(tmp_path) as opened:
        assert opened.post(body, content_encoding="gzip")[0] == 415
        assert opened.post(body)[0] == 400
        assert opened.messages() == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"a": 1} trailing',
        b"\x00" * 100,
        b'{"a": "\xff\xfe"}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"repository": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
        b'{"repository": {"full_name": "../../etc"}}',
        b'{"repository": {"full_name": "acme/.."}}',
        b'{"repository": {"full_name": "acme/a/b"}}',
        b'{"repository": {"full_name": "acme/shed\\u0000"}}',
        b'{"repository": {"full_name": "acme/shed\\n"}}',
        b'{"repository": {"full_name": 7}}',
        b'{"repository": {}}',
    ],
)
def test_a_body_that_is_no_payload_is_refused_and_the_server_goes_on(tmp_path: Path, body: bytes) -> None:
    with door(tmp_path) as opened:
        assert opened.post(body)[0] == 400
        assert opened.messages() == ()
        assert opened.post() == (202, "taken")


def test_ten_megabytes_are_refused_in_words_and_the_connection_goes_on(tmp_path: Path) -> None:
    with door(tmp_path) as opened, socket.create_connection(("127.0.0.1", opened.port), timeout=30) as line:
        line.sendall(request(b'{"a": "' + b"x" * 10_000_000 + b'"}'))
        assert answer(line) == (413, "the body is larger than what is taken here")
        line.sendall(request())
        assert answer(line) == (202, "taken")


def test_large_bodies_that_do_not_end_leave_room_for_small_ones(tmp_path: Path) -> None:
    large = b'{"a": "' + b"x" * 100_000 + b'"}'
    with door(tmp_path, room=250_000) as opened:
        lines = [socket.create_connection(("127.0.0.1", opened.port), timeout=30) for _ in range(2)]
        for line in lines:
            line.sendall(request(large)[:-1])
        until_read = opened.told
        while opened.post(large)[0] != 503:  # the two have not been heard yet, and it was taken
            assert not until_read
        assert opened.post(b'{"small": 1}', x_github_delivery="another-one") == (202, "taken")
        for line in lines:
            line.close()


def test_a_head_that_does_not_end_is_not_waited_for(tmp_path: Path) -> None:
    with door(tmp_path, patience=Patience(head=0.3)) as opened:
        with socket.create_connection(("127.0.0.1", opened.port), timeout=30) as line:
            line.sendall(request()[:60])
            assert answer(line) == (0, "")
        assert opened.post() == (202, "taken")


def test_a_second_head_on_a_kept_connection_is_not_waited_for_either(tmp_path: Path) -> None:
    patience = Patience(head=0.3)
    with (
        door(tmp_path, patience=patience) as opened,
        socket.create_connection(("127.0.0.1", opened.port), timeout=30) as line,
    ):
        line.sendall(request())
        assert answer(line) == (202, "taken")
        line.sendall(b"POST /webh")
        assert answer(line) == (0, "")


def test_a_body_that_drips_is_refused(tmp_path: Path) -> None:
    whole = request()
    with door(tmp_path, seconds=0.3) as opened:
        with socket.create_connection(("127.0.0.1", opened.port), timeout=30) as line:
            line.sendall(whole[:-10])
            assert answer(line)[0] == 408
        assert opened.messages() == ()
        assert opened.post() == (202, "taken")


def test_a_client_that_leaves_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    with door(tmp_path) as opened:
        with socket.create_connection(("127.0.0.1", opened.port), timeout=30) as line:
            line.sendall(request()[:-10])
        assert opened.post(b'{"other": 1}', x_github_delivery="another-one") == (202, "taken")
        assert [each.id for each in opened.messages()] == ["another-one"]


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET /webhook HTTP/1.1", 405),
        ("PUT /webhook HTTP/1.1", 405),
        ("POST /webhook/ HTTP/1.1", 404),
        ("POST / HTTP/1.1", 404),
        ("POST /webhook/../health HTTP/1.1", 404),
        ("POST /health HTTP/1.1", 405),
        ("POST http://other.example.org/webhook HTTP/1.1", 404),
        ("TRACE /webhook HTTP/1.1", 405),
        ("no request at all", 400),
    ],
)
def test_there_is_nothing_but_the_two_addresses(tmp_path: Path, line: str, status: int) -> None:
    with door(tmp_path) as opened:
        assert opened.send(request(line=line))[0] == status
        assert opened.messages() == ()


def test_a_server_that_was_told_its_names_hears_nobody_under_others(tmp_path: Path) -> None:
    with door(tmp_path, names=["bot.example.org"]) as opened:
        assert opened.post(host="evil.example.org")[0] == 421
        assert opened.send(request(b"", line="GET /health HTTP/1.1", host="evil.example.org"))[0] == 421
        assert opened.send(request(b"", line="GET /health HTTP/1.1", host=f"127.0.0.1:{opened.port}")) == (200, "well")
        assert opened.post(host="BOT.example.org:443") == (202, "taken")


def test_more_connections_than_there_may_be_are_closed_and_the_others_go_on(tmp_path: Path) -> None:
    with door(tmp_path, patience=Patience(connections=4)) as opened:
        lines = [socket.create_connection(("127.0.0.1", opened.port), timeout=30) for _ in range(4)]
        assert opened.post()[0] == 0
        lines[0].sendall(request())
        assert answer(lines[0]) == (202, "taken")
        for line in lines:
            line.close()


def test_nothing_that_was_sent_is_ever_told(tmp_path: Path) -> None:
    with door(tmp_path) as opened:
        marked = b'{"password": "hunter2"'
        opened.post(marked)
        opened.post(marked, x_hub_signature_256="sha256=hunter2")
        opened.post(x_github_event="hunter2")
        opened.send(request(line="POST /hunter2 HTTP/1.1"))
        assert len(opened.told) == 3
        assert "hunter2" not in "".join(opened.told)


def test_what_cannot_be_stored_is_not_acknowledged_and_can_be_sent_again(tmp_path: Path) -> None:
    full = Book(tmp_path / "bot.db")
    pages = full._db.execute("PRAGMA page_count").fetchone()[0]
    full._db.execute(f"PRAGMA max_page_count = {pages}")
    body = b'{"a": "' + b"x" * 50_000 + b'"}'
    with door(tmp_path, book=full) as opened:
        assert opened.post(body)[0] == 503
        assert opened.messages() == ()
        full._db.execute("PRAGMA max_page_count = 100000")
        assert opened.post(body) == (202, "taken")


async def test_an_answer_is_sent_at_once_and_does_not_wait_for_the_other_side() -> None:
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def hear(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs = writer.get_extra_info("socket")
        accepted.set_result(theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with bound("127.0.0.1", 0) as listener:
        server = await asyncio.start_server(hear, sock=listener)
        with socket.create_connection(listener.getsockname()):
            assert await accepted == 1
        server.close()
        await server.wait_closed()


def test_two_hundred_at_once_are_all_taken(tmp_path: Path) -> None:
    answers: list[int] = []

    def one(number: int) -> None:
        body = b'{"number": %d}' % number
        answers.append(opened.post(body, x_github_delivery=f"delivery-{number}")[0])

    with door(tmp_path) as opened:
        threads = [threading.Thread(target=one, args=(number,)) for number in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert answers == [202] * 200
        assert {each.id for each in opened.messages()} == {f"delivery-{number}" for number in range(200)}


async def test_what_arrives_together_is_one_transaction(tmp_path: Path) -> None:
    with Book(tmp_path / "bot.db") as book:
        before = book._db.total_changes
        intake = Intake(book=book, taken=lambda: None)
        commits: list[str] = []
        book._db.set_trace_callback(lambda words: commits.append(words) if words == "COMMIT" else None)
        messages = [Message(id=f"m{n}", kind="push", body=b"%d" % n, at=0.0) for n in range(100)]
        assert await asyncio.gather(*(intake.take(each) for each in messages)) == [True] * 100
        assert book._db.total_changes - before == 100
        assert len(commits) == 1


async def test_of_two_that_arrive_together_and_are_the_same_one_is_new(tmp_path: Path) -> None:
    with Book(tmp_path / "bot.db") as book:
        intake = Intake(book=book, taken=lambda: None)
        twins = [Message(id="m1", kind="push", body=b"1", at=0.0)] * 2
        assert await asyncio.gather(*(intake.take(each) for each in twins)) == [True, False]
