"""What a person typed, as the answer that is stored. Pure."""

from ..orchestrator.errors import UsageError
from ..orchestrator.nouns.questions import Question
from ..orchestrator.rules.asking import APPROVE, STOP, read_budget_answer
from ..tui.clean import clean

_YES = frozenset({APPROVE, "approved", "y", "yes", "ok"})
_NO = frozenset({"refuse", "n", "no"})


class ReasonMissing(UsageError):
    """A plan was refused without saying why; a prompt can ask for the reason."""


def interpret(question: Question, typed: str) -> str:
    """The answer to store for what was typed: the text of a numbered option, or the text itself.

    Answers to a plan are ``approve``, ``stop``, ``refuse: REASON`` or ``edited: JSON``; anything else said of a plan is
    a reason to refuse it. Answers to a budget question are an amount or ``stop``.

    Raises:
        ReasonMissing: a plan is refused, and no reason is given.
        UsageError: nothing was typed, or a number that no option has, or no amount where money is asked for.
    """
    text = typed.strip()
    if not text:
        raise UsageError("An answer needs a text or the number of an option.")
    if question.options and len(text) == 1 and text.isascii() and text.isdigit():
        text = _option(question, int(text))
    if question.kind == "budget":
        return _budget_answer(text)
    return _plan_answer(text) if question.kind == "plan" else text


def _option(question: Question, number: int) -> str:
    count = len(question.options)
    if not 1 <= number <= count:
        raise UsageError(f"There is no option {number}: choose 1 to {count}, or answer in your own words.")
    chosen = question.options[number - 1].text
    return "refuse" if question.kind == "plan" and chosen.startswith("refuse") else chosen


def _plan_answer(text: str) -> str:
    word = text.lower()
    if word in _YES:
        return APPROVE
    if word == STOP or word.startswith("edited:"):
        return text
    head, _, rest = text.replace(":", " ", 1).partition(" ") if ":" in text else text.partition(" ")
    reason = rest.strip() if head.lower() in _NO else text
    if not reason:
        raise ReasonMissing('Say why, so that the next plan is better: "refuse: REASON"; or `stop` to end the run.')
    return f"refuse: {reason}"


def _budget_answer(text: str) -> str:
    """What the orchestrator would only ask about again is refused at once."""
    if read_budget_answer(text).kind == "unclear":
        raise UsageError('Say by how much to raise the cap, such as "raise by $2.50", or `stop` to end the run.')
    return text


def named(author: str) -> str:
    """Who said something, for a person to read: the name alone of a person, the role of anyone else."""
    return clean(author.removeprefix("person:"), width=80)


def describe(answer: str) -> str:
    """An answer in a few words, for a list."""
    return "edited plan" if answer.startswith("edited:") else clean(answer, width=80)
