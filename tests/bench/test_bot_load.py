"""The bench of the bot's port: that it counts what it says it counts, and that a small run of it holds."""

from collections import Counter

import pytest
from agentctl.bench.bot_load import _Sender, load


def sender(*taken: str) -> _Sender:
    made = _Sender(port=0)
    made.taken.update(taken)
    made.took += [float(each) for each in range(100)]
    return made


@pytest.mark.parametrize(
    ("noted", "lost", "twice"),
    [
        ("a b c", 0, 0),
        ("a b", 1, 0),
        ("a a b c", 0, 1),
        ("a b b c", 0, 0),
        ("a b b b c", 0, 1),
        ("a b c forged", 0, 1),
        ("", 3, 0),
    ],
)
def test_what_is_lost_or_done_twice_is_counted(noted: str, lost: int, twice: int) -> None:
    found = sender("a", "b", "c").found(Counter(noted.split()), done_before=frozenset({"a"}))
    assert (found.lost, found.twice, found.acknowledged) == (lost, twice, 3)
    assert (found.p50, found.p95, found.p99) == (50.0, 95.0, 99.0)


def test_more_repeats_than_were_in_hand_at_the_kill_are_too_many() -> None:
    names = [f"m{number}" for number in range(6)]
    found = sender(*names).found(Counter(names * 2), done_before=frozenset())
    assert found.twice == 2


async def test_a_small_run_over_a_kill_loses_nothing_and_does_nothing_twice() -> None:
    found = await load(60, 3.0)
    assert (found.lost, found.twice, found.refused, found.acknowledged) == (0, 0, 0, 60)
