"""Which patches the gate judges together, and what follows from its verdicts: FAN. Pure: state and event in, both out.

P is the stack of what passed and has not landed. Every trial judges a group on top of P on top of the tip:

1. One slot judges P itself. The others judge disjoint groups of what waits, as large as the odds make worth while, and
   no larger than their share of it.
2. A group that passes lands with the P below it, where the tip is still the one it was judged on: the tree judged is
   the tree landed. Of several the largest stack lands; the others join P.
3. Of a group that fails one patch at least is bad, once all that lay below it has landed; until then it is held, and
   where something below it turns out to be bad, nothing is known of it. Its first half is judged. If that passes, the
   bad one is in the second half, which is halved without a run of its own: of two the culprit is named. If it fails,
   nothing is known of the second half, and it waits as before. A slot that is left over judges the second half as well.
4. A single patch that fails is rejected. If it failed only in what is known to flake, it is judged once more, and
   nothing is concluded from a group that did.
5. A P that fails is taken apart like a group.
6. What does not merge onto P is set aside until the tip moves or P loses a patch; it never joins a group.

A walk through it, with two slots: A, B, C, D wait -> AB and CD are judged -> both pass, AB lands, CD is P -> E comes:
CD is judged, and E on top of it -> E passes, so CD and E land, and the trial of CD alone is stopped.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Literal

from . import odds

Where = Literal["tip", "stack", "group"]
"""What a patch does not merge onto: the tip itself, P on the tip, or those before it in its group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run of the gate. ``tip`` counts the landings before it; a trial without a group judges P itself."""

    number: int
    tip: int
    base: tuple[str, ...]
    """P as it was when the trial began."""
    group: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    """The second half of a failed group whose first half this is."""
    cause: "Trial | None" = None
    """The trial in which both halves failed together; None where that says nothing any more."""

    @property
    def stack(self) -> tuple[str, ...]:
        """What is judged on top of the tip, lowest first."""
        return (*self.base, *self.group)

    @property
    def patches(self) -> tuple[str, ...]:
        """What is nowhere else in the queue meanwhile."""
        return (*self.group, *self.rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A group that failed; ``sure`` that one patch of it at least is bad, unless it failed only in what flakes."""

    patches: tuple[str, ...]
    cause: Trial
    sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What the gate said of a trial; ``flaky`` where nothing failed but what is known to flake."""

    number: int
    passed: bool
    flaky: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Land:
    """Move the branch to the tree of this trial."""

    trial: Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """Send a patch back to its task; it is the last of the stack of ``because``."""

    patch: str
    because: Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """End a trial whose verdict nobody needs any more."""

    number: int


Action = Land | Reject | Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What waits, what is judged and what passed; patches are named by their attempt, each in one place."""

    slots: int
    waiting: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    passed: tuple[str, ...] = ()
    """P, lowest first."""
    trials: tuple[Trial, ...] = ()
    held: tuple[Trial, ...] = ()
    """Failed trials of which it is not known yet whether something below them is bad."""
    tip: int = 0
    begun: int = 0
    retried: frozenset[str] = frozenset()
    landed: frozenset[str] = frozenset()
    rejected: frozenset[str] = frozenset()
    weights: Mapping[str, float] = field(default_factory=dict)
    """By patch how much likelier than an ordinary one it is bad."""

    @property
    def patches(self) -> tuple[str, ...]:
        """All that is neither landed nor gone."""
        trials = (patch for trial in (*self.trials, *self.held) for patch in trial.patches)
        suspects = (patch for suspect in self.suspects for patch in suspect.patches)
        return (*self.passed, *trials, *suspects, *self.aside, *self.waiting)


Step = tuple[Queue, tuple[Action, ...]]


def arrive(queue: Queue, patch: str, *, weight: float = 1.0) -> Queue:
    """A patch joins the end of the queue; one that is already in it does not join twice."""
    if patch in queue.patches:
        return queue
    return replace(queue, waiting=(*queue.waiting, patch), weights={**queue.weights, patch: weight})


def fill(queue: Queue) -> Queue:
    """Begin as many trials as there are free slots and worthwhile groups; the new ones are the last of ``trials``."""
    if queue.passed and _free(queue) and not any(not trial.group for trial in queue.trials):
        queue = _begin(queue)
    rate = _rate(queue)
    while _free(queue) and queue.suspects:
        first, *others = queue.suspects
        half, rest = _halves(first.patches)
        queue = replace(queue, suspects=tuple(others))
        queue = _begin(queue, group=half, rest=rest, cause=first.cause if first.sure else None)
    while _free(queue) and queue.waiting:
        most = ceil(len(queue.waiting) / _free(queue))
        size = min(most, odds.best_size([queue.weights[patch] for patch in queue.waiting], rate))
        group, waiting = queue.waiting[:size], queue.waiting[size:]
        queue = _begin(replace(queue, waiting=waiting), group=group)
    while _free(queue) and (whole := max(queue.trials, key=_unjudged, default=None)) and _unjudged(whole) > 1:
        queue = _begin(_instead(queue, replace(whole, rest=(), cause=None)), group=whole.rest)
    return queue


