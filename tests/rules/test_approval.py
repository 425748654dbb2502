import pytest
from agentctl.orchestrator.nouns.plan import Estimate, Plan, SpecView, Task, Team
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.rules.approval import ALWAYS, UNDER, approved_by

TASK = Task(id="T1", team="a", title="t", goal="g")
PLAN = Plan(summary="", teams=(Team(id="a", purpose=""),), tasks=(TASK,))
SPEC = SpecView(id="s", digest="", title="", text="", requirements=())


def estimate(usd: float | None, outside: str = "") -> Estimate:
    return Estimate(calls=4, usd=usd, minutes=1, critical_path=("T1",), outside_cap=outside)


@pytest.mark.parametrize(
    ("limit", "usd", "outside", "by"),
    [
        (None, 0.01, "", None),
        (5.0, 4.99, "", UNDER),
        (5.0, 5.0, "", None),
        (5.0, None, "", None),
        (5.0, 0.5, "claude-cli/haiku", None),
        (0.0, 0.0, "", None),
    ],
)
def test_a_plan_is_approved_by_policy_if_its_estimate_is_known_and_under_the_amount(
    limit: float | None, usd: float | None, outside: str, by: str | None
) -> None:
    settings = RunSettings(profile="x", repo="", approve_under=limit)
    assert approved_by(PLAN, estimate(usd, outside), spec=SPEC, settings=settings) == by


def test_yes_approves_whatever_it_costs() -> None:
    settings = RunSettings(profile="x", repo="", approve=True)
    assert approved_by(PLAN, estimate(None), spec=SPEC, settings=settings) == ALWAYS
