"""A race of rollouts and a critic's block through the real graph: real git, sandbox and gate, and a scripted model."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings, answering
from agentctl.orchestrator.nouns.events import Noted, Reviewed
from agentctl.orchestrator.nouns.runs import Limits, Run, RunSettings
from agentctl.orchestrator.store.folder import RunFolder

from .conftest import BODIES, PLAN, Repo, new_repo, store
from .conftest import SPEC as OPEN_SPEC

pytestmark = pytest.mark.xdist_group("a recorded race")
SPEC = f"""{OPEN_SPEC}
```python R1 holdout
from loud import loud
assert loud("hidden") == "HIDDEN"
```
"""
NEVER = 600.0
"""Seconds of latency of a call that is cancelled."""
SPECIAL = 'def twice(text):\n    return "ab ab"\n'
EXAMPLE = 'from twice import twice\n\n\ndef test_another_text():\n    assert twice("x") == "x x"\n'
NO_SUCH = "from shouting import shout\n\n\ndef test_it():\n    assert shout('a') == 'A A'\n"


def _write(path: str, body: str) -> Answer:
    wrote = ScriptCall(name="write", arguments={"path": path, "content": body})
    return Answer(calls=(wrote, ScriptCall(name="submit", arguments={"summary": "done"})))


def _opinion(*claims: dict[str, str], advice: str = "") -> Answer:
    filled = [{"quote": "", "line": "", "test": "", **claim} for claim in claims]
    return Answer(text=json.dumps({"claims": filled, "advice": [advice] if advice else []}))


def script(asked: Asked) -> Answer:
    """T1: the first rollout is red and never answers again, the second is green, the third never answers.

    T2: a patch that knows the check by heart, which the critic shows; T3: an example that shows nothing.
    """
    task, _, rollout, role, *_ = asked.call.split("/")
    if task == "plan":
        return Answer(text=json.dumps(PLAN))
    path, body = BODIES[task]
    if role == "critic":
        return _criticism(task, first=asked.call.endswith("/0/0"))
    if task == "T1" and (rollout == "3" or (rollout == "1" and asked.turn)):
        return Answer(latency=NEVER)
    if task == "T1" and rollout == "1":
        return _write(path, "def loud(text):\n    return text\n")
    return _write(path, SPECIAL if task == "T2" and asked.turn == 0 else body)


def _criticism(task: str, *, first: bool) -> Answer:
    if task == "T2" and first:
        return _opinion({"requirement": "R2", "test": EXAMPLE, "why": "Only the text of the check is doubled."})
    if task == "T3":
        return _opinion({"requirement": "R3", "test": NO_SUCH, "why": "It is not there."}, advice="Name it well.")
    return _opinion()


def _scripted(_: RunSettings, around: Surroundings) -> Answering:
    def checked(asked: Asked) -> Answer:
        assert "HIDDEN" not in asked.text
        assert "R1_c2" not in asked.text
        return script(asked)

    return Answering(model=ScriptedModel(checked, clock=around.clock), price=free, usd_per_call=None)


def _prepare(repo: Repo, *, workers: int = 8, record: Path | None = None, replay: Path | None = None) -> RunFolder:
    recorded = {"record": str(record)} if record else {"replay": str(replay)}
    settings = RunSettings(
        profile="scripted",
        repo=str(repo.path),
        approve=True,
        limits=Limits(workers=workers),
        ladder=("pro",) if replay else ("flash", "pro"),
        team_ladders={} if replay else {"parts": ("flash*3", "pro")},
        critic="off" if replay else "on",
        **recorded,
    )
    return wiring.prepare(repo.path, SPEC, "shout", settings, wiring.Extras())


def _drive(folder: RunFolder, *, scripted: bool) -> Run:
    choose = _scripted if scripted else answering
    return asyncio.run(
        wiring.RunDriver(folder=folder, extras=wiring.Extras(scale=0.0), answers=choose).drive(wait=False)
    )


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Repo, RunFolder, Path]:
    """A run with a race and a block, driven to its end, and its recording."""
    place = tmp_path_factory.mktemp("ladder")
    recording = place / "race.jsonl"
    repo = new_repo(place / "first")
    folder = _prepare(repo, record=recording)
    assert _drive(folder, scripted=True).state == "done"
    return repo, folder, recording


def test_a_green_rollout_lands_a_red_one_and_a_slow_one_are_let_go_and_an_example_holds_a_patch_up(
    recorded: tuple[Repo, RunFolder, Path],
) -> None:
    repo, folder, _ = recorded
    with store(folder) as tables:
        assert tables.choice("race:T1:1") == "T1:1:2"
        states = {str(each.key): each.state for each in tables.attempts("T1")}
        assert states == {"T1:1:1": "lost", "T1:1:2": "landed", "T1:1:3": "lost"}
        reviews = {str(f.key): f for e in tables.events() if isinstance(f := e.fact, Reviewed)}
        blocks = [e.fact for e in tables.events() if isinstance(e.fact, Reviewed) and e.fact.blocked]
    winner_of_t2 = next(name for name in reviews if name.startswith("T2"))
    assert {str(block.key) for block in blocks} == {winner_of_t2}
    assert 'assert twice("x") == "x x"' in blocks[0].blocked
    assert "Only the text of the check is doubled." in blocks[0].blocked
    assert reviews["T3:1"].notes == (
        "Name it well.",
        "R3: It is not there. (its example does not fail by an assertion: missing)",
    )
    branch = f"agentctl/{folder.run}/all"
    assert repo.git("show", f"{branch}:src/twice.py") == BODIES["T2"][1].strip()
    assert repo.git("show", f"{branch}:src/loud.py") == BODIES["T1"][1].strip()
    assert "critic" not in repo.git("ls-tree", "-r", "--name-only", branch)
    kept = repo.git("for-each-ref", "--format=%(refname)", f"refs/agentctl/{folder.run}/T1").split()
    assert kept == [f"refs/agentctl/{folder.run}/T1/1-1", f"refs/agentctl/{folder.run}/T1/1-2"]
    assert repo.git("show", f"{kept[0]}:src/loud.py").endswith("return text")
    assert not list((repo.path / ".agentctl/work").rglob("open/*"))


def test_a_recorded_race_replays_without_drift_at_any_number_of_workers(
    recorded: tuple[Repo, RunFolder, Path], make_repo: Callable[[str], Repo]
) -> None:
    first, folder, recording = recorded
    tree = first.git("rev-parse", f"agentctl/{folder.run}/all^{{tree}}")
    for workers in (1, 4, 50):
        repo = make_repo(f"with{workers}")
        replayed = _prepare(repo, workers=workers, replay=recording)
        assert _drive(replayed, scripted=False).state == "done"
        assert repo.git("rev-parse", f"agentctl/{replayed.run}/all^{{tree}}") == tree
        with store(folder) as then, store(replayed) as now:
            assert [str(each.key) for each in now.landings()] == [str(each.key) for each in then.landings()]
            assert [event.fact.text for event in now.events() if isinstance(event.fact, Noted)] == []
            assert now.questions() == ()
