"""Contracts in virtual time: written once, whatever is killed, and the branch begins with their stubs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from agentctl.bench.parts.simulated import live_through, new_world
from agentctl.bench.sim.leads import api
from agentctl.bench.sim.world import World
from agentctl.orchestrator.nouns.events import Contracted, QuestionAnswered
from agentctl.orchestrator.nouns.keys import AttemptKey, integration_branch
from agentctl.orchestrator.nouns.plan import Plan
from agentctl.orchestrator.nouns.runs import Limits
from agentctl.orchestrator.run_view import FRAME, START

SEED = 7
"""Of a history in which leads write, are told what is wrong, and one of them fails."""


def with_api(plan: Plan) -> Plan:
    return replace(plan, tasks=tuple(replace(task, owns=(*task.owns, api(task.id))) for task in plan.tasks))


@pytest.fixture
def world(make_world: Callable[..., World], plan_of: Callable[..., Plan]) -> World:
    made = make_world(plan=with_api(plan_of((), (), ("T1",))))
    made.contracts = True
    return made


def points(prefix: str, tmp_path: Path) -> list[int]:
    """The fault points of a calm life whose names begin so, counted from 1."""
    calm = new_world(tmp_path, SEED)
    calm.live()
    return [number for number, name in enumerate(calm.fate.names, 1) if name.startswith(prefix)]


def test_a_kill_between_any_two_steps_of_contracting_loses_and_repeats_nothing(tmp_path: Path) -> None:
    found = points("contract.", tmp_path)
    assert len(found) > 3
    around = sorted({each + step for each in found for step in (-1, 0, 1)})
    assert [live_through(SEED, (each,)).told for each in around] == [[] for _ in around]


def test_a_contract_is_written_once_for_each_team_before_anybody_works(world: World) -> None:
    run = world.live()
    assert run is not None
    assert run.state == "done"
    facts = [event.fact for event in world.store.events()]
    kinds = [type(fact).__name__ for fact in facts]
    assert [fact.contract.team for fact in facts if isinstance(fact, Contracted)] == ["only"]
    assert kinds.index("Contracted") < kinds.index("AttemptStarted")


def test_tasks_start_from_the_stubs_and_every_commit_has_a_verdict(world: World) -> None:
    world.live()
    frame = world.store.choice(FRAME)
    assert frame is not None
    assert world.git.pointed_at[:2] == [world.store.choice(START), frame]
    first = world.store.attempt(AttemptKey(task="T1"))
    assert first is not None
    assert first.base_tree == world.git.commits[frame][0]
    assert world.violations() == []


def test_without_a_lead_nothing_is_contracted(make_world: Callable[..., World], plan_of: Callable[..., Plan]) -> None:
    world = make_world(plan=plan_of(()))
    world.live()
    assert (world.store.contracts(), world.store.choice(FRAME)) == ((), None)
    assert world.git.branches[integration_branch("sim")]


def test_a_budget_that_a_lead_does_not_fit_under_is_asked_about_and_the_contract_written_then(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=with_api(plan_of(())), limits=Limits(usd=0.001))
    world.contracts = True
    world.reply = lambda asked: "raise 5" if asked.question.kind == "budget" else None
    run = world.live()
    assert run is not None
    assert run.state == "done"
    assert [each.question.kind for each in world.store.questions()] == ["budget"]
    answered = [event.seq for event in world.store.events() if isinstance(event.fact, QuestionAnswered)]
    [written] = [event.seq for event in world.store.events() if isinstance(event.fact, Contracted)]
    assert written > answered[0]
