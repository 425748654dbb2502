"""The quick reader of front matter reads what PyYAML reads, or nothing."""

import random
from typing import Any

import pytest
import yaml
from agentctl.specs.flat_yaml import flat
from hypothesis import given, settings
from hypothesis import strategies as st

DOCUMENTED = """\
spec: 1
id: ratelog                          # otherwise from the title
budget: {usd: 4.00, minutes: 40, workers: 5}
autonomy: ask-blocking               # never | ask-blocking | ask-always
owns: ["src/ratelog/**", "tests/**"] # all that workers may write
forbid: [".github/**"]
gate: ["ruff check ."]               # judged by exit code, beside the tests
lint: {ignore: [SPA109]}
depends: [other.spec.md]
"""
IN_BLOCKS = """\
# what workers may write
owns:
- src/**
-   'a "quoted" one'  # and why

forbid:
  - ".github/**"
  # nothing else
  - [a, b,]
budget:
    usd: 4
    minutes: 0
lint:
  ignore:
  - SPA109
empty: [ ]
"""
UNUSUAL = (
    *("spec: 1\n  two", "a:\n  b", "a: |\n  text", "a: >\n  text", "a: [b,\n  c]", "a:\n  - b\n - c", "a:\n - b\n   c"),
    *("a: &x 1", "a: !!str 1", "a: *x", "? a", "- a", " a: 1", "a:\n", "a:\tb", "a: b: c", "a: b  c", "a: @b", "a: %b"),
    *("a: 2026-01-01", "a: 1_000", "a: 010", "a: 1:30", "a: .5", "a: 1e3", "a: 0x1F", "a: -1", "a: -", "a: ~", "a: no"),
    *('a: "x\\n"', "a: 'it''s'", 'a: "b" c', "a: \u00e9", "a: [b", "a: {b}", "a: [b: c]", "on: 1", "a: {on: 1}"),
)


def loaded(source: str) -> Any:
    """What PyYAML reads, with types told apart; its error's name where it reads nothing."""
    try:
        return repr(yaml.safe_load(source) or {})
    except (yaml.YAMLError, ValueError) as error:
        return type(error).__name__


def agrees(source: str) -> bool:
    read = flat(source)
    return read is None or repr(read) == loaded(source)


@pytest.mark.parametrize(
    "source", [DOCUMENTED, IN_BLOCKS, "", "# a\n", "a: b # für c\na: 'ß'\n", "a: {}\nb: [{c: [d]}]"]
)
def test_front_matter_as_it_is_documented_is_read_as_yaml_reads_it(source: str) -> None:
    assert repr(flat(source)) == loaded(source)


@pytest.mark.parametrize("source", UNUSUAL)
def test_what_is_unusual_is_left_to_yaml(source: str) -> None:
    assert flat(source) is None


def test_brackets_and_margins_without_end_are_left_to_yaml() -> None:
    assert flat("a: " + "[" * 100_000) is None
    assert flat("\n".join(f"{' ' * n}a:" for n in range(2000))) is None


CHARACTERS = " \n#:,-[]{}\"'*&!|>%@`~?.0189abeEnoy_\t\\\u00e9\u00a0\u0085\u2028\ufeff\u00b2\u200b"
PUT = ("", *CHARACTERS, ": ", " #", "- ", "\n  ", "\n- ", "null")


@given(st.integers(0, 10**9), st.sampled_from([DOCUMENTED, IN_BLOCKS]))
@settings(max_examples=300, deadline=None)
def test_a_document_with_a_few_characters_changed_is_read_as_yaml_reads_it_or_not_at_all(
    seed: int, source: str
) -> None:
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(source))
        put = chance.choice(PUT)
        source = source[:at] + put + source[at + chance.randint(0, 2) :]
    assert agrees(source)


PIECES = (
    "a",
    "b-c",
    "no",
    "null",
    "1",
    "0",
    "07",
    "4.50",
    "1e3",
    "src/**",
    "x y",
    "'q'",
    '"r: #"',
    "''",
    "-",
    "*",
    ".",
)
MARKS = (": ", ":", ", ", ",", "[", "]", "{", "}", " ", "\n", "\n  ", "\n- ", "\n  - ", "- ", " # c", "#")


@given(st.lists(st.sampled_from(PIECES + MARKS), max_size=14))
@settings(max_examples=600, deadline=None)
def test_pieces_in_any_order_are_read_as_yaml_reads_them_or_not_at_all(pieces: list[str]) -> None:
    assert agrees("k: " + "".join(pieces))
    assert agrees("".join(pieces))
