"""The forms in which people write items, and what the parser says of those that it nearly understands."""

import pytest
from agentctl.specs.nouns import Condition, Ears, Heading, Image, Spec
from agentctl.specs.parse import parse


def found(text: str) -> list[tuple[str, str]]:
    return [(item.id, item.text) for item in parse(text).items.values()]


def told(spec: Spec) -> list[tuple[str, int]]:
    return [(diagnostic.code, diagnostic.line) for diagnostic in spec.diagnostics]


@pytest.mark.parametrize(
    "written",
    [
        "- **R1** It MUST x",
        "* **R1:** It MUST x",
        "1. **R1.** It MUST x",
        "2) **R1** - It MUST x",
        "- **R1** \u2013 It MUST x",
        "- **R1** \u2014 It MUST x",
        "- **R1** \u2212 It MUST x",
        "- **R1 \u2013** It MUST x",
        "- __R1__ It MUST x",
        "- [ ] **R1** It MUST x",
        "- [x] **R1** It MUST x",
        "-\t**R1**\tIt MUST x",
        "-\u00a0**R1**\u00a0It MUST x",
        "\u2022 **R1** It MUST x",
        "\u00a0 - **R1** It MUST x",
        "- R1: It MUST x",
        "**R1** It MUST x",
        "> - **R1** It MUST x",
        "#### **R1** It MUST x",
        "**R1** It MUST x\n---",
    ],
    ids=repr,
)
def test_an_item_may_be_written_in_many_ways(written: str) -> None:
    for text in (f"# a\n\n{written}\n", f"\ufeff# a\r\n\r\n{written}\r\n"):
        assert found(text) == [("R1", "It MUST x")]


@pytest.mark.parametrize("written", ["r1 x", "[R1] x", "(R1) x", "`R1` x", "R-1 x", "*R1* x", "**r1** x", "**R1 x**"])
def test_what_is_nearly_an_id_is_read_as_one_and_said(written: str) -> None:
    spec = parse(f"# a\n## Requirements\n\n- {written}\n- **R2** y\n")
    assert [(item.id, item.text, item.temporary) for item in spec.items.values()] == [
        ("R1", "x", False),
        ("R2", "y", False),
    ]
    assert told(spec) == [("SPI003", 4)]


def test_outside_the_sections_of_items_such_words_are_prose() -> None:
    text = "# a\n- **R1** It MUST x\n## Storage\n### A4. Paper\n- R2 buckets\n- **A4 paper** is cut.\n"
    assert found(text) == [("R1", "It MUST x")]


def test_an_item_that_is_indented_as_code_is_said() -> None:
    spec = parse("# a\n\n- **R1** It MUST x\n\ntext\n\n\t- **R2** It MUST y\n")
    assert list(spec.items) == ["R1"]
    assert told(spec) == [("SPI003", 7)]


def test_a_numbered_heading_is_no_slip_of_a_section() -> None:
    assert told(parse("# a\n## Requirements\n### Requirement 2\n- **R1** It MUST x\n")) == []


def test_a_fence_that_nobody_closed_is_said() -> None:
    check = "# a\n\n- **R1** It MUST x\n\n```console R1\n$ a\n\n- **R2** It MUST y\n"
    assert told(parse(check)) == [("SPF008", 5)]
    assert told(parse(check.replace(" R1\n$", "\n$"))) == [("SPF009", 5)]
    assert told(parse(f"{check}```\n")) == []
    assert told(parse("# a\n- **R1** It MUST x\n  ```\n  a\n  ```\n")) == []


def test_a_heading_is_an_item_with_all_that_stands_under_it() -> None:
    text = """# a
## Requirements
### **R1** Export
It MUST write a file.

- one
- two

#### Details
More.

| a | b |
|---|---|
| 1 | 2 |

### **R2** Import
It MUST read.
### Other
Prose.
"""
    spec = parse(text)
    assert found(text) == [
        ("R1", "Export It MUST write a file. one two Details More."),
        ("R2", "Import It MUST read."),
    ]
    assert spec.items["R1"].blocks == ("a | b\n1 | 2",)
    assert [kept.text for kept in spec.context][-1] == "Prose."


def test_what_stands_inside_an_item_changes_it() -> None:
    text = (
        "# a\n\n- **R1** It MUST print:\n\n  ```\n  a  b\n  ```\n\n  | x | y |\n  |---|---|\n  | 1 | 2 |\n- **R2** y\n"
    )
    before, spaced, celled = (
        parse(each).items for each in (text, text.replace("a  b", "a b"), text.replace("| 2", "| 3"))
    )
    assert before["R1"].blocks == ("a  b\n", "x | y\n1 | 2")
    assert len({items["R1"].norm_hash for items in (before, spaced, celled)}) == 3
    assert before["R1"].end_line == 11
    assert len({items["R2"].norm_hash for items in (before, spaced, celled)}) == 1


def test_code_and_html_inside_an_item_do_not_end_it() -> None:
    text = "# a\n\n- **R1** It MUST\n\n      run()\n\n  <p>\n  and\n  </p>\n\n  end.\n"
    (item,) = parse(text).items.values()
    assert (item.text, item.blocks, item.end_line) == ("It MUST <p> and </p> end.", ("run()",), 11)


