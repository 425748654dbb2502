"""What `lint --fix` corrects, and that it corrects nothing else."""

import pytest
from agentctl.specs.fixes import Fixed, fix
from agentctl.specs.lint import lint
from agentctl.specs.parse import parse
from agentctl.specs.rules import RULES, Rule
from hypothesis import given, settings
from hypothesis import strategies as st

HEAD = "# a\n\n## Requirements\n\n"


def fixed(text: str, **given: object) -> Fixed:
    return fix(text, name="a.md", **given)  # type: ignore[arg-type]


def told(result: Fixed) -> list[tuple[str, int, str, str]]:
    return [(each.finding.code, each.finding.line, each.old, each.new) for each in result.done]


@pytest.mark.parametrize(
    ("before", "after", "done"),
    [
        (HEAD + "- It MUST end.\n", HEAD + "- **R1** It MUST end.\n", [("SPI003", 5, "", "**R1**")]),
        (HEAD + "- **R1** It must end.\n", HEAD + "- **R1** It MUST end.\n", [("SPA117", 5, "must", "MUST")]),
        (
            HEAD + "- One\n  shall end.\n",
            HEAD + "- **R1** One\n  SHALL end.\n",
            [("SPI003", 5, "", "**R1**"), ("SPA117", 6, "shall", "SHALL")],
        ),
        (
            "# a\n\n## Requirementz:\n\n- **R1** It MUST end.\n",
            "# a\n\n## Requirements\n\n- **R1** It MUST end.\n",
            [("SPF004", 3, "Requirementz:", "Requirements")],
        ),
    ],
)
def test_what_has_one_safe_correction_is_corrected_and_told(
    before: str, after: str, done: list[tuple[str, int, str, str]]
) -> None:
    result = fixed(before)
    assert result.text == after
    assert told(result) == done
    assert fixed(after) == Fixed(text=after, done=())


@pytest.mark.parametrize(
    ("written", "old"),
    [
        ("**r2** It", "**r2**"),
        ("r2: It", "r2:"),
        ("[R2] It", "[R2]"),
        ("**[r2]** It", "**[r2]**"),
        ("R-2 It", "R-2"),
        ("`R2` It", "`R2`"),
        ("__r2:__ It", "__r2:__"),
        ("[ ] **r2** It", "**r2**"),
    ],
)
def test_what_is_nearly_an_id_becomes_the_one_that_it_is_read_as(written: str, old: str) -> None:
    result = fixed(HEAD + f"- **R1** It MUST begin.\n- {written} MUST end; see r1.\n")
    box = "[ ] " if written.startswith("[ ]") else ""
    assert result.text == HEAD + f"- **R1** It MUST begin.\n- {box}**R2** It MUST end; see r1.\n"
    assert told(result) == [("SPI003", 6, old, "**R2**")]


@pytest.mark.parametrize("written", ["**r1** It", "**r2 It** also"])
def test_what_is_nearly_an_id_stays_where_it_clashes_or_the_words_would_change(written: str) -> None:
    text = HEAD + f"- **R1** It MUST begin.\n- {written} MUST end.\n"
    assert f"- {written} MUST end.\n" in fixed(text).text


@pytest.mark.parametrize("word", ["should", "Should", "may"])
def test_no_fix_changes_how_binding_an_item_is(word: str) -> None:
    text = HEAD + f"- **R1** It {word} end.\n"
    assert fixed(text) == Fixed(text=text, done=())
    assert {item.strength for item in parse(text).items.values()} == {"MUST"}


def test_a_wish_that_counts_as_a_must_is_told_as_such() -> None:
    (found,) = [f for f in lint(parse(HEAD + "- **R1** It should end.\n")) if f.code == "SPA117"]
    assert found.fix is None
    assert found.message == '"should" in lower case is plain English, and R1 counts as MUST: write SHOULD or MUST'


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "- **R1** It MUST write several files, etc.\n",
        HEAD + "- **R1** It MUST end.\n- **R1** It MUST begin.\n",
        HEAD + "- **R1** The `must` in code stays.\n",
        "# a\n\n<!-- lint: ignore SPA117 plain English on purpose -->\n\n- **R1** It must end.\n",
        "Add a flag that must be short.\n",
    ],
)
def test_what_has_none_or_is_silenced_stays(text: str) -> None:
    assert fixed(text) == Fixed(text=text, done=())


def test_examples_of_a_table_are_not_aligned_by_a_fix() -> None:
    text = HEAD + "- **R1** `f(x)` in `f.py` MUST add 1.\n\n|x|=>|\n|-|-|\n|`1`|`2`|\n"
    assert fixed(text).text == text


def test_ids_of_the_past_are_not_given_again() -> None:
    assert fixed(HEAD + "- It MUST end.\n", taken={"R1", "R2"}).text == HEAD + "- **R3** It MUST end.\n"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_fixing_a_rules_bad_example_leaves_no_finding_that_it_could_correct(rule: Rule) -> None:
    result = fixed(rule.bad)
    before, after = (parse(text, name="a.md") for text in (rule.bad, result.text))
    assert [item.text.casefold() for item in before.items.values()] == [
        item.text.casefold() for item in after.items.values()
    ]
    corrected = {each.finding.code for each in result.done}
    assert not corrected & {finding.code for finding in lint(after)}


bullets = st.lists(
    st.tuples(
        st.sampled_from(
            ["- ", "* ", "- **R2** ", "- **r2** ", "- [R3] ", "- **E1** ", "1. ", "> - ", "## Requirementz\n\n- "]
        ),
        st.lists(
            st.sampled_from(["must", "MUST", "should", "`must`", "it", "*must*", "end.", "R1", "\n  "]), max_size=7
        ),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(bullets)
def test_a_fix_changes_the_case_of_words_and_no_words(lines: list[tuple[str, list[str]]]) -> None:
    text = "# a\n\n" + "\n".join(start + " ".join(words) for start, words in lines) + "\n"
    before = parse(text, name="a.md")
    after = parse(fixed(text).text, name="a.md")
    assert [i.text.casefold() for i in before.items.values()] == [i.text.casefold() for i in after.items.values()]
    assert [i.strength for i in before.items.values()] == [i.strength for i in after.items.values()]
    again = fixed(fixed(text).text)
    assert again.done == ()
