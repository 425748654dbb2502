"""Front matter of other tools: accepted as it is and kept; what is nearly ours is an error."""

import pytest
from agentctl.specs.lint import blocking, lint
from agentctl.specs.nouns import Meta
from agentctl.specs.parse import parse

BODY = "\n# a\n\n- **R1** It MUST end.\n"


def front(text: str) -> tuple[list[str], list[str]]:
    """The codes of what is found in it, and the texts that are kept as context."""
    spec = parse(f"---\n{text}\n---\n{BODY}")
    return [hit.code for hit in spec.diagnostics], [kept.text for kept in spec.context]


@pytest.mark.parametrize(
    "text",
    [
        "title: A\nauthor: B",
        "layout: post\ndate: 2026-01-01\ntags: [a, b]",
        "date: 2026-01-01",
        "name: Bug report\nabout: x\nlabels:\n- bug\n- ui\nassignees: ''",
        "Title: A",
        "whatever: 1",
        "title: CommonMark: the spec",
        "title: [",
    ],
)
def test_keys_of_other_tools_are_one_hint_and_are_kept(text: str) -> None:
    assert front(text) == (["SPF019"], [text])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("autonmy: never", "autonomy"),
        ("title: A\ngates: [x]", "gate"),
        ("ID: a", "id"),
        ("workers: 5", "budget"),
        ("title: A\nown: [x]", "owns"),
    ],
)
def test_what_is_nearly_a_key_of_ours_is_an_error_beside_any_other(text: str, meant: str) -> None:
    found = blocking(lint(parse(f"---\n{text}\n---\n{BODY}")))
    assert [(hit.code, f"did you mean `{meant}`" in hit.message) for hit in found] == [("SPF001", True)]


def test_keys_of_both_are_read_and_kept_each_where_it_belongs() -> None:
    spec = parse(f"---\ntitle: A\nid: rate-log\ntags:\n- a\n# why\n- b\nowns: [src]\n---\n{BODY}")
    assert (spec.id, spec.meta.owns) == ("rate-log", ("src",))
    assert [(kept.text, kept.line) for kept in spec.context] == [("title: A\ntags:\n- a\n# why\n- b", 2)]


def test_front_matter_may_end_with_three_dots() -> None:
    spec = parse(f"---\nid: rate-log\n...\n{BODY}")
    assert (spec.id, list(spec.items), spec.diagnostics, spec.items["R1"].line) == ("rate-log", ["R1"], (), 7)


@pytest.mark.parametrize(
    "text", ["---\n\nOnly a rule.\n\n---\n", "---\n- a\n- b\n\n---\n", "---\nNote: never closed.\n"]
)
def test_rules_around_prose_are_no_front_matter(text: str) -> None:
    spec = parse(text + BODY)
    assert (spec.meta, spec.diagnostics) == (Meta(), ())
    assert list(spec.items) == ["R1"]
    assert "Only" in text or "a" in spec.intent or "Note" in spec.intent


def test_what_another_tool_reads_changes_no_requirement() -> None:
    texts = [f"---\ntitle: {title}\n---\n# a\n\nIt ends.\n\n## Vibes\n\nWarm.\n" for title in ("A", "B")]
    assert parse(texts[0]).items["R1"].norm_hash == parse(texts[1]).items["R1"].norm_hash
