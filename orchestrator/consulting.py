"""Takes a worker's question where it belongs: to one that is asked already, to its lead, to a policy, to a person.

One call of the lead at most for a question, whoever raises it how often. Which worker's words the lead was given, and
which decisions it knew, only timing decides, so that is a choice; a replay obeys it. A lead that cannot be reached
passes the question on.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .brake import Brake
from .errors import AgentctlError, DiskFull
from .faults import reach
from .hands import Obeying
from .nouns.events import Chosen, Fact, Heard, Noted, QuestionAnswered, QuestionAsked
from .nouns.keys import RECORDED, AttemptKey
from .nouns.questions import Asked, Autonomy, Question
from .nouns.runs import RunSettings
from .ports import Clock, Consulted, Inquiry, Store
from .rules import asking
from .rules.assumptions import latest
from .rules.autonomy import autonomy_of
from .rules.quoting import LEAD, Weighed, alike, weigh
from .rules.ranking import ALIKE
from .run_view import RunView
from .slots import Slots

CONSULT = "consult:"
"""Prefix of the choices that say of a question whose words its lead was given, and which decisions it knew."""
BY_AUTONOMY = "policy:autonomy"
BY_DEADLINE = "policy:deadline"
LOOK = 0.1
"""Seconds between looks at what a recording says has to come first."""


@dataclass(slots=True, kw_only=True)
class Consulting:
    """The questions of one run's workers."""

    store: Store
    view: RunView
    clock: Clock
    brake: Brake
    slots: Slots
    hands: Obeying
    settings: RunSettings
    lead: Consulted | None = None
    """Sees questions first; None where nobody does."""
    _turns: dict[tuple[str, ...], asyncio.Lock] = field(default_factory=dict)

    async def settle(self, key: AttemptKey, raised: str, *, turn: int) -> str:
        """The key of the question that an attempt waits for; it has been asked when this returns, or answered."""
        mine = self._raised(key, raised)
        if self._is_for_lead(mine) and self.store.question(raised) is None:
            await self.hands.unpaused(key)
        async with self._turns.setdefault(tuple(sorted(mine.requirements)), asyncio.Lock()):
            if self.store.question(raised) is None:
                if (other := await self._same_as(mine)) is not None:
                    return other
                await self._put(key, mine, await self._first(key, mine, turn))
        self._by_policy(key, raised)
        return raised

    def heard(self, key: AttemptKey, question: str) -> tuple[Asked | None, tuple[Fact, ...]]:
        """The answer as it stands, a person's word against an earlier one included, and that this attempt knows it."""
        asked = self.store.question(latest(question, self.store.questions()))
        if asked is None or asked.answer is None or asked.question.kind != "decision":
            return asked, ()
        return asked, (Heard(key=key, question=asked.question.key),)

    def _raised(self, key: AttemptKey, question: str) -> Question:
        for fact in self.store.raised():
            if (fact.key, fact.question.key) == (key, question):
                return fact.question
        raise LookupError(f"attempt {key} waits for a question {question} that it has not raised")

    async def _same_as(self, mine: Question) -> str | None:
        """Another question whose answer serves for this one."""
        name = f"{ALIKE}{mine.key}"
        known = self.store.choice(name)
        if known is None and self.settings.replay is not None:
            known = self.store.choice(f"{RECORDED}{name}")
            while known is not None and self.store.question(known) is None:
                await self._wait()
        elif known is None:
            asked = (each.question for each in self.store.questions() if not each.question.replaces)
            other = alike(mine, asked)
            known = other.key if other is not None else None
        if known is not None:
            self.store.append(Chosen(key=name, value=known), author="driver")
        return known

    async def _first(self, key: AttemptKey, mine: Question, turn: int) -> Inquiry | None:
        """What the lead is asked: in the words of whoever raised it first, when it was recorded or now."""
        if not self._is_for_lead(mine):
            return None
        name = f"{CONSULT}{mine.key}"
        chosen = self.store.choice(name) or self.store.choice(f"{RECORDED}{name}")
        if chosen is None:
            known = [each.question.key for each in self._decided()]
            chosen = " ".join((f"{key}@{turn}", *known))
        first, *decisions = chosen.split()
        asker, _, number = first.partition("@")
        words = await self._words_of(AttemptKey.parse(asker), mine)
        while not all(self._answered(each) for each in decisions):
            await self._wait()
        self.store.append(Chosen(key=name, value=chosen), author="driver")
        return Inquiry(
            key=AttemptKey.parse(asker),
            turn=int(number),
            question=words,
            task=self.view.plan.task(key.task),
            spec=self.view.job(key).spec,
            decisions=tuple(self._told(decisions)),
            contract=self.view.job(key).contract,
        )

    def _is_for_lead(self, mine: Question) -> bool:
        """What a task owns no lead decides, nor puts in other words."""
        asks = self.lead is not None and self.settings.lead_answers and not self.view.spec.small
        return asks and not mine.may_widen

    async def _words_of(self, asker: AttemptKey, mine: Question) -> Question:
        """The question as ``asker`` raised it, who may have yet to come to it in a replay."""
        while True:
            for fact in self.store.raised():
                if fact.key == asker and fact.question.key == mine.key:
                    return fact.question
            attempt = self.store.attempt(asker)
            if attempt is not None and attempt.over:
                return mine
            await self._wait()

    async def _put(self, key: AttemptKey, mine: Question, inquiry: Inquiry | None) -> None:
        """Enter the question, with the lead's answer or in its words, in one append."""
        weighed = await self._of_lead(key, inquiry) if inquiry is not None else Weighed(question=mine)
        question = self._with_wait(weighed.question)
        facts: list[Fact] = [QuestionAsked(question=question)]
        if weighed.answer is not None:
            facts.append(QuestionAnswered(key=question.key, answer=weighed.answer))
        self.store.append(*facts, author=LEAD if weighed.answer is not None else "worker")
        reach("question.asked")

    async def _of_lead(self, key: AttemptKey, inquiry: Inquiry) -> Weighed:
        name = f"consulting {inquiry.question.key}"
        try:
            if self.lead is None:
                return Weighed(question=inquiry.question)
            await self.hands.go(key, slots=self.slots, priority=self.view.priorities()[inquiry.task.id], name=name)
            self.brake.check()
            word = await self.lead.consider(inquiry)
        except DiskFull:
            raise
        except AgentctlError as trouble:
            first = (str(trouble).splitlines() or [type(trouble).__name__])[0]
            text = f"a question of {inquiry.key} goes to you at once: its lead gave no answer that can be used: {first}"
            self.store.append(Noted(text=text), author="driver")
            return Weighed(question=inquiry.question)
        finally:
            self.slots.give(name)
        return weigh(inquiry.question, word, spec=inquiry.spec, decisions=inquiry.decisions)

    def _with_wait(self, question: Question) -> Question:
        """Its default waits for a person, where the settings give them time."""
        minutes = self.settings.wait_minutes
        waits = question.default is not None and minutes > 0 and self._autonomy(question) == "ask-blocking"
        return replace(question, wait=60.0 * minutes) if waits else question

    def _by_policy(self, key: AttemptKey, name: str) -> None:
        """What is answered without a person, is answered now."""
        asked = self.store.question(name)
        if asked is None or asked.answer is not None or asked.question.wait:
            return
        reply = asking.policy_answer(asked.question, self._autonomy(asked.question, key))
        if reply is not None:
            self.store.append(QuestionAnswered(key=name, answer=reply), author=BY_AUTONOMY)

    def _autonomy(self, question: Question, key: AttemptKey | None = None) -> Autonomy:
        task = key.task if key is not None else question.asked_by.partition(":")[0]
        team = next((each.team for each in self.view.plan.tasks if each.id == task), "")
        return autonomy_of(team, hands=self.store.hands(), settings=self.settings)

    def _decided(self) -> Iterator[Asked]:
        """What is decided, for whichever requirement: a lead answers for all of the spec."""
        asked = self.store.questions()
        gone = {each.question.replaces for each in asked if each.answer is not None}
        for each in asked:
            if each.answer is not None and each.question.kind == "decision" and each.question.key not in gone:
                yield each

    def _told(self, keys: list[str]) -> Iterator[tuple[str, str]]:
        for key in keys:
            asked = self.store.question(key)
            if asked is not None and asked.answer is not None:
                yield asked.question.text, asked.answer

    def _answered(self, key: str) -> bool:
        asked = self.store.question(key)
        return asked is not None and asked.answer is not None

    async def _wait(self) -> None:
        self.brake.check()
        await self.clock.sleep(LOOK)


def take_overdue(store: Store, *, now: float) -> None:
    """Answer the questions whose default nobody has spoken against in time."""
    for asked in store.questions(only_open=True):
        question = asked.question
        if question.wait and question.default is not None and now >= asked.at + question.wait:
            store.append(QuestionAnswered(key=question.key, answer=question.default), author=BY_DEADLINE)
