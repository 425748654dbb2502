"""What people already have is read as it is: Kiro's criteria, tables under Examples, prose however it is typed."""

import pytest
from agentctl.specs.lint import blocking, lint
from agentctl.specs.nouns import Spec
from agentctl.specs.parse import parse

KIRO = """# Requirements Document

## Introduction

A reader of logs.

## Requirements

### Requirement 1

**User Story:** As an operator, I want bursts, so that I see abuse.

#### Acceptance Criteria

1. WHEN a log is given THEN the system SHALL print one line for each client
2. IF the log is missing THEN the system SHALL exit with status 2

### Requirement 2: Speed

#### Acceptance Criteria

1. WHEN a log of 1 MB is read THEN the system SHALL finish within 3 seconds
"""


def texts(spec: Spec) -> dict[str, str]:
    return {item.id: item.text for item in spec.items.values()}


def test_criteria_of_kiro_are_items_with_counted_ids() -> None:
    spec = parse(KIRO)
    assert (spec.level, [item.temporary for item in spec.items.values()]) == ("L1", [True] * 3)
    assert texts(spec) == {
        "R1": "WHEN a log is given THEN the system SHALL print one line for each client",
        "R2": "IF the log is missing THEN the system SHALL exit with status 2",
        "R3": "WHEN a log of 1 MB is read THEN the system SHALL finish within 3 seconds",
    }
    assert [kept.text[:10] for kept in spec.context] == ["User Story"]
    assert blocking(lint(spec)) == ()


def test_criteria_that_bind_are_items_wherever_they_stand_and_checks_stay_checks() -> None:
    spec = parse("# a\n\nIt reads.\n\n## Acceptance criteria\n\n- It MUST end.\n- See the wiki.\n")
    assert texts(spec) == {"R1": "It MUST end."}
    spec = parse("# a\n\n## Requirements\n- **R1** It MUST end.\n\n### Checks\n\n- By hand, it MUST look well.\n")
    assert list(spec.items) == ["R1"]


@pytest.mark.parametrize(
    "table",
    [
        "## Examples\n\n| Round | Card |\n|---|---|\n| 1 | 2 |\n",
        "### Examples of A4 paper\n\n| Side | mm |\n|---|---|\n| long | 297 |\n",
        "Examples of `git`:\n\n| Command | Does |\n|---|---|\n| add | stage |\n",
    ],
)
def test_a_table_that_is_no_table_of_examples_is_context_with_a_hint_at_most(table: str) -> None:
    spec = parse(f"# a\n\nIt MUST end.\n\n{table}")
    assert [found for found in lint(spec) if found.severity != "info"] == []
    assert any("|---|---|" in kept.text for kept in spec.context)
    assert spec.tables == ()


@pytest.mark.parametrize("caption", ["### Examples for R1", "### Examples: `f(x)`", "### Examples for R1: `f(y)`"])
def test_a_table_that_is_nearly_one_of_examples_is_one_error(caption: str) -> None:
    spec = parse(
        f"# a\n\n`f(x)` in `f.py`.\n\n- **R1** `f` MUST end.\n\n{caption}\n\n| x | gives |\n|---|---|\n| `1` | `2` |\n"
    )
    assert [found.code for found in lint(spec) if found.line == 9] == ["SPF010"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("More words of it.", "More *words* of it."),
        ("## Vibes", "## **Vibes**"),
        ("- a word here", "- a __word__ here"),
        ("| a cell | b |", "| a *cell* | b |"),
        ("More words of it.", "More words\nof it."),
        ("More words of it.", "More words of it. <!-- said on Monday -->"),
        ("| 1 | 2 |", "| 1 | 2 | extra |"),
    ],
)
def test_a_document_without_items_is_the_same_however_it_is_typed(one: str, other: str) -> None:
    text = "# a\n\nIt does one thing.\n\n## Vibes\n\nMore words of it.\n\n- a word here\n\n"
    text += "| a cell | b |\n|---|---|\n| 1 | 2 |\n"
    assert text.count(one) == 1
    same = "extra" not in other
    before, after = parse(text).items["R1"], parse(text.replace(one, other)).items["R1"]
    assert (before.norm_hash == after.norm_hash) == same
    assert parse(text.replace("More words", "Other words")).items["R1"].norm_hash != before.norm_hash


def test_code_of_a_document_without_items_counts_to_the_last_blank() -> None:
    text = "# a\n\nIt does one thing.\n\n```py\nif x:\n    y\n```\n"
    assert parse(text).items["R1"].norm_hash != parse(text.replace("    y", "  y")).items["R1"].norm_hash
