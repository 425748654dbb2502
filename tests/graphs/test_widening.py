"""A task that has to change a file of nobody's: its question offers it, and only a person's answer gives it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from agentctl.bench.sim.roles import Habits, MemoryWorker
from agentctl.bench.sim.world import RUN, World
from agentctl.orchestrator.nouns.events import Chosen, Heard, QuestionAnswered, QuestionAsked
from agentctl.orchestrator.nouns.hand_facts import Widened
from agentctl.orchestrator.nouns.keys import RECORDED, AttemptKey, integration_branch
from agentctl.orchestrator.nouns.plan import Plan
from agentctl.orchestrator.nouns.questions import Asked, Option
from agentctl.orchestrator.ports import Job, Move, Workspace
from agentctl.orchestrator.rules.assumptions import overruling
from agentctl.orchestrator.rules.widening import OFFER
from agentctl.orchestrator.run_view import view_of

MakeWorld = Callable[..., World]
STEADY = Habits(bad=0.0, hates=0.0, asks=0.0, objects=0.0, seconds=(1.0, 1.0))
EXTRA = "src/extra.txt"
WIDER = "Change the extra file"
LEAVE = "Leave it"


def _end(world: World) -> str:
    run = world.live()
    assert run is not None
    return run.state


def _tip(world: World) -> set[str]:
    tip = world.git.branches[integration_branch(RUN)]
    return set(world.git.trees[world.git.commits[tip][0]])


def _widened(world: World) -> list[tuple[str, tuple[str, ...], str]]:
    events = world.store.events()
    return [(str(e.fact.key), e.fact.paths, e.author) for e in events if isinstance(e.fact, Widened)]


def _offers(world: World) -> dict[str, str]:
    facts = [event.fact for event in world.store.events() if isinstance(event.fact, Chosen)]
    return {fact.key: fact.value for fact in facts if fact.key.startswith(OFFER)}


@pytest.fixture
def wanting(make_world: MakeWorld, plan_of: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch) -> MakeWorld:
    """A world whose first task asks for a file, and writes to it wherever it may; a person answers as told."""
    honest = MemoryWorker.act

    def make(*needs: tuple[str, ...], answer: str = WIDER, default: str | None = None, **how: object) -> World:
        path = str(how.pop("path", EXTRA))

        async def act(worker: MemoryWorker, job: Job, workspace: Workspace, **more: object) -> Move:
            move = await honest(worker, job, workspace, **more)  # type: ignore[arg-type]
            if move.question is None:
                if path in job.task.owns:
                    workspace.write(path, b"extra")
                return move
            options = (Option(text=WIDER, paths=(path,)), Option(text=LEAVE))
            asked = replace(move.question, options=options, recommended=0, default=default, requirements=("R1",))
            return replace(move, question=asked)

        monkeypatch.setattr(MemoryWorker, "act", act)
        world = make_world(**{"plan": plan_of(*needs), "habits": STEADY, **how})
        world.model.asking = {"T1"}
        world.reply = lambda asked: answer if asked.question.kind == "decision" else "yes"
        return world

    return make


def test_a_persons_choice_lets_the_task_write_the_file_and_it_lands(wanting: MakeWorld) -> None:
    world = wanting(())
    assert _end(world) == "done"
    assert EXTRA in _tip(world)
    assert _widened(world) == [("T1:1", (EXTRA,), "person:sim")]
    told = world.journal.results(AttemptKey(task="T1"), 0)["ask"]
    assert told == f"{WIDER}\nYou own {EXTRA} as well now."
    assert world.store.tasks()[0].task.owns == ("src/T1.txt",)
    assert view_of(world.store, world.spec).owned("T1") == ("src/T1.txt", EXTRA)
    assert _offers(world) == {"offer:T1:1:0": ""}
    assert world.violations() == []


@pytest.mark.parametrize("answer", [LEAVE, "yes", "Change the extra file, if you must"])
def test_any_other_answer_leaves_what_it_may_write(wanting: MakeWorld, answer: str) -> None:
    world = wanting((), answer=answer)
    assert _end(world) == "done"
    assert EXTRA not in _tip(world)
    assert _widened(world) == []
    told = world.journal.results(AttemptKey(task="T1"), 0)["ask"]
    assert told == f"{answer}\nWhat you may write stays as it was."


def test_what_was_given_holds_in_later_attempts_too(wanting: MakeWorld) -> None:
    world = wanting((), ladder=("flash", "pro"))
    world.model.always_bad = {"T1:1"}
    assert _end(world) == "done"
    assert [each.state for each in world.store.attempts("T1")] == ["failed", "landed"]
    assert _widened(world) == [("T1:1", (EXTRA,), "person:sim"), ("T1:2", (EXTRA,), "person:sim")]
    assert EXTRA in _tip(world)


def test_every_rollout_owns_it_once_it_was_told(wanting: MakeWorld) -> None:
    world = wanting((), ladder=("flash*3",))
    assert _end(world) == "done"
    heard = {str(event.fact.key) for event in world.store.events() if isinstance(event.fact, Heard)}
    assert {key for key, _, _ in _widened(world)} == heard
    assert len(world.store.questions()) == 1
    assert EXTRA in _tip(world)
    assert world.violations() == []


@pytest.mark.parametrize("autonomy", ["never", "ask-blocking"])
def test_neither_a_default_nor_unattended_work_widens(wanting: MakeWorld, autonomy: str) -> None:
    world = wanting((), default=LEAVE if autonomy == "ask-blocking" else None, team_autonomy={"only": autonomy})
    assert _end(world) == "done"
    (asked,) = world.store.questions()
    assert asked.answered_by == "policy:autonomy"
    assert asked.answer != WIDER
    assert _widened(world) == []
    assert EXTRA not in _tip(world)


def test_no_lead_is_asked_what_a_task_owns(wanting: MakeWorld) -> None:
    world = wanting((), lead_answers=True)
    assert _end(world) == "done"
    assert [call.key for call in world.journal.calls() if call.key.role == "lead"] == []
    assert world.store.questions()[0].answered_by == "person:sim"


def test_a_file_of_an_unfinished_task_is_refused_with_its_name_and_nobody_is_asked(wanting: MakeWorld) -> None:
    world = wanting((), (), path="src/T2.txt")
    assert _end(world) == "done"
    assert world.store.questions() == ()
    reason = "`src/T2.txt` belongs to T2 (Write T2), which is not done."
    assert _offers(world) == {"offer:T1:1:0": reason}
    told = world.journal.results(AttemptKey(task="T1"), 0)["ask"]
    assert told == f"{reason} Ask without it, or do without it."


def test_a_file_of_a_task_that_comes_after_or_has_landed_is_offered(wanting: MakeWorld) -> None:
    for needs, path in (((("T2",), ()), "src/T2.txt"), (((), ("T1",)), "src/T2.txt")):
        world = wanting(*needs, path=path)
        assert _end(world) == "done"
        assert [widened[1] for widened in _widened(world)] == [(path,)]
        assert world.violations() == []


def test_what_another_task_asks_for_is_not_offered_a_second_time(wanting: MakeWorld) -> None:
    world = wanting((), ())
    world.model.asking = {"T1", "T2"}
    assert _end(world) == "done"
    offers = _offers(world)
    assert sorted(map(bool, offers.values())) == [False, True]
    assert len(_widened(world)) == 1


def test_a_person_who_overrules_a_default_gives_it_then(wanting: MakeWorld) -> None:
    world = wanting((), default=LEAVE, habits=replace(STEADY, seconds=(5.0, 5.0)))
    attend = world.attend

    async def object_later() -> None:
        while not world.store.questions():
            await world.clock.sleep(0.5)
        asked: Asked = world.store.questions()[0]
        question = overruling(asked, world.store.questions())
        facts = (QuestionAsked(question=question), QuestionAnswered(key=question.key, answer=WIDER))
        world.store.append(*facts, author="person:ada")
        await attend()

    world.attend = object_later  # type: ignore[method-assign]
    assert _end(world) == "done"
    assert [(key, by) for key, _, by in _widened(world)] == [("T1:2", "person:ada")]
    assert EXTRA in _tip(world)


def test_a_task_that_follows_a_landed_one_owns_what_the_new_answer_gives(wanting: MakeWorld) -> None:
    world = wanting((), (), ("T2",), default=LEAVE, habits=replace(STEADY, seconds=(2.0, 2.0)))
    attend = world.attend

    async def object_later() -> None:
        while not any(landing.key.task == "T1" for landing in world.store.landings()):
            await world.clock.sleep(0.1)
        question = overruling(world.store.questions()[0], world.store.questions())
        facts = (QuestionAsked(question=question), QuestionAnswered(key=question.key, answer=WIDER))
        world.store.append(*facts, author="person:ada")
        await attend()

    world.attend = object_later  # type: ignore[method-assign]
    assert _end(world) == "done"
    follower = world.store.tasks()[-1]
    assert (follower.task.id, follower.task.needs) == ("T4", ("T1",))
    assert follower.task.owns == ("src/T1.txt", EXTRA)
    assert EXTRA in _tip(world)


def test_a_replay_refuses_what_could_not_be_offered_then(wanting: MakeWorld) -> None:
    world = wanting(())
    reason = f"`{EXTRA}` belongs to T2 (Write T2), which is not done."
    world.store.append(Chosen(key=f"{RECORDED}{OFFER}T1:1:0", value=reason), author="driver")
    assert _end(world) == "done"
    assert _offers(world) == {"offer:T1:1:0": reason}
    assert world.store.questions() == ()
    assert EXTRA not in _tip(world)


@pytest.mark.parametrize("die_at", range(3, 40, 3))
def test_a_kill_anywhere_gives_it_once_and_loses_nothing(die_at: int, wanting: MakeWorld) -> None:
    world = wanting((), ("T1",))
    world.live(die_at=die_at)
    assert _end(world) == "done"
    assert EXTRA in _tip(world)
    assert [(each.key, each.paths, each.by) for each in world.store.hands().widened] == [
        (AttemptKey(task="T1", attempt=each.key.attempt), (EXTRA,), "person:sim")
        for each in world.store.hands().widened
    ]
    assert len(_offers(world)) == 1
    assert world.violations() == []
