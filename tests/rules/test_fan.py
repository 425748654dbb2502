"""The merge queue's rules: a table, every history of four patches, random histories, and faults that these find."""

import random
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from agentctl.orchestrator.rules import fan
from agentctl.orchestrator.rules.fan import Ended, Land, Queue, Reject, Stop, Trial
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = "abcd"


def waiting(patches: str, *, slots: int) -> Queue:
    queue = Queue(slots=slots)
    for patch in patches:
        queue = fan.arrive(queue, patch)
    return queue


def judging(queue: Queue) -> list[str]:
    """The trials under way, as ``base+group``."""
    return [f"{''.join(trial.base)}+{''.join(trial.group)}" for trial in queue.trials]


def end(queue: Queue, *said: tuple[int, str]) -> tuple[Queue, list[str]]:
    """The queue with free slots filled, and what was decided, after verdicts by the number of the trial."""
    ends = [Ended(number=number, passed=word == "green", flaky=word == "flaky") for number, word in said]
    queue, actions = fan.judged(queue, ends)
    return fan.fill(queue), [told(action) for action in actions]


def told(action: fan.Action) -> str:
    match action:
        case Land(trial=trial):
            return f"land {''.join(trial.stack)}"
        case Reject(patch=patch, because=because):
            return f"reject {patch} of {''.join(because.stack)}"
        case Stop(number=number):
            return f"stop {number}"


def test_what_waits_is_shared_out_among_the_free_slots() -> None:
    assert judging(fan.fill(waiting("abcd", slots=1))) == ["+abcd"]
    assert judging(fan.fill(waiting("abcd", slots=2))) == ["+ab", "+cd"]
    assert judging(fan.fill(waiting("abcd", slots=3))) == ["+ab", "+c", "+d"]


def test_the_largest_pass_lands_and_the_others_are_judged_again_on_the_new_tip() -> None:
    queue, decided = end(fan.fill(waiting("abc", slots=2)), (0, "green"), (1, "green"))
    assert decided == ["land ab"]
    assert queue.passed == ("c",)
    assert judging(queue) == ["c+"]
    assert end(queue, (2, "green"))[1] == ["land c"]


def test_a_group_on_top_of_what_passed_lands_with_it_and_stops_the_trial_of_that_alone() -> None:
    queue, _ = end(fan.fill(waiting("abc", slots=2)), (0, "green"), (1, "green"))
    queue = fan.fill(fan.arrive(queue, "d"))
    assert judging(queue) == ["c+", "c+d"]
    queue, decided = end(queue, (3, "green"))
    assert decided == ["land cd", "stop 2"]
    assert (queue.trials, queue.patches) == ((), ())


def test_of_a_failed_pair_whose_first_half_passes_the_culprit_is_named_without_a_run() -> None:
    queue, decided = end(fan.fill(waiting("ab", slots=1)), (0, "red"))
    assert (decided, judging(queue)) == ([], ["+a"])
    queue, decided = end(queue, (1, "green"))
    assert decided == ["land a", "reject b of ab"]
    assert queue.patches == ()


def test_where_the_first_half_fails_nothing_is_known_of_the_second() -> None:
    queue, _ = end(fan.fill(waiting("abcd", slots=1)), (0, "red"))
    queue, decided = end(queue, (1, "red"))
    assert (decided, judging(queue), queue.waiting) == ([], ["+a"], ("c", "d"))
    queue, decided = end(queue, (2, "red"))
    assert (decided, queue.waiting) == (["reject a of a"], ("d",))
    assert judging(queue) == ["+bc"]


def test_a_failure_on_top_of_what_has_not_landed_is_held_until_that_has() -> None:
    queue, _ = end(fan.fill(waiting("abc", slots=2)), (0, "green"), (1, "green"))
    queue = fan.fill(fan.arrive(queue, "d"))
    held, decided = end(queue, (3, "red"))
    assert (decided, [trial.group for trial in held.held]) == ([], [("d",)])
    assert end(held, (2, "green"))[1] == ["land c", "reject d of cd"]
    again, decided = end(held, (2, "red"))
    assert (decided, judging(again)) == ([], ["+c", "+d"])


def test_what_passed_and_fails_together_is_halved() -> None:
    queue, _ = end(fan.fill(waiting("abcd", slots=3)), (0, "green"), (1, "green"), (2, "green"))
    assert judging(queue) == ["cd+"]
    queue, decided = end(queue, (3, "red"))
    assert (decided, judging(queue)) == ([], ["+c"])
    assert end(queue, (4, "green"))[1] == ["land c", "reject d of cd"]


