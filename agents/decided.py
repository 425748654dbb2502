"""What was asked and answered, as every later prompt tells it."""

from collections.abc import Sequence

from .fences import plain


def decided(decisions: Sequence[tuple[str, str]]) -> list[str]:
    """A section of a prompt, or nothing where nothing was decided. An answer keeps its lines, indented as its own."""
    if not decisions:
        return []
    lines = [f"- {' '.join(plain(asked).split())}\n  Decided: {_indented(answer)}" for asked, answer in decisions]
    return ["# Decisions\n\nThese are decided; they count as much as the spec.\n\n" + "\n".join(lines) + "\n"]


def _indented(answer: str) -> str:
    """Lines after the first four deep, so that none passes for the next decision or for a heading."""
    first, *more = plain(answer).strip().split("\n")
    return "\n".join([first.rstrip(), *(f"    {line}".rstrip() for line in more)])
