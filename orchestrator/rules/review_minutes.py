"""How long a change takes to read, by what its files are to a reviewer. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LINES_PER_MINUTE: Mapping[str, float] = {"code": 400 / 60, "tests": 800 / 60, "settings": 800 / 60, "docs": 1600 / 60}
"""How fast lines are read. Up to 400 lines of code an hour reviewers find most defects (J. Cohen, "Best Kept Secrets of
Peer Code Review", 2006, the study at Cisco); the other kinds are twice and four times that, by our judgement."""
GONE = 4.0
"""Lines that only go are read so many times as fast; our judgement."""
FILE_MINUTES = 0.25
"""To find one's way into a file; our judgement."""

_TESTS = re.compile(r"(?:.*/)?(?:tests?|__tests__|spec)/.*|(?:.*/)?(?:test_[^/]*|[^/]*(?:_test|\.test|\.spec)\.[^/]+)")
_DOCS = re.compile(r".*\.(?:md|rst|txt|adoc)|(?:.*/)?docs/.*")
_SETTINGS = re.compile(r".*\.(?:toml|ya?ml|json|ini|cfg)|(?:.*/)?(?:Makefile|Dockerfile|\.[^/]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines of one kind that a change adds and takes away."""

    added: int = 0
    removed: int = 0
    files: int = 0


def kind_of(path: str) -> str:
    """What a file is to a reviewer: ``tests``, ``docs``, ``settings`` or ``code``."""
    for kind, pattern in (("tests", _TESTS), ("docs", _DOCS), ("settings", _SETTINGS)):
        if pattern.fullmatch(path):
            return kind
    return "code"


def by_kind(changed: Mapping[str, tuple[int, int]]) -> dict[str, Lines]:
    """Lines of each kind; locks, a spec's among them, are left out: code writes and reads them."""
    found: dict[str, Lines] = {}
    for path, (added, removed) in sorted(changed.items()):
        if not path.endswith(".lock"):
            had = found.get(kind_of(path), Lines())
            found[kind_of(path)] = Lines(added=had.added + added, removed=had.removed + removed, files=had.files + 1)
    return found


def review_minutes(lines: Mapping[str, Lines]) -> float:
    """How long the change takes to read."""
    reading = sum((each.added + each.removed / GONE) / LINES_PER_MINUTE[kind] for kind, each in lines.items())
    return reading + FILE_MINUTES * sum(each.files for each in lines.values())
