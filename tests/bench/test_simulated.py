from pathlib import Path

import pytest
from agentctl.bench.parts import simulated
from agentctl.bench.parts.patience import going_on
from agentctl.bench.parts.simulated import History, live_through, new_world, random_history
from agentctl.bench.sim.world import World
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.events import Planned, QuestionAsked, RunCreated, TaskMoved
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.nouns.plan import Estimate, Plan, Task, Team
from agentctl.orchestrator.nouns.questions import Question
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.store.sqlite import SqliteStore


@pytest.mark.parametrize("seed", range(1, 21))
def test_random_kills_break_nothing(seed: int) -> None:
    assert random_history(seed).told == []


@pytest.mark.parametrize(("seed", "kills"), [(507, (88, 159, 22)), (808, (144, 179, 85, 92))])
def test_what_clashed_with_work_that_is_taken_back_does_not_go_with_it(seed: int, kills: tuple[int, ...]) -> None:
    assert live_through(seed, kills).told == []


def test_a_history_is_the_same_for_the_same_seed_and_kills() -> None:
    first = live_through(7, (40, 90))
    assert first == live_through(7, (40, 90))
    assert (first.struck, first.violations) == (2, ())


def test_what_does_not_hold_is_told_with_what_brings_it_about_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(World, "violations", lambda _: ["2: T1 landed 2 times"])
    assert live_through(7, (40,)).told == ["seed 7, kills [40]: 2: T1 landed 2 times"]


def asked_three_times(world: World, *, fails: bool) -> list[str]:
    """What is told of a call with which two processes died, or one died and another saw it fail, before its reply."""
    key = CallKey(attempt=AttemptKey(task="T1"), role="worker", turn=99)
    world.live()
    for end in ("lost", "failed" if fails else "lost", "done"):
        journal = world._open_journal(world._holder)
        journal.settle_interrupted()
        journal.start(key, digest="d", request="{}", tier="flash", model="", reserved_usd=0.02)
        if end == "failed":
            journal.failed(key, error="the connection was cut", usd=0.02)
    return [each for each in world.violations() if each.startswith("3:")]


def test_a_call_is_asked_again_once_but_for_the_times_it_failed_and_said_so(tmp_path: Path) -> None:
    for fails in (False, True):
        (tmp_path / str(fails)).mkdir()
        world = new_world(tmp_path / str(fails), 1)
        told = asked_three_times(world, fails=fails)
        assert told == ([] if fails else ["3: T1/1/0/worker/99/0 was answered 0 times, sent 3 times"])
        world.close()


def test_a_history_that_raises_is_told_and_ends_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(_: World) -> list[str]:
        raise LookupError("lost")

    monkeypatch.setattr(World, "violations", explode)
    history = live_through(7, ())
    assert isinstance(history, History)
    assert history.violations[0].startswith("LookupError: lost")


def test_a_person_who_was_kept_waiting_by_others_is_a_violation_of_invariant_6(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(simulated, "going_on", lambda _: {"T9"})
    world = new_world(tmp_path, 17)
    person = simulated.Patient(world)
    world.reply = person.reply
    run = world.live()
    assert run is not None
    assert run.state == "done"
    assert all(each.startswith("6: ") for each in person.wronged)
    answered = [each for each in world.store.questions() if (each.answered_by or "").startswith("person")]
    assert len(person.wronged) == len(answered) > 0


def test_while_a_task_asks_only_what_does_not_depend_on_it_goes_on() -> None:
    needs = {"T1": (), "T2": ("T1",), "T3": ("T2",), "T4": (), "T5": ("T4",)}
    store = planned(needs)
    assert going_on(store) == set(needs)
    store.append(QuestionAsked(question=question("T1:1")), author="worker")
    assert going_on(store) == {"T4", "T5"}
    store.append(TaskMoved(task="T4", state="landed"), TaskMoved(task="T5", state="dropped"), author="driver")
    assert going_on(store) == set()
    store.close()


def test_a_question_of_the_whole_run_is_answered_at_once() -> None:
    store = planned({"T1": (), "T2": ()})
    store.append(QuestionAsked(question=question("budget")), author="driver")
    assert going_on(store) == set()
    store.close()


def planned(needs: dict[str, tuple[str, ...]]) -> SqliteStore:
    tasks = tuple(
        Task(id=task, team="a", title=task, goal=task, owns=(f"{task}.py",), needs=its) for task, its in needs.items()
    )
    plan = Plan(summary="", teams=(Team(id="a", purpose=""),), tasks=tasks)
    store = SqliteStore(None, clock=SystemClock(), redact=str, blobs=None)
    created = RunCreated(
        run="r", spec_id="s", spec_blob="", title="", base="", settings=RunSettings(profile="x", repo="y")
    )
    estimate = Estimate(calls=1, usd=None, minutes=1.0, critical_path=())
    store.append(created, Planned(plan=plan, estimate=estimate), author="planner")
    return store


def question(asker: str) -> Question:
    return Question(key=f"by {asker}", kind="decision", text="?", asked_by=asker)
