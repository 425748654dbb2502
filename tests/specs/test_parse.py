import textwrap

import pytest
from agentctl.specs.lint import lint
from agentctl.specs.nouns import Budget, Meta, Row, Spec
from agentctl.specs.parse import parse, without_holdouts
from hypothesis import given
from hypothesis import strategies as st


def codes(spec: Spec) -> list[str]:
    return [diagnostic.code for diagnostic in spec.diagnostics]


def test_a_full_spec_is_read_whole(ratelog: str) -> None:
    spec = parse(ratelog, name="ratelog.md")
    assert (spec.id, spec.level, codes(spec)) == ("ratelog", "L3", [])
    assert spec.title == "ratelog: find clients that exceed a request rate"
    assert spec.intent.startswith("Ops staff paste")
    assert list(spec.items) == [
        "R1",
        "R2",
        "R3",
        "R4",
        "R5",
        "R7",
        "R6",
        "E1",
        "E2",
        "E3",
        "P1",
        "P2",
        "N1",
        "N2",
        "Q1",
    ]
    assert spec.meta == Meta(
        id="ratelog",
        budget=Budget(usd=4.0, minutes=40, workers=5),
        autonomy="ask-blocking",
        owns=("src/ratelog/**", "tests/**", "pyproject.toml"),
        forbid=(".github/**", "uv.lock"),
        gate=("ruff check .", "pytest -q"),
    )
    assert [(check.id, check.kind, check.ids, sorted(check.flags), check.line) for check in spec.checks] == [
        ("R1.c1", "console", ("R1", "R4"), [], 70),
        ("R5.c1", "console", ("R5",), [], 76),
        ("R2.c1", "python", ("R2",), ["holdout"], 82),
        ("R3.c1", "python", ("R3",), ["property"], 89),
    ]
    assert [term.name for term in spec.terms] == ["window", "client", "burst"]
    assert [fixture.path for fixture in spec.fixtures] == ["tests/data/two.log"]
    assert [symbol.name for symbol in spec.interfaces[0].symbols] == ["Hit", "ParseStats", "parse", "bursts"]


def test_an_item_knows_its_kind_strength_line_and_references(ratelog: str) -> None:
    items = parse(ratelog).items
    assert (items["R6"].strength, items["R6"].stated, items["R6"].line) == ("SHOULD", True, 48)
    assert (items["E3"].kind, items["E3"].strength, items["E3"].stated, items["E3"].refs) == (
        "corner",
        "MUST",
        False,
        ("R2",),
    )
    assert (items["N1"].kind, items["N1"].strength) == ("non-goal", None)
    assert (items["Q1"].kind, items["Q1"].default) == ("question", "no")


def test_an_examples_table_finds_its_function_and_its_rows(ratelog: str) -> None:
    (table,) = parse(ratelog).tables
    assert (table.id, table.ids, table.call, table.module) == (
        "R3.t1",
        ("R3", "R7"),
        "bursts(hits, window)",
        "ratelog.core",
    )
    assert table.rows[3] == Row(inputs=('[("a", 0)]', "0.0"), expected="ValueError", raises=True, line=57)


def test_a_sentence_may_say_where_the_only_function_is(slugify: str) -> None:
    spec = parse(slugify)
    (table,) = spec.tables
    assert (table.call, table.module, table.ids) == ("slugify(text)", "slug", ("R1", "R2"))
    assert table.rows[1].inputs == ('"  "',), "spaces inside a code span are kept"
    assert spec.level == "L2"