def test_a_table_inside_an_item_gives_examples_of_it() -> None:
    items = "- **R1** It MUST x\n- **R2** It MUST y\n\n"
    text = f"# a\n\n`f(x)` in `f.py`\n\n{items}  | x | => |\n  |---|---|\n  | `1` | `2` |\n"
    assert [table.ids for table in parse(text).tables] == [("R2",)]


def test_a_paragraph_that_announces_a_list_owns_it() -> None:
    text = "# a\n\n**R1** It MUST print:\n\n- one\n- two\n\nProse.\n"
    assert found(text) == [("R1", "It MUST print: one two")]


def test_an_invariant_binds_and_is_of_its_own_kind() -> None:
    (item,) = parse("# a\n- **I1** The exit status MUST stay 0.\n").items.values()
    assert (item.kind, item.strength) == ("invariant", "MUST")


def test_terms_may_be_plain_or_a_table() -> None:
    table = "| Term | Meaning |\n|--|--|\n| rate | per second |\n"
    text = f"# a\n## Terms\n- **window**: a span\n- `client`: a field\n- burst \u2013 a number\n\n{table}"
    assert [(term.name, term.meaning) for term in parse(text).terms] == [
        ("window", "a span"),
        ("client", "a field"),
        ("burst", "a number"),
        ("rate", "per second"),
    ]


def test_pictures_are_kept_with_the_item_they_stand_in() -> None:
    text = """# a
![the *old* page](img/old.png "title")

- **R1** It MUST look like
  ![this](new.png) and <img alt="that" src='x.png'>.
- It MUST y ![][ref]

[ref]: https://a.b/c.png

<p><img src="d.png"></p>
"""
    assert parse(text).images == (
        Image(path="img/old.png", alt="the *old* page", line=2),
        Image(path="new.png", alt="this", line=5, item="R1"),
        Image(path="x.png", alt="that", line=5, item="R1"),
        Image(path="https://a.b/c.png", alt="", line=6),
        Image(path="d.png", alt="", line=10),
    )


def test_headings_are_kept_with_their_levels() -> None:
    spec = parse("Title\n=====\n\n- **R1** x\n\nNotes\n-----\n\n### Deep\n")
    assert spec.title == "Title"
    assert spec.headings == (
        Heading(text="Title", level=1, line=1),
        Heading(text="Notes", level=2, line=6),
        Heading(text="Deep", level=3, line=9),
    )


def test_a_text_in_no_format_is_one_requirement_that_changes_with_every_word() -> None:
    text = "## Tally\n\nPlease build a tool.\n\n## Details\n\nIt reads files.\n"
    one, other = parse(text), parse(text.replace("files", "folders"))
    assert (one.level, found(text)) == ("L0", [("R1", "Tally: Please build a tool.")])
    assert one.items["R1"].norm_hash != other.items["R1"].norm_hash
    assert one.items["R1"].norm_hash == parse(text.replace("Please build", "Please\nbuild")).items["R1"].norm_hash


def ears(text: str) -> Ears | None:
    return parse(f"# a\n\n- **R1** {text}\n").items["R1"].ears


@pytest.mark.parametrize(
    ("text", "conditions", "response", "otherwise"),
    [
        ("When a line is bad, `f` MUST skip it.", ["when: a line is bad"], "`f` MUST skip it.", ""),
        ("If `a, b` fails, then it MUST end.", ["if: `a, b` fails"], "it MUST end.", ""),
        ("If it is gone, empty, or bad, then it MUST end.", ["if: it is gone, empty, or bad"], "it MUST end.", ""),
        ("While on, when shut, it MUST sleep.", ["while: on", "when: shut"], "it MUST sleep.", ""),
        (
            "Where there are two and if one ends, it MUST end.",
            ["where: there are two", "if: one ends"],
            "it MUST end.",
            "",
        ),
        ("WHEN the user saves THE SYSTEM SHALL log", ["when: the user saves"], "THE SYSTEM SHALL log", ""),
        ("Given a, When b is so, Then c is", ["while: a", "when: b is so"], "c is", ""),
        ("If x is so, it MUST a; otherwise, it MUST b.", ["if: x is so"], "it MUST a", "it MUST b."),
        ("When asked, it MUST sort by a, then by b.", ["when: asked"], "it MUST sort by a, then by b.", ""),
    ],
)
def test_the_conditions_and_branches_of_a_sentence_are_known(
    text: str, conditions: list[str], response: str, otherwise: str
) -> None:
    pairs = [condition.partition(": ")[::2] for condition in conditions]
    assert ears(text) == Ears(
        conditions=tuple(Condition(word=word, text=clause) for word, clause in pairs),
        response=response,
        otherwise=otherwise,
    )


@pytest.mark.parametrize("text", ["It MUST end if x.", "When", "Whenever it MUST end", "If so"])
def test_other_sentences_have_none(text: str) -> None:
    assert ears(text) is None


def test_only_an_if_is_about_what_should_not_happen() -> None:
    wanted, unwanted = ears("When asked, it MUST x."), ears("If it fails, it MUST x.")
    assert wanted is not None
    assert unwanted is not None
    assert (wanted.unwanted, unwanted.unwanted) == (False, True)
