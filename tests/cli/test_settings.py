import subprocess
from argparse import ArgumentTypeError
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from agentctl.agents.models.port import Usage
from agentctl.agents.models.profiles import tiers
from agentctl.cli import options
from agentctl.cli.settings import FILE, Flags, known, load
from agentctl.orchestrator.errors import SettingsError
from agentctl.orchestrator.nouns.runs import CommitRules, GatePart, Limits, NamedSuite, RunSettings
from agentctl.orchestrator.rules.probe_batch import MOST_QUESTIONS

AS_A_RULE: dict[str, Any] = {"critic": "on", "contracts": True, "lead_answers": True, "advice": 1}
"""What new runs have and older ones, whose settings do not say, have not."""


def write(root: Path, text: str, name: str = FILE) -> Path:
    path = root / name
    path.write_text(text)
    return path


def settings(root: Path, flags: Flags | None = None, **more: Any) -> RunSettings:
    return load(root, flags or Flags(), environ=more.pop("environ", {}), **more).run


def test_without_any_source_the_defaults_are_those_of_the_nouns(tmp_path: Path) -> None:
    assert settings(tmp_path) == RunSettings(profile="auto", repo=str(tmp_path), questions=MOST_QUESTIONS, **AS_A_RULE)


EVERY_SETTING = """\
profile = "gemini"
autonomy = "never"
ladder = ["flash*3", "ask"]
critic = "advise"
lead_answers = false
advice = 3
gate = ["ruff check ."]
[[test]]
runner = "vitest"
folder = "web"
[limits]
workers = 3
gates = 1
usd = 1
planning_usd = 0.25
turns = 5
repairs = 0
[workspace]
setup = "uv sync"
sandbox = "bwrap"
[egress]
allow = ["packages.example", "*.Example.org:8443"]
[commit]
author = "Ada <ada@example.org>"
sign_off = true
sign = true
[models]
flash = ["gemini/a", {model = "gemini/b", context = 1000}]
pro = "gemini/c"
[team.core]
ladder = ["pro", "ask"]
autonomy = "never"
[asking]
per_hour = 2
wait_minutes = 15
"""


def test_every_setting_can_be_written_in_the_file(tmp_path: Path) -> None:
    write(tmp_path, EVERY_SETTING)
    loaded = load(tmp_path, Flags(), environ={})
    assert loaded.run == RunSettings(
        profile="gemini",
        repo=str(tmp_path),
        limits=Limits(workers=3, gates=1, usd=1.0, planning_usd=0.25, turns=5, repairs=0),
        autonomy="never",
        ladder=("flash*3", "ask"),
        gate=("ruff check .",),
        test=(NamedSuite(runner="vitest", folder="web"),),
        setup="uv sync",
        sandbox="bwrap",
        egress=("packages.example", "*.example.org:8443"),
        commit=CommitRules(author="Ada <ada@example.org>", sign_off=True, sign=True),
        questions=MOST_QUESTIONS,
        team_ladders={"core": ("pro", "ask")},
        critic="advise",
        contracts=True,
        lead_answers=False,
        advice=3,
        interrupts=2,
        wait_minutes=15.0,
        team_autonomy={"core": "never"},
    )
    assert loaded.models == {"flash": ("gemini/a", {"model": "gemini/b", "context": 1000}), "pro": "gemini/c"}


PARTS = """\
whole_every = 3
[[gate]]
name = "billing"
paths = "src/billing/**"
tests = ["tests/billing/"]
commands = ["ruff check src", "mypy"]
[[gate]]
commands = "mypy"
"""


def test_a_gate_can_have_parts(tmp_path: Path) -> None:
    write(tmp_path, PARTS)
    run = settings(tmp_path)
    assert (run.gate, run.whole_every) == (("ruff check src", "mypy"), 3)
    assert run.gates == (
        GatePart(
            name="billing",
            paths=("src/billing/**",),
            tests=("tests/billing",),
            commands=("ruff check src", "mypy"),
        ),
        GatePart(name="gate 2", commands=("mypy",)),
    )
    assert settings(tmp_path, front={("gate",): ["true"]}).gates == ()


