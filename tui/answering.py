"""Which question a key answers, and what it types there. Pure; the app only sends what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .sight import Choice
from .views import questions

if TYPE_CHECKING:
    from collections.abc import Hashable

    from ..orchestrator.nouns.questions import Asked
    from .look import Look
    from .sight import Sight

_NOTHING = {
    "0": "no option says no here; r answers in words",
    "enter": "nothing is taken by silence here: choose an option",
}


def subject(look: Look, sight: Sight) -> str:
    """The id of the question that keys answer: the one the inbox shows, or that of the plan; "" where none is."""
    if sight.mode == "inbox" and sight.question in look.questions and sight.question not in sight.ignored:
        return sight.question
    return next((each.asked.id for each in look.ranked if sight.mode == "plan" and is_of_plan(each.asked)), "")


def is_of_plan(asked: Asked) -> bool:
    """Whether it asks for a plan to be approved."""
    return asked.question.kind == "plan" and asked.answer is None


def ground(look: Look, sight: Sight, *, size: tuple[int, int]) -> Hashable:
    """All that an answer's key depends on: the question as it is shown, the list around it, the window.

    None where no key answers.
    """
    shown = questions.fingerprint(look, subject(look, sight))
    marked = tuple(questions.fingerprint(look, name) for name in sorted(sight.marked))
    around = (sight.order, marked) if sight.mode == "inbox" else ()
    return (*shown, sight.mode, around, size) if shown is not None else None


def may_be_marked(asked: Asked) -> bool:
    """Whether it can be answered with others: plans, money, files and what is stuck are answered one by one."""
    return asked.answer is None and asked.question.kind == "decision" and not asked.question.may_widen


def together(look: Look, sight: Sight, key: str) -> tuple[Choice, ...] | str:
    """What a key answers: the marked questions together, where it means the same for all, else the one shown."""
    names = [name for name in sight.order if name in sight.marked] if sight.mode == "inbox" else []
    if names and subject(look, sight) not in names:
        return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} marked, and not the one shown: space marks it"
    names = names or [subject(look, sight)]
    options = {tuple(each.text for each in look.questions[name].question.options) for name in names}
    if key != "enter" and len(options) > 1:
        return "the marked questions have not the same options: enter takes their defaults, space takes a mark away"
    found: list[Choice] = []
    for name in names:
        chosen = choose(look.questions[name], key)
        if isinstance(chosen, str):
            return chosen if len(names) == 1 else f"{name}: {chosen}"
        found.append(chosen)
    return tuple(found)


def choose(asked: Asked, key: str) -> Choice | str:
    """What a digit or enter answers to a question, or why it answers nothing."""
    if asked.answer is not None:
        return f"{asked.id} is decided; r says otherwise, in words"
    typed = questions.typed_for(asked.question, key)
    if typed is None:
        return _NOTHING.get(key, f"{asked.id} has no option {key}; r answers in words")
    words = asked.question.options[int(key) - 1].text if key in "123456789" else typed
    refused = asked.question.kind == "plan" and words.startswith("refuse")
    return Choice(question=asked.id, typed=typed, words=words, wants_reason=refused)
