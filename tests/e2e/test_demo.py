"""The shipped recording, replayed as `agentctl demo` does it."""

import subprocess
import sys
from pathlib import Path

from agentctl.orchestrator.nouns.events import Judged, Noted, QuestionAnswered
from agentctl.orchestrator.store.folder import all_runs

from .conftest import store

_DEMO = """
import sys
from agentctl.cli.main import main
code = main(["demo", "--repo", sys.argv[1], "--scale", "0", "--no-input", "--progress", "plain"])
sys.exit(code or any(name == "litellm" or name.startswith("litellm.") for name in sys.modules))
"""


def test_the_demo_replays_without_drift_and_without_litellm(tmp_path: Path) -> None:
    repo = tmp_path / "demo"
    done = subprocess.run([sys.executable, "-c", _DEMO, str(repo)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "recorded" in done.stdout
    (run,) = all_runs(repo)
    with store(run) as tables:
        facts = [event.fact for event in tables.events()]
        assert [fact.text for fact in facts if isinstance(fact, Noted)] == []
        assert [fact.verdict.passed for fact in facts if isinstance(fact, Judged)].count(False) >= 1
        assert any(isinstance(fact, QuestionAnswered) for fact in facts)
        assert len({status.task.team for status in tables.tasks()}) >= 2
        assert all(status.state == "landed" for status in tables.tasks())
