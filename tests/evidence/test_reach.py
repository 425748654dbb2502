"""Which code one requirement speaks of."""

import pytest
from agentctl.orchestrator.evidence.mutants import ranked
from agentctl.orchestrator.evidence.reach import reach

SOURCE = """\
RATE = 10
OTHER = 7


def price(n):
    return rounded(n * RATE)


def rounded(n):
    return n + 3


def tax(n):
    return n * OTHER


class Till:
    DRAWER = 5

    def open(self):
        return price(1)

    def shut(self):
        return 8


PAID = {"price": price}


def pay(kind):
    return PAID[kind](4)


if __name__ == "__main__":
    tax(6)
"""


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("`price(n)` MUST be 10 each.", {1, 6, 10}),
        ("`tax` MUST be 7 each.", {2, 14}),
        ("`Till.open` MUST be 10.", {1, 6, 10, 18, 21}),
        ("`Till` MUST open.", {1, 6, 10, 18, 21, 24}),
        ("`pay(kind)` MUST pay.", {1, 6, 10, 31}),
        ("`python -m shop price` MUST print it.", None),
        ("`price` of `python -m shop` MUST be told.", {1, 2, 6, 10, 14, 18, 21, 24, 31, 35}),
        ("The price MUST be told.", None),
        ("`src/shop.py` MUST be there, `None` is right.", None),
    ],
)
def test_a_sentence_is_about_what_it_names_and_what_that_reaches(text: str, lines: set[int] | None) -> None:
    files = {"src/shop.py": SOURCE.encode()}
    found = reach(text, files, manifest="")
    held = None if found is None else {m.edit.line for m in ranked(files, named=(), changed={}) if found.holds(m)}
    assert held == lines


def test_a_command_of_the_manifest_names_its_function() -> None:
    files = {"src/shop.py": SOURCE.encode()}
    manifest = "[project.scripts]\nshop-tax = 'shop:tax'\n"
    found = reach("`price` MUST be told by `shop-tax 3`.", files, manifest=manifest)
    assert found is not None
    assert ("src/shop.py", "tax") in found.places
