"""Imports: what is an id and what is a name, ids that are ours already, and that nothing goes without a word."""

import pytest
from agentctl.specs.importing import OURS, Unplaced, as_it_is, import_spec
from agentctl.specs.lint import blocking, lint
from agentctl.specs.parse import parse


@pytest.mark.parametrize(
    ("bullets", "before", "after"),
    [
        (
            ("UTF-8", "SHA-256"),
            "Text in UTF-8 MUST be hashed with SHA-256.",
            "Text in UTF-8 MUST be hashed with SHA-256.",
        ),
        (("UTF-7", "UTF-8"), "Text MUST be UTF-8.", "Text MUST be UTF-8."),
        (("BX-9", "BX-40"), "It MUST drive a BX-40.", "It MUST drive a BX-40."),
        (("BX-1", "BX-2"), "It MUST end after BX-2.", "It MUST end after R2."),
        (("FR-004", "NFR-PERF-1"), "It MUST end after FR-004.", "It MUST end after R4."),
    ],
)
def test_a_word_with_a_number_is_an_id_only_in_a_row_of_them(bullets: tuple[str, ...], before: str, after: str) -> None:
    lines = [f"- **{name}** is one that MUST be read." for name in bullets]
    text = "\n".join(["# Notes", "", *lines, "", before, ""])
    found = [item.text for item in parse(import_spec(text, name="x", source="prose").text).items.values()]
    assert found[-1] == after
    assert len(found) == len(bullets) + 1


def test_a_spec_of_ours_stays_as_it_is_and_what_binds_nobody_is_told() -> None:
    text = "# a\n\n- **R2**: It SHOULD do eta\n- **E1** none\n\n## Vibes\n\nIt MUST be warm.\n"
    imported = as_it_is(parse(text))
    assert imported is not None
    assert (imported.text, imported.source) == (text, OURS)
    assert imported.origins == {"R2": "line 3", "E1": "line 4"}
    assert imported.unplaced == (
        Unplaced(line=8, text="It MUST be warm.", why="stands where it binds nobody: give it an id if it should"),
    )


@pytest.mark.parametrize("text", ["# a\n\n- **Q1** Why? It MUST.\n", "- **FR-001** It MUST end.\n", "It MUST end.\n"])
def test_what_has_no_id_of_ours_is_not_ours(text: str) -> None:
    assert as_it_is(parse(text)) is None


def test_an_id_of_ours_in_the_document_of_another_tool_is_kept_once() -> None:
    text = "# x\n\n### Requirement: Ends\n\n**R7** It SHALL end.\n\n### Requirement: Begins\n\nIt SHALL begin.\n"
    items = parse(import_spec(text, name="x").text).items
    assert {item.id: item.text for item in items.values()} == {"R7": "It SHALL end.", "R8": "It SHALL begin."}


def test_headings_without_a_text_of_their_own_and_comments_are_kept_or_told() -> None:
    text = '# a\n\nIt MUST end.\n\n## Guide\n\n### Usage\n\nRun it.\n\n[//]: # "a remark"\n\n## Later\n'
    imported = import_spec(text, name="x", source="prose")
    assert all(f"**{heading}**" in imported.text for heading in ("Guide", "Usage", "Later"))
    assert [(left.line, left.why) for left in imported.unplaced] == [(11, "stands in an HTML comment")]


KIRO = """# Requirements Document

## Requirements

### Requirement 1: Login

#### Acceptance Criteria

1. WHEN a THEN the system SHALL answer 1, as in Requirement 2.1
2. the token is short

### Requirement 1.2{colon} Logout

#### Acceptance Criteria

1. WHEN c THEN the system SHALL answer 3

### Requirement 2

#### Acceptance Criteria

1. WHEN d THEN the system SHALL answer 4, unlike Requirement 1.1 and Requirement 1.2
"""


@pytest.mark.parametrize("colon", [":", ""])
def test_a_heading_that_is_called_as_a_criterion_is_stays_a_heading(colon: str) -> None:
    imported = import_spec(KIRO.format(colon=colon), name="x", source="kiro")
    assert f"### Requirement 1.2{colon} Logout\n" in imported.text
    assert [left.text for left in imported.unplaced] == []
    spec = parse(imported.text)
    assert blocking(lint(spec)) == ()
    assert list(spec.items) == ["R1", "R2", "R3", "R4"]
    assert list(imported.origins.values()) == [
        "Requirement 1.1, line 9",
        "Requirement 1.2, line 10",
        "Requirement 1.2.1, line 16",
        "Requirement 2.1, line 22",
    ]
    assert spec.items["R1"].refs == ("R4",)
    assert spec.items["R4"].text.endswith("unlike R1 and Requirement 1.2")


def test_an_id_of_another_tool_that_heads_a_section_becomes_no_second_item() -> None:
    text = (
        "# x\n\n## Requirements\n\n- **FR-001**: It MUST end.\n\n### FR-001 in detail\n\n- [ ] Note: FR-001 is all.\n"
    )
    imported = import_spec(text, name="x", source="spec-kit")
    assert blocking(lint(parse(imported.text))) == ()


def test_a_second_title_is_not_lost() -> None:
    text = "# First\n\n## Requirement 1\n\n### Acceptance Criteria\n\n1. It SHALL end.\n\n# Second\n"
    imported = import_spec(text, name="x", source="kiro")
    assert [left.text for left in imported.unplaced] == ["# First"]
    assert imported.text.startswith("# Second\n")


@pytest.mark.parametrize("before", ["", "- a bullet with\n\n  "])
def test_a_table_of_examples_of_something_else_does_not_block_the_result(before: str) -> None:
    text = (
        f"# a\n\nIt MUST end.\n\n{before}| a | => |\n{'  ' * bool(before)}|---|---|\n{'  ' * bool(before)}| 1 | 2 |\n"
    )
    imported = import_spec(text, name="x", source="prose")
    assert blocking(lint(parse(imported.text))) == ()
    assert "| 1 | 2 |" in imported.text
