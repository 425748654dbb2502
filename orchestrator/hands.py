"""A run under a person's hands, as its driver obeys them: sentences for workers, pauses, tries asked for, tasks taken.

What a hand did is in the tables (nouns.hands); what only timing decided about it is a choice, which a replay obeys:
which turn of an attempt heard a sentence, after how many turns an attempt was ended, which rung came next, and what a
person handed in. So nobody's hand has to be there when a run is replayed.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from .brake import Brake
from .handed import laid, packed, unpacked
from .keeping import Keeping
from .nouns.events import AttemptStarted, Chosen, Fact, Patched, TaskMoved
from .nouns.hands import PERSON, Retry, Submission, Taken
from .nouns.keys import RECORDED, AttemptKey, CallKey
from .nouns.runs import AttemptStatus, TaskStatus
from .ports import Clock, Store
from .racing import is_to_win
from .rules import asking
from .rules.hands import GIVEN, called_back, ended_at, heard_by, heard_in, rung_of, sentences
from .rules.turns import finished
from .slots import Slots

LOOK = 0.1
"""Seconds between looks at whether a pause has ended."""
BY_HAND = "by hand"
"""Stands for the tool call that waits while a person's tree is judged: there is no worker to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obeying:
    """The driver's obedience to the hands on one run."""

    store: Store
    clock: Clock
    brake: Brake
    keeping: Keeping
    waiting: set[AttemptKey] = field(default_factory=set)
    """The attempts of this process that wait for the end of a pause."""

    def hear(self, key: AttemptKey, turn: int) -> None:
        """Let the sentences that are new come with this turn, whose call has not begun."""
        heard = len(self._heard(key))
        facts: list[Fact] = []
        for number, (since, text) in enumerate(self._said(key)[heard:], start=heard + 1):
            if since > turn:
                break
            facts.append(Chosen(key=heard_by(key, number), value=heard_in(turn, text)))
        if facts:
            self.store.append(*facts, author="driver")

    def calls_back(self, key: AttemptKey, turn: int) -> bool:
        """Whether an attempt that is green after this turn goes on, because a sentence came that no turn has heard."""
        name = called_back(key, turn)
        recorded = self.store.choice(f"{RECORDED}{name}") is not None
        goes_on = recorded if self.replays else self.unheard(key) > 0
        if goes_on:
            self.store.append(Chosen(key=name, value=str(turn)), author="driver")
        return goes_on

    def unheard(self, key: AttemptKey) -> int:
        """How many sentences came that no turn of an attempt has heard; of a replay none."""
        return 0 if self.replays else len(self._said(key)) - len(self._heard(key))

    def _said(self, key: AttemptKey) -> tuple[tuple[int, str], ...]:
        """Every sentence for an attempt, and the first turn that may hear it: in a replay the one that did."""
        if self.replays:
            return sentences(_counted(lambda number: self.store.choice(f"{RECORDED}{heard_by(key, number)}")))
        return tuple((0, each.text) for each in self.store.hands().sentences(key.task))

    def _heard(self, key: AttemptKey) -> list[str]:
        return _counted(lambda number: self.store.choice(heard_by(key, number)))

    async def go(self, key: AttemptKey, *, slots: Slots, priority: float, name: str = "") -> None:
        """Hold a slot for a model call that no pause stands in the way of; it is given back while one does.

        ``name`` is what the slot is held under where that is not the attempt. Raises Draining.
        """
        name = name or str(key)
        await slots.take(name, priority=priority)
        while self.store.hands().pause(key.task) is not None:
            slots.give(name)
            await self.unpaused(key)
            await slots.take(name, priority=priority)

    async def unpaused(self, key: AttemptKey) -> None:
        """Wait until nobody pauses this attempt's task; whoever waits gives its slot back before. Raises Draining."""
        if self.store.hands().pause(key.task) is None:
            return
        self.waiting.add(key)
        try:
            while self.store.hands().pause(key.task) is not None:
                self.brake.check()
                await self.clock.sleep(LOOK)
        finally:
            self.waiting.discard(key)

    def may_begin(self, key: AttemptKey) -> bool:
        """Whether a new attempt may begin: nobody has paused it, or it needs no model."""
        hands = self.store.hands()
        return hands.pause(key.task) is None or hands.submission(key.task, key.attempt) is not None

    def lets_begin(self, key: AttemptKey, rung: str) -> bool:
        """Whether an attempt that has waited to begin still may: meanwhile its task may have become a person's."""
        if rung == PERSON or self.replays:
            return True
        return not self.ends(key) and self._rung_for(key) in (None, rung)

    def rung_given(self, key: AttemptKey) -> tuple[Fact, ...]:
        """The choice that says on which rung a hand has this attempt begin; none where the ladder decided."""
        rung = self._rung_for(key)
        return (Chosen(key=rung_of(key.task, key.attempt), value=rung),) if rung else ()

    def ends(self, key: AttemptKey) -> str:
        """Why a person's hand ends this attempt, as a sentence; empty where it does not, or not yet."""
        hands = self.store.hands()
        taken = hands.taken_by(key.task)
        if taken is not None and key.attempt >= taken.attempt:
            return f"{_name(taken.by)} took the task over."
        retry = hands.retry(key.task, key.attempt)
        if retry is not None:
            return f"{_name(retry.by)} asked for another try."
        recorded = self.store.choice(f"{RECORDED}{ended_at(key)}") if self.replays else None
        if recorded is None or is_to_win(self.store, key) or self._turns(key) < int(recorded.partition(" ")[0]):
            return ""
        return recorded.partition(" ")[2]

    def held_at(self, key: AttemptKey, turn: int) -> bool:
        """Whether a replay may go no further here, because a hand ended this attempt when it was recorded."""
        recorded = self.store.choice(f"{RECORDED}{ended_at(key)}") if self.replays else None
        return recorded is not None and turn >= int(recorded.partition(" ")[0])

    async def end_of(self, key: AttemptKey) -> None:
        """Wait until this attempt is over; whoever waits gives its slot back before. Raises Draining."""
        while (attempt := self.store.attempt(key)) is not None and not attempt.over:
            self.brake.check()
            await self.clock.sleep(LOOK)

    async def end(self, key: AttemptKey) -> None:
        """End an attempt whose last tree was kept: the same rung tries again, knowing what it had."""
        why, attempt = self.ends(key) or "A person ended it.", self.store.attempt(key)
        turns = Chosen(key=ended_at(key), value=f"{self._turns(key)} {why}")
        tree = attempt.tree or "" if attempt is not None else ""
        facts = await self.keeping.ended(key, tree, reason=why, clash=True, also=[turns])
        if facts:
            self.store.append(*facts, author="driver")

    def next_rung(self, status: TaskStatus, attempts: Sequence[AttemptStatus]) -> str | None:
        """The rung that a hand gives the next attempt; empty where it waits for a person, None for the ladder's."""
        task, number = status.task.id, attempts[-1].key.attempt if attempts else 0
        rung = self._rung(task, number, attempts)
        if rung is not None and not self.replays:
            self._withdraw(task, number)
        if rung == "" and status.state != "parked":
            self.store.append(TaskMoved(task=task, state="parked", reason=self.words(task)), author="driver")
        return rung

    def _withdraw(self, task: str, number: int) -> None:
        """Answer what was asked about a task in the moment in which a hand came to it: nobody will need it.

        Its lead was considering it then, or the question came between the hand's look at the tables and its word.
        """
        hands = self.store.hands()
        hand = hands.taken_by(task) or hands.retry(task, number)
        answer = asking.AGAIN if isinstance(hand, Retry) else asking.TAKEN_OVER
        if hand is not None and (facts := asking.withdrawn(self.store.questions(only_open=True), task, answer)):
            self.store.append(*facts, author=hand.by)

    def _rung_for(self, key: AttemptKey) -> str | None:
        before = [each for each in self.store.attempts(key.task) if each.key.attempt < key.attempt]
        return self._rung(key.task, key.attempt - 1, before)

    def _rung(self, task: str, number: int, attempts: Sequence[AttemptStatus]) -> str | None:
        if self.replays:
            return self.store.choice(f"{RECORDED}{rung_of(task, number + 1)}")
        hands = self.store.hands()
        if hands.submission(task, number + 1) is not None:
            return PERSON
        if hands.taken_by(task) is not None:
            return ""
        retry = hands.retry(task, number)
        if retry is None:
            return None
        return retry.rung or next((each.rung for each in reversed(attempts) if each.rung != PERSON), None)

    async def begin(self, key: AttemptKey, *, base: Callable[[str], Awaitable[str]]) -> str:
        """Start the attempt that a person handed in, and return its tree; ``base`` is what a replay puts it on."""
        attempt = self.store.attempt(key)
        if attempt is not None and attempt.tree is not None:
            return attempt.tree
        given = self.store.hands().submission(key.task, key.attempt) or await self._recorded(key, await base(key.task))
        self.store.append(
            AttemptStarted(key=key, rung=PERSON, base_tree=given.base_tree),
            Patched(key=key, patch=given.patch, tree=given.tree),
            *self.rung_given(key),
            await self._for_a_recording(key, given),
            author=given.by,
        )
        return given.tree

    def words(self, task: str) -> str:
        """By whom a task is held up, and where; empty where nobody holds it."""
        hands = self.store.hands()
        taken, pause = hands.taken_by(task), hands.pause(task)
        if taken is not None:
            return _taken(taken)
        return f"paused by {_name(pause.by)}" if pause is not None else ""

    async def _for_a_recording(self, key: AttemptKey, given: Submission) -> Chosen:
        """What was handed in, wherever it is replayed; any run may be made a recording once it is over."""
        trees = given.base_tree, given.tree
        text = await packed(self.keeping.git, *trees, author=given.author, by=given.by)
        return Chosen(key=f"{GIVEN}{key}", value=text)

    async def _recorded(self, key: AttemptKey, base: str) -> Submission:
        """What a person handed in when the run was recorded."""
        text = self.store.choice(f"{RECORDED}{GIVEN}{key}")
        if text is None:
            raise LookupError(f"attempt {key} is a person's, and nothing was handed in")
        given = unpacked(text)
        tree = await laid(given.files, onto=base, git=self.keeping.git)
        patch = await self.keeping.commit(tree, f"Attempt {key} of run {self.keeping.run}.")
        await self.keeping.point(key, patch)
        return Submission(
            task=key.task,
            attempt=key.attempt,
            base_tree=base,
            tree=tree,
            patch=patch,
            author=given.author,
            by=given.by,
            at=self.clock.now(),
        )

    @property
    def replays(self) -> bool:
        """Whether the run follows a recording: what hands did then is done again, after the questions there were."""
        return self.store.run().settings.replay is not None

    def _turns(self, key: AttemptKey) -> int:
        """How many turns an attempt has finished."""
        return finished(self.store.events()).get(key, 0)


async def held(call: CallKey, *, store: Store, clock: Clock, brake: Brake) -> None:
    """Wait while a call of any role but a worker's is paused, which its attempt's steps hold before it has a slot.

    Raises Draining.
    """
    while call.role != "worker" and store.hands().pause(call.attempt.task) is not None:
        brake.check()
        await clock.sleep(LOOK)


def _taken(taken: Taken) -> str:
    where = f": {taken.folder}" if taken.folder else ""
    return f"taken by {_name(taken.by)}{where}"


def _name(author: str) -> str:
    return author.removeprefix("person:")


def _counted(find: Callable[[int], str | None]) -> list[str]:
    """What is found for 1, 2, 3, ... until nothing is."""
    found: list[str] = []
    while (value := find(len(found) + 1)) is not None:
        found.append(value)
    return found
