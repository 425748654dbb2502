"""Each edit of one thing is held against a closure that is worked out by other means."""

import pytest
from agentctl.bench.specs import editing
from agentctl.bench.specs.editing import misjudged
from agentctl.bench.specs.generated import spec_of
from agentctl.specs.parse import parse

CHAIN = """\
# a

- **R1** It MUST open.
- **R2** It SHOULD close after R1.
- **R3** It MUST end.
- **E1** A closed one (R2) stays closed.
- **N1** Nothing of R1 is kept.
"""


def test_a_closure_is_the_item_and_what_leans_on_it_and_can_be_met() -> None:
    spec = parse(CHAIN, name="a.md")
    edits = {edit.what: edit.closure for edit in editing._edits(spec)}
    assert edits == {
        "words of R1": {"R1", "R2", "E1"},
        "strength of R1": set(),
        "words of R2": {"R2", "E1"},
        "strength of R2": set(),
        "words of R3": {"R3"},
        "strength of R3": set(),
        "words of E1": {"E1"},
        "words of N1": set(),
    }
    assert misjudged(CHAIN) == ([], 8)


def test_generated_specs_are_edited_in_words_strengths_and_examples() -> None:
    text = spec_of(300, seed=2)
    found, tried = misjudged(text)
    kinds = {edit.what.split()[0] for edit in editing._edits(parse(text, name="a.md"))}
    assert found == []
    assert kinds == {"words", "strength", "example"}
    assert tried > 20


def test_an_edit_that_dirties_too_much_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editing, "dirty", lambda *_: frozenset({"R3"}))
    found, _ = misjudged(CHAIN)
    assert "words of R2: dirties ['R3'], not ['E1', 'R2']" in found
    assert not any(each.startswith("words of R3") for each in found)
