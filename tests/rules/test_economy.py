import pytest
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.nouns.plan import Plan, Task, Team
from agentctl.orchestrator.rules.economy import (
    Spending,
    critical_seconds,
    fresh_per_task,
    median_fresh,
    strong_share,
    times_alone,
    told,
)


def spent(task: str, seconds: float = 1.0, **more: object) -> Spending:
    role, attempt, rollout, turn, tier, prompt = (
        more.get(name, default)
        for name, default in [
            ("role", "worker"), ("attempt", 1), ("rollout", 0), ("turn", 0), ("tier", "flash"), ("prompt", 100),
        ]
    )  # fmt: skip
    key = CallKey(attempt=AttemptKey(task=task, attempt=attempt, rollout=rollout), role=str(role), turn=turn)
    return Spending(key=key, tier=str(tier), prompt=prompt, fresh=prompt / 2, completion=10, seconds=seconds)


def plan(**needs: tuple[str, ...]) -> Plan:
    tasks = tuple(
        Task(id=name, team="a", title=name, goal="g", requirements=("R1",), owns=(f"{name}.py",), needs=each)
        for name, each in needs.items()
    )
    return Plan(summary="s", teams=(Team(id="a", purpose="all"),), tasks=tasks)


def test_the_critical_path_goes_through_planning_the_longest_lead_and_the_longest_chain() -> None:
    calls = [
        spent("plan", 5, role="planner"),
        spent("plan", 2, role="planner", turn=1),
        spent("plan", 3, role="probe"),
        spent("plan", 4, role="probe"),
        spent("team-a", 6, role="lead"),
        spent("team-b", 8, role="lead"),
        spent("T1", 10),
        spent("T1", 1, turn=1),
        spent("T2", 20),
        spent("T3", 30),
    ]
    assert critical_seconds(calls, plan(T1=(), T2=(), T3=("T1",))) == 5 + 2 + 4 + 8 + 11 + 30


def test_attempts_follow_one_another_and_rollouts_run_side_by_side() -> None:
    calls = [
        spent("T1", 10),
        spent("T1", 3, attempt=2, rollout=1),
        spent("T1", 4, attempt=2, rollout=1, turn=1),
        spent("T1", 5, attempt=2, rollout=2),
        spent("T1", 2, role="critic"),
    ]
    assert critical_seconds(calls, plan(T1=())) == 10 + 2 + 7


def test_tokens_are_counted_by_task_and_by_tier() -> None:
    calls = [
        spent("plan", role="planner", tier="pro", prompt=290),
        spent("T10", prompt=400),
        spent("T2", prompt=100),
        spent("T2", prompt=100, turn=1),
        spent("team-a", role="lead", tier="ultra", prompt=90),
    ]
    assert fresh_per_task(calls) == {"T2": 100.0, "T10": 200.0}
    assert list(fresh_per_task(calls)) == ["T2", "T10"]
    assert median_fresh(calls) == 150.0
    assert strong_share(calls) == 400 / 1030
    assert strong_share([]) == 0.0
    with pytest.raises(ValueError, match="no task"):
        median_fresh(calls[:1])


def test_what_one_agent_alone_takes_grows_with_the_requirements() -> None:
    assert times_alone(87_000, 10_600, requirements=14) == pytest.approx(1)
    assert times_alone(87_000, 10_600, requirements=28) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("prompt", "tasks", "said"),
    [(87_000, 5, ""), (140_000, 5, "1.5 times the tokens"), (200_000, 1, ""), (135_000, 5, "")],
)
def test_a_team_that_takes_half_as_much_again_is_told_so(prompt: int, tasks: int, said: str) -> None:
    found = told(prompt, 10_600, requirements=14, tasks=tasks)
    assert found.startswith(said)
    assert bool(found) == bool(said)
