import pytest
from agentctl.orchestrator.rules.normalise import clean, normalise, shorten
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("1 passed in 0.03s", "1 passed in <duration>"),
        ("1 passed in 63.03s (0:01:03)", "1 passed in <duration>"),
        ("0.25s call     t.py::a", "<duration> call     t.py::a"),
        ("finished (12 ms)", "finished (<duration>)"),
        ("<object object at 0x7f3a2b4c5d60>", "<object object at 0x...>"),
        ("0xff", "0xff"),
        ("2026-11-22 05:34:01,123 INFO", "<time> INFO"),
        ("at 2026-11-22T05:34:01.5Z", "at <time>"),
        ('127.0.0.1 - - [23/Nov/2026 01:02:03] "GET / HTTP/1.1"', '127.0.0.1 - - [<time>] "GET / HTTP/1.1"'),
        ("::1 - - [03/Jan/2027:01:02:03 +0100] x", "::1 - - [<time>] x"),
        ("Date: Mon, 23 Nov 2026 01:02:03 GMT", "Date: <time>"),
        ("2026/11/23 01:02:03 listening", "<time> listening"),
        ("Mon Nov  3 01:02:03 2026 up", "<time> up"),
        ("Mon Nov 23 01:02:03 UTC 2026", "<time>"),
        ("Nov 23 01:02:03 host sshd", "<time> host sshd"),
        ("[22/Nov/2026 <time>] as it was named once", "[<time>] as it was named once"),
        ("due 2026-11-23, 23 Nov 2026, Nov 23", "due 2026-11-23, 23 Nov 2026, Nov 23"),
        ("pid 1234, process=77", "pid <pid>, process=<pid>"),
        ("/tmp/pytest-of-me/pytest-3/test_a0/x", "/tmp/<tmp>/test_a0/x"),
        ("/tmp/tmpab3_9xyz/x", "/tmp/<tmp>/x"),
        ("/real/tree/a.py:3", "/workspace/a.py:3"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]52;c;aGk=\x1b\\x", "red  x"),
        ("a\x00b\x9bc\u202ed\ufeffe\x7f", "abde"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("assert 3 == 4 in [1.5, 2]", "assert 3 == 4 in [1.5, 2]"),
        ("took a look in 1999", "took a look in 1999"),
        ("thread 'tests::a' (2981) panicked at src/lib.rs:8:32:", "thread 'tests::a' panicked at src/lib.rs:8:32:"),
        ("(node:41) Warning: x", "(node:<pid>) Warning: x"),
        ("/tmp/go-build3141592/b001/x.test", "/tmp/go-build<tmp>/b001/x.test"),
    ],
)
def test_what_changes_from_run_to_run_is_named(text: str, normal: str) -> None:
    assert normalise(text, root="/real/tree") == normal


@given(st.text(alphabet=st.sampled_from("ab01:.- []\x1b\x9b;mPX\\\x07\r\n\t\u202e\ud800/tmp0xfs(in)pd=")))
def test_twice_is_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text())
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    assert not any((ord(c) < 32 and c not in "\t\n") or 0x7F <= ord(c) < 0xA0 for c in clean(text))


@given(st.text(), st.integers(100, 300))
def test_shortened_text_fits_and_keeps_both_ends(text: str, limit: int) -> None:
    long = "begin" + text * 9 + "end"
    short = shorten(long, limit)
    assert len(short) <= limit
    assert (short.startswith("begin"), short.endswith("end")) == (True, True)
    assert short == long or "characters left out" in short
