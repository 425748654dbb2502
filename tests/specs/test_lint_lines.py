"""A finding points at the line that it is about, and settings that set nothing are told."""

import pytest
from agentctl.specs.lint import lint
from agentctl.specs.nouns import Finding
from agentctl.specs.parse import parse
from agentctl.specs.rules import Surroundings

R1 = "# a\n\n- **R1** `a` MUST print `1`.\n"


def found(text: str, code: str, around: Surroundings | None = None) -> list[Finding]:
    return [finding for finding in lint(parse(text), around) if finding.code == code]


def front(*lines: str) -> str:
    return "\n".join(("---", *lines, "---", R1))


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        (("spec: 1", "budgett: 3", "budget: {usd: -4}"), [3, 4]),
        (("'budgett': 3", '"budget": {usd: -4}'), [2, 3]),
        (("owns: [a]", "title: 'budget: x'", "budget: 1"), [4]),
        (("title: |", "  budget: not ours", "budget: 1"), [4]),
    ],
)
def test_a_fault_of_a_key_is_told_in_its_line(lines: tuple[str, ...], at: list[int]) -> None:
    assert [finding.line for finding in found(front(*lines), "SPF001")] == at


def test_a_glob_that_leads_out_is_told_in_the_line_of_its_key() -> None:
    assert [each.line for each in found(front("ownsx-of: b", 'owns: ["../b"]'), "SPX401")] == [3]


def test_a_fault_in_the_first_line_of_a_fence_is_told_there() -> None:
    text = f"{R1}\n```python R7 holdot\nassert a() == 1\n```\n"
    assert [finding.line for finding in found(text, "SPF008")] == [5, 5]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("SPA999", "no rule is called SPA999: `lint` in the front matter does nothing by it"),
        ("SPI001", "SPI001 blocks a run, so it cannot be left out: `lint` in the front matter does nothing by it"),
    ],
)
def test_a_rule_that_the_front_matter_cannot_leave_out_is_told(code: str, message: str) -> None:
    (told,) = found(front("spec: 1", f"lint: {{ignore: [SPT201, {code}]}}"), "SPF015")
    assert (told.message, told.severity, told.line) == (message, "warning", 3)


@pytest.mark.parametrize("code", ["SPA109", "SPT201", "SPI004"])
def test_a_rule_that_it_leaves_out_or_could_is_not(code: str) -> None:
    text = front(f"lint: {{ignore: [{code}]}}") + "- **R2** `b` MUST differ from R7.\n"
    assert found(text, "SPF015") == []


def test_a_rule_that_is_left_out_in_one_place_and_blocks_in_another_is_not() -> None:
    text = front("lint: {ignore: [SPI004]}") + "- **R2** See R9.\n- **R3** `b` MUST differ from R7.\n"
    assert [each.severity for each in found(text, "SPI004")] == ["error"]
    assert found(text, "SPF015") == []


def test_a_spec_that_is_not_there_to_depend_on_is_told() -> None:
    text = front("spec: 1", "depends: [nope.md, there.md]")
    (told,) = found(text, "SPX413", Surroundings(absent_specs=frozenset({"nope.md"})))
    assert (told.severity, told.line, told.target) == ("warning", 3, "nope.md")
    assert "`nope.md`" in told.message
    assert found(text, "SPX413") == []
