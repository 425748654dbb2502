"""Specs of other tools, and texts of none: what binds in them is in the result, or in the list of what is not."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest
from agentctl.specs.importing import Imported, Source, Unplaced, import_spec, source_of
from agentctl.specs.importing.sheet import binding
from agentctl.specs.importing.source import sentences
from agentctl.specs.markdown import blocks
from agentctl.specs.parse import parse
from hypothesis import given
from hypothesis import strategies as st

SPECKIT = """\
# Feature Specification: Bookmark Manager

**Feature Branch**: `001-bookmarks`
**Status**: Draft
**Input**: User description: "Save and find bookmarks."

## User Scenarios & Testing *(mandatory)*

<!-- Stories MUST be independent. -->

### User Story 1 - Save (Priority: P1)

A person saves a page.

**Why this priority**: It is the reason.

**Acceptance Scenarios**:

1. **Given** an empty list, **When** the user
   saves, **Then** it appears.

---

### Edge Cases

- What happens when the address is there already?
- **Missing title**: the address is shown.

## Requirements *(mandatory)*

### Functional Requirements

- **FR-001**: System MUST save `FR-001` by its address.
- **FR-007**: System MUST search, as in FR-001 [NEEDS CLARIFICATION: by title, or by text too?].

### Non-Functional Requirements

- **NFR-001**: Search MUST take < 1 s.

### Key Entities *(include if feature involves data)*

- **Bookmark**: A saved page.

## Success Criteria *(mandatory)*

- **SC-001**: A user can save in under 30 seconds.
- **SC-002**: `find x` MUST take <= 1 s (median of 5) on 2 cores.

## Assumptions

- One user.

## Out of Scope

- Accounts.
"""

SPECKIT_RESULT = """\
# Bookmark Manager

Save and find bookmarks.

## Terms

- **Bookmark**: A saved page.

## Requirements

- **R1** System MUST save `FR-001` by its address.
- **R7** System MUST search, as in R1.

### User Story 1 - Save (Priority: P1)

A person saves a page.

**Why this priority**: It is the reason.

- **R8** **Given** an empty list, **When** the user
  saves, **Then** it appears.

### Non-Functional Requirements

- **R9** Search MUST take < 1 s.

### Success Criteria

- **R10** A user can save in under 30 seconds. (SHOULD: no command measures it)

## Corner cases

- **E1** **Missing title**: the address is shown.

## Performance

- **P1** `find x` MUST take <= 1 s (median of 5) on 2 cores.

## Non-goals

- **N1** Accounts.

## Open questions

- **Q1** What happens when the address is there already?
- **Q2** by title, or by text too? (R7)

## Notes

- **Feature Branch**: `001-bookmarks`
- **Status**: Draft

- **A1** One user.
"""

KIRO = """\
# Requirements Document

## Introduction

A converter.

## Glossary

- **MGRS**: a grid

## Requirements

### Requirement 1: Conversion

**User Story:** As a user, I want to convert, so that I can see.

#### Acceptance Criteria

1. WHEN coordinates are given, THE Converter SHALL return MGRS
2. IF they are wrong, THEN THE Converter SHALL
   say so, as in Requirement 1.1

### Requirement 2

#### Acceptance Criteria

2.1. THE CLI SHALL take one flag

Notes: it SHALL be small.
"""

KIRO_RESULT = """\
# converter

A converter.

## Terms

- **MGRS**: a grid

## Requirements

### Requirement 1: Conversion

**User Story:** As a user, I want to convert, so that I can see.

- **R1** WHEN coordinates are given, THE Converter SHALL return MGRS
- **R2** IF they are wrong, THEN THE Converter SHALL
  say so, as in R1

### Requirement 2

- **R3** THE CLI SHALL take one flag
- **R4** Notes: it SHALL be small.
"""

OPENSPEC = """\
# List Command Specification

## Purpose

Lists changes.

## Requirements

### Requirement: Output
The command SHALL print a table.

