"""What stops a worker that only a person can clear away: a budget that is used up, a model that cannot be reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from . import faults
from .errors import AgentctlError, BudgetReached
from .nouns.events import BudgetRaised, Chosen, Fact, QuestionAnswered, QuestionAsked, RolloutMoved, TaskMoved
from .nouns.hand_facts import CancelAsked
from .nouns.keys import AttemptKey
from .nouns.questions import Question
from .ports import Store
from .rules import asking


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacles:
    """The questions that one run's workers meet and did not raise."""

    store: Store

    def question(self, met: AgentctlError) -> Question:
        """What a person is asked about it; every task that meets the same is told the same answer."""
        if isinstance(met, BudgetReached):
            number = sum(1 for asked in self.store.questions() if asked.question.kind == "budget" and asked.answer)
            return asking.budget_question(message=str(met), missing_usd=met.missing_usd, number=number)
        cause = type(met).__name__
        prefix = f"trouble:{cause}:"
        number = sum(1 for asked in self.store.questions() if asked.question.key.startswith(prefix) and asked.answer)
        return asking.trouble_question(cause=cause, message=str(met), number=number)

    def ask(self, key: AttemptKey, question: Question) -> None:
        """Put a question where it outlives this process, and let an attempt wait for its answer."""
        facts: Sequence[Fact] = (QuestionAsked(question=question), moved(key, "parked"))
        self.store.append(*facts, author="worker")
        reply = asking.policy_answer(question, self.store.run().settings.autonomy)
        if reply is not None:
            self.store.append(QuestionAnswered(key=question.key, answer=reply), author="policy:autonomy")
        faults.reach("question.asked")

    def obey_once(self, question: str, answer: str) -> None:
        """Do what a budget answer says; the question is shared by every task that met the cap.

        After an answer that says nothing clear the task meets the cap again, and the next question is asked.
        """
        done = f"obeyed:{question}"
        if self.store.choice(done) is not None:
            return
        facts: list[Fact] = [Chosen(key=done, value=answer)]
        reply = asking.read_budget_answer(answer)
        if reply.kind == "stop":
            facts.append(CancelAsked())
        elif reply.kind == "raise":
            facts.append(BudgetRaised(usd=reply.usd))
        self.store.append(*facts, author="driver")


def moved(key: AttemptKey, state: Literal["working", "parked"]) -> Fact:
    """That an attempt waits for a person, or goes on; of several rollouts each for itself."""
    return RolloutMoved(key=key, state=state) if key.rollout else TaskMoved(task=key.task, state=state)
