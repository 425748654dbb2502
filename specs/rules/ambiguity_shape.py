"""Group A, shape: sentences that are built so that they say two things, or leave open who does what."""

import re
from collections.abc import Iterator

from ..items import stated_strength
from ..nouns import Diagnostic
from .ambiguity_words import at_word, once_an_item
from .lexicon import Word
from .reading import Reading
from .rule import Rule, at_item

_MOST_WORDS = 40
_MODAL = r"\b(?:MUST|SHALL|SHOULD|MAY)\b"
_PRONOUN = r"(?:It|They|This|That|These|Those)\b"
_PASSIVE = (
    r"\b(?:MUST|SHALL|SHOULD|MAY)(?: NOT)? be (\w+ed|written|shown|sent|built|set|read|kept|held|made|done|given|taken|"
    r"chosen|drawn|run|put|split|left|found|bound|thrown)\b"
)
_ACTOR = r"\bby (?!default\b|hand\b)[\w`]"
_FORBIDS = r"\b(?:MUST|SHALL) NOT\b"


def quiet_modal(reading: Reading) -> Iterator[Diagnostic]:
    """Lower-case keywords, and requirements without any."""
    lower = {
        item.item.id: (item, word) for item, word in reversed(reading.words.get("SPA117", ())) if word.text.islower()
    }
    for wording in reading.wordings:
        item = wording.item
        if item.kind != "requirement" or item.temporary or stated_strength(item.text):
            continue
        if item.id in lower:
            word = lower[item.id][1]
            keyword = word.text.upper()
            same = stated_strength(keyword) == item.strength  # another one would be a decision, and no correction
            message = (
                f'write "{keyword}" if {item.id} is binding; in lower case it is plain English'
                if same
                else f'"{word.text}" in lower case is plain English, and {item.id} counts as {item.strength}: '
                f"write {keyword} or {item.strength}"
            )
            yield at_word(reading, wording, "SPA117", message, word, fix=keyword if same else None)
        else:
            message = f"{item.id} has no MUST, SHOULD or MAY; it is read as MUST"
            yield at_item(item, "SPA117", message)


def pronoun_first(reading: Reading) -> Iterator[Diagnostic]:
    """Items whose subject is a pronoun of something outside them; "it" is plain where there is but one function."""
    functions = sum(symbol.kind == "function" for interface in reading.spec.interfaces for symbol in interface.symbols)
    for wording in reading.wordings:
        found = re.match(_PRONOUN, wording.plain)
        if found and found[0] == "It" and functions == 1:
            continue
        if found and (followed := wording.plain[found.end() :]) and re.match(rf"\s+{_MODAL}|\s+(?:is|are)\b", followed):
            message = f'"{found[0]}" stands for something outside {wording.item.id}: name it'
            yield at_word(reading, wording, "SPA109", message, Word(found.start(), found.end(), found[0]))


def no_actor(reading: Reading) -> Iterator[Diagnostic]:
    """Something must be done, and nobody is said to do it."""
    for wording in reading.wordings:
        if " be " not in wording.plain:
            continue
        found = re.search(_PASSIVE, wording.plain)
        if found and not re.search(_ACTOR, wording.item.text[found.end() :]):
            message = f'"{found[0]}": by which function, command or component?'
            yield at_word(reading, wording, "SPA112", message, Word(found.start(), found.end(), found[0]))


def two_demands(reading: Reading) -> Iterator[Diagnostic]:
    """Items with more than one keyword."""
    for wording in reading.wordings:
        found = list(re.finditer(_MODAL, wording.plain))
        if len(found) > 1:
            item = wording.item
            message = f"{item.id} demands {len(found)} things; an item each can be planned, checked and changed alone"
            second = found[1]
            word = Word(second.start(), second.end(), second[0])
            yield at_word(reading, wording, "SPA116", message, word)


