"""Whether a team pays: the gain of fanning out, and what each way is expected to cost."""

import pytest
from agentctl.orchestrator.nouns.plan import Plan, Task, Team
from agentctl.orchestrator.rules.estimate import gain
from agentctl.orchestrator.rules.forecast import PRIOR, Past, Tried
from agentctl.orchestrator.rules.sizing import (
    Values,
    Way,
    as_one,
    as_team,
    best,
    best_ladder,
    climb,
    counterfactual,
    fans_out_in_vain,
    sizing_findings,
    tier_of,
    whole_size,
)

LADDER = ("flash", "pro")


def plan(minutes: list[float], *, chain: bool = False) -> Plan:
    ids = [f"T{number}" for number in range(1, len(minutes) + 1)]
    tasks = tuple(
        Task(
            id=task,
            team="core",
            title=task,
            goal=task,
            minutes=its,
            needs=(ids[place - 1],) if chain and place else (),
        )
        for place, (task, its) in enumerate(zip(ids, minutes, strict=True))
    )
    return Plan(summary="", teams=(Team(id="core", purpose=""),), tasks=tasks)


@pytest.mark.parametrize(
    ("rung", "known"), [("flash", ("flash", 1)), ("flash*3", ("flash", 3)), ("pro", ("pro", 1)), ("ask", None)]
)
def test_a_rung_is_a_tier_and_a_number_of_rollouts(rung: str, known: tuple[str, int] | None) -> None:
    assert tier_of(rung) == known


def test_a_ladder_costs_its_further_rungs_as_often_as_they_are_reached() -> None:
    flash, pro = PRIOR.of("flash", after=False), PRIOR.of("pro", after=True)
    found = climb(4.0, LADDER, PRIOR)
    missed = 1 - flash.chance(4.0)
    assert found.usd == pytest.approx(flash.usd(4.0) + missed * pro.usd(4.0))
    assert found.minutes == pytest.approx(flash.minutes(4.0) + missed * pro.minutes(4.0))
    assert found.stuck == pytest.approx(missed * (1 - pro.chance(4.0)))


def test_rollouts_cost_three_times_and_take_as_long_as_one() -> None:
    one, three = climb(4.0, ("flash",), PRIOR), climb(4.0, ("flash*3",), PRIOR)
    assert three.usd == pytest.approx(3 * one.usd)
    assert three.minutes == one.minutes
    assert three.stuck < one.stuck


def test_a_person_at_the_end_of_a_ladder_costs_no_model() -> None:
    assert climb(4.0, ("flash", "ask"), PRIOR) == climb(4.0, ("flash",), PRIOR)


@pytest.mark.parametrize(
    ("made", "gained"),
    [(plan([2.0]), 1.0), (plan([2.0, 2.0]), 2.0), (plan([2.0, 2.0], chain=True), 1.0), (plan([8.0, 1.0]), 1.125)],
)
def test_the_gain_is_work_over_the_time_of_the_team(made: Plan, gained: float) -> None:
    assert gain(made, workers=16) == pytest.approx(gained)


@pytest.mark.parametrize(
    ("made", "vain"),
    [
        (plan([2.0]), False),
        (plan([2.0, 2.0]), False),
        (plan([2.0, 2.0], chain=True), True),
        (plan([8.0, 1.0]), True),
        (plan([20.0, 1.0]), False),
    ],
    ids=["one task", "side by side", "a chain", "hardly side by side", "too large for one attempt"],
)
def test_what_saves_no_time_and_fits_in_one_attempt_is_not_fanned_out(made: Plan, *, vain: bool) -> None:
    assert fans_out_in_vain(made, workers=16) is vain


def test_one_worker_gains_nothing_from_tasks_side_by_side() -> None:
    assert fans_out_in_vain(plan([2.0, 2.0]), workers=1)


def test_many_small_tasks_are_for_a_team_and_a_single_one_is_not() -> None:
    def ways(made: Plan) -> tuple[Way, Way]:
        ladders = {task.id: LADDER for task in made.tasks}
        values = Values()
        return (
            as_one(made, ladder=("pro", "pro"), curves=PRIOR, values=values, name="one"),
            as_team(made, ladders=ladders, workers=16, curves=PRIOR, values=values, name="team"),
        )

    assert best(ways(plan([4.0] * 12)), ("one", "team")) == "team"
    assert best(ways(plan([1.0])), ("one", "team")) == "one"


def test_of_ways_that_cost_about_the_same_the_fastest_is_chosen() -> None:
    slow = Way(name="slow", usd=1.0, minutes=30.0, person=0.0, cost=1.00)
    fast = Way(name="fast", usd=1.05, minutes=10.0, person=0.0, cost=1.05)
    dear = Way(name="dear", usd=2.0, minutes=1.0, person=0.0, cost=2.0)
    assert best((slow, fast, dear), ("slow", "fast", "dear")) == "fast"


def test_large_tasks_get_a_ladder_that_does_not_begin_with_flash_alone() -> None:
    ladders = (LADDER, ("pro", "pro"))
    assert best_ladder(2.0, ladders, PRIOR, Values()) == LADDER
    assert best_ladder(25.0, ladders, PRIOR, Values()) == ("pro", "pro")


def test_everything_as_one_task_is_smaller_than_the_sum_of_its_parts() -> None:
    assert whole_size(plan([5.0, 5.0]), Values()) == pytest.approx(6.0)
    assert whole_size(plan([5.0]), Values()) == 5.0


def test_a_single_task_has_no_counterfactual() -> None:
    assert counterfactual(plan([2.0]), Past(), priced=True) is None


def test_the_counterfactual_is_learned_from_what_was_tried_here() -> None:
    tried = Tried(tier="pro", size=6.0, green=True, minutes=60.0, usd=9.0)
    guessed = counterfactual(plan([5.0, 5.0]), Past(), priced=True)
    learned = counterfactual(plan([5.0, 5.0]), Past(tried=(tried,) * 50), priced=True)
    assert guessed is not None
    assert learned is not None
    assert (guessed.tried, learned.tried) == (0, 50)
    assert learned.minutes > 50 > guessed.minutes
    assert learned.usd is not None
    assert guessed.usd is not None
    assert learned.usd > 7 > guessed.usd


def test_without_a_price_the_counterfactual_has_none() -> None:
    alone = counterfactual(plan([5.0, 5.0]), Past(), priced=False)
    assert alone is not None
    assert alone.usd is None


def test_a_finding_says_what_fanning_out_gains_and_what_to_do() -> None:
    [finding] = sizing_findings(plan([8.0, 1.0]), workers=16)
    assert "9 min one after another and 8 min as a team: fanning out gains 1.1x" in finding.message
    assert "Merge them into one task" in finding.message
    assert sizing_findings(plan([2.0, 2.0]), workers=16) == ()
