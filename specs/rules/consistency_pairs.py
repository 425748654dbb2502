"""Group C, pairs: do two sentences say the same thing, different things of one thing, or the opposite?"""

import re
from collections import Counter
from collections.abc import Iterator
from math import ceil
from typing import NamedTuple

from ..nouns import NORMATIVE, Diagnostic, Item, ItemKind
from .reading import Reading, unsaid
from .rule import Rule, at_item

_ALIKE = 0.8
_SHORTEST = 5
_SHARED = 3
_TOLD = 5
"""Ids that are named of items that are alike."""
_EXIT = r"\bexits? (?:with )?(?:status|code) `?(\d{1,3})`?|\bexit (?:status|code) `?(\d{1,3})`?"
_DEFAULT = (
    r"`(--[\w-]+)`(?:(?!`--)[^.;]){0,60}?\bdefaults?(?: value)?(?: is| to| of|:)? "
    r"(?:`([^`\s]+)`|(\d[\d.,]*\d|\d+|true|false|on|off|yes|no|none)\b)"
)
_DEPENDS = r"\b(?:if|when|where|while|unless|for|except|otherwise)\b"
"""What is said under a condition has another value under another one, and rightly so."""
_WORD = r"`[^`]+`|-?\w+(?:[.-]+\w+)*"
_BOUND_BEFORE = frozenset({"status", "code", "default", "defaults", "limit", "maximum", "minimum", "most", "least"})
_BOUND_TO = frozenset({"default", "defaults", "limit", "limited", "maximum", "minimum"})
"""Words after which "to" or "of" goes before a bound: "defaults to 5", "a maximum of 5"; not "up to 5"."""
_STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "of",
        "to",
        "in",
        "on",
        "for",
        "with",
        "without",
        "by",
        "from",
        "as",
        "at",
        "is",
        "are",
        "be",
        "been",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "must",
        "shall",
        "should",
        "may",
        "not",
        "no",
        "any",
        "all",
        "each",
        "every",
        "one",
        "only",
        "other",
        "than",
        "when",
        "if",
        "then",
        "which",
        "who",
        "what",
        "how",
        "there",
        "their",
        "they",
        "into",
        "will",
        "does",
        "do",
        "has",
        "have",
        "had",
        "can",
        "could",
        "would",
        "also",
        "more",
        "most",
        "such",
        "so",
        "but",
        "until",
        "unless",
        "out",
        "over",
        "under",
    ]
)
_NEGATIONS = frozenset({"not", "no", "never", "without", "non", "cannot", "neither"})
_EXCEPTION = r"\b(?:other than|except|besides|beyond|apart from|unless)\b"


def two_values(reading: Reading) -> Iterator[Diagnostic]:
    """One flag with two defaults; one item whose only check expects another exit status than its text; two bounds.

    It blocks, so it speaks only of what binds and only where nothing tells two cases apart.
    """
    spec = reading.spec
    first: dict[str, tuple[str, str]] = {}
    for item in spec.normative:
        depends = re.search(_DEPENDS, item.text, re.IGNORECASE)
        for flag, *values in re.findall(_DEFAULT, item.text) if not depends else ():
            value = "".join(values)
            owner, known = first.setdefault(flag, (item.id, value))
            if known != value:
                yield at_item(item, "SPC302", f"`{flag}` defaults to {value} here and to {known} in {owner}")
    for check, steps in reading.transcripts:
        decided = spec.items.get(check.ids[0]) if len(check.ids) == 1 else None
        said = _exits(decided) if decided and decided.kind in NORMATIVE else set()
        seen = {step.exit for step in steps} - {0} if len(said) == 1 else set()
        if decided and seen and not seen & said:
            message = f"{decided.id} says exit status {min(said)}, its check {check.id} says {max(seen)}"
            yield at_item(decided, "SPC302", message)
    for one, other in _pairs(reading):
        values = _two_bounds(one.tokens, other.tokens)
        if values and not _told_apart(reading, one.item, other.item):
            message = f"{other.item.id} says {values[1]} where {one.item.id} says {values[0]}, in the same words"
            yield at_item(other.item, "SPC302", message)


