"""What a person said to a task's worker while it worked, as its prompts tell it."""

from collections.abc import Sequence

from ..orchestrator.rules.hands import in_opening, in_turn
from .fences import plain
from .models.port import Message

_ASIDE = "A person says about your task; it counts as much as the spec:\n"


def steered(steering: Sequence[tuple[int, str]]) -> list[str]:
    """A section of a first prompt, or nothing where nobody said anything before it."""
    said = in_opening(steering)
    if not said:
        return []
    return [f"# What a person says about your task\n\nIt counts as much as the spec.\n\n{_listed(said)}\n"]


def asides(steering: Sequence[tuple[int, str]]) -> dict[int, Message]:
    """The messages that stand before the replies of later turns, by turn."""
    turns = dict.fromkeys(turn for turn, _ in steering if turn)
    return {turn: Message(role="user", text=_ASIDE + _listed(in_turn(steering, turn))) for turn in turns}


def _listed(said: Sequence[str]) -> str:
    return "\n".join(f"- {' '.join(plain(text).split())}" for text in said)
