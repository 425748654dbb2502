"""Text from outside stays apart, and what is hidden stays hidden."""

import re

import pytest
from agentctl.agents.fences import fence, plain, without_holdouts
from hypothesis import given
from hypothesis import strategies as st


@given(st.text("`a\n ~\r\x1b", max_size=60), st.text("`\n x", max_size=10))
def test_no_text_ends_its_own_fence(text: str, label: str) -> None:
    lines = fence(text, label).split("\n")
    bar = re.match("`+", lines[0])
    assert bar is not None
    assert lines[-1] == ""
    assert lines[-2] == bar[0]
    assert [line for line in lines[1:-2] if re.match(r"\s*" + bar[0], line)] == []
    assert "\n".join(lines[1:-2]).rstrip("\n") == plain(text).rstrip("\n")


@pytest.mark.parametrize(
    "document",
    [
        "a\n\n```python R1 holdout\nSECRET\n```\n\nz",
        "a\n\n````python holdout R1\nSECRET\n```\nSECRET\n````\n\nz",
        "a\n\n~~~python R1 HOLDOUT\nSECRET\n~~~\n\nz",
        "a\n\n- item\n\n  ```python R1 holdout\n  SECRET\n  ```\n\nz",
        "a\n\n> ```python R1 holdout\n> SECRET\n> ```\n\nz",
        "a\r\n\r\n```python R1 holdout\r\nSECRET\r\n```\r\n\r\nz",
        "---\nspec: 1\n---\na\n\n```python R1 holdout\n    ```\nSECRET\n```\n\nz",
    ],
)
def test_holdouts_are_taken_out_and_the_rest_stays(document: str) -> None:
    shown = without_holdouts(document)
    assert "SECRET" not in shown
    assert shown.endswith("\nz")
    assert "a\n" in shown


def test_an_unclosed_holdout_hides_the_rest() -> None:
    assert "SECRET" not in without_holdouts("a\n\n```python holdout\nSECRET\n\n# more\nSECRET\n")


def test_a_document_without_holdouts_is_untouched() -> None:
    text = "The word is not here.\n\n```python R1\nassert 1\n```\n"
    assert without_holdouts(text) == text
    assert without_holdouts("A `holdout` is hidden.\n") == "A `holdout` is hidden.\n"
