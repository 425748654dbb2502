"""Code spans and mentions: what is found, held against a slow and plain reading of the rules."""

import re

from agentctl.specs.items import as_code, code_ranges, code_spans, mentions, without_code
from agentctl.specs.rules.reading import measured
from hypothesis import given
from hypothesis import strategies as st

_PLAIN = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", re.DOTALL)
_SLOW = re.compile(r"(?:\b([a-z0-9][a-z0-9-]*):)?\b([REPNQAI]\d+)\b")


@given(st.text(alphabet="`ab \n", max_size=60))
def test_code_spans_are_those_of_commonmark(text: str) -> None:
    assert list(code_ranges(text)) == [found.span() for found in _PLAIN.finditer(text)]
    blank = without_code(text, fill="x")
    assert (len(blank), blank.count("\n")) == (len(text), text.count("\n"))


@given(st.text(alphabet="`ab c", min_size=1, max_size=20))
def test_whatever_stands_in_code_can_be_written_as_a_span(code: str) -> None:
    assert list(code_ranges(as_code(code))) == [(0, len(as_code(code)))]
    assert len(code_spans(f"see {as_code(code)}.")) == 1


@given(st.text(alphabet="ab1R2E:-. ", max_size=40))
def test_mentions_are_those_that_a_plain_pattern_finds(text: str) -> None:
    slow = [found[2] for found in _SLOW.finditer(text) if found[1] in {None, "ab"}]
    assert [found.id for found in mentions(text, spec_id="ab")] == slow


def test_a_number_counts_as_a_measure_with_its_unit_only() -> None:
    assert measured("at most 1,024.5 MiB of it", 3)
    assert not measured("at most 1,024.5 of it", 3)


def test_long_runs_are_read_once() -> None:
    assert list(code_ranges("`" * 200_000)) == []
    assert len(list(code_ranges("`a` " * 50_000))) == 50_000
    assert list(mentions("sk-" * 70_000, spec_id="sk")) == []
