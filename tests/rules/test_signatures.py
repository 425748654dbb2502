import pytest
from agentctl.orchestrator.rules.signatures import broken

STUB = """
class Entry(NamedTuple):
    day: date
    count: int
    note: str = ""

class BadEntry(ValueError):
    line: int  # of the file, from 1

@dataclass(frozen=True)
class Sum:
    total: int
    parts: tuple[int, ...] = ()

    def share(self, part: int) -> float: ...

class Colour(Enum):
    RED = "red"

LIMIT: int = 3

def parse_duration(text: str, *, strict: bool = False) -> int: ...
async def fetch(url: str, /) -> bytes: ...
"""

KEPT = '''
from __future__ import annotations
import datetime
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

LIMIT: int = 30
_HIDDEN = 1

class Entry(NamedTuple):
    """One row."""
    day: "datetime.date"
    count: int
    note: str = "nothing"

class BadEntry(ValueError):
    def __init__(self, line: int) -> None:
        super().__init__("bad")
        self.line = line

@dataclass(frozen=True, slots=True)
class Sum:
    total: int
    parts: tuple[int, ...] = ()
    more: int = 0

    def share(self, part: int, digits: int = 2) -> float:
        return round(part / self.total, digits)

class Colour(Enum):
    RED = "red"
    BLUE = "blue"

def parse_duration(text: str, *, strict: bool = False) -> int:
    return int(text)

async def fetch(url: str, /) -> bytes:
    return b""
'''


def words(source: str, stub: str = STUB) -> list[str]:
    return [each.words for each in broken(stub, source)]


def test_bodies_order_comments_and_additions_break_nothing() -> None:
    assert words(KEPT) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    count: int\n", "    number: int\n", "class `Entry` has no field `count: int`"),
        ("    count: int\n", "    count: str\n", "field `Entry.count` has the type `str`; declared is `int`"),
        ("    count: int\n", "    count: int\n    extra: int\n", "gained the field `extra` without a default"),
        ('    day: "datetime.date"\n    count: int', "    count: int\n    day: date", "in another order than day"),
        ('note: str = "nothing"', "note: str", "field `Entry.note` lost its default"),
        ("self.line = line", "self.row = line", "class `BadEntry` has no field `line: int`"),
        ("class BadEntry(ValueError)", "class BadEntry(TypeError)", "class `BadEntry` is no `ValueError` any more"),
        ("@dataclass(frozen=True, slots=True)", "@dataclass", "dataclass `Sum` lost `frozen=True`"),
        ("@dataclass(frozen=True, slots=True)\n", "", "class `Sum` is no dataclass any more"),
        ("digits: int = 2)", "digits: int)", "gained the parameter `digits`"),
        ("def share", "def _share", "class `Sum` has no method `share(self, part: int) -> float`"),
        ('    RED = "red"\n', "", "class `Colour` has no field `RED`"),
        ("LIMIT: int = 30", "LIMITS: int = 30", "`LIMIT: int` is missing"),
        ("LIMIT: int = 30", "LIMIT: float = 30", "`LIMIT` has the type `float`; declared is `int`"),
        ("(text: str, *,", "(text: bytes, *,", "has a parameter `text` of type `bytes`"),
        ("(text: str, *,", "(words: str, *,", "lost its parameter `text`"),
        ("strict: bool = False", "strict: bool", "has a parameter `strict` that lost its default"),
        ("*, strict", "strict", "takes `strict` as positional, not as keyword-only"),
        ("= False) -> int", "= False) -> float", "returns `float`; declared is `parse_duration(text: str"),
        ("async def fetch", "def fetch", "function `fetch` is not async any more"),
        ("def parse_duration", "def parse", "`parse_duration(text: str, *, strict: bool=False) -> int` is missing"),
    ],
)  # fmt: skip
def test_what_is_declared_may_not_go_or_change(old: str, new: str, said: str) -> None:
    assert old in KEPT
    found = words(KEPT.replace(old, new))
    assert any(said in each for each in found), found


def test_a_name_from_another_module_counts_as_kept() -> None:
    assert words("from ._parsing import Entry, BadEntry, parse_duration\nfrom .sums import *\n") == []


def test_one_of_several_definitions_is_enough() -> None:
    source = "try:\n    from fast import go\nexcept ImportError:\n    def go(a, b):\n        return a\n"
    assert words(source, "def go(a, b): ...") == []
    overloaded = "@overload\ndef go(a: int) -> int: ...\n@overload\ndef go(a: str) -> str: ...\ndef go(a): return a\n"
    assert words(overloaded, "def go(a: str) -> str: ...") == []


def test_members_may_come_from_a_base_in_the_file_or_one_that_is_not_seen() -> None:
    stub = "class Store:\n    path: str\n    def get(self, key: str) -> str: ...\n"
    inside = "class _Base:\n    path: str\n    def get(self, key: str) -> str: return key\nclass Store(_Base): pass\n"
    assert words(inside, stub) == []
    assert words("class Store(Elsewhere): pass\n", stub) == []
    assert words("class Store(Exception): pass\n", stub) != []


def test_a_property_stands_in_for_a_field_of_a_plain_class() -> None:
    stub = "class Box:\n    size: int\n"
    assert words("class Box:\n    @property\n    def size(self) -> int: return 1\n", stub) == []


def test_quotes_and_modules_make_no_other_type() -> None:
    stub = "def f(day: date, of: 'list[Entry]') -> Literal['a']: ..."
    assert words("def f(day: datetime.date, of: list[m.Entry]) -> t.Literal['a']: ...", stub) == []
    assert words("def f(day: datetime.date, of: list[m.Entry]) -> t.Literal['b']: ...", stub) != []


def test_what_is_no_python_is_for_others_to_judge() -> None:
    assert words("def f(:", STUB) == []
    assert words("x = 1", "class (:") == []


def test_missing_and_changed_are_told_apart() -> None:
    found = {each.name: each.missing for each in broken("A: int\ndef f(x): ...", "def f(y): ...")}
    assert found == {"A": True, "f": False}
