"""Text that is nested deeply is read, and what is nested too deeply is told, line by line."""

import pytest
from agentctl.specs.lint import lint
from agentctl.specs.parse import parse


def nested(depth: int) -> str:
    bullets = (f"{'  ' * n}- **R{n + 1}** `f{n}` MUST return {n}.\n" for n in range(depth))
    return "# d\n\n" + "".join(bullets)


@pytest.mark.parametrize("depth", [9, 12, 40])
def test_bullets_may_be_nested_as_deep_as_anybody_writes_them(depth: int) -> None:
    spec = parse(nested(depth))
    assert list(spec.items) == [f"R{n + 1}" for n in range(depth)]
    assert [item.line for item in spec.items.values()] == list(range(3, depth + 3))
    assert spec.diagnostics == ()


def test_a_quotation_in_quotations_is_read() -> None:
    assert "R1" in parse(f"# d\n\n{'> ' * 30}- **R1** It MUST end.\n").items


@pytest.mark.parametrize("mark", ["- ", "> ", "1. "])
def test_each_line_that_is_nested_too_deeply_is_told_and_kept(mark: str) -> None:
    text = f"# d\n\n- **R1** It MUST end.\n\n{mark * 90}one word\n\n{mark * 90}and two\n"
    spec = parse(text)
    assert [(found.code, found.line) for found in spec.diagnostics] == [("SPF021", 5), ("SPF021", 7)]
    kept = "\n".join(context.text for context in spec.context)
    assert "one word" in kept
    assert "and two" in kept


def test_a_line_with_a_comment_or_a_picture_in_it_is_told_once() -> None:
    spec = parse(f"# d\n\n- **R1** It MUST end.\n\n{'> ' * 90}word ![a](a.png) <!-- note -->\n")
    assert [(found.code, found.line) for found in spec.diagnostics] == [("SPF021", 5)]
    assert [comment.text for comment in spec.comments] == ["note"]
    assert [image.path for image in spec.images] == ["a.png"]


def test_a_requirement_that_is_nested_too_deeply_blocks_a_run() -> None:
    found = [finding for finding in lint(parse(nested(200))) if finding.code == "SPF021"]
    read = len(parse(nested(200)).items)
    assert read >= 40
    assert [finding.line for finding in found] == list(range(3 + read, 203))
    assert {finding.severity for finding in found} == {"error"}


def test_what_stands_after_text_that_is_nested_too_deeply_is_read_as_ever() -> None:
    assert list(parse(f"{nested(200)}\n- **R900** It MUST end.\n").items)[-1] == "R900"
