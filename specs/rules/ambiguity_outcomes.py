"""Group A, outcomes: what happens, how it is seen, by which grammar or convention.

A word of the lexicon is the sign that something is to be said; a rule then looks for it in the sentence or, where one
statement serves the whole spec, in the spec.
"""

import re
from collections.abc import Iterator

from ..nouns import Diagnostic
from .ambiguity_words import at_word, once_an_item
from .lexicon import Word
from .reading import Reading, Wording, clause
from .rule import Rule

_MODAL = r"(?:MUST|SHALL|SHOULD|MAY)(?: NOT)?"
_EMPTY_VERB = rf"(?:\b{_MODAL}(?: be able to)?|^\S*)\s+((?:support|handle|manage|process|enable)s?)\b"
_SAID_MORE = (
    r"^\s+(?:\w+ing|both)\b|\bby \w+ing\b|\b(?:through|via|using)\b|\b(?:that|which) \w+s\b|"
    r"\b(?:when|if|where|unless)\b|\(?--\w|"
    r"\band (?:print|write|return|raise|exit|skip|yield|set|emit|create|remove|add|give|show|display)s?\b"
)
_NAMED_OBJECT = r"\s+(?:[\w-]+\s+){0,3}`"
_OBSERVED = (
    r"\berrors? (?:\w+ing|that|with|on|to)\b|"
    r"\b(?:exits?|status|exception|messages?|stderr|stdout|codes?|"
    r"skip(?:s|ped)?|ignor(?:e|es|ed)|drop(?:s|ped)?|"
    r"yields?|nothing|warnings?|instead|unchanged|HTTP|falls? back)\b|\b[45]\d\d\b|"
    r"\b(?:returns?|prints?|writes?|shows?|displays?|logs?|raises?|throws?|names?|lists?|report(?:s|ing)?)\b"
    r"(?! an? error\b)|"
    r"`[^`]*(?:Error|Exception|Invalid|exit)[^`]*`|\"|“"
)
_OCCASION = (
    r"\b(?:if|when|unless|on|until|after|that|which|where|to)\b[^,]*$|"
    r"\b(?:is|are|be|as|remains?|treat|without|no|any)\s*$"
)
_TOLD = r"\s+(?:\w+ing|that|with|to|on)\b"
_LOOSE_FORMAT = (
    r"\b(?:valid|supported|standard|well-formed)\s+(?:[\w-]+\s+){0,1}(?:formats?|e-?mails?|addresses|address|dates?|times?|"
    r"phone|numbers?|urls?|uris?|names?|identifiers?|passwords?|inputs?|files?|paths?|versions?|locales?|images?|"
    r"configurations?|syntax|values?|entries|entry|lines?)\b"
)
_GRAMMAR = (
    r"`|\b(?:RFC|ISO|IEEE|ECMA|POSIX|W3C|BCP|Unicode|ASCII|SemVer|JSON|CSV|XML|HTML|YAML|TOML|UTF-8|Python)\b|"
    r"\b(?:matches|consists? of|one of|grammar|defined|listed|declared)\b|\b[A-Z]\d+\b|\bv?\d+\.\d+"
)
_KEEPING = rf"\b{_MODAL}\s+(?:also\s+)?((?:log|store|cache|record|save|persist)s?)\b"
_KEPT_WHERE = r"\b(?:in|into|to|under|at|on|as|for|with|until|per)\b|`"
_ZONE = r"\b(?:UTC|GMT|time ?zones?|time-zones?|local time|offsets?|epoch|monotonic|RFC 3339|ISO 8601|ISO-8601)\b"
_LETTERS = r"\b(?:ASCII|Unicode|UTF-?8|code points?|locale|bytes?|casefold|case-fold\w*|[Aa]-[Zz]|Latin-1)\b"
_TIME_WORDS = re.compile(r"today|current|midnight|timestamp|time", re.IGNORECASE)


def empty_verb(reading: Reading) -> Iterator[Diagnostic]:
    """Items without a check whose only verb is one of those that say nothing."""
    for wording in reading.wordings:
        if wording.item.id in reading.deciders:
            continue
        found = re.search(_EMPTY_VERB, wording.plain)
        named = found and re.match(_NAMED_OBJECT, wording.item.text[found.end() :])
        if found and not named and not re.search(_SAID_MORE, wording.plain[found.end() :]):
            message = f'"{found[1]}" says that something happens, and not what: which output for which input?'
            yield at_word(reading, wording, "SPA114", message, Word(found.start(1), found.end(1), found[1]))


