"""Decisions become lines of the spec, and nothing that it says already changes."""

import subprocess
from pathlib import Path

import pytest
from agentctl.specs.parse import parse
from agentctl.specs.proposals import ProposalRefused, Statement, patch, propose
from hypothesis import given
from hypothesis import strategies as st

TIES = Statement(text="Equal counts are in order of names.", requirements=("R1",))
EMPTY = Statement(text="An empty log prints nothing", requirements=("R2", "R9"))
MERGE = Statement(text="Should clients be merged?", default="no")
SPEC = """# a

- **R1** It MUST print `1`.
- **R2** It MUST end.
"""


def added(old: str, new: str) -> list[str]:
    before = old.split("\n")
    return [line for line in new.split("\n") if line and line not in before]


def test_each_kind_of_decision_has_its_section_and_the_next_free_id() -> None:
    new = propose(SPEC, answers=[TIES, EMPTY], assumptions=[EMPTY], questions=[MERGE])
    assert new == SPEC + (
        "\n## Corner cases\n\n"
        "- **E1** Equal counts are in order of names (R1).\n"
        "- **E2** An empty log prints nothing (R2).\n"
        "\n## Open questions\n\n"
        "- **A1** An empty log prints nothing (R2).\n"
        "- **Q1** Should clients be merged? default: no\n"
    )
    items = parse(new).items
    assert (items["E1"].kind, items["E1"].refs, items["Q1"].default) == ("corner", ("R1",), "no")
    assert items["A1"].kind == "assumption"


def test_lines_go_to_the_end_of_a_section_that_is_there() -> None:
    old = SPEC + "\n## Edge cases\n\n* **E4** None (R1).\n  More of it.\n\n## Notes\n\nE7 was dropped.\n"
    assert propose(old, answers=[TIES]) == old.replace(
        "  More of it.\n", "  More of it.\n- **E8** Equal counts are in order of names (R1).\n"
    )


def test_a_new_section_stands_before_what_is_no_behaviour() -> None:
    old = SPEC + "\n## Non-goals\n\n- **N1** No.\n"
    new = propose(old, answers=[TIES], assumptions=[EMPTY])
    assert [line for line in new.split("\n") if line.startswith("##")] == [
        "## Corner cases",
        "## Non-goals",
        "## Open questions",
    ]


def test_without_a_section_a_line_stands_beside_its_like() -> None:
    old = SPEC + "- **E1** None (R1).\n- **N1** No.\n\n```python R1\nassert 1\n```\n"
    assert added(old, propose(old, answers=[TIES])) == ["- **E2** Equal counts are in order of names (R1)."]
    assert "None (R1).\n- **E2** Equal counts are in order of names (R1).\n- **N1**" in propose(old, answers=[TIES])


def test_ids_are_never_used_again() -> None:
    old = SPEC + "\nSee E3, and `E5`.\n"
    assert "**E6**" in propose(old, answers=[TIES])
    assert "**E12**" in propose(old, answers=[TIES], retired=["E11", "A4"])
    assert "**A5**" in propose(old, assumptions=[TIES], retired=["E11", "A4"])


def test_counted_ids_are_not_named() -> None:
    new = propose("# a\n\n- It prints 1.\n- It ends.\n", answers=[TIES])
    assert "- **E1** Equal counts are in order of names.\n" in new
    assert list(parse(new).items) == ["R1", "R2", "E1"]


def test_a_spec_without_ids_gets_a_paragraph() -> None:
    new = propose("Add a --json flag to `ratelog`.", answers=[TIES], assumptions=[EMPTY])
    assert new == (
        "Add a --json flag to `ratelog`.\n\nEqual counts are in order of names. An empty log prints nothing.\n"
    )
    assert (parse(new).level, list(parse(new).items)) == ("L0", ["R1"])
    page = "# Tool\n\nIt prints.\n\n## How to install\n\nNot at all.\n"
    assert propose(page, answers=[TIES]) == page.replace(
        "It prints.\n", "It prints.\n\nEqual counts are in order of names.\n"
    )


