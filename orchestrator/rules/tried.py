"""What an attempt that failed leaves to the next rung, or to a person: what was tried, and how it went wrong. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from .normalise import shorten

LIMIT = 4_800
"""Characters of all that is told of the attempts before; shared out evenly."""
REASON = 1_600
FAILURES = 1_600
DIFF = 1_200
_MOST_PATHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A path that was written, and how many lines came and went."""

    path: str
    added: int
    removed: int


def attempt_told(*, reason: str, failures: Sequence[str], diff: str) -> str:
    """One attempt: why it ended, what was red last, and what it had changed."""
    parts = [shorten(reason.strip(), REASON)]
    new = [each for each in failures if each.strip() and each.strip() not in reason]
    if new:
        parts.append("Red at the end:\n" + shorten("\n".join(f"- {each}" for each in new), FAILURES))
    changes = changed(diff)
    if changes:
        parts.append(f"It had changed {_listed(changes)}:\n{shorten(diff.strip(), DIFF)}")
    else:
        parts.append("It had changed nothing.")
    return "\n".join(parts)


def all_told(tried: Sequence[tuple[str, str]], *, whole: str = "", limit: int = LIMIT) -> str:
    """Every attempt under its name, each cut to its even share of ``limit`` characters.

    The one whose name is ``whole`` is told as it is, and the others share what that leaves.
    """
    kept = sum(len(text) for name, text in tried if name == whole)
    share = max((limit - kept) // max(len(tried) - bool(kept), 1) - 2, 200)
    told = ((name, f"{name}: {text}") for name, text in tried)
    return "\n\n".join(text if name == whole else shorten(text, share) for name, text in told)


def changed(diff: str) -> tuple[Change, ...]:
    """The paths of a unified diff with their counts of lines."""
    found: dict[str, list[int]] = {}
    path = ""
    for line in diff.splitlines():
        if line.startswith("diff --git "):
            path = line.rpartition(" b/")[2] or line
            found[path] = [0, 0]
        elif path and line[:1] in "+-" and not line.startswith(("+++ ", "--- ")) and line:
            found[path]["+-".index(line[0])] += 1
    return tuple(Change(path=name, added=plus, removed=minus) for name, (plus, minus) in found.items())


def _listed(changes: Sequence[Change]) -> str:
    shown = ", ".join(f"{each.path} (+{each.added} -{each.removed})" for each in changes[:_MOST_PATHS])
    more = len(changes) - _MOST_PATHS
    return f"{shown} and {more} more" if more > 0 else shown
