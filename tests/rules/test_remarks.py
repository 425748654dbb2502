"""Which remarks ask for work, and the sentence each becomes."""

import pytest
from agentctl.orchestrator.rules.remarks import LONGEST, asks_for_work, requirement_of
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Rename it.", True),
        ("Why?", False),
        ("Why is this here? Could it go?", False),
        ("Is it needed? Please remove it.", True),
        ("```suggestion\nx = 1\n```", True),
        ("What of this?\n```suggestion\nx = 1\n```", True),
        ("```python\nx = 1\n```", False),
        ("> Rename it.", False),
        ("LGTM!", False),
        ("Thanks, looks good to me.", False),
        ("", False),
        ("\N{THUMBS UP SIGN}", False),
        ("nit: use a tuple", True),
        ("**Really?**", False),
    ],
)
def test_a_remark_asks_for_work_unless_it_is_a_question_or_praise(text: str, *, asks: bool) -> None:
    assert asks_for_work(text) is asks


@pytest.mark.parametrize(
    ("path", "line", "begins"),
    [
        ("src/a.py", 3, "The code at line 3 of `src/a.py` MUST"),
        ("src/a.py", None, "The code of `src/a.py` MUST"),
        ("", None, "The code MUST"),
        ("a`b.py", 3, "The code MUST"),
        ("a\nb.py", 3, "The code MUST"),
        ("-rf", 3, "The code MUST"),
    ],
)
def test_the_sentence_says_where_unless_the_name_could_break_it(path: str, line: int | None, begins: str) -> None:
    assert requirement_of("rename it.", path=path, line=line) == (
        f"{begins} do what its reviewer asks for: \u201crename it\u201d."
    )


@given(st.text(max_size=3000), st.text(max_size=300), st.none() | st.integers(1, 10**7))
def test_any_remark_is_one_quotation_of_a_bounded_length(words: str, path: str, line: int | None) -> None:
    asks_for_work(words)
    said = requirement_of(" ".join(words.split()), path=path, line=line)
    assert len(said) < LONGEST + 200
    assert (said.count("\u201c"), said.count("\u201d")) == (1, 1)
