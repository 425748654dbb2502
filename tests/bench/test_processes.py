import sys
import urllib.request
from pathlib import Path

import pytest
from agentctl.bench.parts import target
from agentctl.bench.parts.processes import CommandFailed, environment, measured, scripted_server

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"


def test_the_cost_of_a_process_that_outlives_its_parent_is_in_the_sum(tmp_path: Path) -> None:
    orphan = (
        f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-S', '-c', {BURN!r}], start_new_session=True)\n"
    )
    cost = measured([sys.executable, "-S", "-c", orphan], env=environment(), cwd=tmp_path)
    assert cost.cpu >= 0.3


def test_a_command_that_fails_is_told_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"(?s)ended with 3.*so it goes"):
        measured([sys.executable, "-c", "print('so it goes'); exit(3)"], env=environment(), cwd=tmp_path)


def test_keys_and_settings_of_the_host_do_not_reach_what_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    monkeypatch.setenv("AGENTCTL_LIMITS_USD", "1")
    variables = environment(HOME="/nowhere")
    assert not {"ANTHROPIC_API_KEY", "AGENTCTL_LIMITS_USD"} & variables.keys()
    assert (variables["HOME"], variables["OPENAI_API_KEY"]) == ("/nowhere", "test")


def test_the_scripted_server_lives_as_long_as_its_block() -> None:
    with scripted_server({"rules": [], "otherwise": {"text": "hello"}}) as url:
        counts = url.removesuffix("/v1") + "/counts"
        with urllib.request.urlopen(counts, timeout=5) as answer:
            assert answer.status == 200
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(counts, timeout=5)


def test_a_target_notes_what_would_be_touched_and_where_a_ref_pointed(tmp_path: Path) -> None:
    root = target.create(tmp_path / "repo", {"src/a.py": "A = 1\n"})
    before = target.untouched(root)
    target.keep_log(root, "refs/heads/agentctl/x/all")
    target.git(root, "update-ref", "refs/heads/agentctl/x/all", "HEAD")
    assert target.git(root, "log", "-g", "--format=%s", "agentctl/x/all") == "Begin"
    assert target.untouched(root) == before
    (root / "src/a.py").write_text("A = 2\n")
    assert target.untouched(root) != before