def judged(queue: Queue, ends: Sequence[Ended]) -> Step:
    """What follows from trials that have ended; those that end at the same time are told together."""
    said = {each.number: each for each in ends}
    over = [trial for trial in queue.trials if trial.number in said]
    queue = replace(queue, trials=tuple(trial for trial in queue.trials if trial.number not in said))
    green = [trial for trial in over if said[trial.number].passed]
    actions: list[Action] = []
    largest = max((each for each in green if each.tip == queue.tip), key=lambda t: len(t.stack), default=None)
    if largest is not None:
        queue, actions = _land(queue, largest)
    for trial in over:
        if not trial.group and trial not in green and queue.landed.isdisjoint(trial.base):
            queue, stopped = _take_apart(queue, trial, sure=not said[trial.number].flaky)
            actions += stopped
    for trial in green:
        queue, named = _passed(queue, trial)
        actions += named
    for trial in over:
        if trial.group and trial not in green:
            queue, named = _failed(queue, trial, flaky=said[trial.number].flaky)
            actions += named
    queue, named = _settle_held(queue)
    return queue, (*actions, *named)


def drop(queue: Queue, patch: str) -> Step:
    """A patch leaves, wherever it stands, as its end was decided elsewhere. What was judged with it waits again."""
    if patch not in queue.patches:
        return queue, ()
    return _leave(queue, frozenset({patch}))


def clash(queue: Queue, number: int, patch: str, where: Where) -> Step:
    """A patch of a trial that is about to begin does not merge; one that clashes with the tip is gone."""
    trial = next(each for each in queue.trials if each.number == number)
    actions: tuple[Action, ...] = ()
    if patch in trial.base:
        queue, actions = _leave(queue, frozenset({patch}))
    else:
        smaller = replace(trial, group=tuple(each for each in trial.group if each != patch), cause=None)
        queue = _instead(queue, smaller) if smaller.group else _back(_without(queue, trial), trial.rest)
    if where == "stack":
        queue = replace(queue, aside=(*queue.aside, patch))
    elif where == "group":
        queue = _back(queue, (patch,))
    return queue, actions


def _free(queue: Queue) -> int:
    return queue.slots - len(queue.trials)


def _unjudged(trial: Trial) -> int:
    return len(trial.rest)