@pytest.mark.parametrize(
    ("front", "environ", "flags", "workers"),
    [
        ({}, {}, Flags(), 2),
        ({("limits", "workers"): 3}, {}, Flags(), 3),
        ({("limits", "workers"): 3}, {"AGENTCTL_LIMITS_WORKERS": "4"}, Flags(), 4),
        ({("limits", "workers"): 3}, {"AGENTCTL_LIMITS_WORKERS": "4"}, Flags(workers=5), 5),
    ],
)
def test_file_front_matter_environment_and_flags_rise_in_precedence(
    front: Mapping[tuple[str, ...], object], environ: Mapping[str, str], flags: Flags, workers: int, tmp_path: Path
) -> None:
    write(tmp_path, "[limits]\nworkers = 2\n")
    assert settings(tmp_path, flags, front=front, environ=environ).limits.workers == workers


def test_pyproject_is_read_where_there_is_no_file_of_our_own(tmp_path: Path) -> None:
    write(tmp_path, "[tool.agentctl]\nautonomy = 'never'\n[tool.agentctl.limits]\nusd = 2\n", "pyproject.toml")
    assert settings(tmp_path).limits.usd == 2.0
    write(tmp_path, "profile = 'ollama'\n")
    assert settings(tmp_path) == RunSettings(
        profile="ollama", repo=str(tmp_path), questions=MOST_QUESTIONS, **AS_A_RULE
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[limits]\nworkres = 2\n", ["agentctl.toml:2", "limits.workres", "did you mean `limits.workers`?"]),
        ("autonmy = 'never'\n", ["agentctl.toml:1", "did you mean `autonomy`?"]),
        ("workers = 2\n", ["agentctl.toml:1", "`limits.workers`"]),
        ("\n\n[limit]\nworkers = 2\n", ["agentctl.toml:3", "did you mean `limits`?"]),
        ("limits = 4\n", ["agentctl.toml:1", "write [limits]"]),
        ("[limits]\nusd = 'much'\n", ["agentctl.toml:2", "limits.usd", "'much'", "write a number"]),
        ("[limits]\nusd = nan\n", ["agentctl.toml:2", "finite"]),
        ("[limits]\n# usd = 3\nworkers = 0\n", ["agentctl.toml:3", "limits.workers", "it must be 1 or more"]),
        ("autonomy = 'sometimes'\n", ["ask-always", "ask-blocking", "never"]),
        ("ladder = ['flash', 'gpt']\n", ["agentctl.toml:1", "rungs are flash, pro, ultra"]),
        ("ladder = []\n", ["agentctl.toml:1"]),
        ("gate = 3\n", ["agentctl.toml:1", "write commands, or parts as [[gate]]"]),
        ("[gate]\npaths = ['src']\n", ["agentctl.toml:", "write commands, or parts as [[gate]]"]),
        ("gate = ['ls', {paths = 'src'}]\n", ["agentctl.toml:1", "either commands or [[gate]] parts"]),
        ("[[gate]]\npaths = 'src'\n", ["agentctl.toml:1", "the part 'src' has neither tests nor commands"]),
        (
            "[[gate]]\npath = 'src'\ncommands = 'ls'\n",
            ["toml:2: `path` is no setting of [[gate]]; did you mean `paths`?"],
        ),
        ("[[gate]]\ntests = 'a'\n\n[[gate]]\nx = 1\n", ["agentctl.toml:5: `x` is no setting of [[gate]]; known are"]),
        ("[[test]]\nruner = 'go'\n", ["toml:1: test 1 needs `runner`", "toml:2: `runer`", "did you mean `runner`?"]),
        ("[[test]]\nrunner = 'cmake'\n", ["toml:2: `runner` of test 1 cannot be 'cmake': write 'pytest', 'node'"]),
        ("gate = ['', 'ls']\n", ["agentctl.toml:1: gate 1 cannot be used: it is empty."]),
        ("gate = [' ']\n", ["agentctl.toml:1: gate 1 cannot be used: it is empty."]),
        ("[mcp.x]\ntools = 'a'\n", ["agentctl.toml:1: `mcp.x` cannot be used: name either `command = "]),
        ("[mcp.X]\ncommand = 'a'\n", ["agentctl.toml:1: `mcp.X` cannot be used: it must match"]),
        ("[workspace]\n[workspace.env]\nA = '1'\nHOME = '/x'\n", ["agentctl.toml:4: `workspace.env`", "HOME is what"]),
        (
            "[workspace]\nenv = {HOME = '/x', PATH = '/y'}\n",
            ["toml:2: `workspace.env` cannot be what stands there: HOME: ", ": PATH: PATH is what"],
        ),
        ("gate = [3]\n", ["agentctl.toml:1: gate 1 cannot be used: write a text, in quotes."]),
        (
            "[[gate]]\npaths = '../src'\ncommands = 'ls'\n",
            ["toml:2: `paths` of gate 1 cannot be '../src'", "has an empty, `.` or"],
        ),
        ("[[gate]]\ntests = 'tests/*'\n", ["agentctl.toml:2: `tests` of gate 1", "'tests/*' is no file or folder"]),
        ("[[gate]]\ntests = 'a'\n[[gate]]\ntests = 'a/b.py'\n", ["'a/b.py' is among the tests of 'gate 1' and of"]),
        ("[[gate]]\nname = 'a'\ntests = 'a'\n[[gate]]\nname = 'a'\ntests = 'b'\n", ["two parts are called 'a'"]),
        ("whole_every = 0\n", ["agentctl.toml:1", "it must be 1 or more"]),
        ("ladder = ['flash*9']\n", ["agentctl.toml:1", "'flash*9' is no rung", "*2 to *8"]),
        ("ladder = ['ask']\n", ["agentctl.toml:1", "a rung on which somebody works"]),
        ("critic = 'maybe'\n", ["agentctl.toml:1", "'on', 'off' or 'advise'"]),
        ("[team.core]\nladder = ['pro', 'sonnet']\n", ["agentctl.toml:2", "team.core.ladder", "'sonnet' is no rung"]),
        ("[team.core]\nladdr = ['pro']\n", ["agentctl.toml:2", "team.core.laddr", "write [team.NAME]", "ladder"]),
        ("team = 4\n", ["agentctl.toml:1", "write [team.NAME]"]),
        ("[team]\ncore = 4\n", ["agentctl.toml:2", "write [team.NAME]"]),
        ("[commit]\nauthor = 'Ada'\n", ["agentctl.toml:2", "Name <address>"]),
        ("[workspace]\nsandbox = 'chroot'\n", ["agentctl.toml:2", "bwrap"]),
        ("[egress]\nallow = ['10.0.0.1']\n", ["agentctl.toml:2", "'10.0.0.1' is no name of a host"]),
        ("[workspace]\ntest = 'pytest -q tests/unit'\n", ["agentctl.toml:2", "`testpaths`", "belongs in `gate`"]),
        ("x = = 1\n", ["agentctl.toml", "not valid TOML", "line 1"]),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_line(text: str, said: list[str], tmp_path: Path) -> None:
    write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path)
    for words in said:
        assert words in str(caught.value)


