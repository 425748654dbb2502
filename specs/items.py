"""Items: what makes a sentence one, how strong it is, and what it refers to. Pure functions on inline text."""

import re
from collections.abc import Collection
from hashlib import sha256

from .nouns import KINDS, NORMATIVE, Item, ItemKind, SectionName, Strength

_LABEL = re.compile(r"([REPNQAI]\d+)(?:\s*[:.)]|\b)")
_PLAIN_LABEL = re.compile(r"([REPNQAI]\d+)\s*[:.)](?=\s)")
_AFTER_LABEL = re.compile(r"^[\s:.)\u2013\u2014-]+")
_CODE = re.compile(r"(`+).*?\1", re.DOTALL)
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
_REFERENCE = re.compile(r"(?:\b([a-z0-9][a-z0-9-]*):)?\b([REPNQAI]\d+)\b")
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


def label(text: str, bold: str) -> tuple[str, str]:
    """The id at the start of a text, and the rest; an empty id where there is none."""
    found = _LABEL.match(bold) if bold else _PLAIN_LABEL.match(text)
    if not found or (bold and found.end() != len(bold) and bold[found.end() - 1].isalnum()):
        return "", text
    return found[1], _AFTER_LABEL.sub("", text[len(found[1]) :])


def without_code(text: str) -> str:
    """The text with its code spans blanked, at the same length."""
    return _CODE.sub(lambda found: " " * len(found[0]), text)


def code_spans(text: str) -> tuple[str, ...]:
    """What stands in backticks."""
    return tuple(found[0].strip("`").strip() for found in _CODE.finditer(text))


def stated_strength(text: str) -> Strength | None:
    """The first keyword of BCP 14 in capitals outside code, if there is one."""
    found = _STRENGTH.search(without_code(text))
    return _MEANS[found[1]] if found else None


def references(text: str, *, spec_id: str, letters: Collection[str]) -> tuple[str, ...]:
    """Ids that a text names outside code. A letter under which nothing is declared, as in "A4 paper", names none."""
    found = _REFERENCE.findall(without_code(text))
    ids = (ref for owner, ref in found if ref[0] in letters and owner in {"", spec_id.lower()})
    return tuple(dict.fromkeys(ids))


def norm_hash(text: str) -> str:
    """Changes when the words change, not when they are wrapped, emphasised, or moved."""
    return sha256(" ".join(text.split()).encode("utf-8", "replace")).hexdigest()


def make(
    item_id: str, text: str, *, section: SectionName, lines: tuple[int, int], temporary: bool, refs: tuple[str, ...]
) -> Item:
    """The item of that id and text."""
    kind = KINDS[item_id[0]]
    strength = stated_strength(text) if kind in NORMATIVE else None
    default = _DEFAULT.search(text) if kind == "question" else None
    return Item(
        id=item_id,
        kind=kind,
        text=text,
        norm_hash=norm_hash(text),
        line=lines[0],
        end_line=lines[1],
        section=section,
        strength=strength or ("MUST" if kind in NORMATIVE else None),
        stated=strength is not None,
        refs=tuple(ref for ref in refs if ref != item_id),
        default=default[1] if default else None,
        temporary=temporary,
    )
