"""Group A, words: those that two people read in two ways.

Only in items that can be met, and only outside code and quotations. A hit counts one level less where the item has an
executable check, or its clause a number with a unit: a vague word next to a passing test does no harm. None of these
blocks a run. Which words, was decided by how often they fire on public corpora: docs/spec.md.
"""

import re
from collections.abc import Callable, Iterator

from ..nouns import Diagnostic, Severity
from .lexicon import Word
from .reading import Reading, Wording, clause, measured
from .rule import Find, Hit, Rule

_PLACEHOLDER = (
    r"\b(?:TB[DC]|TO-?DO|FIX-?ME)\b(?!s?[/ ](?:FIX-?ME|TO-?DO|comments?|placeholders?|markers?|lists?|items?|apps?)\b)|"
    r"\?\?\?|\[NEEDS CLARIFICATION"
)
_ELLIPSIS = r",\s*(?:\.\.\.|…)"
_OPEN_HINT = "list all members, or say by which rule a member is one"


def at_word(  # noqa: PLR0913 - all that a finding of a word says
    reading: Reading,
    wording: Wording,
    code: str,
    message: str,
    word: Word,
    *,
    severity: Severity | None = None,
    mild: bool | None = None,
    fix: str | None = None,
) -> Diagnostic:
    """A hit at a word of an item; ``mild`` is worked out where it is not given. A message that asks is a question."""
    item = wording.item
    place = reading.place(item, word.start, word.text)
    if mild is None:
        mild = measured(item.text, word.start)
    return Hit(
        code=code,
        message=message,
        line=place.line,
        col=place.col,
        target=item.id,
        fix=fix,
        question=f"{item.id}: {message}" if message.endswith("?") else None,
        severity=severity,
        mild=mild,
    )


def once_an_item(reading: Reading, code: str) -> Iterator[tuple[Wording, Word]]:
    """The words of a rule, each told once an item."""
    told: set[tuple[str, str]] = set()
    for wording, word in reading.words.get(code, ()):
        key = wording.item.id, word.text.lower()
        if key not in told:
            told.add(key)
            yield wording, word


def words(code: str, kind: str, hint: str, *, unless: Callable[[Wording, Word], bool] | None = None) -> Find:
    """A finder of the lexicon's words."""

    def find(reading: Reading) -> Iterator[Diagnostic]:
        for wording, word in once_an_item(reading, code):
            if unless is None or not unless(wording, word):
                yield at_word(reading, wording, code, f'{kind} "{word.text}": {hint}', word)

    return find


def patterns(code: str, kind: str, hint: str, pattern: str, *, sign: str) -> Find:
    """A finder of what is not made of words; only texts with one of the characters of ``sign`` are searched.

    Each is told once an item, where it first stands.
    """

    def find(reading: Reading) -> Iterator[Diagnostic]:
        for wording in reading.wordings:
            if any(char in wording.plain for char in sign):
                places = {found[0]: found.start() for found in reversed(list(re.finditer(pattern, wording.plain)))}
                for said, start in sorted(places.items(), key=lambda place: place[1]):
                    yield at_word(
                        reading, wording, code, f'{kind} "{said}": {hint}', Word(start, start + len(said), said)
                    )

    return find


def open_list(reading: Reading) -> Iterator[Diagnostic]:
    """Lists that go on: words such as "etc.", and three dots after a comma."""
    for wording, word in once_an_item(reading, "SPA104"):
        illustrates = True if wording.plain[: word.start].endswith("(") else None
        yield at_word(
            reading, wording, "SPA104", f'open-ended list "{word.text}": {_OPEN_HINT}', word, mild=illustrates
        )
    yield from patterns("SPA104", "open-ended list", _OPEN_HINT, _ELLIPSIS, sign=".…")(reading)


def unmeasured(reading: Reading) -> Iterator[Diagnostic]:
    """Speed and size without a number; in a bar of performance that is an error."""
    for wording, word in once_an_item(reading, "SPA102"):
        if not measured(wording.item.text, word.start):
            severity: Severity | None = "error" if wording.item.kind == "performance" else None
            message = f'no number for "{word.text}": say how much, in which unit'
            yield at_word(reading, wording, "SPA102", message, word, severity=severity, mild=False)


def _binding(wording: Wording, word: Word) -> bool:
    """Whether a lower-case modal may stay: it is not one, or the item is no requirement."""
    return wording.item.kind != "requirement" or not word.text.islower()


def _compared(wording: Wording, word: Word) -> bool:
    return re.search(r"\bthan\b", clause(wording.plain, word.start)) is not None


def _ordering(wording: Wording, word: Word) -> bool:
    """Whether "most" ranks: ``most minutes first``."""
    after = wording.plain[word.end :].split()[:4]
    return word.text.lower() == "most" and any(part.strip(",.;)") in {"first", "last"} for part in after)


def _unpromised(wording: Wording, word: Word) -> bool:
    """Whether to try is what somebody else does, and nothing that is demanded."""
    before = wording.plain[: word.start].split()[-1:]
    return word.text.lower() in {"try to", "attempt to"} and before not in (["MUST"], ["SHALL"], ["SHOULD"])


def _told_further(wording: Wording, word: Word) -> bool:
    """Whether "as it is" only begins a clause: ``as it is split``."""
    return word.text.lower() in {"as it is", "as is"} and re.match(r"\s+[a-z]", wording.plain[word.end :]) is not None