def test_rewrapping_changes_no_hash_and_a_word_changes_one(ratelog: str) -> None:
    before = parse(ratelog).items
    lines = [
        textwrap.fill(line, 60, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        if line.startswith("- **") and "`S N`" not in line
        else line
        for line in ratelog.split("\n")
    ]
    wrapped = parse("\n".join(lines)).items
    assert {i: item.norm_hash for i, item in wrapped.items()} == {i: item.norm_hash for i, item in before.items()}
    edited = parse(ratelog.replace("is greater than N,", "is at least N,")).items
    assert [i for i in before if before[i].norm_hash != edited[i].norm_hash] == ["R4"]
    assert before["R1"].norm_hash == parse(ratelog.replace("MUST yield", "**MUST** yield")).items["R1"].norm_hash


def test_a_bare_sentence_is_one_requirement() -> None:
    spec = parse("Add a --json flag to `ratelog` that prints the same rows.", name="change.md")
    assert (spec.id, spec.level, list(spec.items)) == ("change", "L0", ["R1"])
    assert spec.items["R1"].temporary
    assert spec.items["R1"].text == "Add a --json flag to `ratelog` that prints the same rows."


def test_bullets_without_ids_are_requirements_with_counted_ids() -> None:
    spec = parse("# Notes app\n\n- It MUST add notes\n- It SHOULD list notes\n  - newest first\n")
    assert spec.level == "L1"
    assert [(i.id, i.strength, i.text, i.temporary) for i in spec.items.values()] == [
        ("R1", "MUST", "It MUST add notes", True),
        ("R2", "SHOULD", "It SHOULD list notes newest first", True),
    ]


def test_counted_ids_never_take_a_written_one() -> None:
    spec = parse("# a\n## Requirements\n- one\n- **R1** two\n- **R5** three\n- four\n## Out of scope\n- GUI\n")
    assert [(i.id, i.text) for i in spec.items.values()] == [
        ("R6", "one"),
        ("R1", "two"),
        ("R5", "three"),
        ("R7", "four"),
        ("N1", "GUI"),
    ]


def test_a_heading_may_be_an_item_and_its_paragraphs_are_its_text() -> None:
    spec = parse("# a\n## Requirements\n### **R1** Login\nIt MUST ask.\n\nTwice.\n### Other\n- **R2:** It MUST end\n")
    assert [(i.id, i.text) for i in spec.items.values()] == [("R1", "Login It MUST ask. Twice."), ("R2", "It MUST end")]


def test_a_paragraph_with_a_keyword_under_requirements_is_one() -> None:
    spec = parse("# a\n## Requirements\n### Requirement: export\nThe system SHALL export CSV.\n\nThis is why.\n")
    assert [i.text for i in spec.items.values()] == ["The system SHALL export CSV."]
    assert [c.text for c in spec.context] == ["This is why."]


def test_sections_are_known_by_alias_and_near_misses_are_said() -> None:
    spec = parse("# a\n- **R1** It MUST x\n## Edge cases:\n- empty (R1)\n## Non goals\n- GUI\n## Vibes\n- warm\n")
    assert [i.id for i in spec.items.values()] == ["R1", "E1", "N1"]
    assert codes(spec) == ["SPF004", "SPF007"]
    assert [(c.heading, c.text) for c in spec.context] == [("Vibes", "warm")]


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("autonmy: never", "unknown key `autonmy` in the front matter (did you mean `autonomy`?)"),
        ("autonomy: nevr", "`autonomy` must be one of ask-always, ask-blocking, never (did you mean `never`?)"),
        ("spec: 9", "`spec` must be 1: this agentctl reads no other version of the format"),
        ("owns: src", '`owns` must be a list of texts, such as ["src/**"]'),
        ("budget: {usd: -1}", "`budget` needs a positive number for `usd`"),
        ("budget: {usd: .nan}", "`budget` needs a positive number for `usd`"),
        ("budget: {dollars: 1}", "`budget` has an unknown key `dollars`"),
        ("lint: {ignore: [x]}", "`lint` must list codes such as SPA109 under `ignore`"),
        ("id: a b", "`id` must be letters, digits and `-`, such as `rate-log`"),
        ("a: [", "the front matter is not valid YAML: expected the node content"),
        ("id: a\n- b", "the front matter is not valid YAML"),
    ],
)
def test_front_matter_says_what_is_wrong_with_it(front: str, message: str) -> None:
    spec = parse(f"---\n{front}\n---\n# a\n\n- **R1** It MUST x\n")
    assert message in spec.diagnostics[0].message
    assert list(spec.items) == ["R1"], "the rest is still read"


