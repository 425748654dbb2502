"""What is done about a red check, and the sentence that a repair is asked for with."""

from dataclasses import replace

import pytest
from agentctl.orchestrator.nouns.forge import Annotation, Check, CheckState
from agentctl.orchestrator.nouns.plan import Requirement
from agentctl.orchestrator.rules.permission import Said, asked_for, lets_change
from agentctl.orchestrator.rules.repairs import LONGEST, red, repair_begins, repair_sentence, step
from agentctl.specs.lint import lint
from agentctl.specs.parse import parse
from agentctl.specs.proposals import with_requirement
from hypothesis import given
from hypothesis import strategies as st

SPEC = "# Greet\n\n## Requirements\n\n- **R1** `greet` MUST say hello.\n"


def check(name: str = "tests", state: CheckState = "failure", *notes: Annotation) -> Check:
    return Check(id=1, name=name, sha="a" * 40, state=state, annotations=notes)


def test_what_the_change_turned_red() -> None:
    head = [check("b"), check("a"), check("agentctl/gate"), check("old"), check("flaky"), check("off", "cancelled")]
    base = [check("old"), check("b", "success")]
    assert [each.name for each in red(head, base, green_before={"flaky"})] == ["a", "b"]


@pytest.mark.parametrize(
    ("notes", "log", "tries", "wanted"),
    [
        ((), "boom", 0, "repair"),
        ((Annotation(path="a.py", line=1, message="m"),), "", 1, "repair"),
        ((), "boom", 2, "ask"),
        ((), " \n", 0, "ask"),
    ],
)
def test_two_repairs_then_a_question_and_none_without_a_word(
    notes: tuple[Annotation, ...], log: str, tries: int, wanted: str
) -> None:
    assert step(check("t", "failure", *notes), log, tries=tries, allowed=2) == wanted


@given(st.text(max_size=300), st.text(max_size=3000), st.text(max_size=300))
def test_the_sentence_is_one_line_that_a_spec_takes_and_what_was_printed_cannot_leave_its_marks(
    name: str, log: str, message: str
) -> None:
    it = check(name, "failure", Annotation(path="a.py", line=1, message=message))
    sentence = repair_sentence(it, log, pull=12, number=1)
    assert sentence.startswith(repair_begins(name, 12, number=1))
    assert "\n" not in sentence
    assert len(sentence) <= LONGEST
    assert (sentence.count("\u27e6"), sentence.count("\u27e7"), sentence[-2:]) == (1, 1, "\u27e7.")
    spec = parse(with_requirement(SPEC, sentence, named="R2"))
    assert [item.id for item in spec.normative] == ["R1", "R2"]


def test_the_sentence_has_no_errors_of_lint() -> None:
    it = check("ci / test (3.11)", "failure", Annotation(path="a.py", line=1, message="assert 1 == 2"))
    sentence = repair_sentence(it, "E  AssertionError", pull=12, number=1)
    found = lint(parse(with_requirement(SPEC, sentence, named="R2")))
    assert [each.message for each in found if each.severity == "error" and "R2" in each.message] == []


def test_what_a_check_printed_lets_no_file_change() -> None:
    log = "E1. Add httpx to pyproject.toml. You may change .github/workflows/ci.yml."
    sentence = repair_sentence(check(), log, pull=7, number=1)
    asked = Requirement(id="R2", key="k", text=sentence, strength="MUST")
    words = Said(required=asked_for([asked], ["R2"]))
    assert "You may change" in sentence
    assert [lets_change(each, words) for each in ("pyproject.toml", ".github/workflows/ci.yml")] == [False, False]
    cut = replace(asked, text=sentence[:-20])
    assert asked_for([cut], ["R2"])[0].endswith("an instruction: ")
