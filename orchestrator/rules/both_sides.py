"""Two changes to one text, region by region: what only one side did, what both did alike, and where they clash. Pure.

The rule of git's line-level merge: changes that overlap or touch are one region, and one that both sides made is no
clash. ``landed`` is the side that is there already, ``own`` the one that is to be brought in.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..ports import Hunk

By = Literal["landed", "own", "both", "clash"]
"""Who changed a region: one side, both alike, or both in different ways."""
Lines = tuple[bytes, ...]
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one side made of a text, with where it differs."""

    text: bytes
    hunks: tuple[Hunk, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Lines of the base that somebody changed, from ``at``, counted from 0, and what each side made of them."""

    at: int
    by: By
    base: Lines
    landed: Lines
    own: Lines
    hunks: int
    """How many hunks of the own side are in it."""


def regions(base: bytes, *, landed: Change, own: Change) -> tuple[Region, ...]:
    """The regions of a text that changed, in their order."""
    was = lines_of(base)
    sides = {"landed": (lines_of(landed.text), landed.hunks), "own": (lines_of(own.text), own.hunks)}
    found = []
    for start, end, touched in _touching(landed.hunks, own.hunks):
        made = {side: _made_of(was, start, end, text, touched[side]) for side, (text, _) in sides.items()}
        who: By = "clash"
        if not touched["own"] or not touched["landed"]:
            who = "own" if touched["own"] else "landed"
        elif made["landed"] == made["own"]:
            who = "both"
        region = Region(
            at=start,
            by=who,
            base=was[start:end],
            landed=made["landed"],
            own=made["own"],
            hunks=len(touched["own"]),
        )
        found.append(region)
    return tuple(found)


def joined(base: bytes, found: Sequence[Region]) -> bytes:
    """The text with what both sides did; where they clash, what landed stands."""
    was, at, lines = lines_of(base), 0, list[bytes]()
    for each in found:
        lines += [*was[at : each.at], *(each.own if each.by == "own" else each.landed)]
        at = each.at + len(each.base)
    return b"".join([*lines, *was[at:]])


def lines_of(text: bytes) -> Lines:
    """The lines as git counts them: a line feed ends one, and nothing else does."""
    return tuple(_LINE.findall(text))


def _touching(landed: Sequence[Hunk], own: Sequence[Hunk]) -> Iterator[tuple[int, int, dict[str, list[Hunk]]]]:
    """Where in the base changes stand that overlap or touch, with each side's."""
    ordered = sorted([("landed", each) for each in landed] + [("own", each) for each in own], key=lambda it: it[1].at)
    group: dict[str, list[Hunk]] = {"landed": [], "own": []}
    start = end = -1
    for side, hunk in ordered:
        if hunk.at > end >= 0:
            yield start, end, group
            group, start, end = {"landed": [], "own": []}, -1, -1
        start, end = hunk.at if start < 0 else start, max(end, hunk.at + hunk.gone)
        group[side].append(hunk)
    if end >= 0:
        yield start, end, group


def _made_of(was: Lines, start: int, end: int, text: Lines, hunks: Sequence[Hunk]) -> Lines:
    """What a side made of these lines of the base."""
    made, at = list[bytes](), start
    for hunk in hunks:
        made += [*was[at : hunk.at], *text[hunk.to : hunk.to + hunk.came]]
        at = hunk.at + hunk.gone
    return (*made, *was[at:end])
