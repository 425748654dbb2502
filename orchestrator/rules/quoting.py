"""What of a lead's word counts: an answer only with the very words that settle it, which code finds. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..nouns.plan import SpecView
from ..nouns.questions import Question
from ..ports import LeadWord

FEWEST_WORDS = 4
"""Of a quote; fewer are found in any spec."""
FEWEST_LETTERS = 12
MOST_OPTIONS = 6
LEAD = "lead"
"""The author of an answer that a lead gave."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The question as it is entered, with the words that settle it as evidence; ``answer`` is None where none do."""

    question: Question
    answer: str | None = None


def weigh(question: Question, word: LeadWord, *, spec: SpecView, decisions: Sequence[tuple[str, str]]) -> Weighed:
    """An answer with its quote, or the question for a person, in the lead's words where those say more.

    A lead says what holds. What becomes of a task, which the options of other questions are about, it does not decide.
    """
    source = source_of(word.quote, spec, decisions)
    answer = chosen(word.answer, question)
    if answer and source and not _does(answer, question):
        quote = " ".join(word.quote.split())
        return Weighed(question=replace(question, evidence=f'{source}: "{quote}"'), answer=answer)
    return Weighed(question=reworded(question, word))


def source_of(quote: str, spec: SpecView, decisions: Sequence[tuple[str, str]]) -> str:
    """Where these words stand, as a person would name it; empty where they stand nowhere, or say too little.

    What the author left open settles nothing.
    """
    wanted = _plain(quote)
    words = _WORD.findall(wanted)
    if len(words) < FEWEST_WORDS or sum(map(len, words)) < FEWEST_LETTERS:
        return ""
    if any(wanted in _plain(each.text) for each in spec.questions):
        return ""
    for requirement in spec.requirements:
        if wanted in _plain(requirement.text):
            return requirement.id
    for asked, answer in decisions:
        if wanted in _plain(answer) or wanted in _plain(f"{asked} {answer}").removeprefix(_plain(asked)):
            return "a decision"
    return "the spec" if wanted in _plain(spec.text) else ""


def chosen(answer: str, question: Question) -> str:
    """The option that an answer names by its number or its words, else the answer itself."""
    text = " ".join(answer.split())
    texts = [option.text for option in question.options]
    if text.isdecimal() and 1 <= int(text[:3]) <= len(texts):
        return texts[int(text[:3]) - 1]
    return next((each for each in texts if _plain(each) == _plain(text)), text)


def _does(answer: str, question: Question) -> bool:
    """Whether an answer is something that code would do, and no decision about the work."""
    return question.kind != "decision" and any(answer == option.text for option in question.options)


def reworded(question: Question, word: LeadWord) -> Question:
    """The question in the lead's words and with its options, as far as it gave any; what it is known by stays.

    Where the options are what code does next, they stay as they are.
    """
    told = replace(question, text=word.question or question.text)
    if question.kind != "decision":
        pass
    elif 1 < len(word.options) <= MOST_OPTIONS and _keeps_default(question, word):
        told = replace(told, options=word.options, recommended=word.recommended)
    elif word.recommended is not None and word.recommended < len(question.options):
        told = replace(told, recommended=word.recommended)
    return replace(told, why=_joined(told.why, word.why)) if word.why else told


def _joined(why: str, lead: str) -> str:
    end = "" if not why or why.endswith((".", "?", "!")) else "."
    return f"{why}{end} Its lead: {lead}".strip()


def _keeps_default(question: Question, word: LeadWord) -> bool:
    """A default that is one of the options stays one."""
    texts = {option.text for option in question.options}
    return question.default not in texts or question.default in {option.text for option in word.options}


def alike(question: Question, others: Iterable[Question]) -> Question | None:
    """The first of others that asks the same in nearly the same words: same requirements, same options.

    What its own task may own, only the task itself asks.
    """
    return next((each for each in others if _same(question, each)), None)


_ALIKE = 0.7
"""Share of common words from which two wordings are one; half of them is what two questions of one kind share."""
_ENOUGH = 4
_EMPTY = frozenset(
    _WORD.findall(
        "a an the of to in on at for and or is are be should shall must will would do does did it its this that which "
        "what how we i you there with as by from if when"
    )
)
_OPPOSITES = frozenset({"not", "no", "never", "without", "none", "before", "after", "min", "max", "first", "last"})


def _same(one: Question, other: Question) -> bool:
    if one.kind != "decision" or other.kind != "decision" or {*one.requirements} != {*other.requirements}:
        return False
    if {(_plain(each.text), each.paths) for each in one.options} != {
        (_plain(each.text), each.paths) for each in other.options
    }:
        return False
    if one.may_widen and one.task != other.task:
        return False
    words, others = _content(one.text), _content(other.text)
    if len(words) < _ENOUGH or len(others) < _ENOUGH or _telling(one.text) != _telling(other.text):
        return False
    return len(words & others) >= _ALIKE * len(words | others)


def _content(text: str) -> frozenset[str]:
    """The words of a question that say what it is about, without their plural."""
    words = (word for word in _WORD.findall(text.casefold()) if word not in _EMPTY)
    return frozenset(word.removesuffix("s") if len(word) > _ENOUGH else word for word in words)


def _telling(text: str) -> frozenset[str]:
    """Numbers, names in code and words that turn a sentence round: two questions that differ in one are two."""
    words = {word for word in _WORD.findall(text.casefold()) if word in _OPPOSITES or any(map(str.isdigit, word))}
    return frozenset(words | {*re.findall(r"`[^`]+`", text)})


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[`*_\"“”]", "", text).split()).casefold().rstrip(" .?!:")