def test_a_single_patch_is_judged_once_more_only_where_it_seems_to_flake() -> None:
    queue = fan.fill(waiting("a", slots=1))
    assert end(queue, (0, "red"))[1] == ["reject a of a"]
    queue, decided = end(queue, (0, "flaky"))
    assert (decided, judging(queue)) == ([], ["+a"])
    assert end(queue, (1, "green"))[1] == ["land a"]
    assert end(queue, (1, "flaky"))[1] == ["reject a of a"]


def test_nothing_is_concluded_from_a_group_that_failed_only_in_what_flakes() -> None:
    queue, _ = end(fan.fill(waiting("ab", slots=1)), (0, "flaky"))
    queue, decided = end(queue, (1, "green"))
    assert (decided, judging(queue)) == (["land a"], ["+b"])


def test_a_patch_that_clashes_never_joins_a_group() -> None:
    queue = fan.fill(waiting("abcd", slots=1))
    gone, _ = fan.clash(queue, 0, "a", "tip")
    assert (judging(gone), "a" in gone.patches) == (["+bcd"], False)
    apart, _ = fan.clash(queue, 0, "b", "group")
    assert (judging(apart), apart.waiting) == (["+acd"], ("b",))


def test_what_clashes_with_what_passed_is_set_aside_until_the_tip_moves() -> None:
    queue, _ = end(fan.fill(waiting("abc", slots=2)), (0, "green"), (1, "green"))
    queue = fan.fill(fan.arrive(queue, "d"))
    queue, _ = fan.clash(queue, 3, "d", "stack")
    assert (judging(fan.fill(queue)), queue.aside) == (["c+"], ("d",))
    assert judging(end(queue, (2, "green"))[0]) == ["+d"]


def test_a_dropped_patch_takes_the_trials_that_hold_it_along() -> None:
    queue = fan.fill(waiting("abcd", slots=2))
    queue, actions = fan.drop(queue, "a")
    assert ([told(action) for action in actions], judging(queue), queue.waiting) == (["stop 0"], ["+cd"], ("b",))
    assert fan.drop(queue, "a") == (queue, ())


def test_a_patch_that_is_already_in_the_queue_does_not_join_twice() -> None:
    queue = fan.fill(waiting("abcd", slots=3))
    for patch in NAMES:
        assert fan.arrive(queue, patch) == queue


class Game:
    """Plays the rules against known patches and refuses what must never happen."""

    def __init__(self, rules: Any, bad: frozenset[str]) -> None:
        self.rules = rules
        self.bad = bad

    def passes(self, trial: Trial) -> bool:
        return self.bad.isdisjoint(trial.stack)

    def obey(self, actions: tuple[fan.Action, ...], ended: Trial, tip: int, over: tuple[str, ...]) -> tuple[str, ...]:
        for action in actions:
            if hasattr(action, "trial"):
                assert action.trial == ended, "landed what was not judged just now"
                assert action.trial.tip == tip, "landed on another tip than was judged"
                assert self.passes(action.trial), "landed what did not pass"
                over += action.trial.stack
            elif hasattr(action, "patch"):
                assert action.patch in self.bad, f"rejected {action.patch}, which is good"
                assert action.because.stack[-1] == action.patch
                over += (action.patch,)
        assert len(set(over)) == len(over), "decided twice"
        return over


def every_history(rules: Any, bad: frozenset[str], slots: int, *, early: int) -> int:
    """Play every order in which trials can end and patches can come, of which ``early`` are there at the beginning."""
    game, seen = Game(rules, bad), set[str]()

    def play(queue: Any, coming: str, over: tuple[str, ...], depth: int) -> None:
        queue = rules.fill(queue)
        state = repr((queue, coming))
        if state in seen:
            return
        seen.add(state)
        assert depth < 40, "it does not end"
        assert len(queue.trials) <= slots
        places = sorted((*queue.patches, *over, *coming))
        assert places == sorted(NAMES), f"not each in one place: {places}"
        if coming:
            play(rules.arrive(queue, coming[0]), coming[1:], over, depth + 1)
        for trial in queue.trials:
            end = rules.Ended(number=trial.number, passed=game.passes(trial))
            after, actions = rules.judged(queue, [end])
            play(after, coming, game.obey(actions, trial, queue.tip, over), depth + 1)
        if not queue.trials and not coming:
            assert sorted(over) == sorted(NAMES), f"stuck with {queue.patches}"
            assert queue.landed == frozenset(NAMES) - bad

    first = rules.Queue(slots=slots)
    for patch in NAMES[:early]:
        first = rules.arrive(first, patch)
    play(first, NAMES[early:], (), 0)
    return len(seen)