def test_a_setting_that_may_be_many_things_is_told_once_and_without_what_may_be_a_secret(tmp_path: Path) -> None:
    write(tmp_path, "[models]\nflash = {model = 'x/y', api_key = 'sk-made-up', more = [[1]]}\n")
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path)
    where = f"{tmp_path / FILE}:2: `models.flash` cannot be what stands there"
    assert str(caught.value) == f"{where}: name a model, or write a table of what differs, or several of either."
    write(tmp_path, "[mcp.x]\ncommand = ['server', '--token=made-up', 3]\n")
    with pytest.raises(SettingsError, match=r"toml:2: `mcp.x.command` cannot be what stands there: write a text"):
        settings(tmp_path)


def test_a_key_in_pyproject_is_named_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, "[project]\nname = 'x'\n\n[tool.agentctl]\nprofil = 'gemini'\n", "pyproject.toml")
    with pytest.raises(SettingsError, match=r"pyproject.toml:5: `profil` is no setting; did you mean `profile`\?"):
        settings(tmp_path)


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not UTF-8"):
        settings(tmp_path)


def test_each_setting_has_a_variable(tmp_path: Path) -> None:
    environ = {"AGENTCTL_PROFILE": "openai", "AGENTCTL_COMMIT_SIGN_OFF": "true", "AGENTCTL_LADDER": "flash, pro*2"}
    found = settings(tmp_path, environ=environ)
    assert (found.profile, found.commit.sign_off, found.ladder) == ("openai", True, ("flash", "pro*2"))
    assert ("limits", "planning_usd") in known()
    lines = settings(tmp_path, environ={"AGENTCTL_GATE": "pytest\n\n  \nruff check\n"})
    assert lines.gate == ("pytest", "ruff check")


def test_a_ladder_and_a_critic_can_be_chosen_for_one_run(tmp_path: Path) -> None:
    write(tmp_path, "ladder = ['pro']\ncritic = 'on'\n")
    found = settings(tmp_path, Flags(ladder="flash, flash*3,pro,ask", critic="off"))
    assert (found.ladder, found.critic) == (("flash", "flash*3", "pro", "ask"), "off")
    with pytest.raises(SettingsError, match=r"--ladder: `ladder` cannot be .*: 'turbo' is no rung"):
        settings(tmp_path, Flags(ladder="turbo"))


