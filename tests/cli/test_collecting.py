"""`agentctl gc` on a command line: what would go, what went, and for how long attempts are kept."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentctl.orchestrator.nouns.events import RunMoved

Command = Callable[..., Any]


def left(repo: Path) -> list[str]:
    return sorted(path.name for path in (repo / ".agentctl" / "work").iterdir())


def test_what_would_go_is_told_before_and_after_it_went(agentctl: Command, repo: Path) -> None:
    none = agentctl("gc")
    assert (none.code, none.out) == (0, "nothing is left over; attempts are kept for 30 days after their run\n")
    (repo / ".agentctl/work" / "verify-4194999").mkdir(parents=True)
    (repo / ".agentctl/work" / "verify-4194999/x").write_bytes(b"x" * 2048)
    would = agentctl("gc", "--dry-run")
    what = "workspaces work/verify-4194999, 2.0 KB: its process, or its run, is gone"
    assert (would.code, would.out.splitlines()) == (0, [f"would go  {what}", "would free 2.0 KB"])
    assert left(repo) == ["verify-4194999"]
    went = agentctl("gc")
    assert (went.code, went.out.splitlines()) == (0, [f"gone  {what}", "freed 2.0 KB"])
    assert left(repo) == []


def test_an_ended_run_is_kept_as_long_as_the_settings_and_the_flag_say(
    agentctl: Command, new_run: Command, repo: Path
) -> None:
    run = new_run()
    run.say(RunMoved(state="done"))
    (repo / "agentctl.toml").write_text("keep_days = 0.5\n")
    kept = json.loads(agentctl("gc", "--runs", "--json", "--dry-run").out)
    assert (kept["keep_days"], kept["leftovers"]) == (0.5, [])
    (gone,) = json.loads(agentctl("gc", "--runs", "--json", "--keep-days", "0").out)["leftovers"]
    assert (gone["kind"], gone["gone"], run.folder.path.exists()) == ("folder", True, False)


def test_what_is_no_number_of_days_is_refused_with_where_it_stands(agentctl: Command, repo: Path) -> None:
    assert agentctl("gc", "--keep-days", "a week").code == 2
    (repo / "agentctl.toml").write_text("keep_days = -1\n")
    refused = agentctl("gc")
    assert refused.code == 2
    assert "agentctl.toml:1: `keep_days` cannot be -1" in refused.err