- one row each

#### Scenario: Default
- **WHEN** run
- **THEN** print:
  - the name

### Requirement: Sorted

## REMOVED Requirements

### Requirement: Colours
The command SHALL use colours.
"""

OPENSPEC_RESULT = """\
# List Command

Lists changes.

## Requirements

### Requirement: Output

- **R1** The command SHALL print a table.
  - one row each

### Requirement: Sorted

- **R2** Sorted

## Corner cases

- **E1** Default (R1):
  - **WHEN** run
  - **THEN** print:
    - the name
"""

ISSUE = """\
The export should accept `--json`. I use it in scripts.

**A1** is a road.

### Expected behavior

- prints an array
- one object per row

### Environment

- Python 3.12, but 3.11 must work too

```python R1
assert export() == MUST
```

### Out of scope

- CSV
"""

ISSUE_RESULT = """\
# export-json

The export should accept `--json`. I use it in scripts.

Note: **A1** is a road.

## Requirements

- **R1** The export should accept `--json`.

### Expected behavior

- **R2** prints an array
- **R3** one object per row

### Environment

- **R4** Python 3.12, but 3.11 must work too

## Non-goals

- **N1** CSV

## Notes

**Environment**

```python
assert export() == MUST
```
"""


@pytest.mark.parametrize(
    ("text", "name", "source", "result"),
    [
        (SPECKIT, "x", "spec-kit", SPECKIT_RESULT),
        (KIRO, "converter", "kiro", KIRO_RESULT),
        (OPENSPEC, "x", "openspec", OPENSPEC_RESULT),
        (ISSUE, "export-json", "prose", ISSUE_RESULT),
    ],
    ids=["spec-kit", "kiro", "openspec", "prose"],
)
def test_a_document_becomes_a_spec(text: str, name: str, source: Source, result: str) -> None:
    assert source_of(text) == source
    assert import_spec(text, name=name).text == result
    assert import_spec(text.replace("\n", "\r\n"), name=name).text == result


def test_each_item_knows_where_it_came_from() -> None:
    assert import_spec(SPECKIT, name="x").origins == {
        "R8": "line 19",
        "R1": "FR-001, line 33",
        "R7": "FR-007, line 34",
        "R9": "NFR-001, line 38",
        "R10": "SC-001, line 46",
        "Q1": "line 26",
        "E1": "line 27",
        "Q2": "line 34",
        "P1": "SC-002, line 47",
        "A1": "line 51",
        "N1": "line 55",
    }


def test_what_is_not_an_item_is_told_with_its_line() -> None:
    told = import_spec(SPECKIT, name="x").unplaced
    assert [(each.line, each.text) for each in told] == [(9, "<!-- Stories MUST be independent. -->")]
    why = "is taken out or renamed by this change: edit the spec that it stands in"
    assert import_spec(OPENSPEC, name="x").unplaced == (
        Unplaced(line=23, text="### Requirement: Colours", why=why),
        Unplaced(line=24, text="The command SHALL use colours.", why=why),
    )


@pytest.mark.parametrize("text", [SPECKIT, KIRO, OPENSPEC, ISSUE], ids=["spec-kit", "kiro", "openspec", "prose"])
def test_the_result_says_what_the_import_says(text: str) -> None:
    imported = import_spec(text, name="x")
    spec = parse(imported.text)
    assert set(spec.items) == set(imported.origins)
    assert not any(item.temporary for item in spec.items.values())
    assert [(d.code, d.line) for d in spec.diagnostics if d.code != "SPF007"] == []


def test_a_foreign_table_is_never_one_of_our_examples() -> None:
    text = import_spec("# a\n\nIt must be.\n\n| x | => |\n|---|---|\n| one | two |\n", name="x").text
    assert parse(text).tables == parse(text).diagnostics == ()


def words(text: str) -> Counter[str]:
    """The words of a text without what an import gives another name, or asks as a question of its own."""
    renamed = r"\[NEEDS CLARIFICATION:[^]]*\]|\b[A-Z]{2,6}-\d+\b|\bRequirement \d+\.\d+"
    return Counter(re.findall(r"[a-z]{3,}", re.sub(renamed, "", text).lower()))


def lost(text: str, imported: Imported) -> list[str]:
    """The sentences with a keyword in capitals that are in no item and not told either."""
    spec = parse(imported.text)
    kept = [words(" ".join((item.text, *item.blocks))) for item in spec.items.values()]
    kept += [words(each.text) for each in imported.unplaced]
    said = [s for b in blocks(text) if b.kind in {"paragraph", "bullet"} and not b.code for s in sentences(b.text)]
    return [s for s in said if binding(s) and not any(not words(s) - have for have in kept)]


@pytest.mark.parametrize("text", [SPECKIT, KIRO, OPENSPEC, ISSUE], ids=["spec-kit", "kiro", "openspec", "prose"])
def test_no_sentence_that_binds_is_lost(text: str) -> None:
    assert lost(text, import_spec(text, name="x")) == []


_LINES = st.sampled_from(
    [
        "# Feature Specification: one",
        "## Requirements *(mandatory)*",
        "### Requirement: two",
        "### Requirement 3: three",
        "#### Scenario: four",
        "#### Acceptance Criteria",
        "## REMOVED Requirements",
        "## Success Criteria",
        "## Vibes",
        "### Edge Cases",
        "### User Story 1 - five",
        "- **FR-001**: System MUST six",
        "- **SC-001**: It MUST seven",
        "1. WHEN eight, THE System SHALL nine",
        "   - nested MUST ten",
        "  more SHALL eleven.",
        "- **WHEN** it MUST twelve",
        "- What MUST thirteen?",
        "It MUST fourteen. It SHOULD fifteen! Or not.",
        "**R1** MUST sixteen",
        "**Status**: MUST seventeen",
        "| a | b |\n|---|---|\n| FR-002 | MUST eighteen |",
        "```\nx MUST y\n```",
        "> MUST nineteen",
        "> **R1** MUST twenty-one",
        "> ## Requirements",
        "> ```python R1",
        "> ---",
        "- [x] **R1** MUST twenty-two",
        "  - [x] MUST twenty-three",
        "- [ ] MUST twenty-four",
        "- [ ] ## MUST twenty-six",
        "| FR-003 | x |\n|---|---|\n| SC-002 | MUST in < 3 s |",
        "- > MUST twenty-five",
        "<!-- MUST twenty -->",
        "[a]: b",
        "---",
        "",
    ]
)


@given(st.lists(_LINES, max_size=20), st.sampled_from(["spec-kit", "kiro", "openspec", "prose"]))
def test_no_sentence_of_any_document_is_lost(lines: list[str], source: Source) -> None:
    text = "\n".join(lines)
    imported = import_spec(text, name="x", source=source)
    assert lost(text, imported) == []
    if imported.origins:
        assert set(parse(imported.text).items) == set(imported.origins)


@given(st.text(max_size=200), st.sampled_from(["spec-kit", "kiro", "openspec", "prose"]))
def test_any_text_can_be_imported(text: str, source: Source) -> None:
    parse(import_spec(text, name="x", source=source).text)


def corpora() -> list[Path]:
    folder = os.environ.get("AGENTCTL_CORPORA")
    names = ("OpenSpec/openspec/**/*.md", "NL2RepoBench/**/start.md", "problem-specifications/exercises/*/*.md")
    return sorted(path for name in names for path in Path(folder).glob(name)) if folder else []


@pytest.mark.skipif(not corpora(), reason="AGENTCTL_CORPORA names no folder with checkouts of the corpora")
def test_no_sentence_of_public_specs_is_lost() -> None:
    texts = {str(path): path.read_text(encoding="utf-8", errors="replace") for path in corpora()}
    assert {path: found for path, text in texts.items() if (found := lost(text, import_spec(text, name="x")))} == {}
