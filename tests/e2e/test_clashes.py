"""A patch whose lines main changed meanwhile, on real git: done again with both sides, landed, and replayed."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings, answering
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.events import Noted
from agentctl.orchestrator.nouns.hand_facts import FollowAsked
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.rules.redact import redact
from agentctl.orchestrator.store.folder import RunFolder
from agentctl.orchestrator.store.sqlite import SqliteStore

from .conftest import PLAN, Repo, script, store

BASE = 'def loud(text):\n    return text\n\n\ndef plain(text):\n    return text\n\n\nNAME = "loud"\n'
THEIRS = BASE.replace("    return text\n\n\ndef", "    return str(text)\n\n\ndef", 1)
MINE = BASE.replace("    return text\n\n\ndef", "    return text.upper()\n\n\ndef", 1).replace('"loud"', '"LOUD"')
CARRIED = THEIRS.replace('"loud"', '"LOUD"')
BOTH = CARRIED.replace("str(text)", "str(text).upper()")
PATH = "src/loud.py"


class Script:
    """While T1 works for the first time, main changes the line that it changes, and the run follows."""

    def __init__(self, repo: Repo, folder: RunFolder) -> None:
        self.repo = repo
        self.folder = folder
        self.prompt = self.read = ""

    def __call__(self, asked: Asked) -> Answer:
        task, attempt, *_ = asked.call.split("/")
        if task != "T1":
            return Answer(text=json.dumps(PLAN)) if task == "plan" else script(asked)
        if attempt == "1":
            if asked.turn == 0:
                self._follow()
            landed = self._landed()
            wait = ScriptCall(name="run", arguments={"command": f"sleep 0.3; echo {asked.turn}"})
            return _submitted(MINE) if landed else Answer(calls=(wait,))
        if asked.turn == 0:
            self.prompt = asked.text
            return Answer(calls=(ScriptCall(name="read", arguments={"path": PATH}),))
        self.read = asked.last
        return _submitted(BOTH)

    def _follow(self) -> None:
        (self.repo.path / PATH).write_text(THEIRS)
        self.repo.git("commit", "-qam", "Whatever it is")
        commit = self.repo.git("rev-parse", "HEAD")
        with SqliteStore(self.folder.run_db, clock=SystemClock(), redact=redact, blobs=self.folder.blobs) as tables:
            tables.append(FollowAsked(number=1, commit=commit, branch="main"), author="person:ada")

    def _landed(self) -> bool:
        with store(self.folder) as tables:
            return "T4" in {landing.key.task for landing in tables.landings()}


def _submitted(text: str) -> Answer:
    wrote = ScriptCall(name="write", arguments={"path": PATH, "content": text})
    return Answer(calls=(wrote, ScriptCall(name="submit", arguments={"summary": "done"})))


def _prepare(repo: Repo, **more: Path) -> RunFolder:
    (repo.path / "src").mkdir()
    (repo.path / PATH).write_text(BASE)
    repo.git("add", PATH)
    repo.git("commit", "-q", "-m", "What is there")
    return repo.prepare(**more)


def _drive(folder: RunFolder, script: Script | None) -> str:
    def scripted(_: RunSettings, around: Surroundings) -> Answering:
        assert script is not None
        return Answering(model=ScriptedModel(script, clock=around.clock), price=free, usd_per_call=None)

    choose = answering if script is None else scripted
    driver = wiring.RunDriver(folder=folder, extras=wiring.Extras(scale=0.0), answers=choose)
    return asyncio.run(driver.drive(wait=False)).state


def test_the_next_attempt_has_both_sides_and_what_did_not_clash_and_a_replay_does_the_same(
    make_repo: Callable[[str], Repo], tmp_path: Path
) -> None:
    recording, repo, second = tmp_path / "clash.jsonl", make_repo("first"), make_repo("second")
    folder = _prepare(repo, record=recording)
    script = Script(repo, folder)
    assert _drive(folder, script) == "done"
    assert repo.git("show", f"agentctl/{folder.run}/all:{PATH}") == BOTH.strip()
    with store(folder) as tables:
        first, last = tables.attempts("T1")
        assert (first.state, first.clash, last.state) == ("failed", True, "landed")
        assert first.reason == f"Others changed the same lines and landed first: {PATH}."
        noted = [event.fact.text for event in tables.events() if isinstance(event.fact, Noted)]
        assert noted == [f"T1: of what attempt 1 had changed, this has otherwise or not at all: {PATH}: line 2"]
    for side in ("as it was\n    return text\n", "as it landed\n    return str(text)\n"):
        assert f"``` {side}```\n" in script.prompt
    assert "``` as this attempt had it\n    return text.upper()\n```\n" in script.prompt
    assert CARRIED in script.prompt
    assert "return str(text)" in script.read
    assert '"LOUD"' in script.read

    replayed = _prepare(second, replay=recording)
    assert _drive(replayed, None) == "done"
    tree = repo.git("rev-parse", f"agentctl/{folder.run}/all^{{tree}}")
    assert second.git("rev-parse", f"agentctl/{replayed.run}/all^{{tree}}") == tree
    with store(replayed) as tables:
        assert [event.fact.text for event in tables.events() if isinstance(event.fact, Noted)] == noted
