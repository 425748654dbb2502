"""Group A: words that two people read in two ways. Only in items that can be met, and only outside code spans.

A hit drops by one level where the item has an executable check, or a number with a unit beside the word: a vague word
next to a passing test does no harm. None of these blocks a run. Firing rates on public corpora: docs/spec.md.
"""

import re
from collections.abc import Callable, Iterator

from ..items import stated_strength, without_code
from ..nouns import Diagnostic, Spec
from .rule import Rule, at_word

ADJECTIVES = re.compile(
    r"\b(?:appropriate|adequate|graceful|robust|proper|flexible|easy|easily|user-friendly|intuitive|seamless|clean|"
    r"secure|simple|sensible|reasonable|suitable|efficient)(?:ly)?\b",
    re.IGNORECASE,
)
SPEEDS = re.compile(
    r"\b(?:fast|faster|quick|quickly|rapid|rapidly|large|huge|real[- ]time|minimal|lightweight|performant|scalable)\b",
    re.IGNORECASE,
)
LOOPHOLES = re.compile(
    r"\b(?:if possible|when possible|where possible|as appropriate|as needed|where needed|if necessary|as necessary|"
    r"tr(?:y|ies) to|best[- ]effort|preferably|ideally|to the extent possible)\b",
    re.IGNORECASE,
)
OPEN_LISTS = re.compile(
    r"\b(?:etc\b\.?|such as|including but not limited to|and so on|and the like)|\be\.g\.|\band/or\b", re.IGNORECASE
)
QUANTITIES = re.compile(r"\b(?:several|various|many|multiple|certain|some|a few|numerous|a number of)\b", re.IGNORECASE)
PLACEHOLDERS = re.compile(r"\bTB[DC]\b|\bTO-?DO\b|\bFIX-?ME\b|\?\?\?|\[NEEDS CLARIFICATION", re.MULTILINE)
_MODAL = re.compile(r"\b(?:must|shall|should)\b")
_MEASURED = re.compile(
    r"\d[\d.,]*\s?(?:%|ms|s|sec|seconds?|minutes?|min|hours?|h|days?|[kMGT]i?B|bytes?|characters?|chars?|lines?|rows?|"
    r"columns?|items?|times|requests?|words?|digits?|decimals?|px)(?![\w])"
)
_CLAUSE = re.compile(r"[;.](?:\s|$)")


def measured(text: str, start: int) -> bool:
    """Whether the clause around a position has a number with a unit."""
    cuts = [0, *(found.end() for found in _CLAUSE.finditer(text)), len(text)]
    first = max(cut for cut in cuts if cut <= start)
    last = min((cut for cut in cuts if cut > start), default=len(text))
    return _MEASURED.search(text[first:last]) is not None


def _words(
    code: str, pattern: re.Pattern[str], kind: str, *, measure_helps: bool = True
) -> Callable[[Spec], Iterator[Diagnostic]]:
    """A finder of words, each told once an item; what is measured in the same clause is left alone."""

    def find(spec: Spec) -> Iterator[Diagnostic]:
        for item in spec.normative:
            text = without_code(item.text)
            first = {found[0].lower(): found for found in reversed(list(pattern.finditer(text)))}
            for found in first.values():
                if not (measure_helps and measured(text, found.start())):
                    yield at_word(spec, item, code, f'{kind} "{found[0]}"', start=found.start())

    return find


def quiet_modal(spec: Spec) -> Iterator[Diagnostic]:
    """Lower-case keywords, and requirements without any."""
    for item in spec.normative:
        if item.kind != "requirement" or item.temporary or stated_strength(item.text):
            continue
        found = _MODAL.search(without_code(item.text))
        if found:
            word = found[0]
            message = f'write "{word.upper()}" if {item.id} is binding; in lower case it is plain English'
            yield at_word(spec, item, "SPA117", message, start=found.start(), fix=word.upper())
        else:
            message = f"{item.id} has no MUST, SHOULD or MAY; it is read as MUST"
            yield Diagnostic(code="SPA117", message=message, line=item.line, target=item.id)


def _spec(sentence: str) -> str:
    return f"# a\n\n- **R1** {sentence}\n"


RULES = (
    Rule(
        code="SPA101",
        severity="warning",
        why="The word is a matter of taste: say what can be observed.",
        bad=_spec("It MUST handle errors gracefully."),
        good=_spec("On an error it MUST exit with status 2."),
        find=_words("SPA101", ADJECTIVES, "vague word"),
    ),
    Rule(
        code="SPA102",
        severity="warning",
        why="Speed and size are numbers with units.",
        bad=_spec("It MUST respond quickly."),
        good=_spec("It MUST respond quickly, in at most 200 ms."),
        find=_words("SPA102", SPEEDS, "no number for"),
    ),
    Rule(
        code="SPA103",
        severity="warning",
        why="A loophole lets every implementation pass.",
        bad=_spec("It MUST print line numbers when possible."),
        good=_spec("It MUST print line numbers."),
        find=_words("SPA103", LOOPHOLES, "loophole", measure_helps=False),
    ),
    Rule(
        code="SPA104",
        severity="warning",
        why="An open list leaves its other members to be guessed.",
        bad=_spec("It MUST read JSON, YAML, etc."),
        good=_spec("It MUST read JSON and YAML."),
        find=_words("SPA104", OPEN_LISTS, "open-ended list", measure_helps=False),
    ),
    Rule(
        code="SPA108",
        severity="warning",
        why="How many is a number, and which ones is a list.",
        bad=_spec("It MUST write several formats."),
        good=_spec("It MUST write CSV and JSON."),
        find=_words("SPA108", QUANTITIES, "vague quantity"),
    ),
    Rule(
        code="SPA113",
        severity="error",
        why="A placeholder is a question: write it as an item of Open questions.",
        bad=_spec("It MUST stop after TBD seconds."),
        good=_spec("It MUST stop after 5 seconds."),
        find=_words("SPA113", PLACEHOLDERS, "placeholder", measure_helps=False),
    ),
    Rule(
        code="SPA117",
        severity="warning",
        why="BCP 14: the keywords bind only in capitals, and how binding a sentence is decides what may be left out.",
        bad=_spec("It must print `1`."),
        good=_spec("It MUST print `1`."),
        find=quiet_modal,
    ),
)