def long_sentence(reading: Reading) -> Iterator[Diagnostic]:
    """Items of more words than one can hold."""
    for item in reading.spec.normative:
        count = len(item.text.split())
        if count > _MOST_WORDS and reading.spec.level != "L0":
            yield at_item(item, "SPA118", f"{item.id} has {count} words; beyond {_MOST_WORDS} readers lose parts of it")


def unshown_ban(reading: Reading) -> Iterator[Diagnostic]:
    """What must not happen, with no check that tries it."""
    for wording in reading.wordings:
        item = wording.item
        if "NOT" in wording.plain and item.id not in reading.deciders and re.search(_FORBIDS, wording.plain):
            yield at_item(item, "SPA119", f"{item.id} forbids something: a check that tries it would hold it")


def the_system(reading: Reading) -> Iterator[Diagnostic]:
    """An actor that may be any of the components."""
    components = {interface.path for interface in reading.spec.interfaces}
    if len(components) > 1:
        for wording, word in once_an_item(reading, "SPA120"):
            message = f'"{word.text}" is {len(components)} components here: which one?'
            yield at_word(reading, wording, "SPA120", message, word)


def _spec(*sentences: str) -> str:
    return "# a\n\n" + "".join(f"- **R{n}** {sentence}\n" for n, sentence in enumerate(sentences, 1))


_TWO = "\n```python interface a.py\ndef f() -> int: ...\n```\n\n```python interface b.py\ndef g() -> int: ...\n```\n"
RULES = (
    Rule(
        code="SPA109",
        name="pronoun-first",
        severity="info",
        why="An item is read alone: in a task, in a commit, in a report.",
        source="ISO/IEC/IEEE 29148 vague pronouns; INCOSE guide R24",
        bad=_spec("They MUST restore the cursor."),
        good=_spec("`close` MUST restore the cursor."),
        find=pronoun_first,
    ),
    Rule(
        code="SPA112",
        name="passive-without-actor",
        severity="info",
        why="Who does it, decides where the code goes and what a test calls.",
        source="INCOSE guide R2; Paska",
        bad=_spec("The configuration MUST be validated."),
        good=_spec("`load` MUST validate the configuration."),
        find=no_actor,
    ),
    Rule(
        code="SPA116",
        name="two-demands",
        severity="warning",
        why="Half of an item cannot be verified, planned or waived.",
        source="ISO/IEC/IEEE 29148 singular; INCOSE guide R18; QuARS multiplicity",
        bad=_spec("`a` MUST print `1`. `a` MUST end with status 0."),
        good=_spec("`a` MUST print `1`.", "`a` MUST end with status 0."),
        find=two_demands,
    ),
    Rule(
        code="SPA117",
        name="lower-case-keyword",
        severity="warning",
        why="BCP 14: the keywords bind only in capitals, and how binding a sentence is decides what may be left out.",
        source="RFC 2119 and RFC 8174",
        bad=_spec("It must print `1`."),
        good=_spec("It MUST print `1`."),
        find=quiet_modal,
    ),
    Rule(
        code="SPA118",
        name="long-sentence",
        severity="info",
        why="Long sentences hide conditions.",
        source="complexity of requirements (Gentili)",
        bad=_spec("`a` MUST print " + "the next word and " * 10 + "`1`."),
        good=_spec("`a` MUST print `1`."),
        find=long_sentence,
    ),
    Rule(
        code="SPA119",
        name="ban-without-check",
        severity="info",
        why="That something does not happen is seen only where it is tried.",
        source="ISO/IEC/IEEE 29148 negative statements; INCOSE guide R16",
        bad=_spec("`a` MUST NOT write files."),
        good=_spec("`a` MUST NOT write files.") + "\n```console R1\n$ a && ls out\n[exit 2]\n```\n",
        find=unshown_ban,
    ),
    Rule(
        code="SPA120",
        name="the-system",
        severity="info",
        why="Where several components are declared, each worker takes the system for another one.",
        source="Paska, incomplete actor",
        bad=_spec("The system MUST print `1`.") + _TWO,
        good=_spec("`f` MUST return 1.") + _TWO,
        find=the_system,
    ),
)
