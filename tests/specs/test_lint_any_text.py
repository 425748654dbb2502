"""Lint on text that nobody meant it for: it never raises, says the same twice, and points into the file."""

import pytest
from agentctl.specs.lint import lint
from agentctl.specs.parse import parse
from agentctl.specs.rules import BY_CODE, RULES, Surroundings
from hypothesis import given, settings
from hypothesis import strategies as st

PIECES = st.sampled_from(
    [part for rule in RULES for example in (rule.bad, rule.good) for part in example.split("\n") if part]
    + [
        "",
        "---",
        "```",
        "```python R1",
        "```console R1 R2",
        "$ a 'b",
        "| x | => |",
        "|---|---|",
        "<!-- lint: ignore SPA108 x -->",
    ]
)
LINES = st.lists(PIECES | st.text(max_size=40), max_size=30)
AROUND = Surroundings(
    paths=frozenset({"src/a.py"}),
    symbols=frozenset({"f"}),
    commands=frozenset(),
    locked={"R1": "It MUST end."},
    retired=frozenset({"R2"}),
    base_passes=frozenset({"R1.c1"}),
    red_gates=frozenset({"ruff check ."}),
    estimate_usd=1.0,
)


@given(LINES, st.sampled_from([None, AROUND]))
@settings(deadline=None, max_examples=150)
def test_any_text_can_be_linted(lines: list[str], around: Surroundings | None) -> None:
    spec = parse("\n".join(lines), name="spec.md")
    found = lint(spec, around, strict=True, also={"SPA110"})
    assert found == lint(spec, around, strict=True, also={"SPA110"})
    assert {finding.code for finding in found} <= set(BY_CODE)
    assert all(1 <= finding.line <= len(spec.text.split("\n")) + 1 and finding.col >= 1 for finding in found)
    assert all(finding.message and "\n" not in finding.message for finding in found)


@pytest.mark.parametrize(
    "text",
    ["if ", '"a ', "MUST be able to ", "support ", "an error ", "between 1 and ", "the latest ", "ask-", "xoxb-a-"],
)
def test_hostile_repetition_is_read_to_its_end(text: str) -> None:
    assert lint(parse(f"# a\n\n- **R1** {text * 3000}\n- **P1** {text * 3000}\n"))
