"""A task whose patches clash again and again: its lead is asked what holds, and then a person, each with both sides.

Which time it is, is read from the tables, so that a process that was killed between the clash and the question asks it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .clashing import has_clashed
from .consulting import Consulting
from .nouns.events import Chosen, Fact, QuestionAsked, QuestionRaised, TaskMoved
from .nouns.keys import RECORDED, AttemptKey
from .nouns.questions import Question
from .nouns.runs import AttemptStatus
from .ports import Store
from .rules.asking import TAKE, clash_key, clash_question
from .rules.clashes import CLASH, whose_turn
from .rules.quoting import LEAD
from .rules.turns import finished
from .run_view import RunView

DISPUTE = "dispute:"
"""Prefix of the choices that say that somebody was asked about an attempt's clash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputes:
    """The clashes of one run that its tasks do not settle by themselves."""

    store: Store
    view: RunView
    consulting: Consulting

    def due(self, attempts: Sequence[AttemptStatus]) -> AttemptKey | None:
        """The attempt whose clash somebody else has to decide before its task goes on, and was not asked about."""
        clashed = [each.key for each in attempts if has_clashed(self.view, each.key)]
        last = clashed[-1] if clashed and clashed[-1].attempt == attempts[-1].key.attempt else None
        if last is None or whose_turn(len(clashed)) == "task" or not self._may_ask(last):
            return None
        return last if self.store.question(clash_key(last.task, last.attempt)) is None else None

    def _may_ask(self, key: AttemptKey) -> bool:
        """A replay asks what was asked when it was recorded, and not where a hand came first."""
        replays = self.store.run().settings.replay is not None
        return not replays or self.store.choice(f"{RECORDED}{DISPUTE}{key}") is not None

    async def ask(self, key: AttemptKey) -> None:
        """Ask the lead, or at once a person where the lead was asked before."""
        times = sum(has_clashed(self.view, each.key) for each in self.store.attempts(key.task))
        question = self._question(key, times)
        parked, asked = TaskMoved(task=key.task, state="parked"), Chosen(key=f"{DISPUTE}{key}", value=question.key)
        if whose_turn(times) == "person":
            self.store.append(QuestionAsked(question=question), parked, asked, author="queue")
            return
        if not any((raised.key, raised.question.key) == (key, question.key) for raised in self.store.raised()):
            facts: tuple[Fact, ...] = (QuestionRaised(key=key, question=question), parked, asked)
            self.store.append(*facts, author="queue")
        await self.consulting.settle(key, question.key, turn=finished(self.store.events()).get(key, 0))

    def words(self, task: str) -> str:
        """That a task waits for the person who said that they would take it over; empty where it does not."""
        attempts = self.store.attempts(task)
        said = self.store.question(clash_key(task, attempts[-1].key.attempt)) if attempts else None
        left = said is not None and said.answered_by != LEAD and (said.answer or "").strip().lower() == TAKE
        return f"left to you (`agentctl take {task}`, or `retry`)" if left else ""

    def _question(self, key: AttemptKey, times: int) -> Question:
        task = self.view.plan.task(key.task)
        return clash_question(
            task=task.id,
            title=task.title,
            both=self.store.blob(self.store.choice(f"{CLASH}{key}") or ""),
            attempt=key.attempt,
            times=times,
            requirements=task.requirements,
        )
