"""A patch whose lines main changed meanwhile, on real git: both sides, a lead's word, a landing, and a replay."""

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

from .conftest import PLAN, SPEC, Repo, script, store

BASE = 'def loud(text):\n    return text\n\n\ndef plain(text):\n    return text\n\n\nNAME = "loud"\n'
PATH = "src/loud.py"


def with_line(line: str, name: str = "loud") -> str:
    """The module with another first function."""
    return BASE.replace("return text", f"return {line}", 1).replace('"loud"', f'"{name}"')


MINE = {"1": with_line("text.upper()", "LOUD"), "2": with_line("str(text).upper()", "LOUD")}
THEIRS = {"1": with_line("str(text)"), "2": with_line("str(text).strip()")}
BOTH = with_line("str(text).strip().upper()", "LOUD")
LEAD = {
    "quote": "return the text in capitals",
    "answer": "Both hold: strip first.",
    "question": "",
    "options": [],
    "recommended": 0,
    "why": "",
}


class Script:
    """While T1 works for the first and the second time, main changes the line that it changes, and the run follows."""

    def __init__(self, repo: Repo, folder: RunFolder) -> None:
        self.repo = repo
        self.folder = folder
        self.prompts: dict[str, str] = {}
        self.asked = self.read = ""

    def __call__(self, asked: Asked) -> Answer:
        task, attempt, _, role, *_ = asked.call.split("/")
        if task != "T1":
            return Answer(text=json.dumps(PLAN)) if task == "plan" else script(asked)
        if role == "lead":
            self.asked = asked.text
            return Answer(text=json.dumps(LEAD))
        if asked.turn == 0:
            self.prompts[attempt] = asked.text
            if attempt in THEIRS:
                self._follow(int(attempt), THEIRS[attempt])
            return Answer(calls=(ScriptCall(name="read", arguments={"path": PATH}),))
        self.read = asked.last if asked.turn == 1 else self.read
        if attempt in MINE and not self._landed(f"T{3 + int(attempt)}"):
            wait = ScriptCall(name="run", arguments={"command": f"sleep 0.3; echo {asked.turn}"})
            return Answer(calls=(wait,))
        return _submitted(MINE.get(attempt, BOTH))

    def _follow(self, number: int, text: str) -> None:
        (self.repo.path / PATH).write_text(text)
        self.repo.git("commit", "-qam", "Whatever it is")
        commit = self.repo.git("rev-parse", "HEAD")
        with SqliteStore(self.folder.run_db, clock=SystemClock(), redact=redact, blobs=self.folder.blobs) as tables:
            tables.append(FollowAsked(number=number, commit=commit, branch="main"), author="person:ada")

    def _landed(self, task: str) -> bool:
        with store(self.folder) as tables:
            return task in {landing.key.task for landing in tables.landings()}


def _submitted(text: str) -> Answer:
    wrote = ScriptCall(name="write", arguments={"path": PATH, "content": text})
    return Answer(calls=(wrote, ScriptCall(name="submit", arguments={"summary": "done"})))


def _prepare(repo: Repo, *, record: Path | None = None, replay: Path | None = None) -> RunFolder:
    (repo.path / "src").mkdir()
    (repo.path / PATH).write_text(BASE)
    repo.git("add", PATH)
    repo.git("commit", "-q", "-m", "What is there")
    settings = RunSettings(
        profile="scripted",
        repo=str(repo.path),
        approve=True,
        lead_answers=replay is None,
        record=str(record) if record else None,
        replay=str(replay) if replay else None,
    )
    return wiring.prepare(repo.path, SPEC, "shout", settings, wiring.Extras())


def _drive(folder: RunFolder, script: Script | None) -> str:
    def scripted(_: RunSettings, around: Surroundings) -> Answering:
        assert script is not None
        return Answering(model=ScriptedModel(script, clock=around.clock), price=free, usd_per_call=None)

    choose = answering if script is None else scripted
    driver = wiring.RunDriver(folder=folder, extras=wiring.Extras(scale=0.0), answers=choose)
    return asyncio.run(driver.drive(wait=False)).state


def _places(was: str, landed: str, own: str) -> str:
    """Both sides of the first function's line, as they are told."""
    sides = (("as it was", was), ("as it landed", landed), ("as this attempt had it", own))
    return "".join(f"``` {label}\n    return {line}\n```\n" for label, line in sides)


def test_a_task_that_clashes_twice_is_given_both_sides_then_its_leads_word_and_a_replay_does_the_same(
    make_repo: Callable[[str], Repo], tmp_path: Path
) -> None:
    recording, repo, second = tmp_path / "clash.jsonl", make_repo("first"), make_repo("second")
    folder = _prepare(repo, record=recording)
    script = Script(repo, folder)
    assert _drive(folder, script) == "done"
    assert repo.git("show", f"agentctl/{folder.run}/all:{PATH}") == BOTH.strip()
    assert _places("text", "str(text)", "text.upper()") in script.prompts["2"]
    assert with_line("str(text)", "LOUD") in script.prompts["2"]
    again = _places("str(text)", "str(text).strip()", "str(text).upper()")
    assert again in script.asked
    assert again in script.prompts["3"]
    assert f"Decided: {LEAD['answer']}" in script.prompts["3"]
    assert "str(text).strip()" in script.read
    assert '"LOUD"' in script.read
    told = _told(folder)
    assert told == (
        [("failed", True), ("failed", True), ("landed", False)],
        [f"T1: of what attempt 2 had changed, this has otherwise or not at all: {PATH}: line 2"],
        [("stuck:T1:clash:2", LEAD["answer"])],
    )

    replayed = _prepare(second, replay=recording)
    assert _drive(replayed, None) == "done"
    tree = repo.git("rev-parse", f"agentctl/{folder.run}/all^{{tree}}")
    assert second.git("rev-parse", f"agentctl/{replayed.run}/all^{{tree}}") == tree
    assert _told(replayed) == told


def _told(folder: RunFolder) -> tuple[list[tuple[str, bool]], list[str], list[tuple[str, str | None]]]:
    """How the attempts at T1 ended, what was noted, and what was asked."""
    with store(folder) as tables:
        attempts = [(each.state, each.clash) for each in tables.attempts("T1")]
        noted = [event.fact.text for event in tables.events() if isinstance(event.fact, Noted)]
        return attempts, noted, [(each.question.key, each.answer) for each in tables.questions()]
