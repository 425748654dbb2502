"""Group A, values: numbers, ranges, defaults, orders and roundings that are said by half.

A word of the lexicon is the sign that something is to be said; a rule then looks for it in the sentence.
"""

import re
from collections.abc import Iterator

from ..nouns import Diagnostic
from .ambiguity_words import at_word, once_an_item
from .lexicon import Word
from .reading import Reading, clause
from .rule import Rule

_NUMBER = r"`?-?\d[\d.,]*"
_BOUNDARY = (
    r"(?<!adds )(?<!add )\b(?:between|up to|within|over|until)\s+"
    rf"{_NUMBER}(?:\s*%)?(?:`?\s+(?:and|to)\s+{_NUMBER})?"
)
_ENDS = (
    r"\b(?:inclusive(?:ly)?|exclusive(?:ly)?|both ends?|included|excluded|half-open|closed|strictly|"
    r"or (?:more|less|fewer|equal)|at (?:least|most))\b|[<>≤≥]"
)
_BARE = (
    r"\b(?:(?:times? out|timeout|waits?|sleeps?|retry|retries|retried|expires?)\s+(?:after|for|of|every|in)|every|"
    r"(?:limit|maximum|timeout|delay|interval|length|size|width|height) (?:of|is|to))\s+(\d[\d.,]*\d|\d)"
    r"(?=\s*(?:[.,;:)]|$|\b(?:and|or|if|when|unless)\b))"
)
_VALUE = (
    r"`|\d|\"|“|\b(?:is|to|of|=)\s+(?:the\s+)?[A-Z]{2,}|\((?=\S)|"
    r"\b(?:empty|none|null|true|false|on|off|yes|no|zero)\b"
)
_VALUE_BEFORE = r"\b(?:is|are|as|being)\s*\Z"
_NAMED_DEFAULT = r"\s+(?:branch|export|constructor|values? of|argument|gateway|route|clause|case|method|namespace)\b"
_KEYLESS = (
    r"\b(?:sort(?:s|ed)?|ordered|ranke?(?:d|s))\b(?!\s*[-_])|"
    r"\bunique (?=entries|results|rows|items|records|elements|values)|\btop[- ](?:\d+|N)\b|"
    r"\bthe (?:latest|newest|most recent|longest|shortest)\s+(?!possible|of\b)\w+"
)
_TIE = (
    r"\b(?:then|ties?|tied|equal|stable|stably|first among|same|unique|alphabetical(?:ly)?|lexicographic(?:al)?(?:ly)?|"
    r"duplicates?|input order|in order of|code points?)\b"
)
_UNIQUE_KEY = (
    r"\bby\s+(?:\w+\s+)?(?:names?|ids?|identifiers?|paths?|keys?|filenames?|position|index|line|code points?|"
    r"timestamps?)\b"
)
_EXACT_ROUNDING = (
    r"\b(?:decimals?|digits?|half|up|down|nearest|floor|ceil(?:ing)?|truncat\w+|integers?|whole|precision|exact(?:ly)?|"
    r"cents?|places?|bankers?|towards?|round-trip|round brackets|`round`)\b|%"
)


def open_ends(reading: Reading) -> Iterator[Diagnostic]:
    """Ranges of which nobody says whether their ends belong to them; a length of time in words has none."""
    for wording in reading.wordings:
        text = wording.item.text
        found = re.search(_BOUNDARY, text) if wording.item.id not in reading.deciders else None
        if found and not re.search(_ENDS, text):
            word = Word(found.start(), found.end(), found[0])
            message = f'"{word.text.replace("`", "")}": are its ends included?'
            yield at_word(reading, wording, "SPA115", message, word)


def no_unit(reading: Reading) -> Iterator[Diagnostic]:
    """Times and sizes that are bare numbers."""
    for wording in reading.wordings:
        for found in re.finditer(_BARE, wording.plain):
            word = Word(found.start(1), found.end(1), found[1])
            yield at_word(reading, wording, "SPA121", f'"{found[0]}": {found[1]} what?', word, mild=False)


def no_value(reading: Reading) -> Iterator[Diagnostic]:
    """A default of which no clause says the value."""
    for wording, word in once_an_item(reading, "SPA123"):
        text = wording.item.text
        after = clause(text[word.end :], 0)
        said = re.search(_VALUE, after) or re.search(_VALUE_BEFORE, text[: word.start])
        if not said and not re.match(_NAMED_DEFAULT, after):
            yield at_word(reading, wording, "SPA123", f'"{word.text}": which value is it?', word)


def no_tie_break(reading: Reading) -> Iterator[Diagnostic]:
    """An order without a key, or with one that leaves equal entries in any order."""
    for wording, word in once_an_item(reading, "SPA126"):
        before = max(0, word.start - len("the "))
        found = re.search(_KEYLESS, wording.plain[before : word.end + 40])
        decided = re.search(_TIE, wording.item.text) or re.search(_UNIQUE_KEY, wording.item.text)
        if found and found.start() <= word.start - before and not decided:
            message = f'"{word.text}": by which key, and what of two that are equal?'
            yield at_word(reading, wording, "SPA126", message, word)


def no_rounding(reading: Reading) -> Iterator[Diagnostic]:
    """Numbers that do not come out even, without the rule that makes them."""
    for wording, word in once_an_item(reading, "SPA128"):
        if not re.search(_EXACT_ROUNDING, wording.item.text):
            message = f'"{word.text}": to how many decimals, and which way does a half go?'
            yield at_word(reading, wording, "SPA128", message, word)


def _spec(sentence: str) -> str:
    return f"# a\n\n- **R1** {sentence}\n"


RULES = (
    Rule(
        code="SPA115",
        name="open-ends",
        severity="warning",
        why="Off by one is the commonest bug, and here nobody could say who made it.",
        source="Wiegers, boundary values",
        bad=_spec("`n` MUST be between 1 and 10."),
        good=_spec("`n` MUST be between 1 and 10, both ends included."),
        find=open_ends,
    ),
    Rule(
        code="SPA121",
        name="number-without-unit",
        severity="warning",
        why="A bare number is read in the unit of whoever reads it.",
        source="INCOSE guide R6",
        bad=_spec("`fetch` MUST time out after 30."),
        good=_spec("`fetch` MUST time out after 30 s."),
        find=no_unit,
    ),
    Rule(
        code="SPA123",
        name="default-without-value",
        severity="warning",
        why="A default that is not written is chosen by whoever comes first.",
        source="this format",
        bad=_spec("`fetch` MUST use a default limit."),
        good=_spec("`fetch` MUST use a default limit of 5."),
        find=no_value,
    ),
    Rule(
        code="SPA126",
        name="order-without-key",
        severity="warning",
        why="Two entries that are equal by the key come out in any order, and a test of the order fails now and then.",
        source="this format",
        bad=_spec("`top` MUST print the clients sorted by count."),
        good=_spec("`top` MUST print the clients sorted by count, descending, then by client."),
        find=no_tie_break,
    ),
    Rule(
        code="SPA128",
        name="rounding-without-rule",
        severity="warning",
        why="Python rounds a half to even, people round it up, and percents of three thirds do not add up to 100.",
        source="IEEE 754: halves are rounded to even",
        bad=_spec("`share` MUST print the percentage."),
        good=_spec("`share` MUST print the percentage, rounded half up to 1 decimal."),
        find=no_rounding,
    ),
)
