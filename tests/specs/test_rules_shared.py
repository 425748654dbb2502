"""SPT217: requirements whose evidence cannot be told apart."""

import pytest
from agentctl.specs.lint import lint
from agentctl.specs.parse import parse

BOTH = (
    "# a\n\n`f(x)` in `f.py`.\n\n- **R1** `a` MUST print {}.\n- **R2** It MUST end{}.\n- **E1** An empty file (R1).\n"
)
CHECK = "\n```console {}\n$ a\n1\n```\n"
TABLE = "\n### Examples for R1, R2: `f(x)`\n\n| x | => |\n|---|---|\n| `1` | `1` |\n| `0` | `0` |\n"


def told(text: str) -> list[tuple[str, str, str]]:
    return [(f.target, f.severity, f.message) for f in lint(parse(text)) if f.code == "SPT217"]


def test_the_requirement_without_a_name_of_its_own_is_told_what_to_do() -> None:
    message = (
        "nothing decides R2 alone: R1.c1 is of R1 too, and R2 has no name of its own in backticks;"
        " give it a check of its own"
    )
    assert told(BOTH.format("`1`", "") + CHECK.format("R1 R2")) == [("R2", "info", message)]


def test_requirements_of_the_same_names_are_both_told() -> None:
    assert [target for target, _, _ in told(BOTH.format(1, " as `a`") + CHECK.format("R1 R2"))] == ["R1", "R2"]


@pytest.mark.parametrize(
    "checks",
    [
        CHECK.format("R1 R2") + CHECK.format("R2"),
        CHECK.format("R1") + CHECK.format("R2"),
        CHECK.format("R2 E1"),
        CHECK.format("R2 R9"),
        CHECK.format("R1 R2 manual"),
        CHECK.format("R1 R2") + TABLE,
        "",
    ],
)
def test_one_with_a_check_of_its_own_or_with_rows_is_left_alone(checks: str) -> None:
    assert told(BOTH.format("`1`", "") + checks) == []


def test_a_name_of_its_own_is_enough() -> None:
    assert told(BOTH.format("`1`", " by `end`") + CHECK.format("R1 R2")) == []
