"""What is learned from attempts: where there are none the prior speaks, where there are many they do."""

import random

import pytest
from agentctl.orchestrator.rules.forecast import PRIOR, Tried, held, learn


def tried(**fields: object) -> Tried:
    return Tried(**({"tier": "flash", "size": 4.0, "green": True, "minutes": 4.0, "usd": 0.03} | fields))  # type: ignore[arg-type]


def test_without_attempts_the_prior_speaks() -> None:
    assert learn([]).first == PRIOR.first
    assert learn([]).known == 0


def test_larger_tasks_are_harder_longer_and_dearer() -> None:
    for curve in (*PRIOR.first.values(), *PRIOR.later.values()):
        assert curve.chance(1.0) > curve.chance(4.0) > curve.chance(30.0)
        assert curve.minutes(1.0) < curve.minutes(30.0)
        assert curve.usd(1.0) < curve.usd(30.0)


def test_many_attempts_outweigh_the_prior() -> None:
    curves = learn(tried(green=number % 5 == 0, minutes=12.0, usd=0.3) for number in range(200))
    curve = curves.of("flash", after=False)
    assert curve.chance(4.0) == pytest.approx(0.2, abs=0.05)
    assert curve.minutes(4.0) == pytest.approx(12.0, rel=0.1)
    assert curve.usd(4.0) == pytest.approx(0.3, rel=0.1)
    assert curves.of("pro", after=False) == PRIOR.of("pro", after=False)
    assert curves.of("flash", after=True) == PRIOR.of("flash", after=True)


def test_how_chance_falls_with_size_is_learned() -> None:
    chance = random.Random(1)
    sizes = [chance.uniform(1.0, 20.0) for _ in range(400)]
    curve = learn(tried(size=size, green=size < 10.0) for size in sizes).of("flash", after=False)
    assert curve.chance(2.0) > 0.9
    assert curve.chance(20.0) < 0.2


def test_a_green_one_of_three_says_less_than_a_green_single_one() -> None:
    alone = learn([tried()] * 40).of("flash", after=False)
    raced = learn([tried(rollouts=3)] * 40).of("flash", after=False)
    assert PRIOR.of("flash", after=False).chance(4.0) < raced.chance(4.0) < alone.chance(4.0)


def test_means_are_of_minutes_not_of_their_logarithms() -> None:
    """Half of them take a minute and half nine: on average five, though the middle of the logarithms is three."""
    curve = learn(tried(minutes=minutes) for minutes in [1.0, 9.0] * 100).of("flash", after=False)
    assert curve.minutes(4.0) == pytest.approx(5.0, rel=0.1)


def test_what_has_no_price_teaches_no_price() -> None:
    assert learn([tried(usd=None)] * 50).of("flash", after=False).usd(4.0) == pytest.approx(0.03)


def test_the_order_of_attempts_changes_nothing() -> None:
    found = [tried(size=size, green=size < 5) for size in (1.0, 3.0, 7.0, 9.0)]
    assert learn(found) == learn(reversed(found))


def test_a_mean_is_held_by_one_prior() -> None:
    assert held(4.0, []) == 4.0
    assert held(4.0, [1.0, 1.0]) == 2.0
