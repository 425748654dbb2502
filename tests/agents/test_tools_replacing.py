"""How a piece of text is found and replaced."""

import pytest
from agentctl.agents.tools.replacing import Ambiguous, nearest, replace_once
from hypothesis import assume, given
from hypothesis import strategies as st

METHOD = "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n"


@pytest.mark.parametrize(
    ("text", "old", "new", "result"),
    [
        ("a b c", "b", "x", "a x c"),
        ("a\nb\n", "b\n", "", "a\n"),
        (METHOD, "def f(self):\n    return 1", "def f(self):\n    return 3", METHOD.replace("1", "3")),
        (METHOD, "def f(self):\n  return 1", "def f(self):\n  return 3", METHOD.replace("1", "3")),
        (
            METHOD,
            "    def f(self):   \n        return  1\n",
            "    def f(self):\n        return 3\n",
            METHOD.replace("1", "3"),
        ),
        (
            "if a:\n\tb()\n",
            "if a:\n    b()",
            "if a:\n    c()\n    if d:\n        e()",
            "if a:\n\tc()\n\tif d:\n\t    e()\n",
        ),
        ("a\r\nb\r\nc\r\n", "a\nb\n", "x\ny\n", "x\r\ny\r\nc\r\n"),
        ("a = 1\nb = 2\n", "1|a = 1\n2|b = 2", "1|a = 3\n2|b = 4", "a = 3\nb = 4\n"),
        ("  a\n  b\n", "a\nb", "", ""),
    ],
)
def test_a_text_is_replaced_where_it_stands(text: str, old: str, new: str, result: str) -> None:
    found = replace_once(text, old, new)
    assert found is not None
    assert found.text == result


@pytest.mark.parametrize(
    ("text", "old", "lines"),
    [("a\nb\na\n", "a", (1, 3)), ("aaa", "aa", (1, 1)), ("  a\n\ta\n", "    a  ", (1, 2))],
)
def test_several_places_are_never_chosen_between(text: str, old: str, lines: tuple[int, ...]) -> None:
    with pytest.raises(Ambiguous) as places:
        replace_once(text, old, "x")
    assert places.value.lines == lines


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("a\n", "b", "c"),
        ("  a\n    b\n", "a\nb", "c"),  # the file's indentation cannot be told from that of `old`
        ("    a\n", "  a ", "b\n  a"),  # `new` has a line with less indentation than `old` anywhere
        ("a b\n", "ab", "c"),
    ],
)
def test_a_text_that_is_not_clearly_there_is_not_replaced(text: str, old: str, new: str) -> None:
    assert replace_once(text, old, new) is None


@given(st.text("ab \n", min_size=1), st.text("abc \n"), st.text("ab \n"))
def test_an_exact_place_is_replaced_exactly(old: str, new: str, around: str) -> None:
    text = f"{around}<{old}>{around}"
    assume(text.count(f"<{old}>") == 1)
    found = replace_once(text, f"<{old}>", new)
    assert found is not None
    assert found.exact
    assert found.text == f"{around}{new}{around}"


def test_the_nearest_of_equals_is_the_first() -> None:
    lines = ["other", "value = 1", "other", "value = 1"]
    assert nearest(lines, ["value = 2"], around=0) == (2, 2)
    assert nearest(lines, ["zzzzzzzz"]) is None
    assert nearest([], ["a"]) is None
    assert nearest(["a"], []) is None


def test_a_line_that_goes_on_in_the_file_may_be_the_last_of_both() -> None:
    text = "import os\n\n\ndef test_b(tmp_path: Path) -> None:\n    pass\n"
    old, new = "def test_b(\n", "def test_a() -> None:\n    pass\n\n\ndef test_b(\n"
    found = replace_once(text, old, new)
    assert found is not None
    assert found.text == text.replace("def test_b(", "def test_a() -> None:\n    pass\n\n\ndef test_b(")
    assert (found.line, found.exact) == (4, False)
    assert replace_once(text, old, "def test_c() -> None:\n    pass\n") is None
    assert replace_once(text, "def test_b(tmp\n", "x\ndef test_b(tmp\n") is None
    with pytest.raises(Ambiguous):
        replace_once(text + "def test_b(other)", old, new)
    assert replace_once(text, "\n \n", "x\n \n") is None


def test_a_line_that_goes_on_in_the_file_is_not_the_line_that_was_meant() -> None:
    assert replace_once("timeout = 5 * 60\n", "timeout = 5\n", "timeout = 7\n") is None


@pytest.mark.parametrize(
    ("text", "old", "new", "result"),
    [
        ("a = 1\nMASK = 0\nb\n", "2|MASK = 0", "MASK = 4|8", "a = 1\nMASK = 4|8\nb\n"),
        ("a = 1\nMASK = 0\nb\n", "2|MASK = 0", "2|MASK = 4|8", "a = 1\nMASK = 4|8\nb\n"),
        (
            "def f(a):\n    if a:\n        return 1\n    return 1",
            "    return 1\n",
            "    return 2\n",
            "def f(a):\n    if a:\n        return 1\n    return 2",
        ),
        (
            "class A:\n        x = 1\n",
            "    x = 1\n",
            "    x = 1\n    z = 2\n",
            "class A:\n        x = 1\n        z = 2\n",
        ),
        ("def f():\n    return 1\n", "    return 1\r\n", "    return 2\r\n", "def f():\n    return 2\n"),
        ("a = b\n", "a", "b\r\nc", "b\nc = b\n"),
    ],
)
def test_the_line_that_was_meant_is_replaced_with_what_was_said(text: str, old: str, new: str, result: str) -> None:
    found = replace_once(text, old, new)
    assert found is not None
    assert found.text == result


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("max = 10\n", "x = 1\n", "x = 2\n"),
        ("password = 1\n", "pass\n", "return\n"),
        ("import os.path\n", "import os\n", "import sys\n"),
        ("timeout = 10  # s\n", "timeout = 1\n", "timeout = 10\n"),
        ("pass\nx = pass_on\n", "pass_\n", "go_\n"),
    ],
)
def test_a_part_of_a_word_is_never_replaced_nor_what_stands_there_already(text: str, old: str, new: str) -> None:
    assert replace_once(text, old, new) is None
