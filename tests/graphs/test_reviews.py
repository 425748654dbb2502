"""The critic between a green gate and the queue: what it can hold up, and what it cannot."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from agentctl.agents.models.errors import Overloaded
from agentctl.agents.models.port import Reply, Request
from agentctl.bench.sim.roles import Habits, MemoryModel
from agentctl.bench.sim.world import World
from agentctl.orchestrator.nouns.events import Reviewed
from agentctl.orchestrator.nouns.keys import CallKey
from agentctl.orchestrator.nouns.plan import Plan
from agentctl.orchestrator.nouns.runs import Limits

STEADY = Habits(bad=0.0, hates=0.0, asks=0.0, objects=0.0, seconds=(1.0, 1.0))
QUOTE = {"requirement": "R1", "quote": "exists as a file", "line": "+src/T1.txt", "why": "it is not one"}


def _end(world: World) -> str:
    run = world.live()
    assert run is not None
    return run.state


def _reviews(world: World) -> list[Reviewed]:
    return [event.fact for event in world.store.events() if isinstance(event.fact, Reviewed)]


def _turns(world: World) -> int:
    return sum(call.key.role == "worker" for call in world.journal.calls())


@pytest.fixture
def critical(
    make_world: Callable[..., World], plan_of: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., World]:
    """A world of one task whose critic answers as given; None for one that cannot be reached."""

    def make(said: object, **how: object) -> World:
        world = make_world(**{"plan": plan_of(()), "habits": STEADY, "critic": "on", **how})
        honest = MemoryModel.complete

        async def complete(model: MemoryModel, key: CallKey, request: Request) -> Reply:
            reply = await honest(model, key, request)
            if key.role == "critic" and said is None:
                raise Overloaded("the model is overloaded", usd=0.0)
            return replace(reply, text=json.dumps(said)) if key.role == "critic" else reply

        monkeypatch.setattr(MemoryModel, "complete", complete)
        return world

    return make


def test_a_quote_of_the_requirement_beside_a_line_of_the_diff_sends_a_patch_back_twice_and_is_advice_then(
    critical: Callable[..., World],
) -> None:
    world = critical({"claims": [QUOTE], "advice": []})
    assert _end(world) == "done"
    first, second, third = _reviews(world)
    assert "R1 says: exists as a file" in first.blocked
    assert "+src/T1.txt" in first.blocked
    assert (bool(second.blocked), third.blocked) == (True, "")
    assert third.notes == ("R1: it is not one (this is advice)",)
    assert _turns(world) == 3
    told = world.journal.results(third.key, 0)
    assert "R1 says: exists as a file" in told["submit"]


@pytest.mark.parametrize(
    ("said", "notes"),
    [
        ({"claims": [], "advice": ["name it better"]}, ("name it better",)),
        (
            {"claims": [{**QUOTE, "quote": "must be a folder"}], "advice": []},
            ("R1: it is not one (no requirement of the task says so in these words)",),
        ),
        (
            {"claims": [{**QUOTE, "line": "+src/T2.txt"}], "advice": []},
            ("R1: it is not one (no requirement of the task says so in these words)",),
        ),
        ({"claims": [{"requirement": "R1", "why": "I feel so"}]}, ("R1: I feel so (nothing shows it)",)),
        ("LGTM", None),
        (None, None),
    ],
)
def test_whatever_else_a_critic_says_holds_nothing_up(
    said: object, notes: tuple[str, ...] | None, critical: Callable[..., World]
) -> None:
    world = critical(said)
    assert _end(world) == "done"
    (review,) = _reviews(world)
    assert review.blocked == ""
    assert review.notes == notes if notes is not None else review.notes[0].startswith("not read by the critic: ")
    assert _turns(world) == 1


def test_a_critic_that_may_only_advise_sends_nothing_back(critical: Callable[..., World]) -> None:
    world = critical({"claims": [QUOTE], "advice": []}, critic="advise")
    assert _end(world) == "done"
    assert [(review.blocked, review.notes) for review in _reviews(world)] == [
        ("", ("R1: it is not one (this is advice)",))
    ]


def test_a_patch_whose_worker_has_no_repair_left_lands_with_the_objection_as_a_note(
    critical: Callable[..., World],
) -> None:
    world = critical({"claims": [QUOTE], "advice": []}, limits=Limits(workers=2, repairs=0))
    assert _end(world) == "done"
    assert [review.blocked for review in _reviews(world)] == [""]


def test_no_critic_reads_a_small_spec_or_a_run_that_has_none(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    without = make_world(plan=plan_of(()), habits=STEADY)
    small = make_world(plan=plan_of(()), habits=STEADY, critic="on")
    small.spec = replace(small.spec, small=True)
    for world in (without, small):
        assert _end(world) == "done"
        assert _reviews(world) == []
        assert {call.key.role for call in world.journal.calls()} == {"worker"}


@pytest.mark.parametrize("die_at", range(30, 110, 9))
def test_a_review_killed_anywhere_is_paid_for_once_and_says_the_same_again(
    die_at: int, critical: Callable[..., World]
) -> None:
    world = critical({"claims": [QUOTE], "advice": []})
    world.live(die_at=die_at)
    assert _end(world) == "done"
    assert [bool(review.blocked) for review in _reviews(world)] == [True, True, False]
    assert world.violations() == []