def test_nothing_to_say_changes_nothing() -> None:
    assert propose("anything\r", answers=[]) == "anything\r"


@pytest.mark.parametrize(
    "text",
    [
        "a\nb\x00\x1b[31mc",
        "<!-- hidden",
        "an odd ` tick",
        "- **R1** It MUST NOT print.",
        "## Requirements",
        "```python R1\nassert False\n```",
        "**R2** wins",
        "| a | => |",
        "---\nowns: ['**']\n---",
        "x" * 5_000,
    ],
)
def test_hostile_text_is_one_line_of_one_item(text: str) -> None:
    new = propose(SPEC, answers=[Statement(text=text)])
    assert len(added(SPEC, new)) == 2
    spec = parse(new)
    assert list(spec.items) == ["R1", "R2", "E1"]
    assert (spec.checks, spec.meta, spec.comments) == ((), parse("").meta, ())
    assert len(new) < 1_000


def test_what_would_change_the_spec_is_refused() -> None:
    with pytest.raises(ProposalRefused, match="a fence or a comment that is not closed"):
        propose(SPEC + "\n```text\nnever closed\n", answers=[TIES])
    with pytest.raises(ProposalRefused, match="not closed"):
        propose(SPEC + "\n```python R1\nassert 1\n", answers=[TIES])
    with pytest.raises(ProposalRefused, match="add it by hand"):
        propose("Print.\n\n<!-- never closed\n", answers=[TIES])


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_line_ends_stay_what_they_are(end: str) -> None:
    old = (SPEC + "\n## Corner cases\n\n- **E1** None (R1).\n\n## Notes\n").replace("\n", end)
    new = propose(old, answers=[TIES])
    assert new.replace(f"- **E2** Equal counts are in order of names (R1).{end}", "") == old


LINES = st.sampled_from(
    [
        "",
        "",
        "# title",
        "## Requirements",
        "## Corner cases",
        "## Open questions",
        "## Notes",
        "### Checks",
        "- **R{n}** It MUST print {n}.",
        "- **E{n}** None (R1).",
        "- **Q{n}** Why? default: no",
        "- a bullet",
        "  - a nested one",
        "  which goes on",
        "A paragraph.",
        "```python R1",
        "```",
        "| a | => |",
        "|---|---|",
        "| `1` | `2` |",
        "---",
        "<!-- a comment -->",
    ]
)


@given(st.lists(LINES, max_size=25), st.sampled_from(["\n", "\r\n", ""]))
def test_every_item_of_any_spec_stays_as_it_is_or_the_lines_are_refused(lines: list[str], end: str) -> None:
    text = "\n".join(line.format(n=number) for number, line in enumerate(lines, 1)) + end
    try:
        new = propose(text, answers=[TIES], assumptions=[EMPTY], questions=[MERGE])
    except ProposalRefused:
        return
    old_lines, new_lines = iter(text.split("\n")), new.split("\n")
    wanted = next(old_lines, None)
    for line in new_lines:
        if line == wanted or line.removesuffix("\r") == wanted:
            wanted = next(old_lines, None)
    assert wanted is None
    before, after = parse(text), parse(new)
    if before.level == "L0":
        return
    assert {key: after.items[key].norm_hash for key in before.items} == {
        key: item.norm_hash for key, item in before.items.items()
    }
    assert len(after.items) == len(before.items) + 3


@pytest.mark.parametrize("old", [SPEC, SPEC.rstrip(), "Add a flag.", SPEC.replace("\n", "\r\n"), "a\x0cb\u2028c\n"])
def test_git_applies_the_patch(old: str, tmp_path: Path) -> None:
    new = propose(old, answers=[TIES])
    (tmp_path / "a.md").write_bytes(old.encode())
    diff = patch(old, new, path="a.md")
    subprocess.run(["git", "apply", "-"], input=diff.encode(), cwd=tmp_path, check=True)
    assert (tmp_path / "a.md").read_bytes() == new.encode()
    assert patch(old, old, path="a.md") == ""
