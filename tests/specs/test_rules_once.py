"""Findings that are told once, and only where they are sure."""

import pytest
from agentctl.specs.lint import lint
from agentctl.specs.parse import parse

HEAD = "# a\n\n`f(n)` in `f.py`.\n\n"
LOAD = "When the file is there, it MUST print the name of each {} in order.\n"


def found(text: str, *codes: str) -> list[tuple[str, str]]:
    return [(hit.code, hit.message) for hit in lint(parse(text)) if hit.code in codes]


def test_items_that_are_alike_are_one_finding() -> None:
    text = HEAD + "".join(f"- **R{n}** {LOAD.format(f'{word} file')}" for n, word in enumerate(("", "new", "old"), 1))
    said = "R2 and R3 say nearly the same as R1: keep one, or say what is different"
    assert found(text, "SPC301") == [("SPC301", said)]


def test_items_with_rows_of_their_own_are_two_cases() -> None:
    text = HEAD + f"- **R1** {LOAD.format('file')}- **R2** {LOAD.format('new file')}"
    assert len(found(text, "SPC301")) == 1
    table = "\n### Examples for R1, R2: `f(n)`\n\n| n | => |\n|---|---|\n| `1` | `2` |\n"
    assert len(found(text + table, "SPC301")) == 1, "one row cannot be two cases"
    assert found(text + table + "| `2` | `3` |\n", "SPC301") == []


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ("`--n` defaults to 5.", "`--n` defaults to 6.", 1),
        ("`--n` defaults to 5.", "`--n`, whose default is `6`, counts.", 1),
        ("`f` MUST keep at most 5 of the rows that it reads.", "`f` MUST keep at most 6 of the rows that it reads.", 1),
        ("`f` MUST list the primes up to 10, in order.", "`f` MUST list the primes up to 99, in order.", 0),
        ("`f` MUST give the root of 1 as a float.", "`f` MUST give the root of 4 as a float.", 0),
        ("`--n` defaults to 5.", "If `--m` is given, `--n` defaults to 6.", 0),
        ("`--n` defaults to 5.", "`--n` is like `--m`, which defaults to 6.", 0),
        ("`--n` defaults to 5.", "`--n` has a default value of its own.", 0),
    ],
)
def test_two_values_are_told_only_where_they_are_of_one_thing(one: str, other: str, count: int) -> None:
    assert len(found(f"{HEAD}- **R1** {one}\n- **R2** {other}\n", "SPC302")) == count


def test_the_default_of_a_question_is_no_second_value() -> None:
    text = HEAD + "- **R1** `--n` defaults to 5.\n- **Q1** Shall `--n` be 6 on Windows? `--n` default: 6\n"
    assert found(text, "SPC302") == []


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ("| `1` | `True` |\n| `2` | `False` |\n", 0),
        ("| `1` | `7` |\n| `2` | `None` |\n", 0),
        ("| `1` | `7` |\n| `2` | `-1` |\n", 0),
        ("| `1` | `7` |\n| `2` | raises ValueError |\n", 0),
        ("| `1` | `7` |\n| `2` | `8` |\n", 1),
        ("| `1` | `False` |\n| `2` | `False` |\n", 1),
    ],
)
def test_a_row_that_gives_no_value_is_the_case_that_fails(rows: str, count: int) -> None:
    text = HEAD + "- **R1** If `n` is invalid, `f` MUST say so.\n\n| n | => |\n|---|---|\n" + rows
    assert len(found(text, "SPT208")) == count


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("- **R1** It MUST go.\n- **R1** It MUST end.\n", ["SPI001"]),
        ("- R2 It MUST end.\n", ["SPF016"]),
        ("## Requirements\n\n- R2 It MUST end.\n", ["SPI003"]),
        ("- It MUST end.\n", ["SPI003"]),
    ],
)
def test_a_line_has_one_finding_about_its_id(text: str, codes: list[str]) -> None:
    assert [code for code, _ in found("# a\n\n" + text, "SPI001", "SPI003", "SPF016")] == codes
