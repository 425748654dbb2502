"""The same inputs and the same journaled choices give the same prompts, byte for byte, at any number of workers."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from agentctl.agents import recording
from agentctl.agents.caller import free
from agentctl.agents.models.port import Json
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings, answering
from agentctl.cli.demo import parts_of, placed
from agentctl.cli.preparing import open_tables
from agentctl.cli.settings import Flags, load
from agentctl.cli.specfile import read_spec
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import WaitingForPerson
from agentctl.orchestrator.git.opening import create_repository
from agentctl.orchestrator.nouns.events import Noted, QuestionAnswered
from agentctl.orchestrator.nouns.runs import Limits, Run, RunSettings
from agentctl.orchestrator.store.folder import RunFolder
from agentctl.orchestrator.store.journal import Journal

from .conftest import SPEC, Repo, new_repo, script, store

WORKERS = (1, 4, 50)
ASKED = "Shall loud keep what has no capitals?"


def asking(asked: Asked) -> Answer:
    """T1 asks first, T2 is red at first, and the critic has something to say of each."""
    task, _, _, role, *_ = asked.call.split("/")
    if role == "critic":
        return Answer(text='{"claims": [], "advice": ["Name it well."]}')
    if task == "T1" and asked.turn == 0:
        options: Json = [{"text": "keep it"}, {"text": "drop it"}]
        question: dict[str, Json] = {
            "question": ASKED,
            "why": "The spec does not say.",
            "options": options,
            "recommended": 1,
        }
        return Answer(calls=(ScriptCall(name="ask", arguments=question),), latency=0.01)
    return script(asked)


def scripted(_: RunSettings, around: Surroundings) -> Answering:
    return Answering(model=ScriptedModel(asking, clock=around.clock), price=free, usd_per_call=None)


def drive(folder: RunFolder, choose: Callable[[RunSettings, Surroundings], Answering]) -> Run:
    driver = wiring.RunDriver(folder=folder, extras=wiring.Extras(scale=0.0), answers=choose)
    return asyncio.run(driver.drive(wait=False))


def play(folder: RunFolder, path: Path) -> None:
    """Replay a recording to its end, with the answers that persons gave in it."""
    answers = recording.read(path).answers
    for _ in range(len(answers) + 1):
        with contextlib.suppress(WaitingForPerson):
            assert drive(folder, answering).state == "done"
            return
        with open_tables(folder, SystemClock()) as tables:
            for asked in tables.questions(only_open=True):
                answer = answers[asked.question.key]
                tables.append(QuestionAnswered(key=answer.key, answer=answer.answer), author=answer.author)
    raise AssertionError("more is asked than was answered when it was recorded")


def prompts(folder: RunFolder) -> dict[str, str]:
    """What was asked in each call of a run."""
    with Journal(folder.calls_db, clock=SystemClock(), redact=str) as journal:
        return {str(call.key): journal.blob(call.request_blob) for call in journal.calls()}


def drift(folder: RunFolder) -> list[str]:
    with store(folder) as tables:
        noted = [event.fact.text for event in tables.events() if isinstance(event.fact, Noted)]
    return [text for text in noted if text.startswith("drift")]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, str]]:
    """A recording of a run with a question, a red gate and reviews, and what was asked in it."""
    place = tmp_path_factory.mktemp("determinism")
    repo, path = new_repo(place / "first"), place / "shout.jsonl"
    settings = RunSettings(
        profile="scripted",
        repo=str(repo.path),
        approve=True,
        critic="advise",
        record=str(path),
        limits=Limits(workers=3),
    )
    folder = wiring.prepare(repo.path, SPEC, "shout", settings, wiring.Extras())
    with pytest.raises(WaitingForPerson):
        drive(folder, scripted)
    with store(folder) as tables:
        (waiting,) = tables.questions(only_open=True)
    with open_tables(folder, SystemClock()) as tables:
        tables.append(QuestionAnswered(key=waiting.question.key, answer="keep it"), author="person:Ada")
    assert drive(folder, scripted).state == "done"
    return path, prompts(folder)


@pytest.mark.xdist_group("a recorded run")
@pytest.mark.parametrize("workers", WORKERS)
def test_a_recorded_run_asks_the_same_at_any_number_of_workers(
    recorded: tuple[Path, Mapping[str, str]], make_repo: Callable[[str], Repo], workers: int
) -> None:
    path, then = recorded
    repo = make_repo("again")
    settings = RunSettings(
        profile="scripted", repo=str(repo.path), approve=True, replay=str(path), limits=Limits(workers=workers)
    )
    folder = wiring.prepare(repo.path, SPEC, "shout", settings, wiring.Extras())
    play(folder, path)
    assert drift(folder) == []
    assert prompts(folder) == then
    assert any(ASKED in prompt for prompt in then.values())
    assert sum("/critic/" in key for key in then) == 3


EVERY = os.environ.get("AGENTCTL_TEST_EVERY_REPLAY") == "1"
"""Whether the shipped recordings are played at other numbers of workers too: two minutes."""
PLAYED = [("quickstart", 50), *([("quickstart", 1), ("lending", 50)] if EVERY else [])]


@pytest.mark.parametrize(("name", "workers"), PLAYED)
def test_a_shipped_recording_asks_what_it_asked_when_it_was_made(tmp_path: Path, name: str, workers: int) -> None:
    """At the number of the settings, tests/e2e/test_demo.py plays both."""
    root = tmp_path / "shipped"
    create_repository(root, at=1.0)
    parts = parts_of(name)
    for number, part in enumerate(parts):
        spec = read_spec(str(placed(root, parts, number)))
        run = load(root, Flags(replay=str(part.recording)), environ={}).run
        settings = replace(run, approve=True, limits=replace(run.limits, workers=workers))
        folder = wiring.prepare(root, spec.text, spec.name, settings, wiring.Extras())
        play(folder, part.recording)
        assert drift(folder) == []
        calls = recording.read(part.recording).calls
        lost = {key for key, call in calls.items() if "cancelled in flight" in call.error}
        assert prompts(folder).keys() == calls.keys() - lost
