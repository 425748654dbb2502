"""Other merge queues, judged as FAN is: all gate runs that are under way begin and end together, once a round.

Each takes patches in the order in which they came. A patch that failed by itself is judged once more where the gate
says that only what is known to flake failed, in each of them alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil

from .patches import Patches

WINDOW, FLOOR = 20, 3
"""Zuul's: how many changes are judged at once at first, and at least; one more when one lands, half after a red."""
BATCH = 4
"""Patches in a speculative batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A queue worked off: gate runs, rounds, and what landed."""

    runs: int
    rounds: int
    landed: int


Policy = Callable[[Patches, int], Played]


@dataclass(slots=True)
class _Play:
    patches: Patches
    runs: int = 0
    rounds: int = 0
    landed: list[str] = field(default_factory=list)
    retried: set[str] = field(default_factory=set)

    def judge(self, stacks: Sequence[Sequence[str]]) -> list[tuple[bool, bool]]:
        """One round: what the gate says of each stack on the tip, and whether it only flaked."""
        self.runs += len(stacks)
        self.rounds += 1
        return [self.patches.judge(self.landed, stack) for stack in stacks]

    def again(self, patch: str, *, flaky: bool) -> bool:
        """Whether a patch that failed by itself gets its one more try."""
        if not flaky or patch in self.retried:
            return False
        self.retried.add(patch)
        return True

    def played(self) -> Played:
        return Played(runs=self.runs, rounds=self.rounds, landed=len(self.landed))


def serial(patches: Patches, slots: int) -> Played:
    """One patch after the other, on the tip; further slots are of no use."""
    play, queue = _Play(patches), list(patches.names)
    while queue and slots:
        ((passed, flaky),) = play.judge([queue[:1]])
        if passed:
            play.landed += queue[:1]
        if passed or not play.again(queue[0], flaky=flaky):
            queue.pop(0)
    return play.played()


def bisect(patches: Patches, slots: int) -> Played:
    """As bors: all that waits is one batch; a red one is cut in halves, which are judged one after the other."""
    play, batches = _Play(patches), [list(patches.names)]
    while batches and slots:
        batch = batches.pop(0)
        ((passed, flaky),) = play.judge([batch])
        if passed:
            play.landed += batch
        elif len(batch) > 1:
            batches[:0] = [batch[: ceil(len(batch) / 2)], batch[ceil(len(batch) / 2) :]]
        elif play.again(batch[0], flaky=flaky):
            batches.insert(0, batch)
    return play.played()


def window(patches: Patches, slots: int) -> Played:
    """As Zuul: each change on top of all before it, as many at once as the window has; behind a red one all again."""
    play, queue, width = _Play(patches), list(patches.names), WINDOW
    while queue:
        said = play.judge([queue[: end + 1] for end in range(min(slots, width, len(queue)))])
        green = next((number for number, (passed, _) in enumerate(said) if not passed), len(said))
        play.landed += queue[:green]
        width += green
        queue = queue[green:]
        if green < len(said):
            width = max(FLOOR, width // 2)
            if not play.again(queue[0], flaky=said[green][1]):
                queue.pop(0)
    return play.played()


def batches(patches: Patches, slots: int) -> Played:
    """Batches of a fixed size, each on top of those before it; the first red one is cut in halves."""
    play, names = _Play(patches), list(patches.names)
    queue = [names[start : start + BATCH] for start in range(0, len(names), BATCH)]
    while queue:
        ahead = [[each for batch in queue[: end + 1] for each in batch] for end in range(min(slots, len(queue)))]
        said = play.judge(ahead)
        green = next((number for number, (passed, _) in enumerate(said) if not passed), len(said))
        play.landed += [patch for batch in queue[:green] for patch in batch]
        queue = queue[green:]
        if green < len(said):
            red = queue.pop(0)
            middle = ceil(len(red) / 2)
            if len(red) > 1:
                queue[:0] = [red[:middle], red[middle:]]
            elif play.again(red[0], flaky=said[green][1]):
                queue.insert(0, red)
    return play.played()


BASELINES: dict[str, Policy] = {"serial": serial, "bisect": bisect, "window": window, "batches": batches}
