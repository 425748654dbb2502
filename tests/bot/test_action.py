"""action.yml, the workflow of docs/action.md, and the App of docs/github-app.md: read, and run as far as can be."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

HERE = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((HERE / "action.yml").read_text())
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}


def block(page: str, kind: str) -> str:
    """The first block of a kind on a page."""
    found = re.search(rf"```{kind}\n(.*?)```", (HERE / "docs" / page).read_text(), re.DOTALL)
    assert found is not None
    return found.group(1)


def run(step: str, folder: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    """A step's shell, as a runner starts it, with the programs of a folder before others."""
    script = folder / "step.sh"
    script.write_text(STEPS[step]["run"])
    (folder / "output").touch()
    places = {"RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": str(folder / "output"), "GITHUB_ACTION_PATH": str(HERE)}
    environment = {"PATH": f"{folder}/bin:{os.environ['PATH']}", **places, **environ}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def program(path: Path, text: str) -> None:
    """A small program that a step calls."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_nothing_is_checked_out_and_whatever_is_used_is_pinned_to_a_commit() -> None:
    used = [step["uses"] for step in STEPS.values() if "uses" in step]
    assert len(used) == 2
    assert all(re.fullmatch(r"actions/cache/(restore|save)@[0-9a-f]{40}", each) for each in used)


def test_no_text_of_an_event_or_an_input_is_part_of_a_line_of_shell() -> None:
    assert [name for name, step in STEPS.items() if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize(
    ("event", "system", "code", "words"),
    [
        ("issue_comment", "Linux", 0, ""),
        ("pull_request", "Linux", 2, "pull_request_target"),
        ("issue_comment", "macOS", 2, "ubuntu-latest"),
    ],
)
def test_an_event_that_would_run_strangers_code_and_another_system_are_refused(
    tmp_path: Path, event: str, system: str, code: int, words: str
) -> None:
    done = run("Refuse what could run a stranger's code", tmp_path, EVENT=event, SYSTEM=system)
    assert (done.returncode, words in done.stdout) == (code, True)


@pytest.mark.parametrize(
    ("ended", "code", "outcome"), [(0, 0, "done"), (3, 0, "waiting"), (1, 1, "failed"), (4, 4, "failed")]
)
def test_a_job_is_green_where_a_run_is_done_or_waits_for_a_person(
    tmp_path: Path, ended: int, code: int, outcome: str
) -> None:
    program(tmp_path / "agentctl/venv/bin/agentctl", f'echo "$@" "${{AGENTCTL_LIMITS_USD-unset}}"; exit {ended}')
    done = run("Work", tmp_path, AGENTCTL_LIMITS_USD="", MINUTES="9", GITHUB_TOKEN="t")
    assert done.stdout.strip() == f"bot event --home {tmp_path}/agentctl/home --minutes 9 unset"
    assert (done.returncode, (tmp_path / "output").read_text()) == (code, f"outcome={outcome}\n")


def test_packages_come_from_the_lock_and_the_actions_own_checkout(tmp_path: Path) -> None:
    program(tmp_path / "bin/python3", f'[ "$1" = -c ] || {{ mkdir -p "$3/bin"; cp {tmp_path}/pip "$3/bin/python"; }}')
    program(tmp_path / "pip", f'echo "$@" >> {tmp_path}/calls')
    assert run("Install", tmp_path).returncode == 0
    locked, ours = (tmp_path / "calls").read_text().splitlines()
    assert "--require-hashes" in locked.split()
    assert locked.split()[-1] == f"{HERE}/requirements.lock"
    assert (ours.split()[-1], "--no-deps" in ours.split()) == (str(HERE), True)


def test_a_python_that_is_too_old_is_told_with_what_to_do(tmp_path: Path) -> None:
    program(tmp_path / "bin/python3", "exit 1")
    done = run("Install", tmp_path)
    assert (done.returncode, "setup-python" in done.stdout) == (2, True)


def test_the_shown_workflow_runs_one_job_at_a_time_and_never_on_pull_request() -> None:
    shown: dict[Any, Any] = yaml.safe_load(block("action.md", "yaml"))
    events = shown[True]  # YAML reads the key `on` as a truth value
    assert "pull_request" not in events
    assert shown["concurrency"] == {"group": "agentctl-${{ github.repository }}"}
    (step,) = shown["jobs"]["agentctl"]["steps"]
    assert set(step["with"]) <= set(ACTION["inputs"])


def test_the_action_and_the_app_may_do_the_same() -> None:
    shown = yaml.safe_load(block("action.md", "yaml"))["permissions"]
    app = json.loads((HERE / "docs/github-app-manifest.json").read_text())["default_permissions"]
    only_apps = {"merge_queues": "read", "metadata": "read"}
    assert {name.replace("-", "_"): level for name, level in shown.items()} | only_apps == app


def test_the_address_that_registers_the_app_says_what_its_manifest_says() -> None:
    manifest = json.loads((HERE / "docs/github-app-manifest.json").read_text())
    address = next(line for line in block("github-app.md", "").splitlines() if line.startswith("https://"))
    said = parse_qs(urlsplit(address).query)
    assert said.pop("events[]") == manifest["default_events"]
    assert {key: said[key][0] for key in manifest["default_permissions"]} == manifest["default_permissions"]
    assert said["webhook_url"] == [manifest["hook_attributes"]["url"]]
