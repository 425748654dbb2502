"""Cuts a spec's items into clusters that are probed together: those that share identifiers, references and words. Pure.

A spec of ordinary size is one cluster. The digests make that an edit is probed again only where it matters.
"""

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from ...specs.parse import parse
from ..nouns.plan import Requirement, SpecView
from .probing import Cluster

LARGEST = 20
"""Items in a cluster; in twenty items there are seldom twelve places that are worth a situation."""

MOST_CLUSTERS = 6
"""However long a spec is; its clusters grow instead, so that the cost is bounded and no item is left out."""

_CODE = re.compile(r"`+([^`]+)`+")
_NAME = re.compile(r"--?[\w-]{2,}|[A-Za-z_][\w.]*")
_WORD = re.compile(r"[a-z]{4,}")
_REFERENCE = re.compile(r"\b[REPNQAI]\d+\b")
_COMMON = frozenset(
    _WORD.findall(
        """must shall should when where with that this from each every into than then what which have been will only
        same other they them their there does also given value values returns return text"""
    )
)
_NAMED, _REFERRED, _SPOKEN = 3.0, 8.0, 1.0
"""What a shared identifier, a reference and a shared word are worth."""

_SHARED_BY_MOST = 24
"""A word that more items share than this tells none of them apart."""


def clusters(
    spec: SpecView, *, largest: int = LARGEST, most: int = MOST_CLUSTERS, decisions: Sequence[tuple[str, str]] = ()
) -> tuple[Cluster, ...]:
    """The clusters in the order of their first items; at most ``most``, of ``largest`` items where that suffices.

    Bars of performance are measured, not predicted, and are in none.
    """
    items = [item for item in spec.requirements if not item.id.startswith("P")]
    if not items:
        return ()
    room = max(largest, math.ceil(len(items) / most))
    groups = [list(range(len(items)))] if len(items) <= room else _packed(_joined(items, room), room, most)
    around = _digest([context(spec), *(part for decision in decisions for part in decision)])
    return tuple(
        Cluster(
            items=tuple(items[index].id for index in group),
            digest=_digest([around, *(part for index in group for part in (items[index].id, items[index].key))]),
        )
        for group in groups
    )


def context(spec: SpecView) -> str:
    """The spec's text without its items and without its front matter, white space collapsed."""
    parsed = parse(spec.text)
    lines = spec.text.split("\n")
    for item in parsed.normative:
        lines[item.line - 1 : item.end_line] = [""] * (item.end_line - item.line + 1)
    text = "\n".join(lines)
    head = re.match(r"\A---\n.*?\n---\n", spec.text, re.DOTALL)
    return " ".join(text[head.end() if head else 0 :].split())


def dependents(spec: SpecView, items: Iterable[str]) -> int:
    """How many requirements hang on these: they themselves, and all that refer to them, however indirectly."""
    known = {item.id for item in spec.requirements}
    named_by: defaultdict[str, set[str]] = defaultdict(set)
    for item in spec.requirements:
        for reference in _REFERENCE.findall(item.text):
            named_by[reference].add(item.id)
    reached: set[str] = set()
    waiting = [name for name in items if name in known]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(named_by[name])
    return len(reached)


def _joined(items: Sequence[Requirement], room: int) -> list[list[int]]:
    """Join the pair that shares most, then the next, as long as the two fit into one cluster."""
    owner = list(range(len(items)))
    members = {index: [index] for index in owner}
    for (one, other), _ in sorted(_shared(items).items(), key=lambda pair: (-pair[1], pair[0])):
        left, right = owner[one], owner[other]
        if left == right or len(members[left]) + len(members[right]) > room:
            continue
        for index in members.pop(right):
            owner[index] = left
            members[left].append(index)
    return [sorted(group) for group in members.values()]


def _shared(items: Sequence[Requirement]) -> Mapping[tuple[int, int], float]:
    """For each pair of items what they share, rare things counting more."""
    having: defaultdict[tuple[str, float], list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        for feature in _features(item):
            having[feature].append(index)
    score: defaultdict[tuple[int, int], float] = defaultdict(float)
    for (_, worth), indexes in having.items():
        if 1 < len(indexes) <= _SHARED_BY_MOST:
            amount = worth * math.log(1 + len(items) / len(indexes))
            for pair in combinations(indexes, 2):
                score[pair] += amount
    return score


def _features(item: Requirement) -> set[tuple[str, float]]:
    names = {name.casefold() for span in _CODE.findall(item.text) for name in _NAME.findall(span)}
    words = {_stem(word) for word in _WORD.findall(_CODE.sub(" ", item.text).lower())} - _COMMON
    references = {*_REFERENCE.findall(item.text), item.id}
    return (
        {(name, _NAMED) for name in names}
        | {(word, _SPOKEN) for word in words}
        | {(reference, _REFERRED) for reference in references}
    )


def _stem(word: str) -> str:
    """``windows`` and ``window`` are one word."""
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _packed(groups: list[list[int]], room: int, most: int) -> list[list[int]]:
    """Put small groups together, in the order of the document, until nothing fits; then until there are ``most``."""
    packed: list[list[int]] = []
    for group in sorted(groups):
        fits = next((there for there in packed if len(there) + len(group) <= room), None)
        if fits is None:
            packed.append(group)
        else:
            fits.extend(group)
    while len(packed) > most:
        packed.sort(key=len)
        smallest = packed.pop(0)
        packed[0].extend(smallest)
    return sorted(sorted(group) for group in packed)


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
