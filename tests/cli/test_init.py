import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.cli.initial import render
from agentctl.cli.parts import Part, parts_of
from agentctl.cli.settings import FILE, Flags, load
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.rules.probe_batch import MOST_QUESTIONS

Command = Callable[..., Any]
AS_A_RULE: dict[str, Any] = {"critic": "on", "contracts": True, "lead_answers": True, "advice": 1}
"""What new runs have and older ones, whose settings do not say, have not."""


def files(root: Path, *paths: str, **content: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content.get(Path(path).name.partition(".")[0], ""))


@pytest.mark.parametrize(
    ("paths", "parts"),
    [
        ([], []),
        (["a.py"], [(".", "Python", "pytest")]),
        (["pyproject.toml", "docs/conf/setup.py"], [(".", "Python", "pytest")]),
        (["back/pyproject.toml"], [("back", "Python", "pytest")]),
        (["go.mod", "web/package.json"], [(".", "Go", "go test ./..."), ("web", "JavaScript", "npm test")]),
        (["web/package.json", "web/tsconfig.json"], [("web", "TypeScript", "npm test")]),
        (["crates/x/Cargo.toml"], [("crates/x", "Rust", "cargo test")]),
        (["node_modules/a/package.json", ".venv/x/setup.py", "vendor/go.mod"], []),
        (["a/b/c/d/go.mod"], []),
    ],
)
def test_parts_are_found_by_their_manifests(paths: list[str], parts: list[tuple[str, ...]], tmp_path: Path) -> None:
    files(tmp_path, *paths, package=json.dumps({"scripts": {"test": "vitest"}}))
    assert [(part.folder, part.language, part.test) for part in parts_of(tmp_path)] == parts


@pytest.mark.parametrize(
    ("path", "script", "by_id"),
    [
        ("package.json", "vitest run", True),
        ("package.json", "node --import tsx --test", True),
        ("package.json", "mocha", False),
        ("go.mod", "", True),
        ("Cargo.toml", "", True),
    ],
)
def test_tests_that_the_gate_runs_one_by_one_become_no_command(
    path: str, script: str, by_id: object, tmp_path: Path
) -> None:
    files(tmp_path, path, package=json.dumps({"scripts": {"test": script}}))
    (part,) = parts_of(tmp_path)
    assert part.by_id is by_id
    assert ("\ngate = [" in render((part,), ())) is not by_id


