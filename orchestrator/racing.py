"""Several rollouts of one attempt: the first that is green goes on, and the others are let go.

Which one that is only timing knows, so it is a choice: it is made once, it outlives the process, and a replay obeys it.
In a replay the others go as far as they went when it was recorded, and the choice waits until they have, so that
whatever they asked is asked again; that extent is a choice of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .faults import reach
from .nouns.events import Acted, AttemptEnded, Chosen, Fact
from .nouns.keys import RECORDED, AttemptKey
from .nouns.runs import AttemptStatus
from .ports import Clock, Git, Store
from .rules.ladder import race, rollouts
from .rules.review import changed_lines
from .run_view import RunView

LOOK = 0.1
"""Seconds between looks at how far the others are; only a replay looks."""

TieBreak = Callable[[Sequence[AttemptStatus], Mapping[AttemptKey, str]], Awaitable[AttemptKey | None]]
"""Chooses between rollouts that are green at the same time by their diffs; None where it cannot tell."""


@dataclass(slots=True, kw_only=True)
class Races:
    """The races of one run."""

    store: Store
    git: Git
    view: RunView
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
        acted = self._acted()
        for each in self._begun(winner):
            if each.key == winner:
                continue
            facts.append(Chosen(key=_extent(each.key), value=str(acted.get(each.key, -1) + 1)))
            if each.state not in {"failed", "lost"}:
                facts.append(AttemptEnded(key=each.key, state="lost", reason=f"{winner} was green before it"))
        self.store.append(*facts, author="driver")
        reach("race.decided")

    async def _best(self, key: AttemptKey) -> AttemptKey:
        """The green one; of several a critic's choice, else the one that changes least, else the first."""
        green = [each for each in self._begun(key) if self._is_green(each)]
        distinct = {each.tree: each for each in reversed(green)}
        if len(distinct) <= 1:
            return green[0].key if green else key
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

    def _is_green(self, attempt: AttemptStatus) -> bool:
        verdict = self.view.verdict_of(attempt) if attempt.state == "patched" else None
        return verdict is not None and verdict.passed

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
            acted = self._acted()
            over = {each.key for each in self._begun(key) if each.state in {"failed", "lost"}}
            if all(each in over or acted.get(each, -1) + 1 >= self._extent(each) for each in others):
                return
            await self.clock.sleep(LOOK)

    def _acted(self) -> dict[AttemptKey, int]:
        """The last turn that each attempt has finished."""
        facts = (event.fact for event in self.store.events())
        return {fact.key: fact.turn for fact in facts if isinstance(fact, Acted)}


def _extent(key: AttemptKey) -> str:
    return f"turns:{key}"
