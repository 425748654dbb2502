"""What a planner remembers of earlier runs: rungs that are over by themselves, with what they took."""

from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.events import AttemptEnded, AttemptStarted, Fact, Planned, RunCreated
from agentctl.orchestrator.nouns.keys import PLANNING, AttemptKey, CallKey
from agentctl.orchestrator.nouns.plan import Estimate, Plan, Task, Team
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.rules.forecast import Past, Tried
from agentctl.orchestrator.store.folder import RunFolder
from agentctl.orchestrator.store.journal import Journal
from agentctl.orchestrator.store.past import past_of
from agentctl.orchestrator.store.sqlite import SqliteStore

Make = Callable[..., None]


def started(key: AttemptKey, rung: str) -> AttemptStarted:
    return AttemptStarted(key=key, rung=rung, base_tree="b" * 40)


def failed(key: AttemptKey, *, clash: bool = False) -> AttemptEnded:
    return AttemptEnded(key=key, state="failed", reason="red", clash=clash)


def landed(key: AttemptKey) -> AttemptEnded:
    return AttemptEnded(key=key, state="landed")


def attempt(number: int, rollout: int = 0) -> AttemptKey:
    return AttemptKey(task="T1", attempt=number, rollout=rollout)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def one(
        name: str, facts: list[Fact], calls: list[tuple[AttemptKey, float, float | None]], *, profile: str = "gemini"
    ) -> None:
        path = tmp_path / ".agentctl" / "runs" / name
        path.mkdir(parents=True)
        folder, clock = RunFolder(path=path), SystemClock()
        (path / "lock").touch()
        task = Task(id="T1", team="core", title="x", goal="x", minutes=6.0)
        plan = Plan(summary="", teams=(Team(id="core", purpose=""),), tasks=(task,))
        settings = RunSettings(profile=profile, repo=str(tmp_path))
        begun = RunCreated(run=name, spec_id="s", spec_blob="", title="S", base="b" * 40, settings=settings)
        estimate = Estimate(calls=1, usd=None, minutes=1.0, critical_path=("T1",))
        with SqliteStore(folder.run_db, clock=clock, redact=str, blobs=folder.blobs) as store:
            store.append(begun, Planned(plan=plan, estimate=estimate), *facts, author="driver")
        with Journal(folder.calls_db, clock=clock, redact=str) as journal:
            for key, minutes, usd in calls:
                call = CallKey(attempt=key, role="worker", turn=0)
                journal.start(call, digest="d", request="{}", tier="flash", model="m", reserved_usd=1.0)
                journal.done(
                    call,
                    reply="{}",
                    model="m",
                    usd=usd,
                    prompt=1,
                    completion=1,
                    cached=0,
                    estimated=False,
                    seconds=minutes * 60,
                )

    return one


def test_a_repository_without_runs_has_taught_nothing(tmp_path: Path) -> None:
    assert past_of(tmp_path) == Past()


def test_each_rung_that_is_over_is_remembered_with_what_it_took(tmp_path: Path, make: Make) -> None:
    first, second = attempt(1), attempt(2)
    facts = [started(first, "flash"), failed(first), started(second, "pro"), landed(second)]
    make("aaaaaa", facts, [(first, 2.0, 0.02), (second, 3.0, 0.5), (AttemptKey(task=PLANNING), 1.0, 0.1)])
    found = past_of(tmp_path)
    assert found.tried == (
        Tried(tier="flash", size=6.0, green=False, minutes=2.0, usd=0.02),
        Tried(tier="pro", size=6.0, green=True, minutes=3.0, usd=0.5, after=True),
    )
    assert found.planning == ((0.1, 1.0),)


def test_what_clashed_or_is_not_over_is_left_out(tmp_path: Path, make: Make) -> None:
    first, second = attempt(1), attempt(2)
    facts = [started(first, "flash"), failed(first, clash=True), started(second, "flash")]
    make("aaaaaa", facts, [(first, 2.0, 0.02), (second, 3.0, 0.02)])
    assert past_of(tmp_path).tried == ()


def test_rollouts_are_one_rung_which_took_as_long_as_the_longest(tmp_path: Path, make: Make) -> None:
    one, two = attempt(1, 1), attempt(1, 2)
    facts = [started(one, "flash*2"), started(two, "flash*2"), failed(one), failed(two)]
    make("aaaaaa", facts, [(one, 2.0, 0.02), (two, 3.0, 0.04)])
    [tried] = past_of(tmp_path).tried
    assert (tried.green, tried.minutes, tried.usd, tried.rollouts) == (False, 3.0, pytest.approx(0.03), 2)


def test_without_a_price_nothing_is_said_of_money(tmp_path: Path, make: Make) -> None:
    first = attempt(1)
    make("aaaaaa", [started(first, "flash"), landed(first)], [(first, 2.0, None)], profile="ollama")
    [tried] = past_of(tmp_path).tried
    assert tried.usd is None


@pytest.mark.parametrize("profile", ["desk", "replay"])
def test_what_no_model_answered_teaches_nothing(tmp_path: Path, make: Make, profile: str) -> None:
    first = attempt(1)
    make("aaaaaa", [started(first, "flash"), landed(first)], [(first, 2.0, 0.02)], profile=profile)
    assert past_of(tmp_path) == Past()


def test_the_run_that_asks_and_folders_that_cannot_be_read_are_left_out(tmp_path: Path, make: Make) -> None:
    first = attempt(1)
    facts = [started(first, "flash"), landed(first)]
    make("aaaaaa", facts, [(first, 2.0, 0.02)])
    make("bbbbbb", facts, [(first, 2.0, 0.02)])
    broken = tmp_path / ".agentctl" / "runs" / "cccccc"
    broken.mkdir()
    (broken / "lock").touch()
    (broken / "run.db").write_bytes(b"not a database")
    assert len(past_of(tmp_path, run="aaaaaa").tried) == 1
