"""Patches with the colours of their language: nothing is added, taken away, or read as another line."""

import pytest
from agentctl.tui.code import MOST, patch, report
from agentctl.tui.colours import styles
from agentctl.tui.entries import verbatim
from hypothesis import given
from hypothesis import strategies as st

PATCH = '''diff --git a/x.py b/x.py
--- a/x.py
+++ b/x.py
@@ -1,4 +1,4 @@
 def f():
-    """old
+    """new
     text"""
-    return 1
+    return "2"  # two
'''


def _styles(row: int, text: str = PATCH) -> list[tuple[str, str]]:
    return [span for span in patch(text)[row].spans if span[0].strip()]


def test_a_string_over_several_lines_is_one_on_each_side() -> None:
    assert _styles(4) == [("def", "keyword"), ("f", "name"), ("():", "")]
    assert _styles(5) == [("-", "bad"), ('"""old', "string taken")]
    assert _styles(6) == [("+", "good"), ('"""new', "string added")]
    assert _styles(7) == [('    text"""', "string")]
    assert _styles(9) == [
        ("+", "good"),
        ("return", "keyword added"),
        ('"2"', "string added"),
        ("# two", "comment added"),
    ]


@pytest.mark.parametrize("name", ["x.unheard", "Makefile/", "\x1b[31m", ""])
def test_a_file_of_no_known_language_has_the_colours_of_its_signs(name: str) -> None:
    assert _styles(9, PATCH.replace("x.py", name))[:2] == [("+", "good"), ('    return "2"  # two', "added")]


def test_a_patch_too_long_to_be_read_is_shown_all_the_same() -> None:
    long = PATCH + "".join(f"+x{number} = 1\n" for number in range(MOST // 8))
    assert patch(long)[8:10] == tuple(verbatim(long, diff=True))[8:10]


_PIECES = [
    *("@@ -1 +1 @@", "+++ b/a.py", "+++ b/a.js", "--- a", "+def f(:"),
    *('-"""', " x = '", "+\t\x1b[", "\\ No newline", "", "+"),
]


@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=12)))
def test_every_line_is_what_it_is_without_colour(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert [line.text for line in patch(text)] == [line.text for line in verbatim(text, diff=True)]
    for dark in (True, False):
        assert {style for line in patch(text) for _, style in line.spans} <= set(styles(dark=dark, colour=True))


def test_what_failed_stands_out_in_a_report() -> None:
    shown = report("ok\nE   assert 1 == 2\nFAILED t.py::a\n")
    assert [line.spans[0][1] for line in shown] == ["", "bad", "bad", ""]
