"""Items: what makes a sentence one, how strong it is, and what it refers to. Pure functions on inline text."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from hashlib import sha256
from typing import NamedTuple

from .names import plain_letters
from .nouns import KINDS, NORMATIVE, Ears, Item, ItemKind, SectionName, Strength

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212-"
_LABEL = re.compile(rf"([REPNQAI][0-9]+)(?:\s*[:.)]|\s+[{_DASHES}](?=\s|$)|[\u2013\u2014]|\b)")
_PLAIN_LABEL = re.compile(r"([REPNQAI][0-9]+)\s*[:.)](?=\s)")
_AFTER_LABEL = re.compile(rf"^[\s:.)\]{_DASHES}]+")
_NEAR_LABEL = re.compile(r"[\[(`]?([A-Za-z])[-_# ]?(\d{1,4})[\])`]?(?=[\s:.)]|$)")
_LONGEST_LEAD = 40
"""Characters at the start of a text among which nearly an id is looked for; it has 9 at most."""
_RUN = re.compile("`+")
_STRENGTH = re.compile(r"\b(MUST|SHALL|REQUIRED|SHOULD|RECOMMENDED|MAY|OPTIONAL)\b")
_MEANS: dict[str, Strength] = {
    "MUST": "MUST",
    "SHALL": "MUST",
    "REQUIRED": "MUST",
    "SHOULD": "SHOULD",
    "RECOMMENDED": "SHOULD",
    "MAY": "MAY",
    "OPTIONAL": "MAY",
}
_ID = re.compile(r"\b[REPNQAI]\d+\b")
_OWNER = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_DEFAULT = re.compile(r"\bdefault:\s*(.+?)\.?\s*$", re.IGNORECASE)
SECTION_KINDS: dict[SectionName, ItemKind] = {
    "requirements": "requirement",
    "corner cases": "corner",
    "performance": "performance",
    "non-goals": "non-goal",
    "open questions": "question",
}
"""What a bullet without an id is, by its section."""
LETTERS: dict[ItemKind, str] = {kind: letter for letter, kind in KINDS.items()}


def code_ranges(text: str) -> Iterator[tuple[int, int]]:
    """The first position of each code span and the one after its last, backticks included.

    As in CommonMark, a run of backticks begins a span that the next run of its length ends; if there is none, it is
    text. Each run is looked at once, so that hostile text costs no more than other text.
    """
    if "`" not in text:
        return
    runs = [found.span() for found in _RUN.finditer(text)]
    of_length: dict[int, list[int]] = defaultdict(list)
    for number in range(len(runs) - 1, -1, -1):  # each list ends with the earliest run, which is taken off first
        of_length[runs[number][1] - runs[number][0]].append(number)
    number = 0
    while number < len(runs):
        start, end = runs[number]
        same = of_length[end - start]
        while same and same[-1] <= number:
            same.pop()
        if same:
            number = same[-1]
            yield start, runs[number][1]
        number += 1


def without_code(text: str, *, fill: str = " ") -> str:
    """The text with each character of its code spans replaced by ``fill``: at the same length, with the same lines."""
    parts, at = list[str](), 0
    for start, end in code_ranges(text):
        blank = "\n".join(fill * len(line) for line in text[start:end].split("\n"))
        parts += [text[at:start], blank]
        at = end
    return "".join(parts) + text[at:] if parts else text


def code_spans(text: str) -> tuple[str, ...]:
    """What stands in backticks."""
    return tuple(text[start:end].strip("`").strip() for start, end in code_ranges(text))


def as_code(code: str) -> str:
    """A code span that holds ``code``, whatever backticks are in it."""
    longest = max((len(run) for run in _RUN.findall(code)), default=0)
    space = " " if code.startswith("`") or code.endswith("`") else ""
    mark = "`" * (longest + 1)
    return f"{mark}{space}{code}{space}{mark}"


def label(text: str, bold: str) -> tuple[str, str]:
    """The id at the start of a text, and the rest; an empty id where there is none."""
    found = _LABEL.match(bold) if bold else _PLAIN_LABEL.match(text)
    if not found or (bold and found.end() != len(bold) and bold[found.end() - 1].isalnum()):
        return "", text
    return found[1], _AFTER_LABEL.sub("", text[len(found[1]) :])


def near_label(text: str, *, letter: str) -> tuple[str, str]:
    """The id that a text nearly begins with, such as ``r1``, ``[R1]`` or ``R-1``, and the rest; empty for none.

    Only an id of that letter counts: where requirements are listed, ``R2`` is one and no bucket of Cloudflare's.
    """
    found = _NEAR_LABEL.match(plain_letters(text[:_LONGEST_LEAD]))
    rest = _AFTER_LABEL.sub("", text[found.end() :]) if found else ""
    if not found or found[1].upper() != letter or not rest:
        return "", text
    return f"{letter}{int(found[2])}", rest


def stated_strength(text: str) -> Strength | None:
    """The first keyword of BCP 14 in capitals outside code, if there is one."""
    found = _STRENGTH.search(without_code(text))
    return _MEANS[found[1]] if found else None


class Mention(NamedTuple):
    """What reads like an id in a text, and where; ``owner`` is ratelog in ``ratelog:R3``, else empty."""

    id: str
    owner: str
    start: int
    end: int


def mentions(text: str, *, spec_id: str) -> Iterator[Mention]:
    """What reads like an id of this spec, outside code."""
    bare = without_code(text)
    for found in _ID.finditer(bare):
        owner = _owner(bare, found.start() - 1) if bare[found.start() - 1 : found.start()] == ":" else ""
        if owner in {"", spec_id.lower()}:
            yield Mention(found[0], owner, *found.span())


def _owner(text: str, colon: int) -> str:
    """The word before a colon, from its first letter or digit that no other letter stands before."""
    start = colon
    while start > 0 and text[start - 1] in _OWNER:
        start -= 1
    inside = start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_")
    word = text[start:colon]
    return (word.partition("-")[2] if inside else word).lstrip("-")


def references(text: str, *, spec_id: str, declared: Collection[str]) -> tuple[str, ...]:
    """Ids of items that a text names outside code, be they written or counted.

    What no item is called, as R8 in "the Audi R8", is no reference; specs.rules.identity says where it seems to be one.
    """
    ids = (found.id for found in mentions(text, spec_id=spec_id))
    return tuple(dict.fromkeys(ref for ref in ids if ref in declared))


def norm_hash(text: str, *blocks: str) -> str:
    """Changes with the words, not with how they are wrapped, emphasised, or placed; of blocks, with every character."""
    whole = "\0".join((" ".join(text.split()), *blocks))
    return sha256(whole.encode("utf-8", "replace")).hexdigest()


def make(  # noqa: PLR0913 - an item is as much as this
    item_id: str,
    text: str,
    *,
    section: SectionName,
    lines: tuple[int, int],
    temporary: bool,
    refs: tuple[str, ...],
    norm_hash: str,
    blocks: tuple[str, ...] = (),
    ears: Ears | None = None,
) -> Item:
    """The item of that id and text."""
    kind = KINDS[item_id[0]]
    binding = kind in NORMATIVE
    strength = stated_strength(text) if binding else None
    default = _DEFAULT.search(text) if kind == "question" else None
    return Item(
        id=item_id,
        kind=kind,
        text=text,
        norm_hash=norm_hash,
        line=lines[0],
        end_line=lines[1],
        section=section,
        strength=strength or ("MUST" if binding else None),
        stated=strength is not None,
        refs=tuple(ref for ref in refs if ref != item_id),
        default=default[1] if default else None,
        temporary=temporary,
        ears=ears if binding else None,
        blocks=blocks,
    )
