"""What a plan may cost."""

import pytest
from agentctl.orchestrator.nouns.plan import Estimate, Plan, Task
from agentctl.orchestrator.rules.estimate import estimate, makespan, others


def plan(*minutes: float, chain: bool = False) -> Plan:
    tasks = (
        Task(id=f"T{n}", team="a", title="", goal="", minutes=each, needs=(f"T{n - 1}",) if chain and n > 1 else ())
        for n, each in enumerate(minutes, 1)
    )
    return Plan(summary="", teams=(), tasks=tuple(tasks))


@pytest.mark.parametrize(
    ("tasks", "workers", "minutes"),
    [
        (plan(), 4, 0.0),
        (plan(2, 2, 2), 1, 6.0),
        (plan(2, 2, 2), 2, 4.0),
        (plan(2, 2, 2), 50, 2.0),
        (plan(1, 2, 3, chain=True), 50, 6.0),
        (plan(1, 1, 1, 3), 2, 3.0),
        (plan(1, 1), 0, 2.0),
    ],
)
def test_minutes_are_those_of_the_scheduler(tasks: Plan, workers: int, minutes: float) -> None:
    assert makespan(tasks, workers=workers) == minutes


def test_dollars_are_known_where_the_price_is() -> None:
    known = estimate(plan(1, 2, chain=True), workers=8, calls_per_task=6.0, prices={"flash": 0.002, "pro": None})
    assert known == Estimate(calls=12, usd=0.024, minutes=3.0, critical_path=("T1", "T2"))
    assert estimate(plan(1), workers=8, calls_per_task=6.0, prices={}).usd is None
    assert estimate(plan(), workers=8, calls_per_task=6.0, prices={"flash": None, "pro": None}).usd is None


def test_each_task_costs_what_its_first_rung_does_and_leads_and_critics_cost_too() -> None:
    tasks = plan(1, 1, 1)
    rungs = {"T1": "flash", "T2": "flash*3", "T3": "pro"}
    beside = others(tasks, leads=2, critic=True, rungs=rungs)
    assert beside == {"pro": 2, "flash": 4}
    found = estimate(
        tasks, workers=8, calls_per_task=4.0, prices={"flash": 0.01, "pro": 0.1}, rungs=rungs, beside=beside
    )
    assert (found.calls, found.usd) == (26, 0.01 * (4 + 12 + 4) + 0.1 * (4 + 2))
    assert others(tasks, leads=0, critic=False, rungs=rungs) == {"pro": 0, "flash": 0}


def test_a_tier_that_is_asked_and_has_no_price_leaves_the_sum_unknown() -> None:
    rungs = {"T1": "flash", "T2": "pro"}
    prices = {"flash": 0.01, "pro": None}
    assert estimate(plan(1, 1), workers=8, calls_per_task=4.0, prices=prices, rungs=rungs).usd is None
    assert estimate(plan(1), workers=8, calls_per_task=4.0, prices=prices, rungs=rungs).usd == 0.04


def test_a_task_that_takes_another_back_costs_nothing() -> None:
    undone = Plan(summary="", teams=(), tasks=(Task(id="T2", team="a", title="", goal="", reverts="T1"),))
    assert estimate(undone, workers=1, calls_per_task=4.0, prices={"flash": 0.01}).usd == 0.0
