"""A person lets guarded settings change: whoever was told that may do it, the one who asked second and a replay too."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings, answering
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import WaitingForPerson
from agentctl.orchestrator.nouns.events import Noted, QuestionAnswered
from agentctl.orchestrator.nouns.runs import Limits, Run, RunSettings
from agentctl.orchestrator.rules.assumptions import answered_by
from agentctl.orchestrator.store.folder import RunFolder
from agentctl.orchestrator.store.sqlite import SqliteStore

from .conftest import BODIES, PLAN, SPEC, Repo, store

CONFTEST = "SEVEN = 7\n"
SHARED = SPEC.replace("\n\n```python R1", "\n- **R4** The parts SHOULD be short.\n\n```python R1")


def _plan() -> str:
    """T1 and T2 are about one requirement, and T2 owns what lies at the top, though not by name."""
    plan = json.loads(json.dumps(PLAN))
    for task, requirements in zip(plan["tasks"], (["R4"], ["R4"], ["R1", "R2", "R3"]), strict=True):
        task["requirements"] = requirements
    plan["tasks"][1]["owns"].append("*.py")
    return json.dumps(plan)


class Script:
    """T1 asks; T2, which owns the file by a glob, asks the same once that stands in the inbox, and writes it."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.told: list[str] = []

    def __call__(self, asked: Asked) -> Answer:
        task, *_ = asked.call.split("/")
        if task == "plan":
            return Answer(text=_plan())
        if task == "T1" and asked.turn == 0:
            return _asking()
        if task == "T2" and "A person answered" not in asked.text:
            with store(self.folder) as tables:
                raised = tables.questions()
            waiting = ScriptCall(name="run", arguments={"command": f"sleep 0.3; echo {asked.turn}"})
            return _asking() if raised else Answer(calls=(waiting,))
        if task == "T2":
            self.told.append(asked.last)
        path, body = BODIES[task]
        files = {path: body} | ({"conftest.py": CONFTEST} if task == "T2" else {})
        wrote = [ScriptCall(name="write", arguments={"path": name, "content": text}) for name, text in files.items()]
        return Answer(calls=(*wrote, ScriptCall(name="submit", arguments={"summary": "done"})))


def _asking() -> Answer:
    options = [{"text": "Change conftest.py"}, {"text": "Leave conftest.py alone"}]
    arguments = {
        "question": "May the settings of the tests change?",
        "why": "they lack a seven",
        "options": options,
        "recommended": 1,
    }
    return Answer(calls=(ScriptCall(name="ask", arguments=arguments),))  # type: ignore[arg-type]


def _prepare(repo: Repo, **more: str) -> RunFolder:
    limits = Limits(turns=60, repairs=0)
    settings = RunSettings(
        profile="scripted",
        repo=str(repo.path),
        approve=True,
        limits=limits,
        ladder=("flash",),
        **more,  # type: ignore[arg-type]
    )
    return wiring.prepare(repo.path, SHARED, "shout", settings, wiring.Extras())


def _drive(folder: RunFolder, script: Script | None) -> Run:
    def scripted(_: RunSettings, around: Surroundings) -> Answering:
        assert script is not None
        return Answering(model=ScriptedModel(script, clock=around.clock), price=free, usd_per_call=None)

    choose = answering if script is None else scripted
    driver = wiring.RunDriver(folder=folder, extras=wiring.Extras(scale=0.0), answers=choose)
    return asyncio.run(driver.drive(wait=False))


def _driven(folder: RunFolder, script: Script | None, *, answer: str, by: str) -> str:
    """How a run ends in which the one question is answered, and stuck tasks are not."""
    with pytest.raises(WaitingForPerson):
        _drive(folder, script)
    with SqliteStore(folder.run_db, clock=SystemClock(), redact=str, blobs=folder.blobs) as tables:
        (asked,) = tables.questions(only_open=True)
        tables.append(QuestionAnswered(key=asked.question.key, answer=answer), author=by)
    try:
        return _drive(folder, script).state
    except WaitingForPerson:
        return "waits"


def test_a_persons_yes_lifts_for_everybody_who_was_told_and_in_a_replay(
    make_repo: Callable[[str], Repo], tmp_path: Path
) -> None:
    recording, repo = tmp_path / "permission.jsonl", make_repo("first")
    folder = _prepare(repo, record=str(recording))
    script = Script(folder)
    assert _driven(folder, script, answer="Change conftest.py", by="person:ada") == "done"
    assert repo.git("show", f"agentctl/{folder.run}/all:conftest.py") == CONFTEST.strip()
    with store(folder) as tables:
        (asked,) = tables.questions()
        assert asked.question.asked_by == "T1:1"

    again = make_repo("again")
    replayed = _prepare(again, replay=str(recording))
    with store(replayed) as tables:
        assert tables.choice(answered_by(asked.question.key)) == "person:ada"
    assert _driven(replayed, None, answer="Change conftest.py", by="policy:recording") == "done"
    with store(replayed) as tables:
        assert [event.fact.text for event in tables.events() if isinstance(event.fact, Noted)] == []
    trees = [r.git("rev-parse", f"agentctl/{f.run}/all^{{tree}}") for r, f in ((repo, folder), (again, replayed))]
    assert trees[0] == trees[1]


@pytest.mark.parametrize(
    ("answer", "by"), [("Leave conftest.py alone", "person:ada"), ("Change conftest.py", "policy:recording")]
)
def test_a_no_lifts_nothing_nor_does_who_is_no_person(answer: str, by: str, make_repo: Callable[[str], Repo]) -> None:
    folder = _prepare(make_repo("repo"))
    script = Script(folder)
    assert _driven(folder, script, answer=answer, by=by) == "waits"
    with store(folder) as tables:
        reasons = [each.reason for each in tables.attempts("T2")]
    assert any("`conftest.py` is protected: changing it takes a person's word" in each for each in reasons), reasons
    assert any("you may change conftest.py" in each for each in reasons) is (by == "person:ada")
