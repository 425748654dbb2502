"""Words for matching: lower case, cut to a stem, without those that every text has. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = re.compile(r"[A-Za-z]+|[0-9]+")
_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_COMMON_WORDS = """
    a about add all also an and any are as at be both by can change changed changing code do does each else every
    file for from get give has have how if in input into is it its make may more must name need new no not of on one
    only or other out output own part people project read requirement return same set shall should so some such task
    test text than that the their them then there these they thing this those to two type up use used user using
    value want was we what when where which who will with work would write you your
"""
_COMMON = frozenset(_COMMON_WORDS.split())
"""Words that say nothing about a subject; most specifications hold nearly all of them."""
_SHORTEST = 2
_PLURAL = 4
_ENDED = 6


def stems_of(text: str) -> frozenset[str]:
    """The stems of a text's words, and of identifiers' parts: ``SQLite`` is ``sqlit``, but also ``sq`` and ``lite``."""
    names = _NAMES.findall(text)
    found = {word.lower() for name in names for word in (name, *_PIECES.findall(name))}
    stems = (stem(word) for word in found if len(word) >= _SHORTEST and word not in _COMMON)
    return frozenset(each for each in stems if each not in _COMMON)


def weighed(*texts: tuple[str, float]) -> dict[str, float]:
    """The stems of some texts, each with the greatest weight of a text it stands in."""
    weights: dict[str, float] = {}
    for text, weight in texts:
        for each in stems_of(text):
            weights[each] = max(weight, weights.get(each, 0.0))
    return weights


def weight_of(phrase: str, weights: Mapping[str, float]) -> float:
    """How much a word or phrase counts: the least weight of its words, 0 where one is missing."""
    stems = {stem(word) for name in _NAMES.findall(phrase) if (word := name.lower()) not in _COMMON}
    return min((weights.get(each, 0.0) for each in stems), default=0.0)


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A crude stem, alike for ``retry``, ``retries`` and ``retried``; only good for comparing with another stem."""
    if len(word) > _PLURAL and word.endswith(("ies", "ied")):
        word = word[:-3] + "y"
    elif len(word) > _PLURAL and word.endswith(("sses", "xes", "ches", "shes")):
        word = word[:-2]
    elif len(word) >= _PLURAL and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if len(word) >= _ENDED and word.endswith(ending):
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if len(word) > _PLURAL and word.endswith("e") else word