def _kept(wording: Wording, word: Word) -> bool:
    """Whether an item keeps what there is, which is what invariants are for, or says it after all."""
    return wording.item.kind == "invariant" or _told_further(wording, word)


def _spec(sentence: str) -> str:
    return f"# a\n\n- **R1** {sentence}\n"


RULES = (
    Rule(
        code="SPA101",
        name="vague-word",
        severity="warning",
        why="The word is a matter of taste: say what can be observed.",
        source="ISO/IEC/IEEE 29148 subjective language; INCOSE guide R7; Wiegers",
        bad=_spec("It MUST handle errors gracefully."),
        good=_spec("On an error it MUST exit with status 2."),
        find=words("SPA101", "vague word", "say what can be observed"),
    ),
    Rule(
        code="SPA102",
        name="unmeasured-performance",
        severity="warning",
        why="Speed and size are numbers with units.",
        source="ISO/IEC/IEEE 29148; NASA ARM weak phrases",
        bad=_spec("It MUST respond quickly."),
        good=_spec("It MUST respond quickly, in at most 200 ms."),
        find=unmeasured,
    ),
    Rule(
        code="SPA103",
        name="loophole",
        severity="warning",
        why="A loophole lets every implementation pass.",
        source="ISO/IEC/IEEE 29148 loopholes; INCOSE guide R8",
        bad=_spec("It MUST print line numbers when possible."),
        good=_spec("It MUST print line numbers."),
        find=words("SPA103", "loophole", "say when it holds, or leave it out", unless=_unpromised),
    ),
    Rule(
        code="SPA104",
        name="open-list",
        severity="warning",
        why="An open list leaves its other members to be guessed.",
        source="ISO/IEC/IEEE 29148 open-ended terms; INCOSE guide R9",
        bad=_spec("It MUST read JSON, YAML, etc."),
        good=_spec("It MUST read JSON and YAML."),
        find=open_list,
    ),
    Rule(
        code="SPA105",
        name="weak-modal",
        severity="info",
        why="In lower case it may be leave, ability, or chance: MAY gives leave, MUST demands.",
        source="QuARS optionality and weakness; RFC 8174",
        bad=_spec("It MUST connect, and might retry."),
        good=_spec("It MUST connect, and MAY retry once."),
        find=words("SPA105", "weak modal", "leave, ability, or chance?", unless=_binding),
    ),
    Rule(
        code="SPA106",
        name="comparative",
        severity="warning",
        why="A comparison needs what it is compared with, and how it is measured.",
        source="ISO/IEC/IEEE 29148 comparative phrases",
        bad=_spec("It MUST be optimized for start-up."),
        good=_spec("It MUST be faster than `wc -l` on the same file."),
        find=words("SPA106", "comparison without a measure", "than what, and measured how?", unless=_compared),
    ),
    Rule(
        code="SPA107",
        name="superlative",
        severity="warning",
        why="A superlative needs a ranking that all readers share.",
        source="ISO/IEC/IEEE 29148 superlatives",
        bad=_spec("It MUST follow best practices."),
        good=_spec("It MUST name at most 5 files."),
        find=words("SPA107", "superlative", "by which measure?", unless=_ordering),
    ),
    Rule(
        code="SPA108",
        name="vague-quantity",
        severity="warning",
        why="How many is a number, and which ones is a list.",
        source="INCOSE guide R7; Wiegers",
        bad=_spec("It MUST write several formats."),
        good=_spec("It MUST write CSV and JSON."),
        find=words("SPA108", "vague quantity", "how many, or which?"),
    ),
    Rule(
        code="SPA110",
        name="universal",
        severity="info",
        why="A universal is seldom meant without an exception; off by default, for it fires on one sentence in eight.",
        source="INCOSE guide R26 and R32",
        bad=_spec("It MUST accept every file."),
        good=_spec("It MUST accept files of at most 1 MB."),
        find=words("SPA110", "universal", "without an exception?"),
        default=False,
    ),
    Rule(
        code="SPA111",
        name="vague-time",
        severity="warning",
        why="When is a number with a unit, or an event.",
        source="ISO/IEC/IEEE 29148 ambiguous adverbs",
        bad=_spec("It MUST flush the file periodically."),
        good=_spec("It MUST flush the file after each line."),
        find=words("SPA111", "vague time", "after how long, or on which event?"),
    ),
    Rule(
        code="SPA113",
        name="placeholder",
        severity="error",
        why="A placeholder is a question: write it as an item of Open questions.",
        source="NASA ARM incompletes; spec-kit's [NEEDS CLARIFICATION]",
        bad=_spec("It MUST stop after TBD seconds."),
        good=_spec("It MUST stop after 5 seconds."),
        find=patterns("SPA113", "placeholder", "ask it as an open question", _PLACEHOLDER, sign="TF?["),
    ),
    Rule(
        code="SPA122",
        name="unanchored-reference",
        severity="warning",
        why="What is meant is in somebody's head, and the next change to the code changes it.",
        source="ISO/IEC/IEEE 29148 incomplete references",
        bad=_spec("It MUST keep the output as it is."),
        good=_spec("It MUST keep the output of `a --list` as in R2.") + "- **R2** `a --list` MUST print `1`.\n",
        find=words("SPA122", "reference to nothing that is written", "say what it is", unless=_kept),
    ),
)
