"""Does again what was built on an answer that a person has overruled: the facts, and the order of things for a replay.

An attempt that is not over ends and the same rung begins again, on the decisions as they are then. What has landed is
not taken back: a task more, which builds on it, brings it in line, so that nothing lands twice and every tip was
judged. What a lead locked on the old answer binds neither of them. Patches that wait in the queue are let land first.
When a person spoke only timing knows; each step is a choice that says how far the others were, and a replay takes the
same step where those have come as far.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from .brake import Brake
from .nouns.events import (
    AttemptEnded,
    Chosen,
    Fact,
    PlanApproved,
    Planned,
    QuestionAnswered,
    QuestionAsked,
    TaskMoved,
    Unlocked,
)
from .nouns.keys import RECORDED, AttemptKey
from .nouns.plan import LockedTest, Task
from .nouns.questions import Asked, Question
from .nouns.runs import AttemptStatus
from .ports import Clock, Store
from .racing import is_to_win
from .rules.assumptions import given, latest, replaced, stale, with_follow_ups
from .rules.estimate import unasked
from .rules.turns import finished
from .rules.unlocking import freed_by, unlocked
from .rules.widening import widens
from .run_view import RunView

REOPENED = "reopened:"
"""Prefix of the choices that hold the steps, numbered from 1."""
LEFT_AT = "left:"
"""Prefix of the choices that say how many turns an attempt had finished when it ended over an answer."""
FOLLOWED = "followed:"
"""Prefix of the choices that name the task that follows a landed one, by that task and the new question."""
LOOK = 0.1
BY = "policy:overruled"
REASON = "a person overruled an answer that this was built on"


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A person's word against an answer, as a replay needs it."""

    question: Question
    answer: str
    author: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done again: an attempt ended after so many turns, or tasks that follow landed ones."""

    words: tuple[Word, ...]
    """What had been overruled by then."""
    attempt: str = ""
    turns: int = 0
    follow: dict[str, str] = {}
    """Task id to the key of the question that holds now."""
    held: tuple[str, ...] = ()
    """Tasks that had not begun, and wait for those that follow."""
    told: dict[str, tuple[str, ...]] = {}
    """Where nothing is done again: the attempts that had been given what was overruled, and the keys of that."""


@dataclass(slots=True, kw_only=True)
class Reopening:
    """What becomes of a run's work when a person overrules an answer."""

    store: Store
    view: RunView
    clock: Clock
    brake: Brake
    _seen: int = -1
    _steps: int = 0
    _ending: set[AttemptKey] = field(default_factory=set)

    def begin(self) -> tuple[AttemptKey, ...]:
        """Take every step that is due, and name the attempts that the scheduler has to end now."""
        if self.store.run().settings.replay is not None:
            self._obey()
        elif self._seen != (version := self.store.version()):
            self._seen = version
            if gone := replaced(self.store.questions()):
                self._note_stale(gone)
                self._follow(gone)
                self._note_words(gone)
        return tuple(key for key in self._to_end() if key not in self._ending)

    def ending(self, key: AttemptKey) -> None:
        """The scheduler ends that attempt: it is not named again by this process."""
        self._ending.add(key)

    async def ended(self, key: AttemptKey) -> None:
        """Say that an attempt is over, once its thread is; the same rung begins again."""
        self.store.append(
            AttemptEnded(key=key, state="failed", reason=REASON, clash=True),
            TaskMoved(task=key.task, state="blocked", reason=REASON),
            author="driver",
        )

    def unlocked(self, task: str, known: Iterable[str]) -> tuple[Unlocked, ...]:
        """What was locked to a task on answers that the questions of these keys have overruled."""
        contracts = self.store.contracts()
        if not contracts:
            return ()
        questions, events = self.store.questions(), self.store.events()
        ids = {each.id for each in self.view.spec.requirements}
        return unlocked(task, known, requirements=ids, contracts=contracts, questions=questions, events=events)

    def held_back(self, key: AttemptKey, turn: int) -> bool:
        """Whether this attempt came no further when it was recorded."""
        recorded = self.store.choice(f"{RECORDED}{LEFT_AT}{key}")
        return recorded is not None and turn >= int(recorded)

    def ends(self, key: AttemptKey) -> bool:
        """Whether a step ends this attempt, or did when it was recorded and it has come as far."""
        recorded = self.store.choice(f"{RECORDED}{LEFT_AT}{key}")
        if recorded is not None and finished(self.store.events()).get(key, 0) >= int(recorded):
            return True
        return self.store.choice(f"{LEFT_AT}{key}") is not None

    async def end_of(self, key: AttemptKey) -> None:
        """Wait to be ended; whoever waits gives its slot back before."""
        while (attempt := self.store.attempt(key)) is not None and not attempt.over:
            self.brake.check()
            await self.clock.sleep(LOOK)

    def _to_end(self) -> list[AttemptKey]:
        """Attempts that are not over and of which a step says that they end."""
        if not self.store.choice(f"{REOPENED}1"):
            return []
        going = (each.key for each in self._wanted() if not each.over)
        return [key for key in going if self.store.choice(f"{LEFT_AT}{key}") is not None]

    def _wanted(self) -> list[AttemptStatus]:
        """The attempts at tasks that were not left out: nothing of those is done again."""
        dropped = {status.task.id for status in self.store.tasks() if status.state == "dropped"}
        return [each for each in self.store.attempts() if each.key.task not in dropped]

    def _note_stale(self, gone: Mapping[str, str]) -> None:
        knows = given(self.store.attempts(), self.store.events())
        turns = finished(self.store.events())
        for each in stale(self._wanted(), knows, gone):
            if self.store.choice(f"{LEFT_AT}{each.key}") is None:
                step = Step(words=self._words(gone), attempt=str(each.key), turns=turns.get(each.key, 0))
                self._take(step)

    def _follow(self, gone: Mapping[str, str]) -> None:
        """A task more for each landed one that was given an answer that holds no more, and has none yet."""
        knows = given(self.store.attempts(), self.store.events())
        questions = self.store.questions()
        follow: dict[str, str] = {}
        for landing in self.store.landings():
            for old in sorted(knows.get(landing.key, frozenset()) & gone.keys()):
                if not self._is_followed(landing.key.task, old, gone):
                    follow[landing.key.task] = latest(old, questions)
        if follow:
            self._take(Step(words=self._words(gone), follow=follow, held=self._waiting_on(follow)))

    def _note_words(self, gone: Mapping[str, str]) -> None:
        """A step for what nobody has to do again, so that a replay hears of it after whoever was told otherwise."""
        last = self.store.choice(f"{REOPENED}{self._next() - 1}")
        known = {word.question.key for word in msgspec.json.decode(last, type=Step).words} if last else set()
        if known.issuperset(gone.values()):
            return
        knows = given(self.store.attempts(), self.store.events())
        told = {str(key): tuple(sorted(keys & gone.keys())) for key, keys in knows.items() if keys & gone.keys()}
        self._take(Step(words=self._words(gone), told=told))

    def _is_followed(self, task: str, old: str, gone: Mapping[str, str]) -> bool:
        key = old
        while key in gone:
            key = gone[key]
            if self.store.choice(f"{FOLLOWED}{task}:{key}") is not None:
                return True
        return False

    def _waiting_on(self, follow: Mapping[str, str]) -> tuple[str, ...]:
        """Tasks that build on those and have not begun: they build on what is in line."""
        going = [each.key for each in self.store.attempts() if each.state != "failed"]
        begun = {key.task for key in going if self.store.choice(f"{LEFT_AT}{key}") is None}
        fresh = [s.task.id for s in self.store.tasks() if s.task.id not in begun and not s.over]
        return tuple(task for task in fresh if not follow.keys().isdisjoint(self.view.closure(task)))

    def _take(self, step: Step) -> None:
        """Take one step in one append; what the scheduler has to do about it follows from the tables."""
        number = self._next()
        facts: list[Fact] = [Chosen(key=f"{REOPENED}{number}", value=msgspec.json.encode(step).decode())]
        if step.attempt:
            facts.append(Chosen(key=f"{LEFT_AT}{step.attempt}", value=str(step.turns)))
        if step.follow:
            facts += self._follow_facts(step)
        self.store.append(*facts, author=BY)
        self._seen = -1

    def _follow_facts(self, step: Step) -> list[Fact]:
        plan = self.store.plan()
        if plan is None:
            raise LookupError("work is to be done again, and there is no plan")
        asked = {task: self._asked(key) for task, key in step.follow.items()}
        free = [fact for task, key in step.follow.items() for fact in self.unlocked(task, [key])]
        tests = freed_by(free, self.store.contracts())
        owned = {
            task: (*self.view.owned(task), *widens(each, task), *_concerning(plan.task(task), tests))
            for task, each in asked.items()
        }
        more, names = with_follow_ups(plan, {task: each.question for task, each in asked.items()}, owned=owned)
        states = {status.task.id: status.state for status in self.store.tasks()}
        facts: list[Fact] = [
            Chosen(key=f"{FOLLOWED}{task}:{step.follow[task]}", value=new) for task, new in names.items()
        ]
        facts += free
        facts += [Planned(plan=more, estimate=unasked(more)), PlanApproved()]
        for task in step.held:
            before = tuple(new for old, new in names.items() if old in self.view.closure(task))
            facts.append(TaskMoved(task=task, state=states[task], needs=before))
        return facts

    def _obey(self) -> None:
        """In a replay: take the recorded steps, in their order, each where the work has come as far as it had."""
        while (said := self.store.choice(f"{RECORDED}{REOPENED}{self._next()}")) is not None:
            step = msgspec.json.decode(said, type=Step)
            if not self._is_due(step):
                return
            for word in step.words:
                if self.store.question(word.question.key) is None:
                    facts = (
                        QuestionAsked(question=word.question),
                        QuestionAnswered(key=word.question.key, answer=word.answer),
                    )
                    self.store.append(*facts, author=word.author)
            self._take(step)

    def _is_due(self, step: Step) -> bool:
        if step.attempt:
            key = AttemptKey.parse(step.attempt)
            begun = self.store.attempt(key) is not None and not is_to_win(self.store, key)
            return begun and finished(self.store.events()).get(key, 0) >= step.turns
        if step.told:
            knows = given(self.store.attempts(), self.store.events())
            heard = {str(key): keys for key, keys in knows.items()}
            return all(heard.get(key, frozenset()).issuperset(keys) for key, keys in step.told.items())
        landed = {landing.key.task for landing in self.store.landings()}
        return landed.issuperset(step.follow)

    def _next(self) -> int:
        while self.store.choice(f"{REOPENED}{self._steps + 1}") is not None:
            self._steps += 1
        return self._steps + 1

    def _words(self, gone: Mapping[str, str]) -> tuple[Word, ...]:
        return tuple(
            Word(question=each.question, answer=each.answer, author=each.answered_by or "person")
            for each in self.store.questions()
            if each.question.key in gone.values() and each.answer is not None
        )

    def _asked(self, key: str) -> Asked:
        asked = self.store.question(key)
        if asked is None:
            raise LookupError(f"work is to be done again over a question {key} that nobody asked")
        return asked


def _concerning(task: Task, tests: Iterable[LockedTest]) -> tuple[str, ...]:
    """The paths of tests that are no longer locked, for whoever follows this task to bring in line."""
    return tuple(test.path for test in tests if not set(test.requirements).isdisjoint(task.requirements))
