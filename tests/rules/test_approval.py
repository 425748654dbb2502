from dataclasses import replace

import pytest
from agentctl.orchestrator.nouns.plan import Estimate, Plan, SpecView, Task, Team
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.rules.approval import ALWAYS, UNDER, approved_by
from agentctl.orchestrator.rules.asking import plan_question

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


@pytest.mark.parametrize(
    ("owns", "spec", "by"),
    [
        (".github/workflows/ci.yml", SPEC, None),
        ("agentctl.toml", SPEC, None),
        (".GitHub/x", SPEC, None),
        ("src/a.py", SPEC, ALWAYS),
        ("**", SPEC, ALWAYS),
        (".github/workflows/ci.yml", replace(SPEC, owns=(".github/workflows/ci.yml",)), ALWAYS),
        (".github/workflows/ci.yml", replace(SPEC, allow_paths=(".github/**",)), ALWAYS),
        (".github/workflows/ci.yml", replace(SPEC, owns=(".github/**",)), None),
    ],
)
def test_what_decides_what_runs_elsewhere_is_asked_about_unless_the_spec_itself_gives_it(
    owns: str, spec: SpecView, by: str | None
) -> None:
    plan = replace(PLAN, tasks=(replace(TASK, owns=(owns,)),))
    settings = RunSettings(profile="x", repo="", approve=True)
    assert approved_by(plan, estimate(0.1), spec=spec, settings=settings) == by
    assert (owns in plan_question(plan, estimate(0.1), number=1).why) == (owns not in ("src/a.py", "**"))


def test_yes_approves_whatever_it_costs() -> None:
    settings = RunSettings(profile="x", repo="", approve=True)
    assert approved_by(PLAN, estimate(None), spec=SPEC, settings=settings) == ALWAYS
