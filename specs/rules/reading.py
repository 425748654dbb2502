"""A spec as the rules see it: what several of them need is worked out once, when the first one asks. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ..items import without_code
from ..nouns import Check, Item, Spec
from ..python_code import CodeError, tree
from ..scripts import root_of
from ..transcript import Step, steps
from .lexicon import Word, words_of
from .surroundings import Surroundings

if TYPE_CHECKING:
    from tree_sitter import Node

_UNSAID = r"\"[^\"\n]{1,80}\"|“[^”\n]{1,80}”|https?://[^\s)]+"
_MEASURED = (
    r"(?<!\d)(?<!\d[.,])\d[\d.,]*+\s?(?:%|ms|s|sec|seconds?|minutes?|min|hours?|h|days?|[kMGT]i?B|bytes?|characters?|chars?|lines?|rows?|"
    r"columns?|items?|times|requests?|words?|digits?|decimals?|px)(?![\w])"
)
_CLAUSE = r"[;.](?:\s|$)"


class Wording(NamedTuple):
    """An item that can be met, with its text as it is judged: code, quotations and addresses are blank."""

    item: Item
    plain: str
    """As long as the item's text, so that positions are those of the text."""


class Place(NamedTuple):
    """A line and a column, both from 1."""

    line: int
    col: int


class Reading:
    """``around`` is what is known beyond the spec; every fact is that of the spec as it was given."""

    def __init__(self, spec: Spec, around: Surroundings | None = None) -> None:
        self.spec = spec
        self.around = around or Surroundings()

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The file's."""
        return tuple(self.spec.text.split("\n"))

    @cached_property
    def wordings(self) -> tuple[Wording, ...]:
        """The items that can be met, as they are judged."""
        return tuple(Wording(item, unsaid(item.text)) for item in self.spec.normative)

    @cached_property
    def words(self) -> Mapping[str, tuple[tuple[Wording, Word], ...]]:
        """By code of a rule, the words that it looks for, in the order of the file."""
        found: dict[str, list[tuple[Wording, Word]]] = {}
        for wording in self.wordings:
            for code, word in words_of(wording.plain):
                found.setdefault(code, []).append((wording, word))
        return {code: tuple(places) for code, places in found.items()}

    @cached_property
    def python(self) -> tuple[tuple[Check, ast.Module], ...]:
        """The executable Python checks that can be read, with their trees."""
        found = []
        for check in self.spec.checks:
            if check.kind == "python" and check.executable:
                try:
                    found.append((check, tree(check.body)))
                except CodeError:
                    continue
        return tuple(found)

    @cached_property
    def scripts(self) -> tuple[tuple[Check, Node], ...]:
        """The executable checks in JavaScript and TypeScript that can be read, with their trees."""
        scripts = [check for check in self.spec.checks if check.kind == "script" and check.executable]
        found = [(check, root_of(check.language, check.body)) for check in scripts]
        return tuple((check, root) for check, root in found if not root.has_error)

    @cached_property
    def transcripts(self) -> tuple[tuple[Check, tuple[Step, ...]], ...]:
        """The executable console checks with their commands."""
        console = [check for check in self.spec.checks if check.kind == "console" and check.executable]
        return tuple((check, steps(check.body, line=check.line)) for check in console)

    @cached_property
    def deciders(self) -> Mapping[str, tuple[str, ...]]:
        """By id of an item, the ids of the executable checks and tables that decide it."""
        found: dict[str, list[str]] = {}
        for check in self.spec.checks:
            for item_id in check.ids if check.executable else ():
                found.setdefault(item_id, []).append(check.id)
        for table in self.spec.tables:
            for item_id in table.ids:
                found.setdefault(item_id, []).append(table.id)
        return {item_id: tuple(ids) for item_id, ids in found.items()}

    def place(self, item: Item, start: int, word: str) -> Place:
        """Where a word of an item's text stands in the file; its first line where it cannot be found again."""
        word = word.split(maxsplit=1)[0]
        nth = unsaid(item.text)[:start].count(word)
        source = unsaid("\n".join(self.lines[item.line - 1 : item.end_line]))
        at = -1
        for _ in range(nth + 1):
            at = source.find(word, at + 1)
            if at < 0:
                return Place(item.line, 1)
        return Place(item.line + source.count("\n", 0, at), at - source.rfind("\n", 0, at))


def unsaid(text: str) -> str:
    """A text whose code, short quotations and addresses are blank, at the same length and with the same lines."""
    return re.sub(_UNSAID, lambda found: " " * len(found[0]), without_code(text))


def clause(text: str, start: int) -> str:
    """The part of a text between the full stops and semicolons around a position."""
    cuts = [0, *(found.end() for found in re.finditer(_CLAUSE, text)), len(text)]
    first = max(cut for cut in cuts if cut <= start)
    last = min((cut for cut in cuts if cut > start), default=len(text))
    return text[first:last]


def measured(text: str, start: int) -> bool:
    """Whether the clause around a position has a number with a unit."""
    return re.search(_MEASURED, clause(text, start)) is not None
