import pytest
from agentctl.tui.clean import clean, clean_lines
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("plain, ünïcödé, 漢字, 👍", "plain, ünïcödé, 漢字, 👍"),
        ("a\x1b[1;31mred\x1b[0m", "ared"),
        ("\x1b]52;c;aGVsbG8=\x07x", "x"),
        ("\x1b]0;title\x1b\\x", "x"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1$r\x1b\\x", "x"),
        ("\x9b31mx", "31mx"),
        ("\x1b", ""),
        ("file\u202egpj.exe", "filegpj.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("tag\U000e0041s", "tags"),
        ("a\x00b\x7fc\x08d", "abcd"),
        ("lone \ud800 surrogate", "lone  surrogate"),
    ],
)
def test_what_a_terminal_would_obey_is_gone(raw: str, safe: str) -> None:
    assert clean_lines(raw) == safe


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
