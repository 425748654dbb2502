"""Which question a key answers, and what it types there. Pure; the app only sends what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .views import questions

if TYPE_CHECKING:
    from collections.abc import Hashable

    from .look import Look
    from .sight import Sight

_NOTHING = {
    "0": "no option says no here; r answers in words",
    "enter": "nothing is taken by silence here: choose an option",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a key would answer. ``wants_reason``: a plan is refused, and why is still to be typed."""

    question: str
    typed: str
    words: str
    wants_reason: bool = False


def ground(look: Look, sight: Sight, *, size: tuple[int, int]) -> Hashable:
    """All that an answer's key depends on: the question as it is shown, the list around it, the window.

    None where no key answers.
    """
    if sight.mode != "inbox" or sight.question in sight.ignored:
        return None
    shown = questions.fingerprint(look, sight.question)
    return (*shown, sight.order, size) if shown is not None else None


def choose(look: Look, sight: Sight, key: str) -> Choice | str:
    """What a digit or enter answers to the question that is shown, or why it answers nothing."""
    asked = look.questions[sight.question]
    typed = questions.typed_for(asked.question, key)
    if typed is None:
        return _NOTHING.get(key, f"{asked.id} has no option {key}; r answers in words")
    words = asked.question.options[int(key) - 1].text if key in "123456789" else typed
    refused = asked.question.kind == "plan" and words.startswith("refuse")
    return Choice(question=asked.id, typed=typed, words=words, wants_reason=refused)