def subsets() -> Iterator[frozenset[str]]:
    for chosen in product((False, True), repeat=len(NAMES)):
        yield frozenset(name for name, bad in zip(NAMES, chosen, strict=True) if bad)


@pytest.mark.parametrize("slots", [1, 2, 3])
def test_in_every_history_of_four_patches_the_good_land_once_and_the_bad_are_rejected(slots: int) -> None:
    states = sum(every_history(fan, bad, slots, early=early) for bad in subsets() for early in (2, 4))
    assert states > 100


MUTANTS = {
    "lands on a tip that moved": ("if each.tip == queue.tip), key", "if True), key"),
    "forgets the second half of a group whose first half fails": (
        "    queue = _back(queue, trial.rest)\n    if len(trial.group) == 1:",
        "    if len(trial.group) == 1:",
    ),
    "concludes from a failure before what lay below has landed": (
        "        if queue.landed.issuperset(trial.base):\n            queue, named = _red",
        "        if True:\n            queue, named = _red",
    ),
    "never gives up a held failure": (
        "elif {*queue.landed, *queue.passed}.issuperset(trial.base):\n            queue = replace(queue, held",
        "elif True:\n            queue = replace(queue, held",
    ),
    "does not judge P": ("if queue.passed and _free(queue) and not any(", "if False and not any("),
    "lets what landed stay in P": ("passed=kept(queue.passed),", "passed=queue.passed,"),
    "takes every patch of a second half for the bad one": (
        "if len(trial.rest) == 1:\n        return _reject(queue, trial.rest[0]",
        "if trial.rest:\n        return _reject(queue, trial.rest[0]",
    ),
    "rejects the half that passed": ("trial.rest[0], trial.cause)", "trial.group[0], trial.cause)"),
    "begins more trials than there are slots": ("queue.slots - len(", "queue.slots + 1 - len("),
    "forgets what was judged on top of a P that failed": (
        "        queue = _unjudged_again(queue, trial) if gone.isdisjoint",
        "        queue = queue if gone.isdisjoint",
    ),
}


@pytest.mark.parametrize("fault", MUTANTS)
def test_the_histories_find_a_fault(fault: str) -> None:
    mutant = rules_with(*MUTANTS[fault])
    try:
        with pytest.raises((AssertionError, ValueError, KeyError)):
            all_games(mutant)
    finally:
        del sys.modules[mutant.__name__]


def rules_with(old: str, new: str) -> ModuleType:
    """The rules with one fault in them."""
    source = Path(fan.__file__).read_text(encoding="utf-8")
    assert source.count(old) == 1
    mutant = ModuleType("agentctl.orchestrator.rules.mutant")
    mutant.__package__ = fan.__package__
    sys.modules[mutant.__name__] = mutant
    exec(compile(source.replace(old, new), "mutant", "exec"), mutant.__dict__)
    return mutant


def all_games(rules: Any) -> None:
    """Random histories first: they find most faults sooner."""
    for seed in range(100):
        Random(rules, seed).play()
    for bad, slots in product(subsets(), (1, 2, 3)):
        every_history(rules, bad, slots, early=4)


