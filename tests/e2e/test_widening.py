"""A task that must change a file it does not own: asked, given by a person, written, judged, landed, and replayed."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.agents.caller import free
from agentctl.agents.models.port import Json
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings, answering
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import WaitingForPerson
from agentctl.orchestrator.nouns.events import Noted, QuestionAnswered
from agentctl.orchestrator.nouns.hand_facts import Widened
from agentctl.orchestrator.nouns.runs import Limits, Run, RunSettings
from agentctl.orchestrator.rules.widening import OFFER
from agentctl.orchestrator.store.folder import RunFolder
from agentctl.orchestrator.store.sqlite import SqliteStore

from .conftest import BODIES, PLAN, SPEC, Repo, store

HELPER = "src/joining.py"
JOIN = "def joined(*parts):\n    return ' '.join(parts)\n"
TWICE = "from joining import joined\n\n\ndef twice(text):\n    return joined(text, text)\n"


def _ask(path: str, words: str) -> ScriptCall:
    options: list[Json] = [{"text": words, "paths": [path]}, {"text": "Do without it"}]
    arguments: dict[str, Json] = {
        "question": f"May I have {path}?",
        "why": "joining belongs there",
        "options": options,
        "recommended": words,
    }
    return ScriptCall(name="ask", arguments=arguments)


class Script:
    """T2 wants what it may never have, then what it may; with that its first attempt is red to the end."""

    def __init__(self) -> None:
        self.prompts: dict[tuple[str, int], str] = {}
        self.last: dict[tuple[str, int], str] = {}

    def __call__(self, asked: Asked) -> Answer:
        task, attempt, *_ = asked.call.split("/")
        if task == "plan":
            return Answer(text=json.dumps(PLAN))
        if task != "T2":
            path, body = BODIES[task]
            return _submitted({path: body})
        self.prompts[attempt, asked.turn] = asked.text
        self.last[attempt, asked.turn] = asked.last
        if attempt == "2":
            return _submitted({HELPER: JOIN, "src/twice.py": TWICE})
        match asked.turn:
            case 0:
                return Answer(calls=(ScriptCall(name="write", arguments={"path": HELPER, "content": JOIN}),))
            case 1:
                return Answer(calls=(_ask("conftest.py", "Let me configure the tests"),))
            case 2:
                return Answer(calls=(_ask(HELPER, "Let me write the helper"),))
            case turn:
                return _submitted({HELPER: JOIN, "src/twice.py": f"def twice(text):\n    return text * {turn}\n"})


def _submitted(files: dict[str, str]) -> Answer:
    wrote = [ScriptCall(name="write", arguments={"path": path, "content": text}) for path, text in files.items()]
    return Answer(calls=(*wrote, ScriptCall(name="submit", arguments={"summary": "done"})))


def _prepare(repo: Repo, **more: Any) -> RunFolder:
    settings = RunSettings(profile="scripted", repo=str(repo.path), approve=True, lead_answers=True, **more)
    return wiring.prepare(repo.path, SPEC, "shout", settings, wiring.Extras())


def _drive(folder: RunFolder, script: Script | None) -> Run:
    def scripted(_: RunSettings, around: Surroundings) -> Answering:
        assert script is not None
        return Answering(model=ScriptedModel(script, clock=around.clock), price=free, usd_per_call=None)

    choose = answering if script is None else scripted
    extras = wiring.Extras(scale=0.0)
    return asyncio.run(wiring.RunDriver(folder=folder, extras=extras, answers=choose).drive(wait=False))


def _answer(folder: RunFolder, by: str) -> None:
    """What `agentctl answer Q1 1` stores, or what a replay takes from its recording."""
    with SqliteStore(folder.run_db, clock=SystemClock(), redact=str, blobs=folder.blobs) as tables:
        (asked,) = tables.questions(only_open=True)
        tables.append(QuestionAnswered(key=asked.question.key, answer="Let me write the helper"), author=by)


def _driven(folder: RunFolder, script: Script | None, *, by: str) -> None:
    """A run in two processes: the first one ends where only the person can help."""
    with pytest.raises(WaitingForPerson):
        _drive(folder, script)
    _answer(folder, by)
    assert _drive(folder, script).state == "done"


def _facts(folder: RunFolder) -> tuple[list[tuple[str, str]], dict[str, str]]:
    with store(folder) as tables:
        widened = [(str(e.fact.key), e.author) for e in tables.events() if isinstance(e.fact, Widened)]
        return widened, {f"{OFFER}T2:1:{turn}": tables.choice(f"{OFFER}T2:1:{turn}") or "" for turn in (1, 2)}


def test_what_a_person_gives_is_owned_at_once_in_later_attempts_and_in_a_replay(
    make_repo: Callable[[str], Repo], tmp_path: Path
) -> None:
    recording, repo, script = tmp_path / "widening.jsonl", make_repo("first"), Script()
    folder = _prepare(repo, record=str(recording), limits=Limits(repairs=1))
    _driven(folder, script, by="person:ada")

    owned = f"Paths you own and may write:\n- src/twice.py\n- {HELPER}\n"
    assert f"{HELPER} is not yours to write" in script.last["1", 1]
    assert (
        "error: `conftest.py` decides what is tested or installed: no answer gives it to a task." in script.last["1", 2]
    )
    assert f"A person answered:\nLet me write the helper\nYou own {HELPER} as well now." in script.last["1", 3]
    assert owned not in script.prompts["1", 2]
    assert owned in script.prompts["1", 3]
    assert owned in script.prompts["2", 0]
    assert repo.git("show", f"agentctl/{folder.run}/all:{HELPER}") == JOIN.strip()
    widened, offers = _facts(folder)
    assert widened == [("T2:1", "person:ada"), ("T2:2", "person:ada")]
    assert [bool(said) for said in offers.values()] == [True, False]

    tree = repo.git("rev-parse", f"agentctl/{folder.run}/all^{{tree}}")
    for workers in (1, 8):
        again = make_repo(f"with{workers}")
        replayed = _prepare(again, replay=str(recording), limits=Limits(workers=workers, repairs=1))
        _driven(replayed, None, by="policy:recording")
        assert again.git("rev-parse", f"agentctl/{replayed.run}/all^{{tree}}") == tree
        assert _facts(replayed)[1] == offers
        with store(replayed) as tables:
            assert [event.fact.text for event in tables.events() if isinstance(event.fact, Noted)] == []
