"""What `spec fmt` changes, and that it changes nothing else."""

import random
from collections.abc import Iterator

import pytest
from agentctl.specs.edits import Edit, apply, safe
from agentctl.specs.format import format_spec, meaning
from agentctl.specs.parse import parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HEAD = "# a\n\n## Requirements\n\n"


def formatted(text: str, **given: object) -> str:
    return format_spec(text, name="a.md", **given)  # type: ignore[arg-type]


def holds(text: str) -> str:
    """Format a text, assert all that formatting promises, and return what came of it."""
    after = formatted(text)
    before, again = parse(text, name="a.md"), parse(after, name="a.md")
    assert meaning(before) == meaning(again)
    assert [i.norm_hash for i in before.items.values()] == [i.norm_hash for i in again.items.values()]
    assert formatted(after) == after
    kept = [i.id for i in before.items.values() if not i.temporary]
    assert [i for i in again.items if i in kept] == kept
    return after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (HEAD + "- It MUST end.\n", HEAD + "- **R1** It MUST end.\n"),
        (HEAD + "* one\n* **R7** two\n", HEAD + "* **R8** one\n* **R7** two\n"),
        (HEAD + "1. one\n   - detail\n2. two\n", HEAD + "1. **R1** one\n   - detail\n2. **R2** two\n"),
        (HEAD + "> - one\n", HEAD + "> - **R1** one\n"),
        (HEAD + "- [x] one\n", HEAD + "- [x] **R1** one\n"),
        (HEAD + "-\n  one\n", HEAD + "-\n  **R1** one\n"),
        (HEAD + "- **Bold** one\n", HEAD + "- **R1** **Bold** one\n"),
        (HEAD + "It MUST end.\n", HEAD + "**R1** It MUST end.\n"),
        ("# a\n\n- one\n- two\n", "# a\n\n- **R1** one\n- **R2** two\n"),
        ("# a\n\n## Edge cases\n\n- none\n", "# a\n\n## Edge cases\n\n- **E1** none\n"),
        ("\ufeff- one\r\n- two\r\n", "\ufeff- **R1** one\r\n- **R2** two\r\n"),
    ],
)
def test_items_without_an_id_get_the_one_they_are_counted_by(before: str, after: str) -> None:
    assert holds(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "Add a `--json` flag.\n",
        HEAD + "- : a text that would lose its colon\n",
        "# a\n\nIntent.\n\n- a bullet of the intent\n\n## Requirements\n\n- **R1** It MUST end.\n",
        "",
        "---\nid: a # mine\n---\n" + HEAD + "-   **R1**   It MUST   end.   \n\n\n\n",
    ],
)
def test_what_is_in_the_format_or_cannot_be_put_into_it_stays_as_it_is(text: str) -> None:
    assert holds(text) == text


def test_ids_of_the_past_are_not_given_again() -> None:
    text = HEAD + "- **R2** one\n- two\n- three\n"
    after = formatted(text, taken={"R3", "R1", "E1"})
    assert after == HEAD + "- **R2** one\n- **R4** two\n- **R5** three\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("## Non goals:", "## Non-goals"),
        ("### 2.1 Requirementz ###", "### 2.1 Requirements ###"),
        ("## **Requiremant**", "## **Requirements**"),
        ("Requirementz\n-----------", "Requirements\n-----------"),
        ("## Requirements:", "## Requirements:"),
        ("## Vibes", "## Vibes"),
    ],
)
def test_headings_become_the_sections_they_are_read_as(before: str, after: str) -> None:
    assert holds(f"# a\n\n{before}\n\n- **R1** It MUST end.\n") == f"# a\n\n{after}\n\n- **R1** It MUST end.\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("```python   R1,R2  holdout", "```python R1 R2 holdout"),
        ("``` Python holdout R1 R1", "```python R1 holdout"),
        ("~~~console R1  ", "~~~console R1"),
        ("```text  fixture   a/b.txt", "```text fixture a/b.txt"),
        ("```python R1 holdouts  slow", "```python R1 holdouts  slow"),
        ("```Python   illustration", "```Python   illustration"),
    ],
)
def test_the_first_line_of_a_check_is_spelled_one_way(before: str, after: str) -> None:
    rest = f"\nassert f() == 1\n{before[:3]}\n"
    head = HEAD + "- **R1** It MUST end.\n- **R2** It MUST begin.\n\n"
    assert holds(head + before + rest) == head + after + rest


def test_examples_are_aligned_and_other_tables_are_left_alone() -> None:
    head = "# a\n\n`slug(text)` in `slug.py` MUST work.\n\n|a|b|\n|-|-|\n|1|2|\n\n- **R1** It MUST end.\n\n"
    loose = '|text|=>|\n|:-|-:|\n|`"a|b"`|`1`|\n'
    assert holds(head + loose.replace("|b", "\\|b")) == head + (
        '| text     |  => |\n|:---------|----:|\n| `"a\\|b"` | `1` |\n'
    )


def test_wide_characters_take_two_columns() -> None:
    head = "# a\n\n`f(x)` in `f.py`.\n\n- **R1** It MUST end.\n\n"
    table = '| x        | =>  |\n|----------|-----|\n| `"日本"` | `1` |\n| `"abcd"` | `2` |\n'
    assert holds(head + table) == head + table


def test_a_table_too_wide_for_a_screen_is_not_padded() -> None:
    head = "# a\n\n`f(x)` in `f.py`.\n\n- **R1** It MUST end.\n\n"
    cell = f'`"{"x" * 200}"`'
    assert holds(f"{head}|x|=>|\n|-|-|\n|{cell}|`1`|\n|`2`|`2`|\n") == (
        f"{head}| x | => |\n|---|---|\n| {cell} | `1` |\n| `2` | `2` |\n"
    )


