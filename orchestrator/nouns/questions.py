"""Interrupts for a person, and their replies; both outlive the process."""

from dataclasses import dataclass
from typing import Literal

QuestionKind = Literal["plan", "decision", "budget", "escalation", "policy"]
Autonomy = Literal["ask-always", "ask-blocking", "never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer that may be chosen by its number, and what follows from it."""

    text: str
    consequence: str = ""
    paths: tuple[str, ...] = ()
    """Files that the asker's task would own as well; only a person's word for this option gives them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What only a person can decide. ``key`` names what is asked, so that asking twice is asking once.

    Nobody answering means waiting, unless the asker declared ``default``, a reversible answer with which work goes on.
    """

    key: str
    kind: QuestionKind
    text: str
    why: str = ""
    options: tuple[Option, ...] = ()
    recommended: int | None = None
    """Index into ``options``."""
    default: str | None = None
    asked_by: str = ""
    """An attempt (``T2:1``) or a role (``planner``)."""
    requirements: tuple[str, ...] = ()
    evidence: str = ""
    wait: float = 0.0
    """Seconds that a person has to answer before ``default`` is taken; 0 where it is taken at once."""
    replaces: str = ""
    """The key of the question whose answer, a default's or a lead's, a person overrules with this one's."""

    @property
    def task(self) -> str:
        """The task whose attempt asked; of any other asker, what it is called."""
        return self.asked_by.partition(":")[0]

    @property
    def may_widen(self) -> bool:
        """Whether an answer can change what the asker's task owns."""
        return any(option.paths for option in self.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as it stands in the inbox."""

    id: str
    """``Q1``, ``Q2``, ... in the order of asking."""
    question: Question
    at: float
    answer: str | None = None
    answered_by: str | None = None
    answered_at: float | None = None
