"""A spec that allows a package beforehand: a worker that does not own the manifest adds it, and nothing else."""

import asyncio
import json
from collections.abc import Callable

from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings
from agentctl.orchestrator.nouns.runs import RunSettings

from .conftest import PLAN, SPEC, Repo, script

BEFORE = '[tool.thing]\nkept = 1\n\n[project]\nname = "x"\nversion = "1"\n'
TOO_MUCH = BEFORE.replace("kept = 1", "kept = 2") + 'dependencies = ["pluggy"]\n'
RIGHT = BEFORE + 'dependencies = ["pluggy>=1"]\n'


def test_an_allowed_package_lands_and_more_than_that_goes_back_with_the_reason(
    make_repo: Callable[[str], Repo],
) -> None:
    repo = make_repo("repo")
    (repo.path / "pyproject.toml").write_text(BEFORE)
    repo.git("add", "pyproject.toml")
    repo.git("commit", "-q", "-m", "Manifest")
    heard: list[str] = []

    def adding(asked: Asked) -> Answer:
        answer = script(asked)
        if not asked.call.startswith("T1/"):
            return answer
        heard.append(asked.last)
        text = TOO_MUCH if asked.turn == 0 else RIGHT
        wrote = ScriptCall(name="write", arguments={"path": "pyproject.toml", "content": text})
        return Answer(calls=(wrote, *answer.calls))

    def choose(_: RunSettings, around: Surroundings) -> Answering:
        return Answering(model=ScriptedModel(adding, clock=around.clock), price=free, usd_per_call=None)

    assert json.dumps(PLAN).count("pyproject") == 0
    folder = repo.prepare(spec=f"---\nallow: {{deps: [pluggy]}}\n---\n{SPEC}")
    driver = wiring.RunDriver(folder=folder, extras=wiring.Extras(), answers=choose)
    state = asyncio.run(driver.drive(wait=False)).state
    assert state == "done", heard
    assert repo.git("show", f"agentctl/{folder.run}/all:pyproject.toml") == RIGHT.strip()
    assert any("the spec allows to add or bump pluggy in it, but the change changes `tool" in each for each in heard)
