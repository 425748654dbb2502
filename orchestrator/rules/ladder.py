"""Which tier tries a task next. Pure."""

from collections.abc import Sequence

from ..nouns.runs import AttemptStatus


def next_rung(ladder: Sequence[str], attempts: Sequence[AttemptStatus], *, passes: int = 1) -> str | None:
    """The tier of the next attempt, or None when a person has to decide.

    Each failed attempt uses up a rung, except one that clashed with what others landed. A person who says "try again"
    adds a pass over the whole ladder.
    """
    used = sum(1 for each in attempts if each.state == "failed" and not each.clash)
    rungs = [*ladder] * passes
    return rungs[used] if used < len(rungs) else None
