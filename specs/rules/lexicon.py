"""The words that rules of wording look for, and where they stand in a text. Pure.

All texts are read once for all rules, a word at a time: that is faster than a regular expression for each rule, which
would have to be compiled at every start.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import pairwise
from typing import NamedTuple

HARMLESS = ""
"""Phrases that contain a word of another entry and mean something exact."""
LEXICON: Mapping[str, str] = {
    HARMLESS: "at most, a multiple of, multiple of, multiples of, how many, as many as, as soon as, clean up, "
    "cleans up, simple example, simple examples, sort of, sorts of, what sort, as long as it is",
    "SPA101": "appropriate, appropriately, adequate, adequately, graceful, gracefully, robust, robustly, proper, "
    "properly, flexible, flexibly, easy, easily, user-friendly, intuitive, intuitively, seamless, seamlessly, clean, "
    "cleanly, secure, securely, simple, simply, sensible, sensibly, reasonable, reasonably, suitable, suitably, "
    "efficient, efficiently, nice, nicely, sane, sanely, smart, smartly, meaningful, helpful, modern, elegant, "
    "elegantly, comfortable, comfortably, convenient, conveniently",
    "SPA102": "fast, quick, quickly, rapid, rapidly, large, huge, real-time, real time, minimal, lightweight, "
    "performant, scalable, responsive, snappy",
    "SPA103": "if possible, when possible, where possible, whenever possible, as appropriate, where appropriate, "
    "when appropriate, if appropriate, as needed, where needed, when needed, if needed, if necessary, as necessary, "
    "where necessary, when necessary, as required, try to, attempt to, best effort, best-effort, preferably, "
    "ideally, to the extent possible, as far as possible, as much as possible, where applicable, if applicable, "
    "as applicable, where feasible, if feasible, if practical, where practical",
    "SPA104": "etc, such as, including but not limited to, and so on, and so forth, and the like, and similar, "
    "or similar, e.g, and/or, among others, and more",
    "SPA105": "may, might, could, can",
    "SPA106": "better, worse, optimized, optimised, optimize, optimise, optimizes, optimises, minimize, minimise, "
    "minimizes, minimises, minimized, minimised, maximize, maximise, maximizes, maximises, faster, slower, improve, "
    "improves, improved, enhance, enhances, enhanced, smarter, simpler, easier, cleaner",
    "SPA107": "best, best practice, best practices, most, optimal, optimally, state-of-the-art",
    "SPA108": "several, various, many, multiple, certain, some, a few, few, numerous, a number of, plenty of, "
    "a lot of, lots of, a couple of",
    "SPA110": "all, every, never, only, always, any, none",
    "SPA111": "eventually, periodically, soon, as soon as possible, timely, in a timely manner, promptly, "
    "regularly, occasionally, shortly, frequently, at some point, from time to time",
    "SPA117": "must, shall, should",
    "SPA120": "the system, the application, the software, the program, the tool, the solution",
    "SPA122": "as today, as before, as usual, as it is, as is, as now, as currently, as always, as expected, "
    "like before, like the old, like the old one, same as before, same as now, the usual way, standard behaviour, "
    "standard behavior, usual behaviour, usual behavior, existing behaviour, existing behavior, current behaviour, "
    "current behavior, normal behaviour, normal behavior, expected behaviour, expected behavior, previous behaviour, "
    "previous behavior, the same behaviour as now, the same behavior as now",
    "SPA123": "a default, the default, its default, their default, some default, sensible default, defaults, "
    "a sensible default, sensible defaults, reasonable default, reasonable defaults",
    "SPA124": "reject, rejects, rejected, refuse, refuses, refused, fail, fails, abort, aborts, an error, errors, "
    "errors out, invalid, malformed",
    "SPA125": "valid, supported, standard, well-formed",
    "SPA126": "sort, sorts, sorted, ordered by, ranked, ranks, unique, latest, newest, most recent, top, longest, "
    "shortest",
    "SPA127": "log, logs, store, stores, cache, caches, record, records, save, saves, persist, persists",
    "SPA128": "round, rounds, rounded, rounding, average, averages, percentage, percentages, percent",
    "SPA129": "today, current date, current time, current day, midnight, timestamp, timestamps, local time, "
    "time of day, lower-case, lowercase, lower-cases, lowercases, lowercased, lower-cased, upper-case, uppercase, "
    "upper-cases, uppercases, uppercased, upper-cased, case-insensitive, case-insensitively, alphabetical, "
    "alphabetically",
}
_WORD = r"(?i:and/or)|[^\W\d_]+(?:['\u2019.-][^\W\d_]+)*"
_Phrase = tuple[list[str], tuple[str, ...]]


class Word(NamedTuple):
    """A word or phrase of the lexicon where it stands in a text."""

    start: int
    end: int
    text: str


def words_of(text: str) -> Iterable[tuple[str, Word]]:
    """The codes whose words a text has, with the words; of two that begin alike the longer one counts."""
    spans = [found.span() for found in re.finditer(_WORD, text)]
    lower = [text[start:end].lower() for start, end in spans]
    phrases = _phrases()
    past = 0
    for at, first in enumerate(lower):
        for phrase, codes in phrases.get(first, ()) if at >= past else ():
            length = len(phrase)
            if length == 1 or (lower[at : at + length] == phrase and _adjacent(spans[at : at + length])):
                past = at + length
                start, end = spans[at][0], spans[past - 1][1]
                word = Word(start, end, text[start:end])
                yield from ((code, word) for code in codes)
                break


def _adjacent(spans: list[tuple[int, int]]) -> bool:
    """Whether there is one character, a space, between each two words."""
    return all(left[1] + 1 == right[0] for left, right in pairwise(spans))


@cache
def _phrases() -> Mapping[str, tuple[_Phrase, ...]]:
    """The lexicon by first word, longer phrases first."""
    codes: dict[tuple[str, ...], list[str]] = {}
    for code, phrases in LEXICON.items():
        for phrase in phrases.split(", "):
            codes.setdefault(tuple(phrase.split()), []).append(code)
    found: dict[str, list[_Phrase]] = {}
    for parts in sorted(codes, key=len, reverse=True):
        found.setdefault(parts[0], []).append((list(parts), tuple(filter(None, codes[parts]))))
    return {first: tuple(entries) for first, entries in found.items()}
