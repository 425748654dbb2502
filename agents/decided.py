"""What was asked and answered, as every later prompt tells it."""

from collections.abc import Sequence

from .fences import plain


def decided(decisions: Sequence[tuple[str, str]]) -> list[str]:
    """A section of a prompt, or nothing where nothing was decided."""
    if not decisions:
        return []
    lines = [
        f"- {' '.join(plain(asked).split())}\n  Decided: {' '.join(plain(answer).split())}"
        for asked, answer in decisions
    ]
    return ["# Decisions\n\nThese are decided; they count as much as the spec.\n\n" + "\n".join(lines) + "\n"]
