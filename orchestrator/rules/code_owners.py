"""Who owns which file, as a repository's CODEOWNERS says. The only module that uses the library for it. Pure."""

import re
from collections.abc import Callable, Iterable

from codeowners import CodeOwners

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where it is looked for, in this order; the first one that is there counts."""
MOST_CHARACTERS = 3_000_000
"""What a forge reads at most."""

_MOST_STARS = 8
"""Of one pattern: each more makes a hostile path dearer to match by its whole length."""

Owners = Callable[[str], frozenset[str]]
"""From a path to who owns it."""


def nobody(_: str) -> frozenset[str]:
    """Of a repository that does not say."""
    return frozenset()


def owners(text: str) -> Owners:
    """Who owns a path by this text; lines that cannot be read own nothing, as on the forge."""
    if len(text) > MOST_CHARACTERS:
        return nobody
    rules = CodeOwners("\n".join(line for line in text.splitlines() if _readable(line)))

    def of(path: str) -> frozenset[str]:
        return frozenset(name for _, name in rules.of(path))

    return of


def of_all(paths: Iterable[str], owner: Owners) -> frozenset[str]:
    """Everybody who owns one of these paths."""
    return frozenset(name for path in paths for name in owner(path))


def _readable(line: str) -> bool:
    if line.strip().partition(" ")[0].count("*") > _MOST_STARS:
        return False
    try:
        CodeOwners(line)
    except (ValueError, re.error):
        return False
    return True