def test_edits_keep_every_byte_that_they_do_not_name() -> None:
    text = "\ufeffone\r\ntwo\rthree\nfour"
    edits = [Edit(line=3, col=1, old="three", new="3"), Edit(line=1, col=2, old="", new="-")]
    assert apply(text, edits) == "\ufeffo-ne\r\ntwo\r3\nfour"
    with pytest.raises(ValueError, match="line 2"):
        apply(text, [Edit(line=2, col=1, old="one", new="1")])
    with pytest.raises(ValueError, match="line 1"):
        apply(text, [Edit(line=1, col=1, old="one", new="1"), Edit(line=1, col=2, old="n", new="2")])


def test_one_bad_edit_among_many_is_found_and_left_out() -> None:
    text = "\n".join("abcdefgh")
    groups = [(Edit(line=n, col=1, old=char, new=char.upper()),) for n, char in enumerate("abcdefgh", 1)]
    assert (
        apply(text, [e for g in safe(text, groups, holds=lambda t: "F" not in t) for e in g])
        == "A\nB\nC\nD\nE\nf\nG\nH"
    )


# Properties: on texts that hypothesis puts together, and on specs from a generator with a seed.

WORDS = [
    "MUST",
    "should",
    "R1",
    "**R2**",
    "`f(x)`",
    "`a.py`",
    "in",
    "|",
    "*",
    "_",
    "-",
    ":",
    "é",
    "日",
    "&amp;",
    "\\|",
    "[a](b)",
]
STARTS = [
    "",
    "# ",
    "## ",
    "### ",
    "- ",
    "* ",
    "1. ",
    "> ",
    "  - ",
    "    ",
    "- [ ] ",
    "| ",
    "<!-- ",
    "```",
    "- **R3** ",
    "\t- ",
]
LINES = [
    "## Requirements",
    "## Requirementz:",
    "Non goals\n---",
    "## Edge cases",
    "## Terms",
    "### Examples for R1: `f(x)`",
    "| x | => |\n|---|---|\n|`1`|`2`|",
    "```python R1,R1 slow\nassert f(1) == 2\n```",
    "```python interface  a.py\ndef f(x): ...\n```",
    "~~~text fixture  d.txt\nx\n~~~",
    "---\nspec: 1\n---",
    "<!-- lint: ignore SPA101 x -->",
    "",
    "",
    "-->",
    "```",
]
line = st.one_of(
    st.sampled_from(LINES),
    st.builds(
        lambda start, words: start + " ".join(words),
        st.sampled_from(STARTS),
        st.lists(st.sampled_from(WORDS), max_size=5),
    ),
    st.text(max_size=12),
)
document = st.builds(
    lambda lines, end: end.join(lines), st.lists(line, max_size=14), st.sampled_from(["\n", "\r\n", "\n\n"])
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document)
def test_any_text_keeps_its_meaning_and_is_formatted_once(text: str) -> None:
    holds(text)


@settings(max_examples=60, deadline=None)
@given(document, st.sets(st.from_regex(r"[REPNQ][1-9]\Z"), max_size=6))
def test_no_taken_id_is_ever_given(text: str, taken: set[str]) -> None:
    before = {item.id for item in parse(text, name="a.md").items.values() if not item.temporary}
    after = {item.id for item in parse(formatted(text, taken=taken), name="a.md").items.values() if not item.temporary}
    assert not (after - before) & taken


def generated(seed: int) -> str:
    """A whole spec that is written as people write: some ids missing, headings misspelt, tables loose."""
    chance = random.Random(seed)
    return "\n".join(_parts(chance)) + "\n"


def _parts(chance: random.Random) -> Iterator[str]:
    headings = {"R": "Requirements", "E": "Corner cases", "N": "Non-goals", "Q": "Open questions", "P": "Performance"}
    if chance.random() < 0.5:
        yield '---\nspec: 1\nowns: ["src/**"]  # ours\n---\n'
    yield f"# tool{chance.randrange(9)}: what it is for\n\nA tool. `f(x)` in `src/f.py` is all of it.\n"
    for letter, title in headings.items():
        if chance.random() < 0.2:
            continue
        yield f"## {_misspelt(title, chance)}\n"
        for number in range(chance.randrange(1, 9)):
            label = f"**{letter}{number + 1}** " if chance.random() < 0.5 else ""
            words = " ".join(
                chance.choices(["it", "MUST", "should", "print", "`x`", "*all*", "R1", "of", "10 ms"], k=9)
            )
            detail = "\n  - a detail of it" if chance.random() < 0.2 else ""
            yield f"{chance.choice(['-', '*', '1.'])} {label}{words}\n  and more.{detail}"
        yield ""
        if letter == "R":
            yield f"|x{' ' * chance.randrange(4)}|=>|\n|-|:-|\n|`{chance.randrange(99)}`|`'a'`|\n|`2`|`3`|\n"
            yield f"```python {chance.choice(['R1', 'R1,R2', 'slow  R1'])}\nassert f(1) == 'a'\n```\n"


def _misspelt(title: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(title))
    return title if chance.random() < 0.6 else title[:place] + title[place + 1 :] + chance.choice(["", ":"])


@pytest.mark.parametrize("seed", range(40))
def test_generated_specs_keep_their_meaning_and_are_wholly_formatted(seed: int) -> None:
    after = parse(holds(generated(seed)), name="a.md")
    assert not any(item.temporary for item in after.items.values())
    assert not any(each.code == "SPF004" for each in after.diagnostics)
