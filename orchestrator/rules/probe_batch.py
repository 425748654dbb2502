"""What a probe asks of a person, in one ranked batch, what is assumed instead, and what the spec then says. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...specs.proposals import Statement, propose
from ..nouns.plan import SpecView
from ..nouns.questions import Question
from .probe_clusters import dependents
from .probe_verdicts import ASKED_BY
from .probing import Assumption, Probed, Raised

MOST_QUESTIONS = 5
"""In one batch, unless a person says otherwise: more are not read."""

_ATTEMPT = re.compile(r"[^\s:]+:\d+(?::\d+)?")
_ALIKE = 0.6
"""Share of common words from which two questions about the same items are one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """All that is asked before work starts, the most urgent first, and all that is assumed instead."""

    questions: tuple[Question, ...]
    assumptions: tuple[Assumption, ...]


def batch(found: Sequence[Probed], *, spec: SpecView, most: int = MOST_QUESTIONS) -> Batch:
    """One batch of all clusters, ranked by divergence x dependent requirements x irreversibility.

    Of two questions that are nearly the same the higher one is asked. What does not fit under ``most`` is assumed as
    recommended, or as most readers predict.
    """
    ranked = sorted(
        (each for probed in found for each in probed.raised),
        key=lambda each: (-_rank(each, spec), each.question.key),
    )
    chosen: list[Raised] = []
    for each in ranked:
        if not any(_alike(each.question, other.question) for other in chosen):
            chosen.append(each)
    beyond = [_instead(each.question) for each in chosen[most:]]
    assumed = [assumption for probed in found for assumption in probed.assumptions]
    return Batch(
        questions=tuple(each.question for each in chosen[:most]),
        assumptions=tuple(dict.fromkeys([*assumed, *beyond])),
    )


def as_decision(assumption: Assumption) -> tuple[str, str]:
    """An assumption as planners and workers are told what was decided: what it is about, and what holds."""
    about = f" about {', '.join(assumption.requirements)}" if assumption.requirements else ""
    return f"What the spec leaves open{about}", assumption.text


def statement(question: Question, answer: str) -> Statement:
    """What an answer says, as a sentence for the spec: the option itself, or the question with the person's words.

    An option may be named by its number, from 1, or by its text.
    """
    said = answer.strip()
    texts = [option.text for option in question.options]
    if said.isdecimal() and 1 <= int(said) <= len(texts):
        said = texts[int(said) - 1]
    if said not in texts:
        said = f"{question.text} {said}"
    return Statement(text=said, requirements=question.requirements)


def proposal(text: str, *, answered: Sequence[tuple[Question, str]], assumed: Sequence[Assumption]) -> str:
    """The spec with what was answered and what is assumed; raises ProposalRefused where it cannot take them in.

    Questions of the spec's own are left out: they stand there already, and their author writes the answer.
    """
    return propose(
        text,
        answers=[statement(question, answer) for question, answer in answered if _is_new(question)],
        assumptions=[Statement(text=each.text, requirements=each.requirements) for each in assumed],
    )


def _is_new(question: Question) -> bool:
    """Asked by the probe or by a worker: the spec's own questions and those about plans and money say nothing new."""
    by_worker = question.kind == "decision" and _ATTEMPT.fullmatch(question.asked_by) is not None
    return by_worker or question.asked_by == ASKED_BY


def _rank(raised: Raised, spec: SpecView) -> float:
    return raised.divergence * max(1, dependents(spec, raised.question.requirements)) * raised.weight


def _instead(question: Question) -> Assumption:
    """What is assumed where a question is not asked; its options are sentences that could stand in the spec."""
    if question.recommended is None:
        text = f"{question.text} The most conventional behaviour is taken."
    else:
        text = question.options[question.recommended].text
    return Assumption(text=text, requirements=question.requirements, evidence=f"{question.text} {question.evidence}")


def _alike(one: Question, other: Question) -> bool:
    if one.key == other.key:
        return True
    if one.requirements and other.requirements and not {*one.requirements} & {*other.requirements}:
        return False
    words, others = (frozenset(re.findall(r"\w+", each.text.casefold())) for each in (one, other))
    return bool(words) and len(words & others) >= _ALIKE * len(words | others)
