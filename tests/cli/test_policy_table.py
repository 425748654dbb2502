"""[policy] as it is read from a branch of a forge, and from nowhere else."""

import asyncio
import subprocess
from pathlib import Path

import pytest
from agentctl.bench.sim.forge import MemoryForge
from agentctl.cli.policy_table import policy_of, policy_on
from agentctl.orchestrator.errors import SettingsError
from agentctl.orchestrator.nouns.policy import Policy

WHOLE = """
profile = "gemini"
[policy]
may_start = "maintain"
people = ["@ann", "max"]
label = "build"
usd_per_run = 4
usd_per_person_day = 10.5
runs_per_person_day = 3
runs_at_once = 1
max_open_prs = 2
review_minutes = 0
draft_until = "09:00"
repairs = 1
merge = "squash"
providers = "anthropic"
never_send = ["vault", "**/*.pem"]
autonomy = "ask-always"
follow_forks = true
"""


@pytest.fixture
def forge(tmp_path: Path) -> MemoryForge:
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(remote)], check=True)
    return MemoryForge(remote=remote)


def commit(forge: MemoryForge, files: dict[str, str], *, branch: str = "main") -> None:
    git = ["git", "-C", str(forge.remote), "-c", "user.name=a", "-c", "user.email=a@example.org"]

    def run(*words: str, text: str = "") -> str:
        return subprocess.run([*git, *words], check=True, capture_output=True, input=text, text=True).stdout.strip()

    blobs = {path: run("hash-object", "-w", "--stdin", text=text) for path, text in files.items()}
    tree = run("mktree", text="".join(f"100644 blob {blob}\t{path}\n" for path, blob in blobs.items()))
    run("update-ref", f"refs/heads/{branch}", run("commit-tree", tree, "-m", "x"))


def test_every_setting_of_a_policy_is_read(forge: MemoryForge) -> None:
    commit(forge, {"agentctl.toml": WHOLE})
    assert asyncio.run(policy_on(forge, "main")) == Policy(
        may_start="maintain",
        people=("ann", "max"),
        label="build",
        usd_per_run=4,
        usd_per_person_day=10.5,
        runs_per_person_day=3,
        runs_at_once=1,
        max_open_prs=2,
        review_minutes=0,
        draft_until="09:00",
        repairs=1,
        merge="squash",
        providers=("anthropic",),
        never_send=("vault", "**/*.pem"),
        autonomy="ask-always",
        follow_forks=True,
    )


def test_the_base_branch_says_what_holds_and_no_head_does(forge: MemoryForge) -> None:
    commit(forge, {"agentctl.toml": "[policy]\nusd_per_run = 1\n"})
    commit(forge, {"agentctl.toml": "[policy]\nusd_per_run = 900\nfollow_forks = true\n"}, branch="topic")
    assert asyncio.run(policy_on(forge, "main")) == Policy(usd_per_run=1)


def test_a_repository_without_settings_has_the_defaults(forge: MemoryForge) -> None:
    commit(forge, {"README.md": "x"})
    assert asyncio.run(policy_on(forge, "main")) == Policy()


def test_settings_in_pyproject_hold_where_there_is_no_file_of_ours(forge: MemoryForge) -> None:
    project = "[tool.agentctl.policy]\nusd_per_run = 3\n"
    commit(forge, {"pyproject.toml": project})
    assert asyncio.run(policy_on(forge, "main")).usd_per_run == 3
    commit(forge, {"pyproject.toml": project, "agentctl.toml": "[policy]\nusd_per_run = 2\n"})
    assert asyncio.run(policy_on(forge, "main")).usd_per_run == 2


def test_a_branch_that_is_not_there_has_no_policy_to_go_by(forge: MemoryForge) -> None:
    with pytest.raises(SettingsError, match="has no branch main"):
        asyncio.run(policy_on(forge, "main"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('may_start = "read"', "`policy.may_start` cannot be 'read'"),
        ('people = ["not a login"]', "name people by their logins"),
        ("runs_at_once = -1", "`policy.runs_at_once` cannot be -1"),
        ('draft_until = "25:00"', "`policy.draft_until` cannot be '25:00'"),
        ('merge = "force"', "`policy.merge` cannot be 'force'"),
        ("usd_per_run = inf", "`policy.usd_per_run` cannot be inf"),
        ('never_send = ["/etc"]', "the glob is not relative"),
        ('autonomy = "yolo"', "`policy.autonomy` cannot be 'yolo'"),
        ("follow_fork = true", "`policy.follow_fork` is not known; known are may_start, people"),
        ('"a\\u001b[2Jb" = 1', "is not known"),
    ],
)
def test_what_is_wrong_is_named_and_lets_nothing_pass(line: str, words: str) -> None:
    with pytest.raises(SettingsError) as error:
        policy_of(f"[policy]\n{line}\n", where="agentctl.toml in main")
    assert words in str(error.value)
    assert str(error.value).startswith("agentctl.toml in main: ")
    assert "\x1b" not in str(error.value)


def test_bytes_that_are_no_text_are_no_policy() -> None:
    with pytest.raises(SettingsError, match="is not valid TOML"):
        policy_of("[policy]\nlabel = '\udcff'\n", where="agentctl.toml")
