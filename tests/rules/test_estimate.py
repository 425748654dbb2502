"""What a plan may cost."""

import pytest
from agentctl.orchestrator.nouns.plan import Estimate, Plan, Task
from agentctl.orchestrator.rules.estimate import estimate, makespan


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
    known = estimate(plan(1, 2, chain=True), workers=8, calls_per_task=6.0, usd_per_call=0.002)
    assert known == Estimate(calls=12, usd=0.024, minutes=3.0, critical_path=("T1", "T2"))
    assert estimate(plan(1), workers=8, calls_per_task=6.0, usd_per_call=None).usd is None
