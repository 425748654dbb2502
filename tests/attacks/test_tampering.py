"""What a worker may do to be believed: each case is written by a scripted worker, goes the whole way, and never lands.

Real graph, git, gate and sandbox. A case (tricks.py) is written past the checks of the tools by a shell command, in a
task that owns every path.
"""

import asyncio
import contextlib
import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import SandboxUnavailable, WaitingForPerson
from agentctl.orchestrator.nouns.events import AttemptEnded, Noted
from agentctl.orchestrator.nouns.runs import Limits, RunSettings
from agentctl.orchestrator.rules.redact import redact
from agentctl.orchestrator.sandbox.probe import probe
from agentctl.orchestrator.store.folder import RunFolder
from agentctl.orchestrator.store.sqlite import SqliteStore

from .tricks import CASES, CONSOLE, HOLDOUT, SPEC, THERE, WEAK, Case, breaks, old, right


@pytest.fixture(autouse=True)
def _confined() -> None:
    try:
        asyncio.run(probe("auto"))
    except SandboxUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with code, tests, settings of many kinds, and the spec."""
    path = tmp_path / "repo"
    for name, text in THERE.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    git(path, "init", "-q", "-b", "main")
    git(path, "add", "-A")
    git(path, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-q", "-m", "Start")
    return path


def git(path: Path, *arguments: str) -> str:
    environ = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "-C", str(path), *arguments]
    return subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout.strip()


PLAN = {
    "summary": "one function",
    "teams": [{"id": "one", "purpose": "all of it"}],
    "tasks": [
        {
            "id": "T1",
            "team": "one",
            "title": "Write loud",
            "goal": "Write loud.",
            "requirements": ["R1", "R2"],
            "owns": ["**"],
            "needs": [],
            "minutes": 1.0,
        }
    ],
    "notes": [],
}


def command(case: Case) -> str:
    """What the worker runs, as one script for sh."""
    lines = ["set -e"]
    for path, text in case.files.items():
        if text is None:
            lines.append(f"rm {shlex.quote(path)}")
        else:
            lines.append(f"mkdir -p {shlex.quote(str(Path(path).parent))}")
            lines.append(f"printf %s {shlex.quote(text)} >{shlex.quote(path)}")
    return "\n".join([*lines, case.then])


def tried(
    repo: Path, case: Case, *, owns: tuple[str, ...] = (), limits: Limits | None = None
) -> tuple[list[str], list[str]]:
    """What landed, and what the worker was told, its attempt ended with, or a person is to read."""
    said: list[str] = []

    def script(asked: Asked) -> Answer:
        if asked.call.startswith("plan/"):
            return Answer(text=json.dumps(PLAN).replace('"**"', json.dumps(["**", *owns])[1:-1]))
        if asked.turn:
            said.append(asked.last)
        ran = ScriptCall(name="run", arguments={"command": command(case)})
        return Answer(calls=(ran, ScriptCall(name="submit", arguments={"summary": "done"})))

    def choose(_: RunSettings, around: Surroundings) -> Answering:
        return Answering(model=ScriptedModel(script, clock=around.clock), price=free, usd_per_call=None)

    settings = RunSettings(
        profile="scripted",
        repo=str(repo),
        approve=True,
        ladder=("flash",),
        gate=case.gate,
        limits=limits or Limits(turns=2, repairs=0),
    )
    folder = wiring.prepare(repo, case.spec, str(repo / "shout.md"), settings, wiring.Extras())
    with contextlib.suppress(WaitingForPerson):
        asyncio.run(wiring.RunDriver(folder=folder, extras=wiring.Extras(scale=0.0), answers=choose).drive(wait=False))
    with tables(folder) as store:
        ended = [event.fact.reason for event in store.events() if isinstance(event.fact, AttemptEnded)]
        noted = [event.fact.text for event in store.events() if isinstance(event.fact, Noted)]
        return [landing.key.task for landing in store.landings()], [*said, *ended, *noted]


def tables(folder: RunFolder) -> SqliteStore:
    return SqliteStore(folder.run_db, clock=SystemClock(), redact=redact, blobs=folder.blobs, readonly=True)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_18_19_20_21_22_what_is_done_to_be_believed_never_lands(case: Case, repo: Path) -> None:
    landed, said = tried(repo, case)
    assert landed == []
    assert re.search(case.guard, "\n".join(said)), said


@pytest.mark.parametrize("spec", [SPEC, SPEC + HOLDOUT, SPEC + CONSOLE])
def test_the_same_work_without_a_trick_lands(spec: str, repo: Path) -> None:
    more = {"tests/test_loud.py": "from loud import loud\n\n\ndef test_loud():\n    assert loud('c') == 'C'\n"}
    added = old("def test_zero", "def test_one():\n    assert old(1) == 2\n\n\ndef test_zero")
    landed, said = tried(repo, right("nothing", "", {**more, **added}, spec=spec))
    assert (landed, said) == (["T1"], [])


@pytest.mark.parametrize(
    "case",
    [
        breaks("a test that is to say something else", "", {"tests/test_old.py": WEAK, "tests/data/golden.txt": "9\n"}),
        right("settings", "", {"conftest.py": f"{THERE['conftest.py']}\n\nEIGHT = 8\n"}),
    ],
    ids=lambda case: case.name,
)
def test_what_an_approved_plan_gives_a_task_by_name_it_may_change(case: Case, repo: Path) -> None:
    given = ("tests/test_old.py", "tests/data/golden.txt", "conftest.py")
    assert tried(repo, case, owns=given) == (["T1"], [])


def test_a_sentence_at_odds_with_a_test_lands_when_the_worker_insists_and_the_person_is_told(repo: Path) -> None:
    case = breaks(
        "what the sentence asks for",
        "",
        {"tests/test_old.py": WEAK, "tests/data/golden.txt": "9\n"},
        spec="Let old(number) return the number plus two.",
    )
    landed, said = tried(repo, case, limits=Limits(turns=3, repairs=1))
    assert landed == ["T1"]
    assert any(text.startswith("T1 changes what was tested before") for text in said)
    assert any("as it was before your change it does not pass" in text for text in said[:1])
