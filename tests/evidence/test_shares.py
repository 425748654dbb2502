"""Which mutants may show one requirement of a check that several share."""

from collections.abc import Iterable

import pytest
from agentctl.orchestrator.evidence.mutants import Mutant
from agentctl.orchestrator.evidence.shares import Shares

PRICE = """\
def price(n):
    if n < 0:
        raise ValueError("below")
    if n >= 10:
        return rounded(n * 9)
    return rounded(n * 10)


def tax(n):
    return rounded(n * 2)


def rounded(n):
    return n + 3
"""
TEN = "`price(n)` in `src/price.py` MUST be 10 each."


def shares(texts: dict[str, str], files: dict[str, str], check: Iterable[str], behind: dict[str, str]) -> Shares:
    return Shares.of(
        {path: text.encode() for path, text in files.items()},
        texts=texts,
        behind={item: (text,) for item, text in behind.items()},
        check=frozenset(check),
        changed={},
    )


def lines_of(item: str, *texts: str, source: str = PRICE, **behind: str) -> list[int]:
    """The lines of the mutants of one requirement; the texts are those of R1, R2, ..."""
    named = {f"R{number}": text for number, text in enumerate(texts, 1)}
    found = shares(named, {"src/price.py": source}, {"price"}, behind).mutants(item, taken=())
    return sorted({mutant.edit.line for mutant in found})


@pytest.mark.parametrize(
    ("first", "second", "lines"),
    [
        pytest.param(TEN, "`tax(n)` in `src/price.py` MUST be 2 each.", [10], id="a function of its own"),
        pytest.param(TEN, "The till MUST open.", [10], id="it names nothing: what is not nearer to another"),
        pytest.param(
            TEN, "`price(n)` MUST raise `ValueError` below 0.", [2, 3], id="a word of its own in one function"
        ),
        pytest.param(TEN, "From 10 on it MUST be 9 each.", [5], id="a number of its own where it names nothing"),
        pytest.param(TEN, "`till.open()` MUST be 1.", [10], id="a name that is not there"),
        pytest.param("It MUST be cheap.", "It MUST be dear.", [2, 3, 4, 5, 6, 10, 14], id="nobody names anything"),
    ],
)
def test_a_requirement_gets_the_mutants_of_its_own_clause(first: str, second: str, lines: list[int]) -> None:
    assert lines_of("R2", first, second) == lines


def test_a_function_that_two_reach_is_nobodys() -> None:
    """`rounded` is called by both, so what is wrong there is seen through either."""
    assert 14 not in lines_of("R2", TEN, "`tax(n)` MUST be 2 each.")
    assert 14 in lines_of("R2", "It MUST be there.", "`tax(n)` MUST be 2 each.")


def test_where_no_word_tells_statements_of_the_other_are_left_out() -> None:
    assert lines_of("R1", "`price(n)` MUST be right.", "`price(n)` MUST raise `ValueError` below 0.") == [4, 5, 6, 14]


def test_a_sentence_without_a_name_is_about_what_it_refers_to() -> None:
    text = "Nothing is free (R1)."
    assert lines_of("R3", TEN, "`tax(n)` MUST be 2 each.", text) == []
    assert lines_of("R3", TEN, "`tax(n)` MUST be 2 each.", text, R3="`tax(n)` MUST be 2 each.") == [10]


def test_a_condition_turned_round_shows_nothing_of_either_way() -> None:
    source = "def f(kind):\n    if kind == 'gold':\n        return 5\n    return 7\n"
    assert lines_of("R2", "`f(kind)` MUST be 7.", "`f(kind)` MUST be 5 for `gold`.", source=source) == [3]


def test_what_serves_another_is_not_given_again() -> None:
    found = shares({"R1": "It MUST be.", "R2": "It MUST too."}, {"p.py": "def f():\n    return 7\n"}, {"f"}, {})
    all_of_it: tuple[Mutant, ...] = found.mutants("R1", taken=())
    assert len(all_of_it) == 2
    assert found.mutants("R2", taken=all_of_it[:1]) == all_of_it[1:]


def test_methods_are_told_apart_by_their_class() -> None:
    source = "class A:\n    def f(self):\n        return 7\n\nclass B:\n    def f(self):\n        return 7\n"
    assert lines_of("R1", "`A.f()` MUST be 7.", "`B.f()` MUST be 7.", source=source) == [3]
    assert lines_of("R2", "`A.f()` MUST be 7.", "`B.f()` MUST be 7.", source=source) == [7]
