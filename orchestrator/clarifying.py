"""What is asked before anything is planned: what the author left open, and what readers of the spec disagree about."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from .nouns.earlier import Earlier
from .nouns.events import Chosen, Noted, QuestionAnswered, QuestionAsked
from .nouns.plan import SpecView
from .nouns.questions import Question
from .nouns.runs import RunSettings
from .ports import Store
from .rules import asking
from .rules.assumptions import standing_answers
from .rules.autonomy import autonomy_of
from .rules.probe_batch import Batch, as_decision, batch
from .rules.probing import Assumption, Prober
from .rules.revision import untouched
from .run_view import earlier_of

PROBED = "probed"
"""The choice that names the blob of what the probe asks and assumes."""
ASSUMED_BY = "policy:assumption"
DECIDED_BY = "policy:earlier run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarifying:
    """Asks all of it in two batches: the author's own questions, and then the probe's, which knows their answers.

    What an earlier run had decided holds, and where an edit has touched nothing, nothing is probed.
    """

    spec: SpecView
    store: Store
    settings: RunSettings
    prober: Prober | None
    """None where nothing is probed."""
    most: int
    """Questions that the probe may ask."""

    async def open_question(self) -> str | None:
        """The key of a question that work has to wait for; None once there is none.

        Raises what the prober raises: the errors of models, BudgetReached and Draining.
        """
        if waiting := self._put(self.spec.questions):
            return waiting
        earlier = earlier_of(self.store)
        if earlier is not None:
            self._inherit(earlier)
            if untouched(earlier) is not None:
                return None
        probed = await self._probed()
        for assumption in probed.assumptions:
            self._assume(assumption)
        return self._put(probed.questions)

    def decisions(self) -> tuple[tuple[str, str], ...]:
        """Questions that are answered, and their answers."""
        return tuple(
            (asked.question.text, asked.answer)
            for asked in standing_answers(self.store.questions())
            if asked.question.kind == "decision" and asked.answer is not None
        )

    async def _probed(self) -> Batch:
        blob = self.store.choice(PROBED)
        if blob is not None:
            return msgspec.json.decode(self.store.blob(blob), type=Batch)
        if self.prober is None or self.most == 0:
            return Batch(questions=(), assumptions=())
        found = await self.prober.probe(self.spec, decisions=self.decisions())
        result = batch(found, spec=self.spec, most=self.most)
        known = self._known()
        fresh = tuple(question for question in result.questions if question.text not in known)
        result = replace(result, questions=fresh)
        troubles = [Noted(text=f"probing was cut short: {each.trouble}") for each in found if each.trouble]
        blob = self.store.put_blob(msgspec.json.encode(result).decode())
        self.store.append(*troubles, Chosen(key=PROBED, value=blob), author="prober")
        return result

    def _put(self, questions: Sequence[Question]) -> str | None:
        """Ask them all, let policy answer what it may, and name the first that still waits."""
        known = self._known()
        autonomy = autonomy_of("", hands=self.store.hands(), settings=self.settings)
        for question in questions:
            self.store.append(QuestionAsked(question=question), author="planner")
            before = known.get(question.text)
            reply = before or asking.policy_answer(question, autonomy)
            author = DECIDED_BY if before else "policy:autonomy"
            if reply is not None and not self._answered(question.key):
                self.store.append(QuestionAnswered(key=question.key, answer=reply), author=author)
        return next((question.key for question in questions if not self._answered(question.key)), None)

    def _known(self) -> dict[str, str]:
        """What an earlier run had decided, by the words of the question."""
        earlier = earlier_of(self.store)
        return {each.question: each.answer for each in earlier.decided} if earlier is not None else {}

    def _inherit(self, earlier: Earlier) -> None:
        """Enter what an earlier run had decided as questions that are answered, so that whoever it concerns is told."""
        asked = {question.text for question in self.spec.questions}
        for each in earlier.decided:
            if each.question in asked:
                continue
            words = f"{each.question}|{each.answer}"
            question = Question(
                key=f"decided:{hashlib.sha256(words.encode()).hexdigest()[:16]}",
                kind="decision",
                text=each.question,
                default=each.answer,
                asked_by="an earlier run",
                requirements=each.requirements,
            )
            if not self._answered(question.key):
                self.store.append(QuestionAsked(question=question), author="driver")
                self.store.append(QuestionAnswered(key=question.key, answer=each.answer), author=DECIDED_BY)

    def _assume(self, assumption: Assumption) -> None:
        """Enter what is taken for granted as a question that was never open, so that whoever it concerns is told."""
        words = f"{assumption.text}|{','.join(assumption.requirements)}"
        text, answer = as_decision(assumption)
        question = Question(
            key=f"assumed:{hashlib.sha256(words.encode()).hexdigest()[:16]}",
            kind="decision",
            text=text,
            default=answer,
            asked_by="prober",
            requirements=assumption.requirements,
            evidence=assumption.evidence,
        )
        if not self._answered(question.key):
            self.store.append(QuestionAsked(question=question), author="prober")
            self.store.append(QuestionAnswered(key=question.key, answer=answer), author=ASSUMED_BY)

    def _answered(self, key: str) -> bool:
        asked = self.store.question(key)
        return asked is not None and asked.answer is not None
