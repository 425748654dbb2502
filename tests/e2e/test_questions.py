"""Questions through the real graph: a lead's quote, its advice, a default that a person overrules, and a replay."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.agents.caller import free
from agentctl.agents.models.port import Json
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings, answering
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.events import Noted, QuestionAnswered, QuestionAsked
from agentctl.orchestrator.nouns.runs import Limits, Run, RunSettings
from agentctl.orchestrator.rules.assumptions import overruling
from agentctl.orchestrator.store.folder import RunFolder
from agentctl.orchestrator.store.sqlite import SqliteStore

from .conftest import BODIES, PLAN, SPEC, Repo, new_repo, store

pytestmark = pytest.mark.xdist_group("recorded questions")
OPTIONS: list[Json] = [{"text": "capitals"}, {"text": "small letters"}]
OPEN: dict[str, Json] = {
    "question": "How shall letters with accents sound?",
    "why": "R1 is silent",
    "options": OPTIONS,
    "recommended": 1,
}
SETTLED: dict[str, Json] = {
    "question": "What joins the two texts?",
    "why": "unclear",
    "options": OPTIONS,
    "recommended": 1,
}
PASSED_ON = {"quote": "", "answer": "", "question": "", "options": [], "recommended": 0, "why": "R1 names no accents."}
QUOTE = {**PASSED_ON, "quote": "return the text two times, with a space between", "answer": "A space.", "why": ""}


class Script:
    """T1 goes on with a default and lands; T2 is told by its lead, and takes its time until a person has overruled."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.told: list[str] = []
        self.overruled = False

    def __call__(self, asked: Asked) -> Answer:
        task, _, _, role, *_ = asked.call.split("/")
        if task == "plan":
            return Answer(text=json.dumps(PLAN))
        if role == "lead":
            return Answer(text=json.dumps(QUOTE if task == "T2" else PASSED_ON))
        if role == "advisor":
            return Answer(text="Use an f-string.")
        if asked.turn == 0 and task == "T1":
            return Answer(calls=(ScriptCall(name="ask", arguments={**OPEN, "default": "capitals"}),))
        if asked.turn == 0 and task == "T2":
            return Answer(calls=(ScriptCall(name="ask", arguments=SETTLED),))
        if asked.turn == 1 and task == "T2":
            self.told.append(asked.last)
            return Answer(calls=(ScriptCall(name="advise", arguments={"question": "How do I join them?"}),))
        if asked.turn == 2 and task == "T2":
            self.told.append(asked.last)
        if asked.turn >= 2 and task == "T2" and not self.overruled:
            if not self._landed("T1"):
                return Answer(calls=(ScriptCall(name="run", arguments={"command": f"sleep 0.5; echo {asked.turn}"}),))
            self._overrule()
        path, body = BODIES.get(task, ("src/loud.py", f"{BODIES['T1'][1]}\n\nACCENTS = 'small'\n"))
        wrote = ScriptCall(name="write", arguments={"path": path, "content": body})
        return Answer(calls=(wrote, ScriptCall(name="submit", arguments={"summary": "done"})))

    def _landed(self, task: str) -> bool:
        with store(self.folder) as tables:
            return task in {landing.key.task for landing in tables.landings()}

    def _overrule(self) -> None:
        """What `agentctl answer Q1 "small letters"` stores, from another connection, once T1 has landed."""
        self.overruled, clock = True, SystemClock()
        with SqliteStore(self.folder.run_db, clock=clock, redact=str, blobs=self.folder.blobs) as tables:
            questions = tables.questions()
            first = next(each for each in questions if each.question.text == OPEN["question"])
            question = overruling(first, questions)
            said = QuestionAnswered(key=question.key, answer="small letters")
            tables.append(QuestionAsked(question=question), said, author="person:ada")


def _prepare(repo: Repo, *, workers: int = 8, record: Path | None = None, replay: Path | None = None) -> RunFolder:
    settings = RunSettings(
        profile="scripted",
        repo=str(repo.path),
        approve=True,
        limits=Limits(workers=workers),
        lead_answers=replay is None,
        advice=1 if replay is None else 0,
        record=str(record) if record else None,
        replay=str(replay) if replay else None,
    )
    return wiring.prepare(repo.path, SPEC, "shout", settings, wiring.Extras())


def _drive(folder: RunFolder, script: Script | None) -> Run:
    def scripted(_: RunSettings, around: Surroundings) -> Answering:
        assert script is not None
        return Answering(model=ScriptedModel(script, clock=around.clock), price=free, usd_per_call=None)

    choose = answering if script is None else scripted
    extras = wiring.Extras(scale=0.0)
    return asyncio.run(wiring.RunDriver(folder=folder, extras=extras, answers=choose).drive(wait=False))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Repo, RunFolder, Path, Script]:
    """A run with all of it, and its recording."""
    place = tmp_path_factory.mktemp("questions")
    recording = place / "questions.jsonl"
    repo = new_repo(place / "first")
    folder = _prepare(repo, record=recording)
    script = Script(folder)
    assert _drive(folder, script).state == "done"
    return repo, folder, recording, script


def test_a_lead_settles_one_question_and_a_person_overrules_the_default_of_another(
    recorded: tuple[Repo, RunFolder, Path, Script],
) -> None:
    repo, folder, _, script = recorded
    answer, advice = script.told
    assert "Your lead answered" in answer
    assert 'A space.\nR2: "return the text two times, with a space between"' in answer
    assert "Your lead says:\nUse an f-string." in advice
    with store(folder) as tables:
        by = {each.question.text: each.answered_by for each in tables.questions() if not each.question.replaces}
        assert by == {OPEN["question"]: "policy:autonomy", SETTLED["question"]: "lead"}
        overruled = next(each for each in tables.questions() if each.question.replaces)
        built = [each for each in tables.attempts() if overruled.question.key in each.decisions]
        assert [each.state for each in built] == ["landed"]
        assert built[0].key.task == "T4"
        landed = [landing.key.task for landing in tables.landings()]
        assert len(landed) == len(set(landed)) >= len(BODIES)
    assert repo.git("show", f"agentctl/{folder.run}/all:src/twice.py") == BODIES["T2"][1].strip()


def test_a_recording_of_it_replays_without_drift_at_any_number_of_workers(
    recorded: tuple[Repo, RunFolder, Path, Script], make_repo: Callable[[str], Repo]
) -> None:
    first, folder, recording, _ = recorded
    tree = first.git("rev-parse", f"agentctl/{folder.run}/all^{{tree}}")
    for workers in (1, 4, 50):
        repo = make_repo(f"with{workers}")
        replayed = _prepare(repo, workers=workers, replay=recording)
        assert _drive(replayed, None).state == "done"
        assert repo.git("rev-parse", f"agentctl/{replayed.run}/all^{{tree}}") == tree
        with store(folder) as then, store(replayed) as now:
            assert [event.fact.text for event in now.events() if isinstance(event.fact, Noted)] == []
            assert {str(each.key) for each in now.landings()} == {str(each.key) for each in then.landings()}
            assert _answers(now) == _answers(then)


def _answers(tables: SqliteStore) -> set[tuple[str, str | None]]:
    return {(each.question.text, each.answer) for each in tables.questions()}
