"""The suite queue: baselines are what they are called, and the product's own queue loses nothing, also on real git."""

import pytest
from agentctl.bench.queue import POLICIES
from agentctl.bench.queue.baselines import serial, window
from agentctl.bench.queue.patches import Odds, Patches
from agentctl.bench.queue.real import work_off


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("slots", [1, 3])
def test_each_queue_lands_all_that_is_good(name: str, slots: int) -> None:
    for seed in range(5):
        patches = Patches(Odds(patches=20, bad=0.2), seed=seed)
        played = POLICIES[name](patches, slots)
        assert played.landed == 20 - len(patches.bad)
        assert played.rounds <= played.runs <= played.rounds * slots


def test_where_nothing_is_bad_the_serial_queue_and_the_window_judge_each_patch_once() -> None:
    calm = Odds(patches=20, bad=0.0)
    assert (serial(Patches(calm, seed=1), 4).rounds, window(Patches(calm, seed=1), 4).rounds) == (20, 5)
    assert window(Patches(calm, seed=1), 4).runs == 20


def test_a_draw_is_the_same_each_time() -> None:
    odds = Odds(bad=0.3, clash=0.01, flake=0.1)
    one, other = Patches(odds, seed=3), Patches(odds, seed=3)
    assert one.bad == other.bad
    assert [one.judge([], one.names[:n]) for n in range(9)] == [other.judge([], one.names[:n]) for n in range(9)]


@pytest.mark.parametrize("slots", [1, 3])
def test_in_a_real_repository_the_good_land_and_the_bad_are_sent_back(slots: int) -> None:
    worked = work_off(patches=6, bad=frozenset({"T2", "T5"}), slots=slots, seconds=0.0)
    assert worked.runs >= 3
