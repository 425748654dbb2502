"""A person's word against a default or a lead's answer: what is at work begins again, what landed is followed."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from agentctl.bench.sim.roles import Habits, MemoryWorker
from agentctl.bench.sim.world import World
from agentctl.orchestrator.nouns.events import AttemptEnded, QuestionAnswered, QuestionAsked
from agentctl.orchestrator.nouns.plan import Plan
from agentctl.orchestrator.ports import Job, Move
from agentctl.orchestrator.rules.assumptions import assumptions, may_be_overruled, overruling

MakeWorld = Callable[..., World]
SLOW = Habits(bad=0.0, hates=0.0, asks=0.0, objects=0.0, seconds=(5.0, 5.0))


def _end(world: World) -> str:
    run = world.live()
    assert run is not None
    return run.state


@pytest.fixture
def assuming(make_world: MakeWorld, plan_of: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch) -> MakeWorld:
    """A world whose first task goes on with a default; a person says otherwise after so many seconds."""
    honest = MemoryWorker.act

    async def act(worker: MemoryWorker, job: Job, *args: object, **more: object) -> Move:
        move = await honest(worker, job, *args, **more)  # type: ignore[arg-type]
        if move.question is None:
            return move
        return replace(move, question=replace(move.question, default="utc", requirements=("R1",)))

    monkeypatch.setattr(MemoryWorker, "act", act)

    def make(
        *needs: tuple[str, ...], after: float, words: int = 1, ladder: tuple[str, ...] = ("flash", "pro")
    ) -> World:
        world = make_world(plan=plan_of(*needs), habits=SLOW, ladder=ladder)
        world.model.asking = {"T1"}
        attend = world.attend
        lives: list[float] = []

        async def object_later() -> None:
            while not any(each.answer for each in world.store.questions()):
                await world.clock.sleep(0.5)
            lives.append(after if not lives else 1.0)
            await world.clock.sleep(lives[-1])
            for word in range(len(world.store.questions()), words + 1):
                world.fate.guard()
                question = overruling(world.store.questions()[-1], world.store.questions())
                answer = "local time" if word == 1 else f"the other, word {word}"
                facts = (QuestionAsked(question=question), QuestionAnswered(key=question.key, answer=answer))
                world.store.append(*facts, author="person:sim")
                await world.clock.sleep(after if word < words else 0.0)
            await attend()

        world.attend = object_later  # type: ignore[method-assign]
        return world

    return make


def test_an_attempt_at_work_ends_and_the_same_rung_begins_again_on_the_new_decision(assuming: MakeWorld) -> None:
    world = assuming((), after=1.0)
    assert _end(world) == "done"
    first, second = world.store.attempts("T1")
    assert (first.state, first.clash, second.state, second.rung) == ("failed", True, "landed", first.rung)
    assert second.decisions == ("about:T1~1",)
    assert [asked.answer for asked in world.store.questions()] == ["utc", "local time"]
    assert [landing.key.task for landing in world.store.landings()] == ["T1"]
    assert world.violations() == []


def test_what_landed_is_followed_by_a_task_more_and_what_has_not_begun_builds_on_that(assuming: MakeWorld) -> None:
    world = assuming((), ("T1",), (), ("T2",), after=9.0)
    assert _end(world) == "done"
    statuses = {status.task.id: status for status in world.store.tasks()}
    assert [*statuses] == ["T1", "T2", "T3", "T4", "T5"]
    assert statuses["T5"].task.needs == ("T1",)
    assert statuses["T5"].task.requirements == statuses["T1"].task.requirements
    assert statuses["T4"].extra_needs == ("T5",)
    (followed,) = world.store.attempts("T5")
    assert (followed.state, followed.decisions) == ("landed", ("about:T1~1",))
    assert len(world.store.attempts("T3")) == 1
    order = [landing.key.task for landing in world.store.landings()]
    assert sorted(order) == ["T1", "T2", "T3", "T4", "T5"]
    assert order.index("T5") < order.index("T4")
    assert world.violations() == []


@pytest.mark.parametrize(("after", "more"), [(1.0, 0), (9.0, 2)])
def test_a_person_may_say_otherwise_than_they_said(after: float, more: int, assuming: MakeWorld) -> None:
    world = assuming((), (), ("T2",), ("T3",), ("T4",), after=after, words=2)
    assert _end(world) == "done"
    questions = world.store.questions()
    assert [may_be_overruled(asked) for asked in questions] == [True, False, False]
    assert [may_be_overruled(asked, anew=True) for asked in questions] == [True, True, True]
    followed = [status.task.id for status in world.store.tasks() if status.task.title.startswith("Follow")]
    assert len(followed) == more
    assert world.store.attempts(["T1", *followed][-1])[-1].decisions == ("about:T1~1~1",)
    assert world.violations() == []


def test_who_was_not_given_the_answer_goes_on(assuming: MakeWorld) -> None:
    world = assuming((), (), after=1.0)
    assert _end(world) == "done"
    assert len(world.store.attempts("T2")) == 1


def test_what_is_built_on_an_assumption_is_listed_with_it(assuming: MakeWorld) -> None:
    world = assuming((), after=1.0)
    assert _end(world) == "done"
    store = world.store
    found = assumptions(store.questions(), tasks=store.tasks(), attempts=store.attempts(), events=store.events())
    assert [(each.asked.id, each.tasks, each.by) for each in found] == [("Q1", (), "Q2")]


@pytest.mark.parametrize("after", [1.0, 9.0])
@pytest.mark.parametrize("die_at", range(20, 75, 6))
def test_a_kill_while_work_is_done_again_lands_nothing_twice(after: float, die_at: int, assuming: MakeWorld) -> None:
    world = assuming((), ("T1",), ("T1",), after=after)
    world.live(die_at=die_at)
    assert _end(world) == "done"
    assert world.violations() == []
    ended = [event.fact.key for event in world.store.events() if isinstance(event.fact, AttemptEnded)]
    assert len(ended) == len(set(ended))
    newest = {status.task.id: world.store.attempts(status.task.id)[-1] for status in world.store.tasks()}
    assert newest["T4" if "T4" in newest else "T1"].decisions == ("about:T1~1",)


def test_of_several_rollouts_each_that_was_told_ends_and_the_rung_begins_again(assuming: MakeWorld) -> None:
    world = assuming((), after=1.0, ladder=("flash*3", "pro"))
    assert _end(world) == "done"
    attempts = world.store.attempts("T1")
    first = [each for each in attempts if each.key.attempt == 1]
    again = [each for each in attempts if each.key.attempt > 1]
    assert {each.state for each in first} == {"failed"}
    assert {each.rung for each in again} == {"flash*3"}
    assert [each.state for each in again].count("landed") == 1
    assert {each.decisions for each in again} == {("about:T1~1",)}
    assert world.violations() == []