class Random:
    """Patches come and are cancelled, clash in tests and in merges, and the gate flakes; nothing is lost or wrong."""

    def __init__(self, rules: Any, seed: int) -> None:
        self.rules, self.chance = rules, random.Random(seed)
        self.names = [str(number) for number in range(self.chance.randint(1, 12))]
        self.bad = {name for name in self.names if self.chance.random() < 0.2}
        self.red_together = self.pairs(0.03)
        self.apart = self.pairs(0.05)
        self.queue = rules.Queue(slots=self.chance.randint(1, 4))
        self.coming = list(self.names)
        self.gone = set[str]()
        self.landed: list[str] = []
        self.clean: dict[int, bool] = {}
        """By trial whether the gate passes it, if it does not flake."""

    def pairs(self, share: float) -> set[tuple[str, str]]:
        return {
            (one, two) for one, two in product(self.names, self.names) if one < two and self.chance.random() < share
        }

    def play(self) -> None:
        for _ in range(2000):
            self.begin()
            known = sorted([*self.queue.patches, *self.landed, *self.gone, *self.coming])
            assert known == sorted(self.names), "not each in one place"
            assert len(self.queue.trials) <= self.queue.slots
            if not self.queue.trials and not self.coming:
                assert not self.queue.patches, "stuck"
                assert self.bad.isdisjoint(self.landed)
                return
            self.go_on()
        raise AssertionError("it does not end")

    def begin(self) -> None:
        for _ in range(200):
            self.queue = self.rules.fill(self.queue)
            fresh = next((trial for trial in self.queue.trials if trial.number not in self.clean), None)
            if fresh is None:
                return
            trial = self.stacked(fresh)
            if trial is not None:
                there = {*self.landed, *trial.stack}
                together = not any({*pair} <= there for pair in self.red_together)
                self.clean[trial.number] = together and self.bad.isdisjoint(trial.stack)
        raise AssertionError("it begins for ever")

    def stacked(self, fresh: Trial) -> Trial | None:
        """The trial without what does not merge; None where that ended it."""
        below: list[str] = []
        for name in fresh.stack:
            if self.merges(name, below):
                below.append(name)
                continue
            base = [each for each in below if each in fresh.base]
            where = "tip" if not self.merges(name, []) else "group" if self.merges(name, base) else "stack"
            self.queue, _ = self.rules.clash(self.queue, fresh.number, name, where)
            self.gone |= {name} if where == "tip" else set()
            if fresh.number not in {each.number for each in self.queue.trials}:
                return None
        return next(each for each in self.queue.trials if each.number == fresh.number)

    def merges(self, name: str, below: list[str]) -> bool:
        return not any(pair in self.apart for each in (*self.landed, *below) for pair in ((name, each), (each, name)))

    def go_on(self) -> None:
        event = self.chance.random()
        if self.coming and (event < 0.3 or not self.queue.trials):
            self.queue = self.rules.arrive(self.queue, self.coming.pop(0))
        elif event < 0.33:
            dropped = self.chance.choice(self.queue.patches)
            self.queue, _ = self.rules.drop(self.queue, dropped)
            self.gone.add(dropped)
        else:
            self.end(self.chance.sample(self.queue.trials, self.chance.randint(1, len(self.queue.trials))))

    def end(self, over: list[Trial]) -> None:
        flaked = {trial.number for trial in over if self.clean[trial.number] and self.chance.random() < 0.1}
        green = {trial.number for trial in over if self.clean[trial.number]} - flaked
        tip = self.queue.tip
        ends = [self.rules.Ended(number=n, passed=n in green, flaky=n in flaked) for n in (t.number for t in over)]
        self.queue, actions = self.rules.judged(self.queue, ends)
        for action in actions:
            if hasattr(action, "trial"):
                assert (action.trial.number in green, action.trial.tip) == (True, tip), "landed what was not judged"
                assert self.gone.isdisjoint(action.trial.stack)
                self.landed += action.trial.stack
            elif hasattr(action, "patch"):
                below = action.because.base if action.because.group else ()
                assert {*below} <= {*self.landed}, "concluded from what lay on top of what may be bad"
                self.gone.add(action.patch)
        assert len(set(self.landed)) == len(self.landed), "landed twice"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_comes_goes_clashes_and_flakes_nothing_is_lost_or_lands_unjudged(seed: int) -> None:
    Random(fan, seed).play()


def test_a_good_patch_is_sent_back_only_for_a_clash_or_a_flake() -> None:
    for slots in (1, 2, 8):
        names = [str(number) for number in range(30)]
        bad = {name for name in names if random.Random(f"{slots} {name}").random() < 0.3}
        queue = Queue(slots=slots)
        for name in names:
            queue = fan.arrive(queue, name, weight=1.0 + len(name) / 2)
        while (queue := fan.fill(queue)).trials:
            ends = [Ended(number=each.number, passed=bad.isdisjoint(each.stack)) for each in queue.trials]
            queue, _ = fan.judged(queue, ends)
        assert (queue.rejected, queue.landed) == (frozenset(bad), frozenset(names) - bad)
        assert queue.patches == ()
