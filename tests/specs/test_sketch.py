import pytest
from agentctl.specs.lint import lint
from agentctl.specs.nouns import NORMATIVE
from agentctl.specs.parse import parse
from agentctl.specs.sketching import Place, sketch, subject_of
from agentctl.specs.sketching.catalogue import KINDS, OTHER, kinds_of
from agentctl.specs.sketching.draft import file_name
from hypothesis import given
from hypothesis import strategies as st

RATELOG = (
    Place(path="src/ratelog/cli.py", symbols=((6, "class RatelogError(Exception)"), (8, "def print_json(rows)"))),
)


def test_a_sentence_becomes_a_draft_with_what_is_open_as_questions() -> None:
    assert (
        sketch("add --json to ratelog", places=RATELOG)
        == """\
# Add --json to ratelog

Add --json to ratelog.

## Requirements

- **R1** With `--json`, `ratelog` MUST TBD.
- **R2** The output MUST be TBD (name the format, and its fields in their order).
- **I1** Without `--json`, the output and the exit status of `ratelog` MUST stay as they are.

### Checks

When the example below is right, write `R1` after the word `console`, and it decides R1.

```console
$ ratelog --json
TBD
```

## Non-goals

<!-- what a reader might expect and this change leaves alone, as: - **N1** No streaming. -->

## Open questions

- **Q1** Which options of `ratelog` contradict --json, and what happens when both are given? default: none do
- **Q2** What is written when there is nothing to write? default: an empty list or table, with exit status 0
- **Q3** Is --json in the help, and in which words? default: one line, beside the options that are like it
- **Q4** In which order do the entries come? default: the order that `ratelog` has now
- **Q5** How are characters outside ASCII and the end of the last line written? default: UTF-8, one newline at the end

## Notes

Where the words of the first sentence are found today:

- `src/ratelog/cli.py`
  - line 6: `class RatelogError(Exception)`
  - line 8: `def print_json(rows)`
"""
    )


def test_a_draft_may_run_as_soon_as_its_blanks_are_filled() -> None:
    findings = lint(parse(sketch("add --json to ratelog", places=RATELOG)))
    assert {finding.code for finding in findings if finding.severity == "error"} == {"SPA113"}


@pytest.mark.parametrize("kind", [*KINDS, OTHER], ids=lambda kind: kind.name)
def test_every_question_of_the_catalogue_has_a_default_that_is_read(kind: object) -> None:
    sentence = {"flag": "a --dry-run", "format": "write CSV", "file": "read a file", "number": "a limit"}
    sentence |= {"network": "call the API", "removal": "remove it", "other": "say hello"}
    text = sketch(sentence[kind.name])  # type: ignore[attr-defined]
    assert kind in kinds_of(sentence[kind.name])  # type: ignore[attr-defined]
    spec = parse(text)
    questions = [item for item in spec.items.values() if item.kind == "question"]
    assert questions
    assert all(item.default for item in questions)
    assert not any(item.temporary for item in spec.items.values())
    assert spec.diagnostics == ()


@pytest.mark.parametrize(
    ("sentence", "subject"),
    [
        ("add --json to ratelog", "`ratelog`"),
        ("make `parse` strict", "`parse`"),
        ("let print_json sort", "`print_json`"),
        ("add a --ratelog flag to something", "the command"),
    ],
)
def test_what_a_change_is_about_is_a_name_that_the_repository_has(sentence: str, subject: str) -> None:
    assert subject_of(sentence, RATELOG) == subject


def test_a_module_that_can_be_run_is_run_as_one() -> None:
    assert "$ python -m tally --json" in sketch("add --json to tally", places=(Place(path="src/tally/__main__.py"),))


def test_a_draft_is_named_by_its_first_words() -> None:
    assert file_name("Add --json to ratelog, for the ops staff!") == "add-json-to-ratelog-for-the"
    assert file_name("\u00e9\u00e9") == "spec"


@given(st.text(max_size=120))
def test_any_sentence_becomes_a_spec_with_requirements(sentence: str) -> None:
    spec = parse(sketch(sentence))
    assert any(item.kind in NORMATIVE for item in spec.items.values())
