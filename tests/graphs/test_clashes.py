"""A task whose lines its base branch changes again and again: both sides for its worker, its lead, then a person."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from agentctl.agents.models.port import Reply, Request
from agentctl.bench.sim.roles import Habits, MemoryModel
from agentctl.bench.sim.world import RUN, World
from agentctl.orchestrator.nouns.events import Noted
from agentctl.orchestrator.nouns.hand_facts import CancelAsked, FollowAsked, RetryAsked, TaskGivenBack, TaskTaken
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey, integration_branch
from agentctl.orchestrator.nouns.plan import Plan
from agentctl.orchestrator.ports import TreeEntry
from agentctl.orchestrator.rules.asking import AGAIN, DROP, TAKE, TAKEN_OVER
from agentctl.orchestrator.rules.clashes import CLASH

from .conftest import ME, beside

SLOW = Habits(bad=0.0, hates=0.0, asks=0.0, objects=0.0, seconds=(20.0, 20.0))
"""A worker's call takes longer than following does."""
SETTLED = {"quote": "T1 exists as a file", "answer": "Both are kept, ours behind theirs."}
MAIN = "refs/heads/main"
FILE = "src/T1.txt"

Clashing = Callable[..., World]


@pytest.fixture
def clashing(
    make_world: Callable[..., World], plan_of: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch
) -> Clashing:
    """A world in which main changes the file of T1 during each of its first attempts; a lead says what it is given."""

    def make(times: int, said: object = None, **how: object) -> World:
        world = make_world(plan=plan_of(()), habits=SLOW, lead_answers=said is not None, **how)
        honest = MemoryModel.complete

        async def complete(model: MemoryModel, key: CallKey, request: Request) -> Reply:
            reply = await honest(model, key, request)
            return replace(reply, text=json.dumps(said)) if key.role == "lead" else reply

        monkeypatch.setattr(MemoryModel, "complete", complete)
        beside(world, lambda: pushing(world, times))
        return world

    return make


async def pushing(world: World, times: int) -> None:
    """Whoever works on main: another text for each attempt, and the wish that the run follows it."""
    for number in range(1, times + 1):
        while world.store.attempt(AttemptKey(task="T1", attempt=number)) is None:
            await world.clock.sleep(1.0)
        wished = {wish.number for wish in world.store.hands().follows}
        if number not in wished:
            world.fate.guard()
            world.store.append(FollowAsked(number=number, commit=await pushed(world, number), branch="main"), author=ME)


async def pushed(world: World, number: int) -> str:
    git = world.git
    parent = git.branches.get(MAIN) or world.store.run().base
    entry = TreeEntry(mode="100644", id=await git.write(f"theirs:{number}\n".encode()))
    tree = await git.amend_tree(await git.tree_of(parent), {FILE: entry})
    commit = await git.commit(tree=tree, parents=[parent], message="Theirs", at=1.0)
    git.branches[MAIN] = commit
    return commit


def end(world: World) -> str:
    run = world.live()
    assert run is not None
    return run.state


def asked_about(world: World) -> list[tuple[str, str | None, str | None]]:
    return [(each.question.key, each.answer, each.answered_by) for each in world.store.questions()]


def file(world: World) -> str:
    tree = world.git.commits[world.git.branches[integration_branch(RUN)]][0]
    return world.git.blobs[world.git.trees[tree][FILE].id].decode()


def test_the_first_clash_goes_back_with_both_sides_and_nobody_is_asked(clashing: Clashing) -> None:
    world = clashing(1)
    assert end(world) == "done"
    assert world.violations() == []
    assert asked_about(world) == []
    both = world.store.blob(world.store.choice(f"{CLASH}T1:1") or "")
    assert both.startswith("Others changed the same lines and landed first: src/T1.txt.\n")
    assert "`src/T1.txt`, line 1, landed with T2 (" in both
    assert "``` as it landed\ntheirs:1\n```\n``` as this attempt had it\nturn:0\n```\n" in both
    states = [(each.key.attempt, each.rung, each.state) for each in world.store.attempts("T1")]
    assert states == [(1, "flash", "failed"), (2, "flash", "landed")]


def test_the_second_clash_is_its_leads_to_decide_and_what_it_says_is_told_to_the_worker(clashing: Clashing) -> None:
    world = clashing(2, SETTLED)
    world.looks_every = 1e5
    assert end(world) == "done"
    assert asked_about(world) == [("stuck:T1:clash:2", SETTLED["answer"], "lead")]
    (asked,) = world.store.questions()
    assert "theirs:2" in asked.question.why
    assert "``` as it was\ntheirs:1\n```\n``` as it landed\ntheirs:2\n```\n" in asked.question.why
    assert asked.question.evidence == 'R1: "T1 exists as a file"'
    attempt = world.store.attempts("T1")[-1]
    assert (attempt.key.attempt, attempt.state, attempt.decisions) == (3, "landed", ("stuck:T1:clash:2",))
    assert [str(call.key) for call in world.journal.calls() if call.key.role == "lead"] == ["T1/2/0/lead/1/0"]


