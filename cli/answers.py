"""What a person typed, as the answer that is stored, and how to say what can be typed. Pure."""

from collections.abc import Sequence

from ..orchestrator.errors import UsageError
from ..orchestrator.nouns.questions import Question
from ..orchestrator.rules.asking import APPROVE, STOP, may_approve, money, read_budget_answer
from ..orchestrator.rules.options import approved, is_approval
from ..tui.clean import clean, clean_lines

_YES = frozenset({APPROVE, "approved", "y", "yes", "ok"})
_NO = frozenset({"refuse", "n", "no"})
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_AMOUNT = "Say by how much to raise the cap, such as `raise by 2.50`, or to what"


class ReasonMissing(UsageError):
    """A plan was refused without saying why; a prompt can ask for the reason."""


def label(question: Question, index: int) -> str:
    """What an option is called: a number, or a letter where money is asked for, because there a number is an amount."""
    return _LETTERS[index] if question.kind == "budget" else str(index + 1)


def how_to_answer(question: Question) -> str:
    """What can be typed at a prompt, in words."""
    match question.kind:
        case "budget":
            return "a letter, an amount such as 2.50, or `stop`"
        case "plan":
            return "a number, `approve` or `stop`; your own words refuse the plan, and are the reason"
        case _:
            return "a number, or your own words" if question.options else "your own words"


def form(question: Question) -> str:
    """What stands behind ``agentctl answer Q1``."""
    return {"budget": "LETTER|AMOUNT|stop", "plan": "approve|stop|REASON"}.get(question.kind, "NUMBER|TEXT")


def interpret(question: Question, typed: str, *, cap_usd: float | None = None) -> str:
    """The answer to store for what was typed: the text of the option that was named, or the text itself.

    Answers to a plan are ``approve``, ``stop``, ``refuse: REASON`` or ``edited: JSON``; anything else said of a plan is
    a reason to refuse it, unless it begins like a yes. Where an option lets a task change more files, words of approval
    with an option's number or words are that option. Answers to a budget question are ``raise the cap by $N`` or
    ``stop``; ``cap_usd`` is the cap as it stands, without which "to" says nothing.

    Raises:
        ReasonMissing: a plan is refused, and no reason is given.
        UsageError: nothing was typed, or a number that no option has, or what could mean two things, or no amount
            where money is asked for.
    """
    text = typed.strip()
    if not any(char.isprintable() and not char.isspace() for char in text):
        raise UsageError("An answer needs a text or the number of an option.")
    if question.kind == "budget":
        return _budget_answer(question, text, cap_usd=cap_usd)
    if question.options and len(text) == 1 and text.isascii() and text.isdigit():
        text = _option(question, int(text))
    if question.may_widen:
        return _clear(question, text)
    if question.kind != "plan":
        return text
    answer = _plan_answer(text)
    if answer == APPROVE and not may_approve(question):
        raise UsageError("This plan does not hold, so it cannot be built as it is: edit it, refuse it, or `stop`.")
    return answer


def _option(question: Question, number: int) -> str:
    count = len(question.options)
    if not 1 <= number <= count:
        raise UsageError(f"There is no option {number}: choose 1 to {count}, or answer in your own words.")
    chosen = question.options[number - 1].text
    return "refuse" if question.kind == "plan" and chosen.startswith("refuse") else chosen


def _clear(question: Question, text: str) -> str:
    """The words of the option that is meant; what only sounds like approval must not decide what a task may write."""
    index = approved(text, question.options)
    if index is not None:
        return question.options[index].text
    if is_approval(text):
        raise UsageError(
            f"`{clean(text, width=60)}` could mean an option that lets {clean(question.task)} change more files: type "
            f"the number alone, 1 to {len(question.options)}, or answer in words that name no option."
        )
    return text


def _plan_answer(text: str) -> str:
    word = text.lower()
    if word in _YES:
        return APPROVE
    if word == STOP or word.startswith("edited:"):
        return text
    head, _, rest = text.replace(":", " ", 1).partition(" ") if ":" in text else text.partition(" ")
    if head.lower().rstrip(",.;!") in _YES:
        raise UsageError(
            f"`{clean(text, width=60)}` could be a yes or a wish: type `{APPROVE}` to have the plan built as it is, or "
            f'"refuse: {clean(text, width=60)}" to have it planned anew.'
        )
    reason = rest.strip() if head.lower() in _NO else text
    if not reason:
        raise ReasonMissing('Say why, so that the next plan is better: "refuse: REASON"; or `stop` to end the run.')
    return f"refuse: {reason}"


def _budget_answer(question: Question, text: str, *, cap_usd: float | None) -> str:
    """What the orchestrator would only ask about again is refused at once."""
    for index, option in enumerate(question.options):
        if text.lower() == label(question, index):
            return option.text
        if text == str(index + 1):
            raise UsageError(
                f"`{text}` could be an amount or an option: type `raise by {text}` for {money(index + 1)}, or "
                f"`{label(question, index)}` for the option `{clean(option.text)}`."
            )
    reply = read_budget_answer(text, cap_usd=cap_usd)
    if reply.kind == "stop":
        return STOP
    if reply.kind == "unclear":
        cap = "" if cap_usd is None else f" (it is {money(cap_usd)}; `raise to {cap_usd + 1:g}`)"
        raise UsageError(f"{_AMOUNT}{cap}: more than nothing, with a point before the cents; or `stop` to end the run.")
    return f"raise the cap by {money(reply.usd)}"


def confirmation(question: Question, answer: str, *, cap_usd: float) -> str:
    """An answer that was stored, in a few words; of money what the cap is then, of files what a task may change."""
    if question.may_widen:
        return f"{describe(answer)}; {widened(question, answer)}"
    reply = read_budget_answer(answer) if question.kind == "budget" else None
    then = f"; the cap is then {money(cap_usd + reply.usd)}" if reply is not None and reply.kind == "raise" else ""
    return f"{describe(answer)}{then}"


def widened(question: Question, answer: str) -> str:
    """What an answer that is stored makes of what the asker's task may write."""
    paths = next((option.paths for option in question.options if option.text == answer), ())
    return may_change(question.task, paths) if paths else f"what {clean(question.task)} may write stays as it is"


def may_change(task: str, paths: Sequence[str]) -> str:
    """What an answer gave a task."""
    return f"{clean(task)} may change {listed(paths)} too"


def listed(paths: Sequence[str]) -> str:
    """Files as they stand in a sentence."""
    return ", ".join(clean(path, width=200) for path in paths)


def named(author: str) -> str:
    """Who said something, for a person to read: the name alone of a person, the role of anyone else."""
    return clean(author.removeprefix("person:"), width=80)


def describe(answer: str) -> str:
    """An answer in a few words, for a list."""
    return "edited plan" if answer.startswith("edited:") else clean(answer, width=80)


def in_full(answer: str) -> list[str]:
    """An answer line by line, as it was given."""
    return ["edited plan"] if answer.startswith("edited:") else clean_lines(answer).strip().splitlines() or [""]
