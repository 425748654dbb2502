"""The shipped recording, replayed as `agentctl demo` does it."""

import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from agentctl.orchestrator.nouns.events import Contracted, Judged, Noted, QuestionAnswered, Reviewed
from agentctl.orchestrator.nouns.runs import Evidence
from agentctl.orchestrator.store.folder import all_runs

from .conftest import store

SECONDS = 300.0
"""What has drifted waits for a person, for ever."""
_DEMO = """
import sys
from agentctl.cli.main import main
code = main(["demo", *sys.argv[2:], "--repo", sys.argv[1], "--scale", "0", "--no-input", "--progress", "plain"])
sys.exit(code or any(name == "litellm" or name.startswith("litellm.") for name in sys.modules))
"""


def test_the_demo_replays_without_drift_and_without_litellm(tmp_path: Path) -> None:
    repo = tmp_path / "demo"
    command = [sys.executable, "-c", _DEMO, str(repo)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    assert "recorded" in done.stdout
    (run,) = all_runs(repo)
    with store(run) as tables:
        facts = [event.fact for event in tables.events()]
        assert [fact.text for fact in facts if isinstance(fact, Noted)] == []
        assert [fact.verdict.passed for fact in facts if isinstance(fact, Judged)].count(False) >= 1
        assert all(fact.notes for fact in facts if isinstance(fact, Reviewed))
        assert sum(isinstance(fact, Reviewed) for fact in facts) == 3
        assert any(isinstance(fact, QuestionAnswered) for fact in facts)
        assert len({status.task.team for status in tables.tasks()}) >= 2
        assert all(status.state == "landed" for status in tables.tasks())
        assert levels_of(tables.evidence()) == (12, {"V2", "V3"})


def levels_of(evidence: Iterable[Evidence]) -> tuple[int, set[str]]:
    """How many requirements something speaks for, and the best levels of them."""
    best: dict[str, str] = {}
    for each in evidence:
        best[each.requirement] = max(best.get(each.requirement, ""), each.level)
    return len(best), set(best.values())


def test_an_interrupted_demo_ends_and_goes_on_to_nothing_else(tmp_path: Path) -> None:
    repo = tmp_path / "demo"
    command = [sys.executable, "-P", "-m", "agentctl", "demo", "lending", "--repo", str(repo), "--no-input"]
    with subprocess.Popen([*command, "--progress", "plain"], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "T1" in line:
                process.send_signal(signal.SIGINT)
                break
        process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert len(all_runs(repo)) == 1


def test_the_larger_demo_shows_what_can_go_wrong_and_what_an_edit_costs(tmp_path: Path) -> None:
    repo = tmp_path / "demo"
    command = [sys.executable, "-c", _DEMO, str(repo), "lending"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    first, second = sorted(all_runs(repo), key=lambda run: run.run_db.stat().st_ctime)
    with store(first) as tables:
        facts = [event.fact for event in tables.events()]
        tasks, attempts, evidence = tables.tasks(), tables.attempts(), tables.evidence()
    assert [fact.text for fact in facts if isinstance(fact, Noted)] == []
    assert (len(tasks), len({status.task.team for status in tasks})) == (16, 5)
    assert {status.state for status in tasks} == {"landed"}
    assert [fact.verdict.passed for fact in facts if isinstance(fact, Judged)].count(False) >= 3
    assert any(isinstance(fact, Contracted) for fact in facts)
    assert any(isinstance(fact, Reviewed) and fact.blocked for fact in facts)
    assert {"failed", "landed"} == {each.state for each in attempts}
    assert {each.key.rollout for each in attempts if each.rung == "flash*3"} == {1, 2, 3}
    assert levels_of(evidence) == (22, {"V2", "V3"})
    with store(second) as tables:
        assert [status.task.id for status in tables.tasks() if status.state == "landed"] == ["T17", "T18"]
        assert levels_of(tables.evidence()) == (23, {"V2", "V3"})
