"""Names: did-you-mean, ids, keys of other tools, and which import a path answers to. Pure functions on strings."""

import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

ITEM_ID = re.compile(r"[REPNQAI]\d+\Z")
_FOREIGN = """
title subtitle name description summary abstract about author authors creator contributors owner owners team
date created updated modified lastmod published version revision license copyright language lang locale
layout template permalink slug url aliases redirect_from category categories tags tag keywords topics type
status stage state draft priority weight order toc sidebar sidebar_label sidebar_position nav_order parent
image cover cover_image theme css output documentclass geometry bibliography header-includes labels label
assignees assignee milestone project issue epic reviewers approvers replaces superseded-by comments math
"""
FOREIGN_KEYS = frozenset(_FOREIGN.split())
"""Front matter of Jekyll, Hugo, Docusaurus, pandoc, GitHub's issue forms, and decision records."""
_PLACES = {"usd": "budget", "minutes": "budget", "workers": "budget", "ignore": "lint", "deps": "allow"}
"""Keys of ours that stand within another one."""


_ALIKE = dict(zip("\u0420\u0415\u0410\u0406\u03a1\u0395\u039d\u0391\u0399", "PEAIPENAI", strict=True))
"""Cyrillic and Greek capitals that look like letters of ids."""
_FULL_WIDTH = range(0xFF01, 0xFF5F)
_WIDER_BY = 0xFEE0


def plain_letters(text: str) -> str:
    """A text of the same length: full-width letters, look-alikes and digits of other scripts as ASCII has them."""
    return text if text.isascii() else "".join(map(_plain_letter, text))


def _plain_letter(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter.isdecimal():
        return str(int(letter))
    return chr(ord(letter) - _WIDER_BY) if ord(letter) in _FULL_WIDTH else _ALIKE.get(letter, letter)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, if one is close."""
    from difflib import get_close_matches  # noqa: PLC0415 - most specs have no word that is nearly another

    close = get_close_matches(word, list(known), n=1, cutoff=0.7)
    return close[0] if close else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """`` (did you mean `x`?)``, or nothing."""
    close = nearest(word, known)
    return f" (did you mean `{close}`?)" if close else ""


def meant_key(key: str, ours: Collection[str]) -> str | None:
    """The key of ours that was probably meant by one that is not ours; None for one that is another tool's."""
    word = key.strip().lower()
    if word in ours:
        return word
    return None if word in FOREIGN_KEYS else _PLACES.get(word) or nearest(word, ours)


def slug(text: str) -> str:
    """Letters, digits, and single hyphens of a text, in lower case; may be empty."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def identifier(text: str) -> str:
    """A text as part of a Python name: what is not a letter or digit becomes ``_``."""
    return re.sub(r"[^A-Za-z0-9]", "_", text)


def module_of(path: str) -> str | None:
    """The import name of a Python file: ``src/ratelog/core.py`` is ``ratelog.core``. None if it cannot have one."""
    pure = PurePosixPath(path)
    parts = pure.with_suffix("").parts
    if pure.suffix != ".py":
        return None
    if parts[:1] == ("src",):
        parts = parts[1:]
    if parts[-1:] == ("__init__",):
        parts = parts[:-1]
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None


def inside(path: str) -> bool:
    """Whether a path or glob is relative and stays in the repository, outside ``.git``."""
    parts = path.split("/")
    odd = "\\" in path or "\0" in path or not path or path.startswith(("/", "~"))
    return not odd and ".." not in parts and ".git" not in (part.lower() for part in parts)


def edits(a: str, b: str, *, most: int) -> int:
    """Levenshtein distance; a number above ``most`` as soon as it is known to be above."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (left != right))
    return row[-1]
