"""Imports from spec-kit: each criterion of success is a bar, a bar that asks for what it lacks, or a requirement."""

import pytest
from agentctl.specs.format import format_spec
from agentctl.specs.importing import Imported, Remark, import_spec
from agentctl.specs.lint import blocking, lint
from agentctl.specs.nouns import Item
from agentctl.specs.parse import parse

HEAD = "# Feature Specification: Find\n\n## Requirements\n\n- **FR-001**: System MUST find.\n\n"
ALL = "no command, no statistic and no machine"
UNSURE = f"is no bar yet, for it names {ALL}: it SHOULD hold, and a question asks for the rest"
NO_FIGURE = "has no figure that a command could measure: it SHOULD hold, and a person says whether it does"
PEOPLE = "is about what people do, which no command measures: it SHOULD hold, and a person says whether it does"


def imported(*criteria: str, heading: str = "## Success Criteria *(mandatory)*\n\n### Measurable Outcomes") -> Imported:
    return import_spec(f"{HEAD}{heading}\n\n" + "".join(f"- {each}\n" for each in criteria), name="x")


def item(criterion: str) -> Item:
    (found,) = (each for each in parse(imported(criterion).text).items.values() if each.id not in {"R1", "Q1"})
    return found


def test_a_figure_without_a_machine_is_a_bar_that_should_hold_and_a_question() -> None:
    found = imported(
        "**SC-001**: Search returns results in under 2 seconds for 95% of queries.",
        "**SC-002**: Users find it again.",
        "**SC-003**: The index takes at most **20 MB** of memory, as SC-001 says.",
        "**SC-004**: The bundle stays under 200KB.",
    )
    assert found.text.partition("## Performance")[2] == (
        "\n\n"
        "- **P1** Search returns results in under 2 seconds for 95% of queries. "
        "(SHOULD: no command, no statistic and no machine)\n"
        "- **P2** The index takes at most **20 MB** of memory, as P1 says. "
        "(SHOULD: no command, no statistic and no machine)\n"
        "- **P3** The bundle stays under 200KB. (SHOULD: no command)\n"
        "\n## Open questions\n\n"
        "- **Q1** P1, P2: with which command, as which statistic of how many runs and on which machine is it measured? "
        "default: not measured\n"
        "- **Q2** P3: with which command is it measured? default: not measured\n"
    )
    assert found.remarks[:2] == (
        Remark(id="P1", line=11, text="Search returns results in under 2 seconds for 95% of queries.", why=UNSURE),
        Remark(id="R2", line=12, text="Users find it again.", why=PEOPLE),
    )
    assert found.unplaced == ()
    assert [item.default for item in parse(found.text).items.values() if item.kind == "question"] == 2 * [
        "not measured"
    ]


@pytest.mark.parametrize(
    ("criterion", "kind", "strength"),
    [
        ("**SC-001**: `find x` takes <= 1 s (median of 5) on 2 cores.", "P", "MUST"),
        ("**SC-001**: A page loads within **2 seconds** on standard connections, with a sign.", "P", "SHOULD"),
        ("SC-001: Batches reach at least 500 rows per second.", "P", "SHOULD"),
        ("Search takes under 1 second.", "P", "SHOULD"),
        ("[ ] **SC-001**: Search takes under 1 second.", "P", "SHOULD"),
        ("**SC-001**: Search MAY take under 1 second.", "P", "MAY"),
        ("**SC-001**: Search MUST take under 1 second.", "R", "MUST"),
        ("**SC-001**: Users can find a page in under 30 seconds.", "R", "SHOULD"),
        ("**SC-001**: 90% of new users complete a search within 1 minute.", "R", "SHOULD"),
        ("**SC-001**: A first-time visitor can register in under 3 minutes.", "R", "SHOULD"),
        ("**SC-001**: The operations team finds causes within 10 minutes.", "R", "SHOULD"),
        ("**SC-001**: 100% of requests are answered within 30 days.", "R", "SHOULD"),
        ("**SC-001**: Nothing leaks.", "R", "SHOULD"),
    ],
)
def test_what_a_criterion_becomes(criterion: str, kind: str, strength: str) -> None:
    found = item(criterion)
    assert (found.id[0], found.strength) == (kind, strength)


@pytest.mark.parametrize(
    "heading", ["## Success Criteria (measurable)", "## 3. Success Criteria", "## Kryteria sukcesu"]
)
def test_criteria_are_known_by_their_heading_or_by_their_ids(heading: str) -> None:
    assert "P1" in parse(imported("**SC-001**: Search takes under 1 second.", heading=heading).text).items


def test_a_remark_says_why_a_criterion_is_a_requirement() -> None:
    assert [(each.id, each.why) for each in imported("**SC-001**: Nothing leaks.").remarks] == [("R2", NO_FIGURE)]
    (must,) = imported("**SC-001**: Search MUST take under 1 second.").remarks
    assert (
        must.why == "is no bar yet, for it names no command, no statistic and no machine: it is a requirement till then"
    )


def test_what_criteria_become_can_be_run_and_stays_when_it_is_formatted() -> None:
    text = imported(
        "**SC-001**: Search takes under 1 second [NEEDS CLARIFICATION: where?].",
        "**SC-002**: Search MUST take < 1 s.\n  - on a phone\n  - on a desk",
        "`/search` loads in 1 s on a phone",
        "",
    ).text
    assert blocking(lint(parse(text))) == ()
    assert format_spec(text, name="x.md") == text


TABLES = """\
# Feature Spec 004: Permissions

## User Scenarios

### US-1: Grant

**Given** I am granted,
**When** I create,
**Then** it is there.

## Requirements

| ID | Requirement | Priority |
|----|-------------|----------|
| FR-01 | Grants are stored | P0 |
| FR-04 | Grants end, as FR-01 | P1 |

## Success Criteria

| ID | Criterion | Measurement |
|----|-----------|-------------|
| SC-01 | A check takes < 50ms | Test with grants |
| SC-02 | Nothing leaks | |
"""


def test_rows_of_a_table_with_ids_are_items_too() -> None:
    found = import_spec(TABLES, name="x")
    assert (found.source, parse(found.text).title) == ("spec-kit", "Permissions")
    assert {each.id: each.text for each in parse(found.text).items.values() if each.id != "Q1"} == {
        "R1": "Grants are stored \u2013 P0",
        "R4": "Grants end, as R1 \u2013 P1",
        "R5": "Given I am granted, When I create, Then it is there.",
        "R6": "Nothing leaks (SHOULD: no command measures it)",
        "P1": "A check takes < 50ms \u2013 Test with grants (SHOULD: no command, no statistic and no machine)",
    }
    assert found.unplaced == ()


def test_an_edge_case_that_is_asked_and_assumed_is_a_question_with_a_default() -> None:
    text = "- What if a pet is gone? (Assumption: Pets stay.)\n- How *fast*? Assumption: very\n- Late? no\n"
    text += "- Big?\n- Old? (Assumed: no) It MUST be.\n"
    items = parse(import_spec(f"{HEAD}### Edge Cases\n\n{text}", name="x").text).items
    assert {found.id: (found.text, found.default) for found in items.values() if found.kind != "requirement"} == {
        "Q1": ("What if a pet is gone? default: Pets stay.", "Pets stay"),
        "Q2": ("How fast? default: very", "very"),
        "Q3": ("Big?", None),
        "E1": ("Late? no", None),
        "E2": ("Old? (Assumed: no) It MUST be.", None),
    }
