"""Which guides a prompt gets, and why: by role, paths and words, within a budget of tokens. Pure and deterministic.

General guides, those without keywords, depend on the role and on the paths of the whole tree only: every task of a run
has the same ones, in the same order, so they stand in the part of the prompt that providers cache. The others depend on
the task and stand behind that part. So a task pays for what it alone needs, and for nothing that another task needs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from .globs import matches
from .load import CHARACTERS_PER_TOKEN, Guide
from .words import stems_of, weight_of

GENERAL_BUDGET = 1_400
"""Tokens of the general guides; about what three of those that ship take."""
TASK_BUDGET = 700
"""Tokens of what one task gets beside them: a guide or two, and lessons."""
ENOUGH = 2.0
"""A score below this is chance. Two keywords reach it, and so does a path."""
SPEC_WEIGHT = 0.2
"""Words that only the rest of the spec has, beside the task's own: they rank, and seldom decide."""
_SHARE = 0.2
"""Of a tree's paths with a known language; a language with less is left to the tasks that touch it."""
_PATH = 2.0
_KEYWORD = 1.0
_DESCRIBED = 0.5
_LEARNT = 0.25
"""For each word that a lesson shares with a task; it takes eight, or the path."""
_MOST_DESCRIBED = 1.0
_MOST_LEARNT = 2.0
_MOST_REASONS = 5
"""Words that are told where none counts much by itself."""
_SUFFIX = re.compile(r"\*\.[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is to be done, as far as guides are chosen by it."""

    role: str
    paths: tuple[str, ...] = ()
    """What the task touches, relative to the root."""
    words: Mapping[str, float] = field(default_factory=dict)
    """Stems with their weights, as `guides.words.weighed` makes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A guide that was chosen, its score, and what it was chosen for."""

    guide: Guide
    score: float
    why: tuple[str, ...] = ()


def general(
    guides: Iterable[Guide], *, role: str, paths: Collection[str], budget: int = GENERAL_BUDGET
) -> tuple[Guide, ...]:
    """The guides that every task of this role has in a tree of these paths.

    Those for a language come first, the one with most paths before the others, then the rest by their names. A guide
    that does not fit whole is left out: half an advice is none.
    """
    fitting = [guide for guide in guides if guide.is_general and guide.is_for(role)]
    suffixes = Counter(f"*{PurePosixPath(path).suffix}" for path in paths)
    counts = {guide.name: _count(guide.globs, paths, suffixes) for guide in fitting if guide.globs}
    enough = _SHARE * sum(counts.values())
    spread = [guide for guide in fitting if not guide.globs or 0 < counts[guide.name] >= enough]
    ordered = sorted(spread, key=lambda guide: (not guide.globs, -counts.get(guide.name, 0), guide.name))
    return tuple(within(ordered, budget))


def topical(guides: Iterable[Guide], subject: Subject, *, budget: int = TASK_BUDGET) -> tuple[Choice, ...]:
    """The guides and lessons that this task needs beside the general ones, the best first; lessons before guides."""
    scored = [choice for guide in guides if (choice := scored_for(guide, subject)).score >= ENOUGH]
    scored.sort(key=lambda each: (-each.score, each.guide.kind != "lesson", each.guide.name, each.guide.place))
    kept = set(map(id, within([each.guide for each in scored], budget)))
    return tuple(each for each in scored if id(each.guide) in kept)


def scored_for(guide: Guide, subject: Subject) -> Choice:
    """How much a guide has to do with a task.

    A guide without keywords or globs is general and scores nothing here; nor does one for another role.
    """
    if not guide.is_for(subject.role):
        return Choice(guide=guide, score=0.0)
    path = next((path for path in subject.paths if any(matches(glob, path) for glob in guide.globs)), None)
    if guide.is_general:
        return Choice(guide=guide, score=_PATH if path else 0.0, why=(path,) if path else ())
    hits = {word: weight_of(word, subject.words) * _KEYWORD for word in guide.keywords}
    named = {stem for word in guide.keywords for stem in stems_of(word)}
    told = stems_of(f"{guide.description} {guide.text}" if guide.kind == "lesson" else guide.description)
    each, most = (_LEARNT, _MOST_LEARNT) if guide.kind == "lesson" else (_DESCRIBED, _MOST_DESCRIBED)
    loose = {stem: subject.words.get(stem, 0.0) * each for stem in told - named}
    score = sum(sorted(hits.values())) + min(sum(sorted(loose.values())), most) + (_PATH if path else 0.0)
    found = hits | loose
    best = sorted((word for word, hit in found.items() if hit), key=lambda word: (-found[word], word))[:_MOST_REASONS]
    why = sorted(word for word, hit in found.items() if hit >= each) or best
    return Choice(guide=guide, score=round(score, 3), why=(*((path,) if path else ()), *why))


def within(guides: Sequence[Guide], budget: int) -> list[Guide]:
    """Those that fit whole into ``budget`` tokens, in their order."""
    kept: list[Guide] = []
    room = budget * CHARACTERS_PER_TOKEN
    for guide in guides:
        if len(guide.text) <= room:
            kept.append(guide)
            room -= len(guide.text)
    return kept


def _count(globs: Sequence[str], paths: Collection[str], suffixes: Mapping[str, int]) -> int:
    """How many paths match; mere suffixes, as the guides for languages have them, are not looked at one by one."""
    if all(_SUFFIX.fullmatch(glob) for glob in globs):
        return sum(suffixes.get(glob, 0) for glob in globs)
    return sum(any(matches(glob, path) for glob in globs) for path in paths)
