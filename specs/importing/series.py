"""Which labels of a document are ids that its author counts by, as FR-001, and which are names, as UTF-8. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterator

from .source import Unit

_LABEL = r"[A-Z]{2,6}(?:-[A-Z]{2,8})?-\d{1,4}[a-z]?"
_LABELS = (
    re.compile(rf"\*\*(?P<label>{_LABEL})\s*:?\s*\*\*\s*[:.)\u2013-]?\s*"),
    re.compile(rf"\*\*(?P<label>{_LABEL})\s*[:.)\u2013-]?\s+"),
    re.compile(rf"(?P<label>{_LABEL})\s*[:.)\u2013-]\s*"),
)
_COUNTED_WORDS = "FR NFR SC AC US UC REQ TC BR CR SR UR PR FEAT STORY TASK ASM CON RISK EC BUG"
_COUNTED = frozenset(_COUNTED_WORDS.split())
"""Prefixes that are ids even where one stands alone."""
_NAME_WORDS = (
    "UTF UCS SHA MD CRC AES DES RSA ECDSA ISO IEC IEEE RFC BCP STD PEP ECMA ANSI DIN EN WCAG HTTP TLS SSL IP IPV USB "
    "CVE CWE GB KOI CP EUC BASE ASCII FIPS NIST PKCS GPT COVID MP"
)
_NAMES = frozenset(_NAME_WORDS.split())
"""Prefixes of standards, encodings and products, which are numbered by others."""


def label(line: str) -> tuple[str, str]:
    """What a list item begins with that has the form of an id, and the line without it; empty for none."""
    for pattern in _LABELS:
        if found := pattern.match(line):
            bold = "**" if found[0].startswith("**") and "**" not in found[0][2:] else ""
            return found["label"], bold + line[found.end() :]
    return "", line


def prefix_of(label_: str) -> str:
    """``NFR-PERF`` of ``NFR-PERF-1``."""
    return label_.rpartition("-")[0]


def series(units: list[Unit]) -> frozenset[str]:
    """Prefixes of ids: well-known ones, and those of entries whose numbers are padded or follow each other."""
    numbers: dict[str, set[int]] = defaultdict(set)
    padded: set[str] = set()
    for found in _candidates(units):
        digits = found.rpartition("-")[2].rstrip("abcdefghijklmnopqrstuvwxyz")
        numbers[prefix_of(found)].add(int(digits))
        if digits.startswith("0") and len(digits) > 1:
            padded.add(prefix_of(found))
    return frozenset(
        prefix
        for prefix, known in numbers.items()
        if (head := prefix.partition("-")[0]) in _COUNTED
        or (head not in _NAMES and (prefix in padded or any(number + 1 in known for number in known)))
    )


def _candidates(units: list[Unit]) -> Iterator[str]:
    for unit in units:
        lines = [f"{row[0]}: " for row in unit.rows[1:] if row] if unit.kind == "table" else unit.raw[:1]
        yield from filter(None, (label(line)[0] for line in lines))
