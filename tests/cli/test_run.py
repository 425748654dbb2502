"""What starts a run, and what is refused before anything is made."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import lands

Command = Callable[..., Any]


def test_a_run_that_ends_well_prints_its_branch_and_how_to_take_it_over(
    agentctl: Command, wiring: Command, spec: Path, repo: Path
) -> None:
    double = wiring(lands)
    done = agentctl("run", str(spec), "--profile", "desk", "--workers", "4", "--budget", "2.5", "--yes")
    assert (done.code, done.out) == (0, "agentctl/k7m2xq/all\ngit merge agentctl/k7m2xq/all\n")
    assert "landed T1:1 as cccccccccc" in done.err
    assert "k7m2xq is done: 1/1 landed" in done.err
    ((text, name, settings, extras),) = double.prepared
    assert (text, name) == (spec.read_text(), str(spec))
    assert (settings.profile, settings.repo, settings.limits.workers, settings.limits.usd, settings.approve) == (
        *("desk", str(repo)),
        *(4, 2.5, True),
    )
    assert extras.sandbox_accepted is False


def test_a_sentence_is_a_spec(agentctl: Command, wiring: Command) -> None:
    double = wiring(lands)
    assert agentctl("run", "-m", "Say hello.", "--profile", "desk").code == 0
    assert double.prepared[0][:2] == ("Say hello.", "sentence")


def test_a_spec_comes_through_a_pipe(repo: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agentctl", "lint", "-"], input="", capture_output=True, text=True, check=False, cwd=repo
    )
    assert (done.returncode, done.stderr) == (2, "agentctl: standard input is empty: say in it what is to be built.\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist"),
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"# a\n\x00", "is binary"),
        (b"\x7fELF\x00\x01", "is binary"),
        (b"# caf\xe9\n", "is not UTF-8: byte 0xe9 in line 1"),
        (b"x" * 10_000_000, "is larger than 1 MB"),
        (b"---\nbudjet: 3\n---\n# a\n", "budjet"),
        (b"---\nautonomy: [\n---\n# a\n", "front matter"),
    ],
)
@pytest.mark.parametrize("command", ["run", "plan"])
def test_what_is_no_spec_is_refused_before_anything_is_made(
    command: str, content: bytes | None, said: str, agentctl: Command, wiring: Command, repo: Path
) -> None:
    double = wiring(lands)
    if content is not None:
        (repo / "bad.md").write_bytes(content)
    done = agentctl(command, "bad.md", "--profile", "desk")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err
    assert double.prepared == []
    assert not (repo / ".agentctl").exists()


def test_a_folder_is_no_spec_and_the_spec_in_it_is_named(agentctl: Command, wiring: Command, spec: Path) -> None:
    wiring(lands)
    done = agentctl("run", str(spec.parent))
    assert done.code == 2
    assert "is a folder, not a spec; did you mean" in done.err


def test_a_link_that_leads_nowhere_is_called_one(agentctl: Command, wiring: Command, repo: Path) -> None:
    wiring()
    (repo / "loop.md").symlink_to("loop.md")
    assert agentctl("run", "loop.md").err == (
        "agentctl: loop.md is a link that leads to no file: correct it, or name the spec itself.\n"
    )


def test_a_misspelt_name_is_met_with_the_near_one(agentctl: Command, wiring: Command, spec: Path) -> None:
    wiring(lands)
    assert spec.exists()
    assert "did you mean greet.md?" in agentctl("run", "gret.md").err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["run"], "Name one spec"),
        (["run", "greet.md", "-m", "x"], "Name one spec"),
        (["run", "greet.md", "--sandbox=none"], "add --i-accept-unsandboxed-execution"),
        (["run", "greet.md", "--replay", "none.jsonl"], "no such recording"),
        (["run", "greet.md", "--record", "a", "--replay", "greet.md"], "not both"),
        (["run", "greet.md", "--record", "none/a.jsonl"], "the folder none does not exist; make it"),
        (["run", "greet.md", "--record", "."], "is a folder: name a file"),
        (["run", "greet.md", "--autonomy", "yolo"], "--autonomy"),
        (["run", "greet.md", "--workers", "0"], "--workers"),
        (["run", "greet.md", "--budget", "-1"], "--budget"),
        (["run", "greet.md", "--budget", "nan"], "--budget"),
        (["run", "greet.md", "--repo", "greet.md"], "folder"),
        (["resume", "zzz"], "no run"),
        (["resume"], "no run"),
        (["status", "--repo", "nowhere"], "does not exist"),
        (["status"], "no run"),
        (["attach"], "no run"),
        (["diff"], "no run"),
        (["lint", "greet.md", "nope.md"], "nope.md does not exist: write a spec there.\n"),
        (["run", "nope.md"], 'nope.md does not exist: write a spec there, or use -m "one sentence".\n'),
    ],
)
def test_wrong_arguments_are_told_with_exit_code_2(
    argv: list[str], said: str, agentctl: Command, wiring: Command, spec: Path
) -> None:
    wiring(lands)
    assert spec.name == "greet.md"
    done = agentctl(*argv)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_outside_a_repository_the_way_in_is_named(
    agentctl: Command, wiring: Command, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiring(lands)
    monkeypatch.chdir(tmp_path)
    done = agentctl("run", str(spec), "--profile", "desk")
    assert done.code == 2
    assert "--repo DIR" in done.err


def test_a_folder_that_does_not_exist_becomes_a_repository(
    agentctl: Command, wiring: Command, spec: Path, tmp_path: Path, git_in: Command
) -> None:
    wiring(lands)
    done = agentctl("run", str(spec), "--profile", "desk", "--repo", str(tmp_path / "new"))
    assert done.code == 0, done.err
    assert git_in(tmp_path / "new", "rev-list", "--count", "HEAD") == "1"


def test_nothing_is_made_where_the_run_cannot_start(
    agentctl: Command, wiring: Command, spec: Path, tmp_path: Path
) -> None:
    wiring(lands)
    assert agentctl("run", str(spec), "--repo", str(tmp_path / "new")).code == 4
    assert not (tmp_path / "new").exists()


def test_without_a_model_every_way_to_get_one_is_named(agentctl: Command, wiring: Command, spec: Path) -> None:
    double = wiring(lands)
    done = agentctl("run", str(spec))
    assert done.code == 4
    for way in ("GEMINI_API_KEY", "ANTHROPIC_API_KEY", "Ollama", "--profile desk", "agentctl demo"):
        assert way in done.err
    assert double.prepared == []


def test_lint_errors_stop_a_run_unless_forced(agentctl: Command, wiring: Command, repo: Path) -> None:
    double = wiring(lands)
    (repo / "bad.md").write_text("# x\n\n- **R1** `f` MUST be.\n- **R1** `f` MUST not be.\n")
    refused = agentctl("run", "bad.md", "--profile", "desk")
    assert refused.code == 6
    assert "bad.md:" in refused.err
    assert "--force" in refused.err
    assert double.prepared == []
    assert agentctl("run", "bad.md", "--profile", "desk", "--force").code == 0


def test_wording_never_stops_a_run_and_lint_says_so_too(agentctl: Command, wiring: Command, repo: Path) -> None:
    wiring(lands)
    (repo / "s.md").write_text("# x: y\n\n## Requirements\n\n- **R1** `f` MUST return TBD.\n")
    assert agentctl("lint", "s.md").err.splitlines()[-1].startswith("ready to run")
    done = agentctl("run", "s.md", "--profile", "desk")
    assert done.code == 0
    assert "SPA" in done.err


def test_minutes_that_are_not_enforced_are_named_at_the_start(agentctl: Command, wiring: Command, repo: Path) -> None:
    wiring(lands)
    (repo / "s.md").write_text("---\nbudget: {minutes: 30}\n---\n# x\n\nSay hello.\n")
    assert "budget.minutes (30) is not enforced yet" in agentctl("run", "s.md", "--profile", "desk").err


def test_front_matter_decides_what_no_flag_does(agentctl: Command, wiring: Command, repo: Path) -> None:
    double = wiring(lands)
    (repo / "s.md").write_text("---\nbudget: {usd: 1.5, workers: 3}\nautonomy: never\n---\n# x\n\nSay hello.\n")
    assert agentctl("run", "s.md", "--profile", "desk", "--workers", "9").code == 0
    settings = double.prepared[0][2]
    assert (settings.limits.usd, settings.limits.workers, settings.autonomy) == (1.5, 9, "never")


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        ("profile = 'openai'\n", 4, "needs a key: export OPENAI_API_KEY=..., or choose another model:"),
        ("profile = 'replay'\n", 2, "There is no model profile `replay`: choose auto, gemini,"),
        ("profile = 'opnai'\n", 2, "choose auto, gemini, anthropic, openai, openrouter, ollama, desk"),
        ("profile = 'ollama'\n[models]\npro = 'openai/unheard-of'\n", 2, "openai/unheard-of is not known"),
    ],
)
def test_a_model_that_cannot_be_asked_is_told_before_a_run_is_made(
    settings: str, code: int, said: str, agentctl: Command, wiring: Command, spec: Path
) -> None:
    double = wiring(lands)
    (spec.parent / "agentctl.toml").write_text(settings)
    for command in ("run", "plan"):
        done = agentctl(command, str(spec))
        assert (done.code, done.out) == (code, "")
        assert said in done.err
    assert double.prepared == []


def test_one_model_of_a_tier_with_a_key_is_enough(
    agentctl: Command, wiring: Command, spec: Path, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiring(lands)
    (repo / "agentctl.toml").write_text(
        "profile = 'openai'\n"
        "[models]\n"
        "flash = ['openai/gpt-6-luna', 'gemini/gemini-3.8-flash']\n"
        "pro = ['gemini/gemini-4-argon']\n"
    )
    assert agentctl("run", str(spec)).code == 4
    monkeypatch.setenv("GEMINI_API_KEY", "k")
    assert agentctl("run", str(spec)).code == 0


def test_a_recording_that_is_none_leaves_no_run(agentctl: Command, spec: Path, repo: Path) -> None:
    done = agentctl("run", str(spec), "--replay", str(repo / "README.md"))
    assert done.code == 2
    assert "cannot be read as a recording" in done.err
    assert agentctl("runs").out == "no runs yet: start one with `agentctl run spec.md`\n"
