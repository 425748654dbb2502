"""A whole run by command-line tools and an MCP server, from settings alone; then the same run from its recording."""

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.orchestrator.nouns.events import Noted
from agentctl.orchestrator.store.folder import all_runs

from .conftest import BODIES, PLAN, SPEC, Repo, store

TOOL = """
import json, re, sys
prompt = sys.stdin.read()
task = re.search(r"# Your task: (T\\d)", prompt)
if task is None:
    print("Here is the plan:", json.dumps(PLAN))
elif task[1] == "T1" and "WORD-OF-THE-HOUSE" not in prompt:
    assert "house__look" in prompt
    print("@tool house__look\\nword: WORD-OF-THE-HOUSE\\n@end")
else:
    assert task[1] != "T3" or "house__look" not in prompt
    path, body = BODIES[task[1]]
    print(f"@tool write\\npath: {path}\\ncontent: <<<<BODY\\n{body}>>>>BODY\\n@end\\n")
    print("@tool submit\\nsummary: done\\n@end")
"""

SERVER = """
import os
from pathlib import Path
from mcp.server.mcpserver import MCPServer

server = MCPServer("house")


@server.tool()
def look(word: str) -> str:
    with Path(os.environ["ASKED"]).open("a") as file:
        file.write("x")
    return f"the house says {word} with hunter2-of-the-house"


server.run()
"""


def agentctl(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    env = {"PATH": "/usr/bin:/bin", "HOME": environ.pop("HOME"), "GIT_CONFIG_NOSYSTEM": "1", **environ}
    command = [sys.executable, "-m", "agentctl", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def place(make_repo: Callable[[str], Repo], tmp_path: Path) -> Repo:
    """A repository whose settings name a tool, which plays planner and workers, and a server."""
    repo = make_repo("repo")
    script, server = tmp_path / "tool.py", tmp_path / "server.py"
    script.write_text(
        f"PLAN = json.loads({json.dumps(PLAN)!r})\nBODIES = {BODIES!r}\n{TOOL}".replace(
            "PLAN =", "import json\nPLAN =", 1
        )
    )
    server.write_text(SERVER)
    (repo.path / "agentctl.toml").write_text(
        textwrap.dedent(f"""
            profile = "command"
            questions = 0
            critic = "off"
            contracts = false
            [models.flash]
            command = [{json.dumps(sys.executable)}, {json.dumps(str(script))}]
            [mcp.house]
            command = [{json.dumps(sys.executable)}, {json.dumps(str(server))}]
            trusted = true
            teams = ["parts"]
            env = ["ASKED"]
            """)
    )
    (repo.path / "shout.md").write_text(SPEC)
    return repo


def test_tools_and_servers_build_a_spec_and_its_recording_needs_neither(place: Repo, tmp_path: Path) -> None:
    asked, recording, home = tmp_path / "asked", tmp_path / "run.jsonl", tmp_path / "home"
    home.mkdir()
    common = ("--repo", str(place.path), "--no-input", "--progress", "plain", "--no-wait", "--yes")
    spec = str(place.path / "shout.md")
    environ = {"HOME": str(home), "ASKED": str(asked), "HOUSE_TOKEN": "hunter2-of-the-house"}
    done = agentctl("run", spec, "--record", str(recording), *common, **environ)
    assert done.returncode == 0, done.stderr
    assert asked.read_text() == "x"
    (first,) = all_runs(place.path)
    with store(first) as tables:
        kept = [event.fact for event in tables.events()]
        notes = [fact.text for fact in kept if isinstance(fact, Noted)]
        assert any("Outside the cap: command/" in note for note in notes), notes
        assert "hunter2" not in repr(kept)
        calls = first.calls_db
    report = agentctl("report", "--repo", str(place.path), **environ).stdout
    assert "Outside the cap: command/" in report
    status = agentctl("status", "--repo", str(place.path), **environ).stdout
    assert re.search(r"\$0\.00 of \$5\.00 \(without command/\S+: outside the cap\)", status), status
    assert b"hunter2" not in calls.read_bytes() + recording.read_bytes()

    (place.path / "agentctl.toml").unlink()
    replayed = agentctl("run", spec, "--replay", str(recording), *common, HOME=str(home))
    assert replayed.returncode == 0, replayed.stderr
    assert asked.read_text() == "x"
    second = next(run for run in all_runs(place.path) if run.run != first.run)
    with store(second) as tables:
        assert [f.text for e in tables.events() if isinstance(f := e.fact, Noted) and "drift" in f.text] == []
        assert all(status.state == "landed" for status in tables.tasks())


def test_a_run_without_its_tool_does_not_begin(place: Repo, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    common = ("--repo", str(place.path), "--no-input", "--progress", "plain", "--no-wait", "--yes")
    spec = str(place.path / "shout.md")
    done = agentctl("run", spec, *common, "--profile", "claude-cli", HOME=str(home))
    assert done.returncode == 4
    assert "`claude` is not installed" in done.stderr
    assert "claude auth login" in done.stderr
    assert all_runs(place.path) == ()


def test_a_tool_that_nobody_is_logged_into_is_a_question(place: Repo, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "tool.py").write_text("import sys; sys.exit('Not logged in. Please run /login')")
    common = ("--repo", str(place.path), "--no-input", "--progress", "plain", "--no-wait", "--yes")
    done = agentctl("run", str(place.path / "shout.md"), *common, HOME=str(home), ASKED=str(tmp_path / "asked"))
    assert done.returncode == 4, done.stderr
    assert "is not logged in" in done.stdout + done.stderr
