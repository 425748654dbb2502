"""Several rollouts of one attempt: the first that is green goes on, and the others are let go.

Which one that is only timing knows, so it is a choice: it is made once, it outlives the process, and a replay obeys it.
In a replay the others go as far as they went when it was recorded, and the choice waits until they have, so that
whatever they asked is asked again; that extent is a choice of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .faults import reach
from .nouns.events import AttemptEnded, Chosen, Fact
from .nouns.keys import RECORDED, AttemptKey
from .nouns.runs import AttemptStatus
from .ports import Clock, Git, Store
from .rules.ladder import race, rollouts
from .rules.review import changed_lines
from .rules.turns import finished

GREEN = "green:"
"""Prefix of the choices that say with which tree a rollout came to its race."""
LOOK = 0.1
"""Seconds between looks at how far the others are; only a replay looks."""

TieBreak = Callable[[Sequence[AttemptStatus], Mapping[AttemptKey, str]], Awaitable[AttemptKey | None]]
"""Chooses between rollouts that are green at the same time by their diffs; None where it cannot tell."""


def is_to_win(store: Store, key: AttemptKey) -> bool:
    """Whether a recording has this rollout win a race that is not decided yet: until then nothing else ends it."""
    return store.choice(f"{RECORDED}{race(key)}") == str(key) and store.choice(race(key)) is None


@dataclass(slots=True, kw_only=True)
class Races:
    """The races of one run."""

    store: Store
    git: Git
    clock: Clock
    break_tie: TieBreak
    _deciding: dict[str, asyncio.Lock] = field(default_factory=dict)

    def winner(self, key: AttemptKey) -> AttemptKey | None:
        """Which rollout of this attempt was chosen; None where it has no others or nothing is decided."""
        chosen = self.store.choice(race(key)) if key.rollout else None
        return AttemptKey.parse(chosen) if chosen else None

    def lost(self, key: AttemptKey) -> bool:
        """Whether another rollout of this attempt was chosen."""
        return self.winner(key) not in (None, key)

    def held_back(self, key: AttemptKey, turn: int) -> bool:
        """Whether this rollout went no further when it was recorded, and another one was chosen."""
        recorded = self._recorded(key)
        return recorded not in (None, key) and turn >= self._extent(key)

    async def end_of(self, key: AttemptKey) -> None:
        """Wait until the race is decided; whoever waits gives its slot back before."""
        while self.winner(key) is None:
            await self.clock.sleep(LOOK)

    async def is_won_by(self, key: AttemptKey) -> bool:
        """Whether this rollout, which is green, goes on; decides the race if nobody has."""
        async with self._deciding.setdefault(race(key), asyncio.Lock()):
            if self.winner(key) is None:
                recorded = self._recorded(key)
                if recorded is None:
                    self._decide(await self._best(key))
                elif recorded == key:
                    await self._others_came_as_far(key)
                    self._decide(key)
                else:
                    return False
        return self.winner(key) == key

    def _decide(self, winner: AttemptKey) -> None:
        """Make the choice and let the others go, in one append."""
        facts: list[Fact] = [Chosen(key=race(winner), value=str(winner))]
        turns = finished(self.store.events())
        for each in self._begun(winner):
            if each.key == winner:
                continue
            facts.append(Chosen(key=_extent(each.key), value=str(turns.get(each.key, 0))))
            if not each.over:
                facts.append(AttemptEnded(key=each.key, state="lost", reason=f"{winner} was green before it"))
        self.store.append(*facts, author="driver")
        reach("race.decided")

    def green(self, key: AttemptKey, tree: str) -> None:
        """Say that nothing sends this rollout back any more: from here on it may be chosen with this tree."""
        if self.winner(key) is None:
            self.store.append(Chosen(key=f"{GREEN}{key}", value=tree), author="gate")
            reach("race.green")

    def is_green(self, attempt: AttemptStatus) -> bool:
        """Whether this rollout, as it stands, was found green by all that may send it back before a race."""
        return attempt.state == "patched" and self.store.choice(f"{GREEN}{attempt.key}") == attempt.tree

    def is_tied(self, key: AttemptKey) -> bool:
        """Whether the race has several to choose from, and is about to be decided."""
        undecided = self.winner(key) is None and self._recorded(key) is None
        return undecided and len({each.tree for each in self._green(key)}) > 1

    async def _best(self, key: AttemptKey) -> AttemptKey:
        """The green one; of several a critic's choice, else the one that changes least, else the first."""
        green = self._green(key)
        distinct = {each.tree: each for each in reversed(green)}
        if len(distinct) <= 1:
            return green[0].key
        tied = sorted(distinct.values(), key=lambda each: each.key)
        named = f"tie:{key.task}:{key.attempt}"
        self.store.append(Chosen(key=named, value=" ".join(str(each.key) for each in tied)), author="driver")
        among = (self.store.choice(named) or "").split()
        tied = [each for each in self._begun(key) if str(each.key) in among]
        diffs = {each.key: await self.git.diff(each.base_tree, each.tree or "") for each in tied}
        chosen = await self.break_tie(tied, diffs)
        return chosen or min(diffs, key=lambda each: (changed_lines(diffs[each]), each))

    def _begun(self, key: AttemptKey) -> tuple[AttemptStatus, ...]:
        return tuple(each for each in self.store.attempts(key.task) if each.key.attempt == key.attempt)

    def _green(self, key: AttemptKey) -> list[AttemptStatus]:
        """The rollouts that may be chosen; the one that asks is, whoever said so."""
        return [each for each in self._begun(key) if each.key == key or self.is_green(each)]

    def _recorded(self, key: AttemptKey) -> AttemptKey | None:
        """Which rollout was chosen when the run was recorded; None where this is no replay."""
        recorded = self.store.choice(f"{RECORDED}{race(key)}") if key.rollout else None
        return AttemptKey.parse(recorded) if recorded else None

    def _extent(self, key: AttemptKey) -> int:
        """How many turns this rollout had finished when the recorded choice was made."""
        return int(self.store.choice(f"{RECORDED}{_extent(key)}") or 0)

    async def _others_came_as_far(self, key: AttemptKey) -> None:
        """Wait until each other rollout has taken the turns it took when the run was recorded, or is over."""
        begun = {each.key: each for each in self._begun(key)}
        others = [each for each in rollouts(key.task, key.attempt, begun[key].rung) if each != key]
        while True:
            turns = finished(self.store.events())
            over = {each.key for each in self._begun(key) if each.over}
            if all(each in over or turns.get(each, 0) >= self._extent(each) for each in others):
                return
            await self.clock.sleep(LOOK)


def _extent(key: AttemptKey) -> str:
    return f"turns:{key}"