@pytest.mark.parametrize("said", [{**SETTLED, "quote": "these words stand nowhere"}, {**SETTLED, "answer": DROP}, None])
def test_what_no_lead_settles_is_a_question_with_both_sides_and_what_can_be_done(
    said: object, clashing: Clashing
) -> None:
    world = clashing(2, said)
    world.reply = lambda asked: AGAIN if "theirs:2" in asked.question.why else None
    assert end(world) == "done"
    assert asked_about(world) == [("stuck:T1:clash:2", AGAIN, "person:sim")]
    (asked,) = world.store.questions()
    assert [option.text for option in asked.question.options] == [AGAIN, TAKE, DROP]
    assert asked.question.requirements == ("R1",)
    assert [each.rung for each in world.store.attempts("T1")] == ["flash"] * 3


def test_the_third_clash_is_a_persons_whoever_decided_the_second(clashing: Clashing) -> None:
    world = clashing(3, SETTLED)
    assert end(world) == "done"
    keys = [("stuck:T1:clash:2", SETTLED["answer"], "lead"), ("stuck:T1:clash:3", AGAIN, "person:sim")]
    assert asked_about(world) == keys


def test_who_leaves_the_task_out_or_takes_it_over_is_obeyed(clashing: Clashing) -> None:
    left_out = clashing(2)
    left_out.reply = lambda _: DROP
    assert end(left_out) == "failed"
    assert [each.state for each in left_out.store.tasks() if each.task.id == "T1"] == ["dropped"]
    taken = clashing(2)
    taken.reply = lambda _: TAKE

    async def retried() -> None:
        while not any(each.answer == TAKE for each in taken.store.questions()):
            await taken.clock.sleep(1.0)
        await taken.clock.sleep(300.0)
        assert len(taken.store.attempts("T1")) == 2
        taken.store.append(RetryAsked(task="T1", attempt=2, rung="pro"), author=ME)

    beside(taken, retried)
    assert end(taken) == "done"
    assert [each.rung for each in taken.store.attempts("T1")] == ["flash", "flash", "pro"]


def test_what_a_successor_does_not_bring_in_again_is_said(clashing: Clashing) -> None:
    world = clashing(1)
    assert end(world) == "done"
    noted = [event.fact.text for event in world.store.events() if isinstance(event.fact, Noted)]
    assert "T1: of what attempt 1 had changed, this has otherwise or not at all: src/T1.txt" in noted
    assert file(world).startswith("turn:0")


@pytest.mark.parametrize("die_at", range(20, 130, 10))
def test_whoever_is_killed_asks_each_once_and_loses_nothing(die_at: int, clashing: Clashing) -> None:
    world = clashing(3, SETTLED)
    world.live(die_at=die_at)
    assert end(world) == "done"
    assert world.violations() == []
    asked = [each for each, *_ in asked_about(world)]
    assert sorted(asked) == ["stuck:T1:clash:2", "stuck:T1:clash:3"]
    assert len([call for call in world.journal.calls() if call.key.role == "lead"]) == 1


@pytest.mark.parametrize("seconds", [0.0, 10.0, 300.0])
def test_a_task_that_is_cancelled_while_it_is_asked_about_is_left_out(seconds: float, clashing: Clashing) -> None:
    world = clashing(2, {**SETTLED, "quote": "these words stand nowhere"})
    world.reply = lambda _: None

    async def cancelled() -> None:
        while world.store.choice("dispute:T1:2") is None:
            await world.clock.sleep(1.0)
        await world.clock.sleep(seconds)
        world.store.append(CancelAsked(task="T1"), author=ME)

    beside(world, cancelled)
    assert end(world) == "failed"
    assert [each.state for each in world.store.tasks() if each.task.id == "T1"] == ["dropped"]


@pytest.mark.parametrize("asked_first", [0, 1], ids=["while its lead considers it", "just as it is asked"])
def test_what_is_asked_about_a_task_that_a_person_takes_meanwhile_is_withdrawn(
    asked_first: int, clashing: Clashing
) -> None:
    world = clashing(2, {**SETTLED, "quote": "these words stand nowhere"})
    world.reply = lambda _: None

    async def taken() -> None:
        while not (asked_about(world) if asked_first else world.store.choice("dispute:T1:2")):
            await world.clock.sleep(0.5)
        assert len(asked_about(world)) == asked_first
        world.store.append(TaskTaken(task="T1", attempt=2), author=ME)
        await world.clock.sleep(100.0)
        assert asked_about(world) == [("stuck:T1:clash:2", TAKEN_OVER, ME)]
        assert [(each.state, each.attempt) for each in world.store.tasks() if each.task.id == "T1"] == [("parked", 2)]
        world.store.append(TaskGivenBack(task="T1"), author=ME)

    beside(world, taken)
    assert end(world) == "done"
    assert world.violations() == []
    assert world.store.attempts("T1")[-1].decisions == ()


def test_another_try_that_is_asked_for_while_the_lead_considers_begins_and_leaves_no_question(
    clashing: Clashing,
) -> None:
    world = clashing(2, {**SETTLED, "quote": "these words stand nowhere"})
    world.reply = lambda _: None

    async def tried_again() -> None:
        while world.store.choice("dispute:T1:2") is None:
            await world.clock.sleep(0.5)
        world.store.append(RetryAsked(task="T1", attempt=2, rung="pro"), author=ME)

    beside(world, tried_again)
    assert end(world) == "done"
    assert asked_about(world) == [("stuck:T1:clash:2", AGAIN, ME)]
    assert [each.rung for each in world.store.attempts("T1")] == ["flash", "flash", "pro"]