def _halves(patches: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The smaller half is judged first: where one patch at least is bad, it is the likelier to settle something."""
    middle = max(len(patches) // 2, 1)
    return patches[:middle], patches[middle:]


def _begin(
    queue: Queue, *, group: tuple[str, ...] = (), rest: tuple[str, ...] = (), cause: Trial | None = None
) -> Queue:
    trial = Trial(number=queue.begun, tip=queue.tip, base=queue.passed, group=group, rest=rest, cause=cause)
    return replace(queue, begun=queue.begun + 1, trials=(*queue.trials, trial))


def _rate(queue: Queue) -> float:
    """What this run has shown so far, each patch counted once."""
    red = [trial.patches for trial in queue.trials if trial.cause is not None]
    red += [suspect.patches for suspect in queue.suspects if suspect.sure]
    return odds.rate(
        good=_weight(queue, (*queue.landed, *queue.passed)),
        bad=[queue.weights[patch] for patch in sorted(queue.rejected)],
        suspect=[_weight(queue, patches) for patches in red],
    )


def _weight(queue: Queue, patches: Iterable[str]) -> float:
    return sum(queue.weights[patch] for patch in sorted(patches))


def _instead(queue: Queue, trial: Trial) -> Queue:
    return replace(queue, trials=tuple(trial if each.number == trial.number else each for each in queue.trials))


def _without(queue: Queue, trial: Trial) -> Queue:
    return replace(queue, trials=tuple(each for each in queue.trials if each.number != trial.number))


def _back(queue: Queue, patches: Iterable[str]) -> Queue:
    """Nothing is known of these: they wait, before all others."""
    return replace(queue, waiting=(*patches, *queue.waiting))


def _land(queue: Queue, trial: Trial) -> tuple[Queue, list[Action]]:
    """The branch moves. What is on it now is nowhere else in the queue; P alone need not be judged any more."""
    gone = frozenset(trial.stack)
    queue = replace(queue, tip=queue.tip + 1, landed=queue.landed | gone)
    moot = [each for each in queue.trials if not each.group or gone.intersection(each.group)]
    queue = replace(queue, trials=tuple(each for each in queue.trials if each not in moot))
    queue = _freed(_back(queue, (patch for each in moot for patch in each.patches)))
    return _forget(queue, gone), [Land(trial=trial), *(Stop(number=each.number) for each in moot)]


def _freed(queue: Queue) -> Queue:
    """What was set aside has a chance again."""
    return replace(queue, waiting=(*queue.aside, *queue.waiting), aside=())


def _forget(queue: Queue, gone: frozenset[str]) -> Queue:
    """Take patches out of every place where they wait; groups that they failed with are known no better than before."""

    def kept(patches: Iterable[str]) -> tuple[str, ...]:
        return tuple(patch for patch in patches if patch not in gone)

    touched = [suspect for suspect in queue.suspects if gone.intersection(suspect.patches)]
    held = [trial for trial in queue.held if gone.intersection(trial.patches)]
    unknown = [patch for suspect in touched for patch in suspect.patches]
    unknown += [patch for trial in held for patch in trial.patches]
    return replace(
        queue,
        passed=kept(queue.passed),
        waiting=kept((*unknown, *queue.waiting)),
        aside=kept(queue.aside),
        suspects=tuple(suspect for suspect in queue.suspects if suspect not in touched),
        held=tuple(trial for trial in queue.held if trial not in held),
        trials=tuple(
            replace(each, rest=kept(each.rest), cause=None) if gone.intersection(each.rest) else each
            for each in queue.trials
        ),
    )


def _leave(queue: Queue, gone: frozenset[str]) -> Step:
    """Take patches out; trials whose tree holds one of them are stopped, and the rest of their groups waits."""
    moot = [trial for trial in queue.trials if gone.intersection(trial.stack)]
    queue = replace(queue, trials=tuple(trial for trial in queue.trials if trial not in moot))
    for trial in reversed(moot):
        queue = _unjudged_again(queue, trial) if gone.isdisjoint(trial.patches) else _back(queue, trial.patches)
    if gone.intersection(queue.passed):
        queue = _freed(queue)
    queue, actions = _settle_held(_forget(queue, gone))
    return queue, (*(Stop(number=trial.number) for trial in moot), *actions)


def _take_apart(queue: Queue, trial: Trial, *, sure: bool) -> Step:
    """P failed: what was judged on top of it waits again, and it is halved like any group."""
    queue, actions = _leave(queue, frozenset(trial.base))
    suspect = Suspect(patches=trial.base, cause=trial, sure=sure)
    return replace(queue, suspects=(suspect, *queue.suspects)), actions


def _passed(queue: Queue, trial: Trial) -> Step:
    """A green group joins P if what it was judged on is still believed in; the bad one was in its other half."""
    if not queue.landed.issuperset(trial.group):
        if not {*queue.landed, *queue.passed}.issuperset(trial.base):
            return _unjudged_again(queue, trial), ()
        queue = replace(queue, passed=(*queue.passed, *trial.group))
    if trial.cause is None:
        return _back(queue, trial.rest), ()
    if len(trial.rest) == 1:
        return _reject(queue, trial.rest[0], trial.cause)
    suspects = [Suspect(patches=trial.rest, cause=trial.cause)] if trial.rest else []
    return replace(queue, suspects=(*queue.suspects, *suspects)), ()


def _failed(queue: Queue, trial: Trial, *, flaky: bool) -> Step:
    alone = len(trial.group) == 1
    if not flaky or (alone and trial.group[0] in queue.retried):
        return replace(queue, held=(*queue.held, trial)), ()
    queue = _back(queue, trial.rest)
    if alone:
        return replace(_back(queue, trial.group), retried=queue.retried.union(trial.group)), ()
    return replace(queue, suspects=(Suspect(patches=trial.group, cause=trial, sure=False), *queue.suspects)), ()


def _settle_held(queue: Queue) -> Step:
    """Conclude from failed trials whose base has landed; give up those that something bad lay below."""
    held, actions = queue.held, tuple[Action, ...]()
    queue = replace(queue, held=())
    for trial in held:
        if queue.landed.issuperset(trial.base):
            queue, named = _red(queue, trial)
            actions += named
        elif {*queue.landed, *queue.passed}.issuperset(trial.base):
            queue = replace(queue, held=(*queue.held, trial))
        else:
            queue = _unjudged_again(queue, trial)
    return queue, actions


def _red(queue: Queue, trial: Trial) -> Step:
    queue = _back(queue, trial.rest)
    if len(trial.group) == 1:
        return _reject(queue, trial.group[0], trial)
    return replace(queue, suspects=(*queue.suspects, Suspect(patches=trial.group, cause=trial))), ()


def _unjudged_again(queue: Queue, trial: Trial) -> Queue:
    """As before the trial: what waited waits, what was half of a failed group is whole again."""
    if trial.cause is None:
        return _back(queue, trial.patches)
    return replace(queue, suspects=(*queue.suspects, Suspect(patches=trial.patches, cause=trial.cause)))


def _reject(queue: Queue, patch: str, because: Trial) -> Step:
    return replace(queue, rejected=queue.rejected | {patch}), (Reject(patch=patch, because=because),)
