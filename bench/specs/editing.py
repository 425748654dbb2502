"""Edits one item of a spec at a time, and holds what is dirty afterwards against a closure that is worked out here.

The closure of an edit is the item and the items that lean on it by naming it, in turn; here it is found by looking for
ids in the text, there by keys. An edit of a strength or of an example dirties nothing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...specs.changes import compare, dirty
from ...specs.nouns import NORMATIVE, Spec
from ...specs.parse import parse

_LABEL = re.compile(r"- \*\*([A-Z]\d+)\*\* ")
_ID = re.compile(r"\b[REPNQAI]\d+\b")
_ADDED = " on Mondays"
_STRENGTHS = {" MUST ": " SHOULD ", " SHOULD ": " MUST "}
_ROW = re.compile(r"^\| `\[.*\| `(\[.*\])` *\|$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A changed text and the items whose work it may change."""

    what: str
    text: str
    closure: frozenset[str]


def misjudged(text: str) -> tuple[list[str], int]:
    """The edits that dirty more or less than their closure, in words, and how many were tried."""
    spec = parse(text, name="edited.md")
    found, tried = [], 0
    for edit in _edits(spec):
        new = parse(edit.text, name="edited.md")
        dirtied = dirty(compare(spec, new), new)
        tried += 1
        if dirtied != edit.closure:
            found.append(f"{edit.what}: dirties {sorted(dirtied)}, not {sorted(edit.closure)}")
    return found, tried


def _edits(spec: Spec) -> Iterator[Edit]:
    lines = spec.text.split("\n")
    said = _said(lines)
    for number, line in enumerate(lines):
        if label := _LABEL.match(line):
            words = f"{line.rstrip('.')}{_ADDED}."
            yield Edit(
                what=f"words of {label[1]}", text=_with(lines, number, words), closure=_closure(spec, label[1], said)
            )
            other = next((line.replace(a, b, 1) for a, b in _STRENGTHS.items() if a in line), line)
            if other != line:
                yield Edit(what=f"strength of {label[1]}", text=_with(lines, number, other), closure=frozenset())
        elif row := _ROW.match(line):
            other = f"{line[: row.start(1)]}[7, 7]{line[row.end(1) :]}"
            yield Edit(what=f"example on line {number + 1}", text=_with(lines, number, other), closure=frozenset())


def _with(lines: list[str], number: int, line: str) -> str:
    return "\n".join([*lines[:number], line, *lines[number + 1 :]])


def _said(lines: list[str]) -> dict[str, frozenset[str]]:
    """By id of an item, the ids that its line names."""
    labels = ((label[1], line[label.end() :]) for line in lines if (label := _LABEL.match(line)))
    return {own: frozenset(_ID.findall(rest)) for own, rest in labels}


def _closure(spec: Spec, start: str, said: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The item and all that name it, or name what names it; of those, the ones that can be met."""
    reached, grown = {start}, True
    while grown:
        more = {own for own, named in said.items() if named & reached} - reached
        reached, grown = reached | more, bool(more)
    return frozenset(own for own in reached if spec.items[own].kind in NORMATIVE)
