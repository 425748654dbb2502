"""Advice and lessons through the real wiring: what prompts hold, and what a run teaches."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptedModel
from agentctl.cli import main as door
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings
from agentctl.orchestrator.nouns.runs import Limits, RunSettings

from .conftest import SPEC, Repo, script

GUIDE = "---\nname: loudness\ndescription: How loud texts are.\nkeywords: [loud, capitals]\n---\nUse `upper`.\n"
LESSON = "# Lessons\n\n## old-t1: A space\n\nApplies to: `src/twice.py`\n\nflash forgot the space.\n"
FILES = {
    "AGENTS.md": "Use double quotes.\n",
    "docs/guides/loudness.md": GUIDE,
    "ours.lessons.md": LESSON,
}


@pytest.fixture
def repo(make_repo: Callable[[str], Repo]) -> Repo:
    made = make_repo("repo")
    for name, text in FILES.items():
        (made.path / name).parent.mkdir(parents=True, exist_ok=True)
        (made.path / name).write_text(text)
        made.git("add", name)
    made.git("commit", "-q", "-m", "Rules")
    (made.path / "AGENTS.md").write_text("Use single quotes.\n")
    return made


def test_workers_are_told_the_committed_rules_and_what_a_stronger_tier_put_right_is_a_lesson(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    first: dict[str, str] = {}

    def kept(asked: Asked) -> Answer:
        task, attempt, _, role, *_ = asked.call.split("/")
        if role == "worker" and asked.turn == 0 and attempt == "1":
            first[task] = asked.text
        if task == "T2" and attempt == "2":
            return script(replace(asked, turn=1))
        return script(asked)

    def choose(_: RunSettings, around: Surroundings) -> Answering:
        return Answering(model=ScriptedModel(kept, clock=around.clock), price=free, usd_per_call=None)

    settings = RunSettings(
        profile="scripted",
        repo=str(repo.path),
        approve=True,
        limits=Limits(repairs=0),
        guides=("docs/guides",),
        lessons="ours.lessons.md",
    )
    folder = wiring.prepare(repo.path, SPEC, "shout", settings, wiring.Extras())
    run = asyncio.run(wiring.RunDriver(folder=folder, extras=wiring.Extras(), answers=choose).drive(wait=False))
    assert run.state == "done"

    assert all("Use double quotes." in prompt for prompt in first.values())
    assert [task for task in sorted(first) if "Use `upper`." in first[task]] == ["T1"]
    assert [task for task in sorted(first) if "flash forgot the space." in first[task]] == ["T2"]

    assert door.main(["lessons", "list", "--json", "--repo", str(repo.path)]) == 0
    (lesson,) = json.loads(capsys.readouterr().out)
    assert (lesson["task"], lesson["failed"], lesson["by"]) == ("T2", "T2:1", "pro")
    assert lesson["applies_to"] == ["src/twice.py"]
    assert "-    return text * 2" in lesson["text"]
    assert '+    return f"{text} {text}"' in lesson["text"]
    assert 'assert twice("ab") == "ab ab"' in lesson["reason"]
