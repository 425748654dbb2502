"""What is found out about a document: that it is told when a promise is broken, and that the promises hold here."""

from dataclasses import replace

import pytest
from agentctl.bench.specs import reading
from agentctl.bench.specs.corpora import Document, words
from agentctl.bench.specs.generated import spec_of, untidy
from agentctl.bench.specs.reading import Read, read, sample, wrong
from agentctl.bench.specs.retyping import COLUMNS, emphasised, rewrapped
from agentctl.bench.specs.suite import Findings, _documents, made
from agentctl.bench.specs.taken import lost
from agentctl.specs.lint import blocking, lint
from agentctl.specs.parse import parse
from agentctl.specs.taken import taken

README = "# a\n\n## Requirements\n\n- **R1** It MUST print one line for each file that is named on the command line.\n"


@pytest.mark.parametrize("length", [1500, 6000])
def test_a_generated_spec_has_its_length_all_kinds_of_parts_and_no_error(length: int) -> None:
    text = spec_of(length)
    spec = parse(text, name="a.md")
    assert length <= words(text) <= length + 250
    assert text == spec_of(length)
    assert (spec.level, blocking(lint(spec))) == ("L3", ())
    assert {check.kind for check in spec.checks} == {"python", "console"}
    assert {item.kind for item in spec.items.values()} == {"requirement", "corner", "non-goal", "question"}
    assert spec.tables
    assert spec.terms
    assert spec.interfaces


def test_an_untidy_spec_has_the_items_of_the_tidy_one() -> None:
    tidy, loose = (parse(make(900, seed=3), name="a.md") for make in (spec_of, untidy))
    assert loose.text != tidy.text
    assert sorted(item.norm_hash for item in loose.items.values()) == sorted(
        item.norm_hash for item in tidy.items.values()
    )


def test_what_is_made_or_shipped_is_read_whole_and_survives_formatting_and_retyping() -> None:
    found = [read(document) for document in made(quick=True)]
    assert [
        each for part in ("crash", "lost", "reformatted", "rewrapped", "emphasised") for each in wrong(found, part)
    ] == []
    assert sum(each.lines_moved for each in found) > 100
    assert sum(each.words_marked for each in found) > 100


def test_a_document_is_told_in_one_line() -> None:
    text = (
        "# a\n\nIt does this.\n\n## Requirements\n\n- one\n- **R2** two\n\n```python R2\nassert f(1) == 1\n```\n\n"
        "```sh\nls\n```\n\n## Vibes\n\nMore of it.\n"
    )
    assert taken(parse(text, name="a.md")) == (
        "L2: 2 requirements (1 id counted, not written); 1 of 2 sections known; "
        "2 fences: 1 check, 1 for reading only; 3 words of intent, 4 words kept as context"
    )


def test_words_that_are_in_no_part_are_named() -> None:
    spec = parse("# a\n\nAn intent.\n\n## Vibes\n\nKept as context, nothing else.\n", name="a.md")
    assert lost(spec) == ()
    assert lost(replace(spec, context=(), items={})) == ("kept", "as", "context", "nothing", "else")


def test_long_lines_are_broken_and_short_ones_joined_without_touching_code() -> None:
    text = (
        README
        + "  And\n  another.\n\n```python R1\nx = 'a long line of code that is left as it is, however long'\n```\n"
    )
    after, moved = rewrapped(text)
    assert moved == 1
    assert "a long line of code that is left as it is, however long" in after
    assert max(len(line) for line in after.split("\n") if "long line" not in line) <= COLUMNS
    assert after.replace("\n  ", " ") == text.replace("\n  ", " ")


def test_a_word_of_a_paragraph_is_emphasised_and_code_is_not() -> None:
    after, marked = emphasised(README + "\n`the first word` is code and stays as it is.\n")
    assert marked == 1
    assert "It MUST *print* one line" in after


def test_no_line_begins_with_what_markdown_would_read() -> None:
    text = f"- {'word ' * 11}- + 1. 2) # > | = ``` <b> end of it all, and then some more words\n"
    after, _ = rewrapped(text.replace("```", "x").replace("<b>", "y"))
    assert after.split("\n")[0].startswith("- word")
    assert len(parse(after, name="a.md").items) == 1


def test_what_leaves_the_parser_is_a_crash_with_its_last_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str, *, name: str) -> None:
        raise RecursionError(f"{name} {len(text)}")

    monkeypatch.setattr(reading, "parse", fail)
    assert "RecursionError: a.md 3" in read(Document(name="a.md", text="abc")).crash


def test_an_item_that_reads_differently_is_told_with_both_texts() -> None:
    spec = parse(README, name="a.md")
    assert reading._difference(spec, README) == ""
    assert "text of R1 (line 5): 'It MUST print one line" in reading._difference(
        spec, README.replace("one line", "two lines")
    )
    assert reading._difference(spec, README + "- **R2** More.\n") == "1 items became 2"


def test_each_promise_counts_the_documents_that_break_it() -> None:
    found = Findings()
    fine = Read(name="fine", lines_moved=1, words_marked=1)
    _documents(
        found, "g", [fine, Read(name="b", crash="x"), Read(name="c", reformatted="y"), Read(name="d", lost=("z",))]
    )
    assert [bar.value for bar in found.bars] == [2.0, 2.0, 1.0]
    assert not any(bar.holds for bar in found.bars)
    assert found.figures["g"]["wrong"] == ["b: x", "d: ('z',)", "c: y"]


def test_retyping_that_touched_nothing_does_not_hold() -> None:
    found = Findings()
    _documents(found, "g", [Read(name="a")])
    assert [bar.holds for bar in found.bars] == [True, True, False]


def test_a_sample_is_spread_over_all_documents() -> None:
    documents = [Document(name=str(number), text="") for number in range(100)]
    assert [document.name for document in sample(documents, 4)] == ["0", "25", "50", "75"]
    assert sample(documents[:3], 4) == documents[:3]
