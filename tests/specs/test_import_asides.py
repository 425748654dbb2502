"""Imports: what is ticked off is done, and what is quoted was said by somebody else; neither asks for anything."""

import pytest
from agentctl.specs.format import format_spec
from agentctl.specs.importing import Source, Unplaced, import_spec
from agentctl.specs.lint import blocking, lint
from agentctl.specs.parse import parse

DONE = "is ticked off as done and asks for nothing: it is in the notes"
QUOTED = "stands in a quotation, where it binds nobody: write it as a requirement if it should"
ISSUE = """\
# Exporter

## Tasks

- [x] set up the repository, which must be private
- [ ] export as CSV

> as Ann said, it must be fast
> and small

It must end.
"""


def wanted(text: str, source: Source | None = None) -> list[str]:
    spec = parse(import_spec(text, name="x", source=source).text)
    return [item.text for item in spec.items.values() if item.kind == "requirement"]


def test_what_is_done_and_what_is_quoted_is_kept_as_context_and_told() -> None:
    imported = import_spec(ISSUE, name="x")
    assert wanted(ISSUE) == ["export as CSV", "It must end."]
    assert "- [x] set up the repository, which must be private\n" in imported.text.partition("## Notes")[2]
    assert "> as Ann said, it must be fast\n> and small\n" in imported.text.partition("## Notes")[2]
    assert imported.unplaced == (
        Unplaced(line=5, text="set up the repository, which must be private", why=DONE),
        Unplaced(line=8, text="as Ann said, it must be fast and small", why=QUOTED),
    )


@pytest.mark.parametrize("source", ["spec-kit", "kiro", "openspec", "prose"])
def test_neither_is_a_requirement_of_any_source(source: Source) -> None:
    text = (
        "# a\n\n## Requirements\n\n### Requirement 1: One\n\n#### Acceptance Criteria\n\n"
        "- [x] **FR-001** It MUST begin\n- [X] It SHALL go on\n- [ ] It SHALL end\n\n> It SHALL rest\n"
    )
    assert wanted(text, source) == ["It SHALL end"]


@pytest.mark.parametrize(
    ("bullets", "left"),
    [
        ("- [ ] a\n  - [ ] b\n", ["a b"]),
        ("- [ ] a\n  - [x] b\n  - [ ] c\n", ["a", "c"]),
        ("- [x] a\n  - [ ] b\n", ["b"]),
        ("- [x] a\n  - b\n- [ ] c\n", ["c"]),
        ("- all of:\n  - [x] a\n  - [ ] b\n", ["all of:", "b"]),
        ("1. [x] a\n2. [ ] b\n", ["b"]),
    ],
)
def test_a_box_in_a_list_says_what_is_left_of_it(bullets: str, left: list[str]) -> None:
    assert wanted(f"# x\n\n## Tasks\n\n{bullets}") == left


def test_an_open_box_is_wanted_wherever_it_stands_but_in_a_checklist_of_the_form() -> None:
    assert wanted("# x\n\nWhy not.\n\n- [ ] export as CSV\n") == ["export as CSV"]
    assert wanted("# x\n\nIt must end.\n\n## PR checklist\n\n- [ ] signed\n\n## More\n\n- [ ] I have looked\n") == [
        "It must end."
    ]
    assert wanted("# x\n\nIt must end.\n\n## Out of scope\n\n- [ ] export as PDF\n") == ["It must end."]


@pytest.mark.parametrize(
    "quoted",
    [
        "> **R1** It MUST a\n> - **R2** It MUST b\n> E1: c",
        "> ## Requirements\n> - It MUST a\n>\n> # b",
        "> ```python R1\n> assert MUST\n> ```\n> ```console R1\n> $ a",
        "> | a | => |\n> |---|---|\n> | 1 | 2 |",
        "> > **R1** It MUST a\n> It MUST b\nIt MUST c",
        "> <!-- lint: ignore SPA101 MUST -->",
        "- > **R1** It MUST a\n  > It MUST b",
        "> Examples for R1: `f(a)`\n>\n> | a | => |\n> |---|---|\n> | `1` | `2` |",
    ],
)
def test_a_quotation_is_no_part_of_our_format(quoted: str) -> None:
    imported = import_spec(f"# x\n\nIt must end.\n\n{quoted}\n\nA remark.\n", name="x")
    spec = parse(imported.text)
    assert list(spec.items) == ["R1"]
    assert (spec.checks, spec.tables) == ((), ())
    assert not any("MUST" in comment.text for comment in spec.comments)
    assert blocking(lint(spec)) == ()
    assert format_spec(imported.text, name="x.md") == imported.text


@pytest.mark.parametrize("text", ["# a", "```", "~~~", "> a"])
def test_behind_a_box_nothing_begins_but_text(text: str) -> None:
    imported = import_spec(f"# x\n\n- [ ] {text}\n- [x] {text}\n\nIt must end.\n", name="x")
    assert f"## Requirements\n\n- **R1** \\{text}\n- **R2** It must end.\n" in imported.text
    assert list(parse(imported.text).items) == ["R1", "R2"]


def test_code_that_begins_like_a_quotation_is_none() -> None:
    imported = import_spec("# x\n\nIt must end.\n\n    > python\n    It must run.\n", name="x")
    assert "    > python" in imported.text


def test_what_an_openspec_proposal_changes_is_wanted() -> None:
    assert wanted("## Why\n\nIt is slow.\n\n## What Changes\n\n- Read once\n\n## Impact\n\n- `a.py`\n") == ["Read once"]


def test_what_is_done_keeps_its_number_so_that_the_others_keep_theirs() -> None:
    text = (
        "# Requirements Document\n\n### Requirement 1: One\n\n#### Acceptance Criteria\n\n"
        "1. [x] WHEN a THEN it SHALL b\n2. [ ] WHEN c THEN it SHALL d\n   - [x] with e\n"
        "3. [ ] WHEN f THEN it SHALL g, unlike Requirement 1.2\n"
    )
    imported = import_spec(text, name="x", source="kiro")
    assert imported.origins == {"R1": "Requirement 1.2, line 8", "R2": "Requirement 1.3, line 10"}
    assert parse(imported.text).items["R2"].refs == ("R1",)


@pytest.mark.parametrize(
    "bullet",
    [
        "- System MUST refuse a negative amount. Which status?",
        "- Which status? System MUST refuse a negative amount. Which status?",
        "- System MUST refuse a negative amount.\n  - Which status?",
    ],
)
def test_a_corner_case_that_binds_and_asks_is_bound_and_asked(bullet: str) -> None:
    text = f"# Feature Specification: a\n\n## Requirements\n\n- **FR-001**: It MUST end.\n\n## Edge Cases\n\n{bullet}\n"
    items = parse(import_spec(text, name="x", source="spec-kit").text).items
    assert items["E1"].text == "System MUST refuse a negative amount."
    assert items["Q1"].text.startswith("E1: Which status?")
    assert list(items) == ["R1", "E1", "Q1"]