def _exits(item: Item) -> set[int]:
    return {int(a or b) for a, b in re.findall(_EXIT, item.text)}


class _Said(NamedTuple):
    """An item with its words: in order, and as a set."""

    item: Item
    tokens: list[str]
    words: frozenset[str]


def _pairs(reading: Reading) -> Iterator[tuple[_Said, _Said]]:
    """Items whose words are nearly the same (Jaccard's index of at least 0.8), each pair once.

    Two sets that are so alike share one of the rarest fifth of their words (prefix filtering: Chaudhuri, Ganti and
    Kaushik, A Primitive Operator for Similarity Joins, 2006), so only items that do are compared.
    """
    told = [_said(wording.item) for wording in reading.wordings]
    frequency = Counter(word for said in told for word in said.words)
    holders: dict[str, list[_Said]] = {}
    for second in told:
        count = len(second.words)
        if count < _SHORTEST:
            continue
        rarest = sorted(second.words, key=lambda word: (frequency[word], word))[: count - ceil(_ALIKE * count) + 1]
        for first in {each.item.id: each for word in rarest for each in holders.get(word, ())}.values():
            if len(first.words & second.words) >= _ALIKE * len(first.words | second.words):
                yield first, second
        for word in rarest:
            holders.setdefault(word, []).append(second)


def _said(item: Item) -> _Said:
    tokens = re.findall(_WORD, item.text.lower())
    return _Said(item, tokens, frozenset(tokens))


def _two_bounds(a: list[str], b: list[str]) -> tuple[str, str] | None:
    """The two numbers in which sentences differ that are otherwise the same, if they are bounds of something."""
    different = [n for n, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1]]
    if len(a) != len(b) or len(different) != 1 or not (at := different[0]):
        return None
    numbers = all(tokens[at].strip("`").replace(".", "", 1).isdigit() for tokens in (a, b))
    bound = a[at - 1] in _BOUND_BEFORE or (a[at - 1] in {"to", "of"} and a[max(at - 2, 0)] in _BOUND_TO)
    return (a[at], b[at]) if numbers and bound else None


def _told_apart(reading: Reading, one: Item, other: Item) -> bool:
    """Whether checks or rows show that two items are two cases: each has its own."""
    first, second = (set(reading.deciders.get(item.id, ())) for item in (one, other))
    if not first or not second:
        return False
    rows = {table.id for table in reading.spec.tables if len(table.rows) >= len(table.ids)}
    return first != second or bool(first & second & rows)


def alike(reading: Reading) -> Iterator[Diagnostic]:
    """Items that say nearly the same, once for all that are alike.

    Those that differ in a name, a number or a "not" are meant to be alike, and so are those with checks of their own.
    """
    leaders: dict[str, str] = {}
    groups: dict[str, list[Item]] = {}
    for first, second in _pairs(reading):
        different = first.words ^ second.words
        named = any(char in "`0123456789" for word in different for char in word) or different & _NEGATIONS
        meant = named or _told_apart(reading, first.item, second.item) or second.item.id in leaders
        if not meant and all(said.item.stated or not said.item.temporary for said in (first, second)):
            leaders[second.item.id] = leader = leaders.get(first.item.id, first.item.id)
            groups.setdefault(leader, []).append(second.item)
    for leader, others in groups.items():
        ids = [item.id for item in others[:_TOLD]] + ([f"{len(others) - _TOLD} more"] if len(others) > _TOLD else [])
        named_ids = ids[0] if len(ids) == 1 else f"{', '.join(ids[:-1])} and {ids[-1]}"
        says = "says" if len(ids) == 1 else "say"
        message = f"{named_ids} {says} nearly the same as {leader}: keep one, or say what is different"
        yield at_item(others[0], "SPC301", message)