@pytest.mark.parametrize(
    "manifest", ["", "[", "[]", "{}", '{"scripts": 3}', '{"scripts": {"test": "echo \\"Error: no test specified\\""}}']
)
def test_a_package_without_tests_has_no_command(manifest: str, tmp_path: Path) -> None:
    files(tmp_path, "package.json", package=manifest)
    assert parts_of(tmp_path) == (Part(folder=".", language="JavaScript", test=None),)


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (Part(folder=".", language="Python", test="pytest"),),
        (Part(folder="back", language="Python", test="pytest"), Part(folder="we b's\n", language="Go", test="go test")),
    ],
)
def test_what_is_written_is_read_and_changes_only_what_was_found(parts: tuple[Part, ...], tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(render(parts, ()))
    found = load(tmp_path, Flags(), environ={}).run
    gate = tuple(part.command or "" for part in parts if part.language != "Python")
    assert found == RunSettings(profile="auto", repo=str(tmp_path), gate=gate, questions=MOST_QUESTIONS, **AS_A_RULE)


def test_every_default_that_is_commented_out_is_the_default(tmp_path: Path) -> None:
    lines = [line.removeprefix("# ") for line in render((), ()).splitlines() if " = " in line or line.startswith("[")]
    examples = ("setup", "author", "gate = [", "test = [", "services", "env", "flash", "pro =", "allow = [")
    text = "\n".join(line for line in lines if not line.startswith(examples))
    tomllib.loads(text)
    (tmp_path / FILE).write_text(text)
    expected = RunSettings(profile="auto", repo=str(tmp_path), questions=MOST_QUESTIONS, **AS_A_RULE)
    assert load(tmp_path, Flags(), environ={}).run == expected


def test_the_examples_of_services_and_variables_can_be_used(tmp_path: Path) -> None:
    lines = [line.removeprefix("# ") for line in render((), ()).splitlines()]
    wanted = [line for line in lines if line.startswith(("services = ", "[workspace]", "env = ", "env_file = "))]
    (tmp_path / FILE).write_text("\n".join(wanted))
    run = load(tmp_path, Flags(), environ={}).run
    assert (run.services[0].env, run.variables) == ({"REDIS_PORT": "20001"}, {"STAGE": "test"})
    assert run.env_file == ".env"


def test_init_writes_once_and_never_over_it(agentctl: Command, repo: Path) -> None:
    done = agentctl("init", "--no-measure")
    assert (done.code, done.out) == (0, f"{repo / FILE}\n")
    assert "next: agentctl run spec.md" in done.err
    (repo / FILE).write_text("profile = 'desk'\n")
    again = agentctl("init", "--no-measure")
    assert again.code == 2
    assert "--force" in again.err
    assert (repo / FILE).read_text() == "profile = 'desk'\n"
    assert agentctl("init", "--no-measure", "--force").code == 0


def test_init_writes_through_no_link(agentctl: Command, repo: Path, tmp_path: Path) -> None:
    (repo / FILE).symlink_to(tmp_path / "elsewhere")
    assert agentctl("init", "--no-measure", "--force").code == 2
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bwrap is not installed (Debian: bubblewrap)")
def test_the_baseline_says_how_long_and_what_is_red_already(agentctl: Command, repo: Path, git_in: Command) -> None:
    (repo / "test_it.py").write_text("def test_a(): pass\ndef test_b(): assert False\n")
    git_in(repo, "add", ".")
    git_in(repo, "commit", "-q", "-m", "Test")
    done = agentctl("init")
    assert done.code == 0
    written = (repo / FILE).read_text()
    assert "# .: Python, pytest, red before any change, in " in written
    assert "test_it.py::test_b" in written
    assert "test_it.py::test_a" not in written


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bwrap is not installed (Debian: bubblewrap)")
def test_measuring_sets_up_as_a_run_does_and_reaches_no_host_that_the_settings_do_not_name(
    agentctl: Command, repo: Path, git_in: Command
) -> None:
    fetch = "import urllib.request as u; u.urlopen('http://packages.invalid/x', timeout=5)"
    (repo / FILE).write_text(f"[workspace]\nsetup = '''python -c \"{fetch}\"'''\n[egress]\nallow = []\n")
    (repo / "test_it.py").write_text("def test_a(): pass\n")
    git_in(repo, "add", ".")
    git_in(repo, "commit", "-q", "-m", "Test")
    done = agentctl("init", "--force")
    assert done.code == 0
    assert "Not let through: " in done.err
    assert "Mend it, or set your own command as setup under [workspace] in agentctl.toml." in done.err
    assert "# .: Python, pytest, not measured: the environment could not be set up: " in (repo / FILE).read_text()


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bwrap is not installed (Debian: bubblewrap)")
def test_the_baseline_has_the_variables_and_services_of_the_settings(
    agentctl: Command, repo: Path, git_in: Command
) -> None:
    (repo / FILE).write_text("""
[workspace.env]
STAGE = "test"
[[services]]
name = "web"
command = "exec python -m http.server {port} --bind 127.0.0.1"
env = { WEB = "http://127.0.0.1:{port}" }
""")
    (repo / "test_it.py").write_text("""
import os, urllib.request
def test_it(): assert urllib.request.urlopen(os.environ["WEB"]).status == 200 and os.environ["STAGE"] == "test"
""")
    git_in(repo, "add", ".")
    git_in(repo, "commit", "-q", "-m", "Test")
    assert agentctl("init", "--force").code == 0
    assert "# .: Python, pytest, green in " in (repo / FILE).read_text()


def test_settings_that_cannot_be_read_are_why_nothing_is_measured(agentctl: Command, repo: Path) -> None:
    (repo / FILE).write_text("colour = 1\n")
    (repo / "test_it.py").write_text("def test_a(): pass\n")
    done = agentctl("init", "--force")
    assert (done.code, "not measured: " in done.err, "colour" in done.err) == (0, True, True)


def test_init_writes_nothing_into_a_bare_repository(agentctl: Command, git_in: Command, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    git_in(bare, "init", "-q", "--bare")
    before = sorted(bare.rglob("*"))
    done = agentctl("init", "--repo", str(bare))
    assert (done.code, done.out) == (2, "")
    assert "is a bare repository" in done.err
    assert sorted(bare.rglob("*")) == before


def test_init_does_not_send_on_where_no_run_can_start(agentctl: Command, git_in: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    git_in(tmp_path / "empty", "init", "-q")
    done = agentctl("init", "--no-measure", "--repo", str(tmp_path / "empty"))
    assert "has no commit yet" in done.err
    assert done.err.splitlines()[-1] == "next: mend what fails above, then agentctl run spec.md"


def test_doctor_finds_a_file_where_the_state_folder_belongs(agentctl: Command, repo: Path) -> None:
    (repo / ".agentctl").write_text("mine")
    done = agentctl("doctor", "--json")
    (check,) = (each for each in json.loads(done.out) if each["name"] == "state folder")
    assert (done.code, check["state"]) == (1, "fails")
    assert "is a file" in check["todo"][0]
    assert agentctl("runs").code == 2


def test_doctor_looks_at_the_profile_it_is_asked_about(agentctl: Command) -> None:
    done = agentctl("doctor", "--profile", "anthropic", "--json")
    (check,) = (each for each in json.loads(done.out) if each["name"] == "profile")
    assert (check["state"], check["found"]) == ("fails", "anthropic cannot be used")


def test_doctor_looks_at_everything_and_names_what_to_do(agentctl: Command, new_run: Command) -> None:
    new_run().building()
    checks = {check["name"]: check for check in json.loads(agentctl("doctor", "--json").out)}
    assert set(checks) == {
        *("python", "git", "sandbox", "model", "profile", "repository", "disk", "state folder"),
        "leftovers",
        "run k7m2xq",
    }
    assert checks["git"]["state"] == "fine"
    assert checks["model"]["state"] == "note"
    assert any("GEMINI_API_KEY" in line for line in checks["model"]["todo"])
    assert checks["run k7m2xq"]["found"] == "building, and nothing drives it"


def test_doctor_fails_on_a_repository_no_run_can_start_from(agentctl: Command, git_in: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    git_in(tmp_path / "empty", "init", "-q")
    done = agentctl("doctor", "--repo", str(tmp_path / "empty"))
    assert done.code == 1
    assert "has no commit yet" in done.out


@pytest.mark.parametrize(
    ("settings", "key", "told"),
    [
        ("", "", ("note", "auto, and no model was found")),
        ("", "OPENAI_API_KEY", ("fine", "auto, which is openai has what it needs")),
        ("profile = 'anthropic'", "OPENAI_API_KEY", ("fails", "anthropic cannot be used")),
        ("profile = 'anthropic'", "ANTHROPIC_API_KEY", ("fine", "anthropic has what it needs")),
        ("profile = 'antropic'", "ANTHROPIC_API_KEY", ("fails", "antropic cannot be used")),
        (
            "profile = 'openai'\nmodels.flash = 'gemini/gemini-3.8-flash'",
            "OPENAI_API_KEY",
            ("fails", "openai cannot be used"),
        ),
        ("profile = 'ollama'", "", ("fails", "ollama is not ready")),
        ("profile = 'desk'", "", ("fine", "desk has what it needs")),
        ("profil = 'desk'", "", ("fails", "the settings cannot be used")),
    ],
)
def test_doctor_says_whether_the_profile_a_run_would_use_has_what_it_needs(
    settings: str, key: str, told: tuple[str, str], agentctl: Command, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo / FILE).write_text(settings)
    if key:
        monkeypatch.setenv(key, "x")
    (check,) = (each for each in json.loads(agentctl("doctor", "--json").out) if each["name"] == "profile")
    assert (check["state"], check["found"]) == told
    assert bool(check["todo"]) == (check["state"] == "fails")