def test_nearly_a_variable_is_refused_and_a_foreign_one_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="did you mean AGENTCTL_LIMITS_WORKERS"):
        settings(tmp_path, environ={"AGENTCTL_LIMITS_WORKER": "2"})
    settings(tmp_path, environ={"AGENTCTL_FAULT": "7"})


def test_a_variable_for_what_is_easily_taken_for_a_setting_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"AGENTCTL_WORKSPACE_TEST \(environment\) is no setting: .*`gate`"):
        load(tmp_path, Flags(), environ={"AGENTCTL_WORKSPACE_TEST": "npm test"})


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"AGENTCTL_LIMITS_WORKERS: `limits\.workers` cannot be 'many'"):
        settings(tmp_path, environ={"AGENTCTL_LIMITS_WORKERS": "many"})


def test_a_wrong_flag_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--autonomy: `autonomy` cannot be 'yolo'"):
        settings(tmp_path, Flags(autonomy="yolo"))


def test_a_replay_asks_no_model_whatever_the_file_says(tmp_path: Path) -> None:
    write(tmp_path, "profile = 'gemini'\n")
    assert settings(tmp_path, Flags(replay="r.jsonl")).profile == "replay"


def test_every_complaint_is_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, "autonomy = 'x'\n[limits]\nworkers = 0\n")
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    "written", ['flash = ""', 'flash = " "', "flash = []", 'flash = ["a/b", ""]', "flash = {}", 'flash = {model = ""}']
)
def test_a_tier_that_names_no_model_is_not_the_profiles_paid_one(written: str, tmp_path: Path) -> None:
    (tmp_path / "agentctl.toml").write_text(f"[models]\n{written}\n")
    with pytest.raises(SettingsError, match=r"agentctl.toml:2: `models.flash` cannot be .*: name a model"):
        settings(tmp_path)
    with pytest.raises(SettingsError, match=r"AGENTCTL_MODELS_FLASH: `models.flash` cannot be"):
        settings(tmp_path.parent, environ={"AGENTCTL_MODELS_FLASH": ""})


def test_the_documented_table_of_a_model_can_be_used(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "cli.md").read_text().partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "agentctl.toml").write_text(text)
    models = load(tmp_path, Flags(), environ={}).models
    chosen = tiers("anthropic", environ={"ANTHROPIC_API_KEY": "k", "MY_KEY": "k"}, overrides=models)
    flash = chosen.flash[0]
    assert (flash.model, flash.api_base, flash.key_env) == ("openai/qwen3-coder", "http://10.0.0.7:8000/v1", "MY_KEY")
    assert flash.cost(Usage(prompt=1_000_000, completion=1_000_000)) == pytest.approx(0.2 + 0.8)


@pytest.mark.parametrize("amount", ["3", "$3", "3.00", "$3.00"])
def test_a_budget_is_given_as_one_writes_money(amount: str) -> None:
    assert options.dollars(amount) == 3.0


@pytest.mark.parametrize("amount", ["", "$", "3 EUR", "nan", "inf", "1e400", "1e3", "-1", "--", "3,00"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"such as 2\.50"):
        options.dollars(amount)


def test_the_settings_of_a_commit_hold_whatever_the_work_tree_says(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        command = ["git", "-C", str(tmp_path), "-c", "user.name=A", "-c", "user.email=a@example.org", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    write(tmp_path, "profile = 'gemini'")
    git("add", "-A")
    git("commit", "-q", "-m", "settings")
    own = git("rev-parse", "HEAD")
    git("rm", "-q", FILE)
    write(tmp_path, "[tool.agentctl]\nprofile = 'openai'\nwrong = 1\n", "pyproject.toml")
    git("add", "-A")
    git("commit", "-q", "-m", "shared")
    shared = git("rev-parse", "HEAD")
    (tmp_path / FILE).write_bytes(b"\xff")
    assert settings(tmp_path, at=own).profile == "gemini"
    with pytest.raises(SettingsError, match=f"pyproject.toml of commit {shared[:12]}:3: `wrong` is no setting"):
        settings(tmp_path, at=shared)
    with pytest.raises(SettingsError, match="is not UTF-8"):
        settings(tmp_path)