def wanted_and_not(reading: Reading) -> Iterator[Diagnostic]:
    """Items that share much with what is not to be done."""
    unwanted = [(item, _content(re.split(_EXCEPTION, item.text)[0])) for item in _of_kind(reading, "non-goal")]
    for wording in reading.wordings if unwanted else ():
        content = _content(wording.plain)
        for item, words in unwanted:
            shared = content & words
            if len(shared) >= _SHARED and item.id not in wording.item.refs:
                message = (
                    f"{wording.item.id} and the non-goal {item.id} share {', '.join(sorted(shared))}: is it wanted?"
                )
                yield at_item(wording.item, "SPC306", message)


def _of_kind(reading: Reading, kind: ItemKind) -> list[Item]:
    return [item for item in reading.spec.items.values() if item.kind == kind]


def _content(text: str) -> frozenset[str]:
    """The words of a text that carry its meaning, without their plural."""
    found = (word.lower() for word in re.findall(r"[^\W\d_]{3,}", unsaid(text)))
    return frozenset(word.removesuffix("s") for word in found if word not in _STOP)


def stronger_corner(reading: Reading) -> Iterator[Diagnostic]:
    """Corner cases that bind where their requirement gives leave, or give leave where it binds."""
    items = reading.spec.items
    for item in _of_kind(reading, "corner"):
        for ref in item.refs if item.stated else ():
            rule = items.get(ref)
            if rule and rule.stated and {item.strength, rule.strength} == {"MUST", "MAY"}:
                message = f"{item.id} says {item.strength} of {ref}, which says {rule.strength}"
                yield at_item(item, "SPC311", message)


_HEAD = "# a\n\n- **R1** It MUST print `1`.\n"
RULES = (
    Rule(
        code="SPC301",
        name="said-twice",
        severity="warning",
        why="Two sentences of one thing are changed one at a time, and then contradict each other.",
        source="spec-kit's analyze: duplication",
        bad=_HEAD
        + "- **R2** `a` MUST print the name of each file in order.\n"
        "- **R3** `a` MUST print the names of each file in order.\n".replace("names", "name").replace(
            "in order", "in order once"
        ),
        good=_HEAD + "- **R2** `a` MUST print the name of each file in order.\n- **R3** `a` MUST end with status 0.\n",
        find=alike,
    ),
    Rule(
        code="SPC302",
        name="two-values",
        severity="error",
        why="Two values for one thing: one of two workers will be wrong.",
        source="OpenSpec issue 1720",
        bad=_HEAD
        + "- **R2** `--limit` MUST default to 5.\n- **R3** `--limit` defaults to 6.\n".replace(
            "MUST default", "defaults"
        ),
        good=_HEAD + "- **R2** `--limit` defaults to 5.\n- **R3** `--window` defaults to 6.\n",
        find=two_values,
    ),
    Rule(
        code="SPC306",
        name="wanted-and-not",
        severity="warning",
        why="What is demanded in one place and excluded in another is decided by chance.",
        source="cc-sdd issue 190",
        bad=_HEAD
        + "- **R2** `a` MUST merge client addresses across networks.\n- **N1** No merge of client addresses.\n",
        good=_HEAD + "- **R2** `a` MUST merge client addresses across networks.\n- **N1** No graphical interface.\n",
        find=wanted_and_not,
    ),
    Rule(
        code="SPC311",
        name="stronger-corner",
        severity="warning",
        why="A corner case of what may be left out cannot bind, and one of what binds cannot be left out.",
        source="RFC 2119: one keyword for one demand",
        bad="# a\n\n- **R1** `a` MAY print `1`.\n- **E1** For an empty file R1 MUST print `0`.\n",
        good="# a\n\n- **R1** `a` MUST print `1`.\n- **E1** For an empty file R1 MUST print `0`.\n",
        find=stronger_corner,
    ),
)
