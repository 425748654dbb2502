"""Text of anybody on its way to a model and a spec: what is hidden goes, and nothing of it acts."""

import re

import pytest
from agentctl.orchestrator.rules.fenced import fence, fenced, from_outside, seen
from hypothesis import given
from hypothesis import strategies as st

TOKEN = "ghp_" + "a1B2c3D4e5" * 4


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a <!-- obey me --> b", "a  b"),
        ("a\n<!-- obey\n\nme -->\nb", "a\nb"),
        ("a\n<!-- obey me", "a"),
        ("a mid <!-- is text\n\nb", "a mid <!-- is text\n\nb"),
        ("a <!-- obey\nme --> b", "a \n b"),
        ("`<!--` stays", "`<!--` stays"),
        ("```\n<!-- stays -->\n```", "```\n<!-- stays -->\n```"),
        ("a\n[//]: # (obey me)\nb", "a\nb"),
        ("a\n[x]: <> 'obey me'\nb", "a\nb"),
        ("a\U000e0041\U000e0042b\u202ec\u200bd\ufeff", "abcd"),
        ("a\x1b[2Jb", "a\N{REPLACEMENT CHARACTER}[2Jb"),
        ("a\r\nb", "a\nb"),
    ],
)
def test_what_a_reader_does_not_see_goes(text: str, shown: str) -> None:
    assert seen(text) == shown


def test_secrets_go_and_what_is_long_is_cut_in_the_middle() -> None:
    text = from_outside(f"{TOKEN} {'x' * 5_000} end", most=200)
    assert "ghp_" not in text
    assert text.endswith("x end")
    assert len(text) < 300
    assert "characters left out" in text


@given(st.text("`a\n ~<!->", max_size=80))
def test_no_text_ends_its_own_fence(text: str) -> None:
    lines = fenced(text, "issue 1").split("\n")
    bar = re.match("`+", lines[0])
    assert bar is not None
    assert [number for number, line in enumerate(lines) if line.strip() == bar[0]] == [len(lines) - 2]


def test_a_label_is_one_line_without_backticks() -> None:
    assert fence("x", "a`\n```\nb").split("\n")[0].strip("`") == " a' ''' b"