def unseen_error(reading: Reading) -> Iterator[Diagnostic]:
    """Errors that are demanded, of which nobody says how they are seen."""
    told: set[str] = set()
    for wording, word in reading.words.get("SPA124", ()):
        item = wording.item
        if item.id not in told and _demanded(wording, word) and not re.search(_OBSERVED, item.text):
            told.add(item.id)
            message = f'"{word.text}": how is it seen? Name the exit status, the exception or the message'
            yield at_word(reading, wording, "SPA124", message, word)


def _demanded(wording: Wording, word: Word) -> bool:
    """Whether a word stands after the keyword, where it is what must happen and not the occasion of it."""
    modal = re.search(_MODAL, wording.plain)
    before, after = wording.plain[: word.start], wording.plain[word.end :]
    if modal and modal.start() > word.start:
        return False
    told = word.text.lower() == "an error" and re.match(_TOLD, after)
    return not told and not re.search(_OCCASION, before, re.IGNORECASE)


def loose_format(reading: Reading) -> Iterator[Diagnostic]:
    """Something valid or standard by no grammar that is named."""
    terms = [term.name.lower() for term in reading.spec.terms]
    for wording, word in once_an_item(reading, "SPA125"):
        found = re.match(_LOOSE_FORMAT, wording.plain[word.start :], re.IGNORECASE)
        said = re.search(_GRAMMAR, wording.item.text[word.end :]) or any(t in wording.plain.lower() for t in terms)
        if found and not said:
            message = f'"{found[0]}" by which grammar? Name a term, or a standard with its version'
            yield at_word(reading, wording, "SPA125", message, word)


def kept_somewhere(reading: Reading) -> Iterator[Diagnostic]:
    """Something is kept, nobody says where or how long."""
    if "SPA127" not in reading.words:
        return
    for wording in reading.wordings:
        found = re.search(_KEEPING, wording.plain)
        if found and not re.search(
            _KEPT_WHERE, clause(wording.item.text, found.start())[found.end() - found.start() :]
        ):
            word = Word(found.start(1), found.end(1), found[1])
            yield at_word(reading, wording, "SPA127", f'"{word.text}": where, and for how long?', word)


def no_convention(reading: Reading) -> Iterator[Diagnostic]:
    """Times without a zone and letters without an alphabet, unless the spec says one somewhere."""
    hits = list(once_an_item(reading, "SPA129"))
    zone = bool(hits) and re.search(_ZONE, reading.spec.text) is not None
    letters = bool(hits) and re.search(_LETTERS, reading.spec.text) is not None
    for wording, word in hits:
        time = _TIME_WORDS.search(word.text) is not None
        if not (zone if time else letters):
            question = "in which time zone?" if time else "of which letters: ASCII, or all of Unicode?"
            yield at_word(reading, wording, "SPA129", f'"{word.text}" {question}', word)


def _spec(sentence: str) -> str:
    return f"# a\n\n- **R1** {sentence}\n"


RULES = (
    Rule(
        code="SPA114",
        name="empty-verb",
        severity="warning",
        why="To support or to handle is what every program does: say what comes out.",
        source="QuARS underspecification; Paska, not precise verb",
        bad=_spec("`a` MUST support CSV."),
        good=_spec("`a` MUST read CSV with a header of `name,hours`."),
        find=empty_verb,
    ),
    Rule(
        code="SPA124",
        name="error-without-observable",
        severity="warning",
        why="A failure that nobody can see cannot be told from a success.",
        source="Exercism's descriptions: of 34 with errors none says all of their messages",
        bad=_spec("`a` MUST reject bad input."),
        good=_spec("For bad input `a` MUST exit with status 2."),
        find=unseen_error,
    ),
    Rule(
        code="SPA125",
        name="format-without-grammar",
        severity="warning",
        why="What is valid is decided by a grammar, and each reader knows another one.",
        source="QuARS underspecification",
        bad=_spec("`register` MUST accept a valid email address."),
        good=_spec("`register` MUST accept a valid email address by RFC 5321."),
        find=loose_format,
    ),
    Rule(
        code="SPA127",
        name="kept-somewhere",
        severity="info",
        why="What is kept is in somebody's way later: where is it, and until when?",
        source="OpenSpec issue 1720",
        bad=_spec("`fetch` MUST cache the result."),
        good=_spec("`fetch` MUST cache the result in `.cache` for 1 hour."),
        find=kept_somewhere,
    ),
    Rule(
        code="SPA129",
        name="convention-unsaid",
        severity="warning",
        why="A day begins at another time in each zone, and lower case is another letter in each language.",
        source="this format",
        bad=_spec("`report` MUST print the timestamp."),
        good=_spec("`report` MUST print the timestamp in UTC."),
        find=no_convention,
    ),
)
