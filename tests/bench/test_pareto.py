"""The worlds of the suite ``pareto`` and how a choice in them is judged."""

import json
import random
from pathlib import Path

import pytest
from agentctl.bench.pareto import Choice, Mean, lived
from agentctl.bench.pareto.picture import frontier, write
from agentctl.bench.pareto.ways import COMPARED
from agentctl.bench.pareto.world import drawn, spec


def mean(cost: float, minutes: float = 1.0) -> Mean:
    return Mean(minutes=minutes, usd=cost, person=0.0, done=1.0, cost=cost)


def test_a_world_is_the_same_each_time_and_another_for_each_seed() -> None:
    assert drawn(1) == drawn(1) != drawn(2)


def test_strong_models_are_better_and_dearer_in_the_middle_of_all_worlds() -> None:
    worlds = [drawn(seed) for seed in range(200)]
    better = sum(world.models["pro"].chance(20.0) > world.models["flash"].chance(20.0) for world in worlds)
    assert better > 150
    assert all(world.models["pro"].usd_a_minute > world.models["flash"].usd_a_minute for world in worlds)


@pytest.mark.parametrize("name", COMPARED)
def test_each_way_ends_with_everything_done_by_a_model_or_a_person(name: str) -> None:
    world = drawn(3)
    for number in range(20):
        given = spec(world, random.Random(number))
        outcome = COMPARED[name](world, given, random.Random(number)).outcome
        assert outcome.minutes > 0
        assert outcome.usd > 0
        assert outcome.green or outcome.person > 0


def test_regret_is_over_the_best_and_never_below_it() -> None:
    others = {"solo Pro": mean(2.0), "team": mean(1.0)}
    assert Choice(name="x", chosen=mean(1.5), others=others).regret == pytest.approx(0.5)
    assert Choice(name="x", chosen=mean(0.5), others=others).regret == 0.0


@pytest.mark.parametrize(("cost", "minutes", "is_so"), [(3.0, 2.0, True), (3.0, 0.5, False), (1.5, 2.0, False)])
def test_a_choice_is_dominated_by_what_is_cheaper_and_no_slower(cost: float, minutes: float, *, is_so: bool) -> None:
    choice = Choice(name="x", chosen=mean(cost, minutes), others={"solo Pro": mean(2.0, 1.0)})
    assert choice.dominated is is_so


def test_the_specs_after_the_first_ones_count() -> None:
    assert len(lived(5)) == 10


def test_the_frontier_is_what_nothing_beats_in_both(tmp_path: Path) -> None:
    points = {"fast": (1.0, 9.0), "cheap": (9.0, 1.0), "beaten": (9.5, 9.0), "middle": (4.0, 4.0)}
    assert frontier(points) == ["fast", "middle", "cheap"]
    write(tmp_path, points)
    told = json.loads((tmp_path / "pareto.json").read_text())
    assert told["frontier"] == ["fast", "middle", "cheap"]
    assert [each["on_frontier"] for each in told["ways"]] == [True, True, False, True]
    assert (tmp_path / "pareto.svg").read_text().startswith("<svg")
