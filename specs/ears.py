"""EARS: the conditions that a sentence begins with, and its two branches. Pure functions on an item's text.

Source: A. Mavin et al., "Easy Approach to Requirements Syntax (EARS)", RE'09. Recognised, never required. The "Given"
of a Given/When/Then is a While: a state that holds before anything happens.
"""

import re
from typing import Literal

from .items import without_code
from .nouns import Condition, Ears

_LEAD = re.compile(r"\s*(?:and\s+)?(when|whenever|while|where|if|given)\b[\s,]*", re.IGNORECASE)
_WORDS: dict[str, Literal["when", "while", "where", "if"]] = {
    "when": "when",
    "whenever": "when",
    "while": "while",
    "given": "while",
    "where": "where",
    "if": "if",
}
_CLAUSE_END = re.compile(r",\s*|\s+(?=THE\s+\w+(?:\s+\w+){0,3}\s+SHALL\b)")
_THEN = re.compile(r",?\s+then\b[\s,]*", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.;]\s")
_MODAL = re.compile(r"\b(?:must|shall|should|may|will)\b", re.IGNORECASE)
_INNER = re.compile(r",?\s*\band\s+(?=(?:when|whenever|while|where|if)\b)", re.IGNORECASE)
_OTHERWISE = re.compile(
    r"(?:[.;,]\s*(?:but\s+|and\s+)?(?:otherwise|else|if not|in (?:all|any) other cases?)|\s+otherwise)\b[\s,:]*",
    re.IGNORECASE,
)
_ENUMERATION = re.compile(r"(?:or|and)\b", re.IGNORECASE)
_CODE = "\N{OBJECT REPLACEMENT CHARACTER}"  # a character of a code span: neither a space nor a word
_MOST = 8
"""Conditions that are told apart; each of them looks as far ahead as the sentence goes."""
_SHORTEST = 3  # characters of a clause: below, the comma belongs to something else


def read(text: str) -> Ears | None:
    """The conditions and branches of a text that begins with When, While, Where or If; None for any other."""
    bare = without_code(text, fill=_CODE)
    conditions: list[Condition] = []
    at = 0
    while len(conditions) < _MOST and (found := _LEAD.match(bare, at)):
        end = _clause_end(bare, found.end())
        if end is None:
            break
        clause = text[found.end() : end.start()].strip(" ,")
        conditions.append(Condition(word=_WORDS[found[1].lower()], text=clause))
        at = end.end()
    response, otherwise = _branches(text[at:], bare[at:])
    return Ears(conditions=tuple(conditions), response=response, otherwise=otherwise) if conditions else None


def _clause_end(bare: str, start: int) -> re.Match[str] | None:
    """Where a condition ends: before the next one, at ``then``, at a comma that enumerates nothing, or before THE."""
    stop = _SENTENCE_END.search(bare, start)
    last = stop.start() if stop else len(bare)
    modal = _MODAL.search(bare, start, last)
    before = modal.start() if modal else last  # a later "then" is one of "sorted by a, then by b"
    ends = [found for found in (_INNER.search(bare, start, before), _THEN.search(bare, start, before)) if found]
    for found in _CLAUSE_END.finditer(bare, start, last):
        another = _LEAD.match(bare, found.end()) is not None
        long = found.start() - start >= _SHORTEST
        plain = long and not ends and not _ENUMERATION.match(bare, found.end())
        if (another or plain) and bare[found.end() :].strip():
            ends.append(found)
            break
    return min(ends, key=lambda found: found.start(), default=None)


def _branches(text: str, bare: str) -> tuple[str, str]:
    """What holds if the conditions do, and what is said of the case that they do not."""
    found = _OTHERWISE.search(bare)
    if found and found.start() > 0 and text[found.end() :].strip():
        return text[: found.start()].strip(" ,;."), text[found.end() :].strip()
    return text.strip(), ""