def test_front_matter_that_never_closes_is_said() -> None:
    assert codes(parse("---\nid: a\n\n# a\n"))[0] == "SPF001"


def test_line_numbers_survive_front_matter_and_windows_line_ends() -> None:
    text = "---\nid: a\n---\n\n# a\n\n- **R1** It MUST x\n"
    assert parse(text.replace("\n", "\r\n")).items["R1"].line == 7
    assert parse("\ufeff" + text).items["R1"].line == 7


@pytest.mark.parametrize(
    ("info", "message"),
    [
        ("python R1 holdot", "unknown word `holdot` on a check (did you mean `holdout`?)"),
        ("python holdout", "`python holdout` names no requirement: add its id, such as R1"),
        ("python interface", "an interface fence names one path: ```python interface src/name.py"),
        ("text fixture ../../etc/passwd", "the fixture `../../etc/passwd` is not a path inside the repository"),
        ("text fixture .git/hooks/x", "the fixture `.git/hooks/x` is not a path inside the repository"),
    ],
)
def test_a_fence_that_means_nothing_is_said(info: str, message: str) -> None:
    spec = parse(f"# a\n\n- **R1** It MUST x\n\n```{info}\nassert x()\n```\n")
    assert [d.message for d in spec.diagnostics] == [message]


def test_holdouts_are_taken_out_of_what_workers_read(ratelog: str) -> None:
    spec = parse(ratelog)
    shown = without_holdouts(spec)
    assert "garbage" in ratelog
    assert "garbage" not in shown
    assert shown.count("\n") == ratelog.count("\n")
    assert parse(shown).items == spec.items


def test_a_row_with_too_many_cells_is_not_cut_silently() -> None:
    text = "# a\n\n`f(x)` in `f.py` x.\n\n- **R1** It MUST x\n\n| x | => |\n|---|---|\n| `1 | 2` | `3` |\n"
    assert codes(parse(text)) == ["SPF010"]


def test_a_function_may_be_named_by_an_import() -> None:
    head = "# a\n\n- **R1** It MUST x\n\nExamples for R1: `from pkg.mod import f; f(x).upper()`\n\n"
    (table,) = parse(head + "| x | => |\n|---|---|\n| `1` | `'A'` |\n").tables
    assert (table.module, table.function, table.call) == ("pkg.mod", "f", "f(x).upper()")


def test_words_such_as_paper_sizes_are_no_references() -> None:
    spec = parse("# a\n\n- **R1** It MUST print on A4, as in `R9`.\n- **R2** See R1 and other:R7.\n")
    assert [i.refs for i in spec.items.values()] == [(), ("R1",)]


@given(st.text(alphabet=st.sampled_from("#-*`|$=>[]()<!\n \t\"'\\{}:RE1Q.aMUST~\0\r"), max_size=200))
def test_no_text_is_refused(text: str) -> None:
    lint(parse(text))


@given(st.text(max_size=80))
def test_no_front_matter_is_refused(text: str) -> None:
    lint(parse(f"---\n{text}\n---\n# a\n"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0\0",
        "---\n" + "[" * 5000 + "\n---\n",
        "---\na: &a [x]\nb: &b [*a,*a]\n---\n",
        "> " * 3000,
        "- " * 3000,
        "**" * 5000,
        "`" * 9999,
        "# a\n\n- **R1** x\n\n```python R1\n" + "(" * 5000 + "\n```\n",
        "# a\n\n- **R1** x\n\n```python R1\n" + "-" * 50000 + "1\n```\n",
        "# a\n\n`f(x)` in `f.py`\n\n| x | => |\n|--|--|\n| `" + "[" * 5000 + "` | `" + "9" * 6000 + "` |\n",
        "# a\n\n- **R" + "9" * 6000 + "** x\n- y\n",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_text_is_read_like_any_other(text: str) -> None:
    lint(parse(text))
