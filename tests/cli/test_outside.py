"""Tools somebody is logged into and MCP servers, as the command line finds, offers, refuses and shows them."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.cli.runs_outside import runs_outside
from agentctl.cli.settings import Flags, load
from agentctl.orchestrator.errors import SettingsError
from agentctl.orchestrator.nouns.plan import Estimate, Plan, Task, Team
from agentctl.orchestrator.nouns.servers import ToolServer
from agentctl.orchestrator.rules.asking import plan_question
from agentctl.orchestrator.rules.outside_cap import listed, told

Command = Callable[..., Any]


@pytest.fixture
def claude(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called claude that is first on the PATH."""
    path = tmp_path / "bin" / "claude"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\necho '2.1.288 (Claude Code)'\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")
    return path


def check(agentctl: Command, name: str, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        each for each in json.loads(agentctl("doctor", "--json", *arguments).out) if each["name"] == name
    )
    return found


def test_doctor_finds_a_tool_by_running_it(agentctl: Command, claude: Path) -> None:
    model = check(agentctl, "model")
    assert (model["state"], model["found"]) == ("fine", "claude-cli (Claude Code, 2.1.288 (Claude Code))")
    profile = check(agentctl, "profile")
    assert (profile["state"], profile["todo"]) == ("note", ["Claude Code is installed: --profile claude-cli"])
    assert check(agentctl, "profile", "--profile", "claude-cli")["state"] == "fine"
    claude.write_text("#!/bin/sh\nexit 3\n")
    assert check(agentctl, "model")["found"] == "claude-cli (Claude Code, cannot be run)"


def test_doctor_says_how_to_install_a_tool_that_is_missing(agentctl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    profile = check(agentctl, "profile", "--profile", "codex-cli")
    assert profile["state"] == "fails"
    assert "npm install -g @openai/codex" in profile["todo"][0]


@pytest.mark.usefixtures("claude")
def test_init_offers_a_tool_where_there_is_no_key(
    agentctl: Command, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = agentctl("init", "--no-measure")
    assert "agentctl run spec.md --profile claude-cli" in done.err
    text = (repo / "agentctl.toml").read_text()
    assert '# profile = "claude-cli"   # no key was found' in text
    (repo / "agentctl.toml").write_text(text.replace('# profile = "claude-cli"', 'profile = "claude-cli"'))
    assert load(repo, Flags(), environ={}).run.profile == "claude-cli"
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert "claude" not in agentctl("init", "--no-measure", "--force").err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[mcp.docs]\ncommand = 'x'\nurl = 'https://x'", "either `command"),
        ("[mcp.docs]\nteams = ['core']", "either `command"),
        ("[mcp.docs]\nurl = 'http://far.example/mcp'", "https://"),
        ("[mcp.docs]\nurl = 'https://me:secret@far.example/mcp'", "`token_env` names the variable"),
        ("[mcp.docs]\nurl = 'https://x'\ntrusted = true", "are for a `command`"),
        ("[mcp.docs]\ncommand = 'x'\ntoken_env = 'T'", "is for a `url`"),
        ("[mcp.docs]\ncommand = 'x'\ntrusted = true\nread = ['/x']", "`read` is for the sandbox"),
        ("[mcp.Docs_1]\ncommand = 'x'", "Docs_1"),
        ("[mcp.docs]\ncomand = 'x'", "below it command, url"),
        ("[mcp]\ncommand = 'x'", "[mcp.NAME]"),
        ("[models]\nflash = {command = ['x'], prompt_usd = 1}", "outside the cap"),
        ("[models]\nflash = {model = 'command/x'}", "needs what to run"),
        ("[models]\nflash = {command = 'x y'}", "command"),
        ("[models]\nflash = 'codex-cli'\npro = {model = 'openai/x', output = 'claude'}", "is for a `command`"),
        ("[models]\npro = {command = []}", "needs what to run"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    text: str, said: str, agentctl: Command, repo: Path, spec: Path
) -> None:
    (repo / "agentctl.toml").write_text(f"profile = 'command'\n{text}\n")
    done = agentctl("run", str(spec))
    assert done.code == 2
    assert said in done.err


def test_the_profile_command_without_a_command_says_how_to_name_one(agentctl: Command, repo: Path, spec: Path) -> None:
    done = agentctl("run", str(spec), "--profile", "command")
    assert done.code == 2
    assert 'flash = {command = ["my-tool"' in done.err
    assert repo.exists()


def test_servers_are_kept_with_the_run_in_the_order_of_their_names(repo: Path) -> None:
    (repo / "agentctl.toml").write_text(
        "[mcp.web]\nurl = 'https://far.example/mcp'\ntoken_env = 'T'\n"
        "[mcp.docs]\ncommand = ['my-docs', '--local']\nteams = 'core'\ntools = ['find']\nseconds = 5\n"
    )
    assert load(repo, Flags(), environ={}).run.mcp == (
        ToolServer(name="docs", command=("my-docs", "--local"), teams=("core",), tools=("find",), seconds=5.0),
        ToolServer(name="web", url="https://far.example/mcp", token_env="T"),
    )


def test_a_setting_that_is_wrong_names_its_line(repo: Path) -> None:
    (repo / "agentctl.toml").write_text("[mcp.docs]\ncommand = ['x']\nseconds = 0\n")
    with pytest.raises(SettingsError, match=r"agentctl.toml:3: `mcp.docs.seconds` cannot be 0"):
        load(repo, Flags(), environ={})


def test_what_gets_the_persons_rights_is_said() -> None:
    servers = (
        ToolServer(name="docs", command=("a",)),
        ToolServer(name="db", command=("b", "x y"), trusted=True),
    )
    assert list(runs_outside({"flash": ("claude-cli/haiku", {"command": ("t", "\x1b[2J")})}, servers)) == [
        "models.flash runs outside the sandbox, with your rights: t '␛[2J'",
        "mcp.db runs outside the sandbox, with your rights: b 'x y'",
    ]


def test_a_plan_and_a_report_say_what_no_cap_holds() -> None:
    plan = Plan(
        summary="s",
        teams=(Team(id="core", purpose="p"),),
        tasks=(Task(id="T1", team="core", title="t", goal="g", requirements=("R1",), owns=("a.py",)),),
    )
    names = listed(["claude-cli/haiku", "claude-cli/sonnet", "claude-cli/haiku"])
    estimate = Estimate(calls=4, usd=None, minutes=1.0, critical_path=("T1",), outside_cap=names)
    assert (
        "cost not known (without claude-cli/haiku, claude-cli/sonnet: outside the cap)"
        in plan_question(plan, estimate, number=1).text
    )
    assert told(names).startswith("Outside the cap: claude-cli/haiku, claude-cli/sonnet. ")
