"""`agentctl spec`: its verbs, and how `fmt` writes a file."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from agentctl.cli.commands.spec import VERBS
from agentctl.cli.rewriting import original, write_back
from agentctl.orchestrator.errors import UsageError

LOOSE = "# a\n\n## Requirementz\n\n- It MUST end.\n"
FIRM = "# a\n\n## Requirements\n\n- **R1** It MUST end.\n"
Cli = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def spec_file(repo: Path) -> Path:
    path = repo / "a.md"
    path.write_text(LOOSE)
    return path


def test_fmt_writes_the_format_into_the_file(agentctl: Cli, spec_file: Path) -> None:
    done = agentctl("spec", "fmt", "a.md")
    assert (done.code, done.out, done.err) == (0, "", "a.md: formatted\n")
    assert spec_file.read_text() == FIRM
    before = spec_file.stat()
    again = agentctl("spec", "fmt", "a.md")
    assert (again.code, again.out, again.err) == (0, "", "")
    assert (spec_file.stat().st_ino, spec_file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_check_writes_nothing_and_fails_where_something_would_change(agentctl: Cli, spec_file: Path) -> None:
    done = agentctl("spec", "fmt", "--check", "a.md")
    assert (done.code, done.out, done.err) == (6, "", "a.md: would be formatted\n")
    assert spec_file.read_text() == LOOSE
    spec_file.write_text(FIRM)
    assert agentctl("spec", "fmt", "--check", "a.md").code == 0


def test_diff_is_a_patch_that_makes_the_change(agentctl: Cli, spec_file: Path) -> None:
    done = agentctl("spec", "fmt", "--diff", "a.md")
    assert done.code == 0
    assert spec_file.read_text() == LOOSE
    subprocess.run(["git", "apply", "-"], input=done.out, text=True, cwd=spec_file.parent, check=True)
    assert spec_file.read_text() == FIRM


def test_fmt_of_standard_input_goes_to_standard_output(repo: Path) -> None:
    argv = [sys.executable, "-m", "agentctl", "spec", "fmt", "-"]
    done = subprocess.run(argv, input=LOOSE, cwd=repo, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, FIRM, "")


def test_bytes_that_fmt_does_not_name_stay(agentctl: Cli, spec_file: Path) -> None:
    spec_file.write_bytes(
        b"\xef\xbb\xbf---\r\nid: a   # mine\r\n---\r\n" + LOOSE.replace("\n", "\r\n").encode() + b"\r\n\t"
    )
    agentctl("spec", "fmt", "a.md")
    after = b"\xef\xbb\xbf---\r\nid: a   # mine\r\n---\r\n" + FIRM.replace("\n", "\r\n").encode() + b"\r\n\t"
    assert spec_file.read_bytes() == after


def test_a_link_stays_a_link_and_permissions_stay(agentctl: Cli, spec_file: Path, repo: Path) -> None:
    spec_file.chmod(0o600)
    (repo / "link.md").symlink_to("a.md")
    agentctl("spec", "fmt", "link.md")
    assert (repo / "link.md").is_symlink()
    assert spec_file.read_text() == FIRM
    assert spec_file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in repo.iterdir()) == [".git", "README.md", "a.md", "link.md"]


def test_what_changed_since_it_was_read_is_not_written_over(spec_file: Path) -> None:
    file = original(str(spec_file))
    spec_file.write_text("# somebody else's\n")
    with pytest.raises(UsageError, match="was changed"):
        write_back(file, FIRM)
    assert spec_file.read_text() == "# somebody else's\n"
    spec_file.unlink()
    with pytest.raises(UsageError, match="cannot be read"):
        write_back(file, FIRM)
    assert not spec_file.exists()


@pytest.mark.parametrize("mark", [".a.md.swp", ".#a.md"])
def test_what_is_open_in_an_editor_is_not_written(mark: str, agentctl: Cli, spec_file: Path) -> None:
    spec_file.with_name(mark).symlink_to("ada@host.1234")
    done = agentctl("spec", "fmt", "a.md")
    assert done.code == 2
    assert mark in done.err
    assert spec_file.read_text() == LOOSE
    assert agentctl("spec", "fmt", "--check", "a.md").code == 6


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_told(agentctl: Cli, spec_file: Path) -> None:
    spec_file.parent.chmod(0o500)
    done = agentctl("spec", "fmt", "a.md")
    spec_file.parent.chmod(0o700)
    assert done.code == 2
    assert "cannot be written" in done.err


def test_ids_of_the_lock_are_not_given_again(agentctl: Cli, spec_file: Path) -> None:
    from agentctl.specs.lock import lock_spec, write_lock
    from agentctl.specs.parse import parse

    first = lock_spec(parse(FIRM + "- **R2** It MUST begin.\n- **R3** It MUST go on.\n", name="a.md"))
    second = lock_spec(parse(FIRM + "- **R3** It MUST go on.\n", name="a.md"), previous=first)
    assert set(second.tombstones) == {"R2"}
    spec_file.with_suffix(".lock").write_text(write_lock(second))
    spec_file.write_text(FIRM + "- It MUST look back.\n- It MUST jump.\n")
    agentctl("spec", "fmt", "a.md")
    assert spec_file.read_text() == FIRM + "- **R4** It MUST look back.\n- **R5** It MUST jump.\n"


def test_ids_that_a_run_only_counted_become_those_that_are_written(agentctl: Cli, spec_file: Path) -> None:
    from agentctl.specs.lock import lock_spec, write_lock
    from agentctl.specs.parse import parse

    spec_file.with_suffix(".lock").write_text(write_lock(lock_spec(parse(LOOSE, name="a.md"))))
    agentctl("lint", "--fix", "a.md")
    assert spec_file.read_text() == FIRM


def test_a_lock_that_cannot_be_read_stops_fmt(agentctl: Cli, spec_file: Path) -> None:
    spec_file.with_suffix(".lock").write_text("<<<<<<< HEAD\n")
    done = agentctl("spec", "fmt", "a.md")
    assert done.code == 2
    assert "a.lock" in done.err
    assert spec_file.read_text() == LOOSE


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["spec"], "VERB"),
        (["spec", "frobnicate"], "invalid choice"),
        (["spec", "fmt"], "FILE"),
        (["spec", "fmt", "nowhere.md"], "nowhere.md does not exist"),
        (["spec", "fmt", "a.md", "--nonsense"], "--nonsense"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(argv: list[str], said: str, agentctl: Cli, spec_file: Path) -> None:
    done = agentctl(*argv)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert spec_file.read_text() == LOOSE


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_a_help_of_its_own_that_costs_little(verb: str) -> None:
    argv = [sys.executable, "-X", "importtime", "-m", "agentctl", "spec", verb, "--help"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.stdout.startswith(f"usage: agentctl spec {verb}")
    seen = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert not seen & {"textual", "rich", "pydantic", "git", "litellm", "langgraph", "markdown_it", "yaml", "msgspec"}


def test_the_help_names_every_verb(agentctl: Cli) -> None:
    done = agentctl("spec", "--help")
    assert done.code == 0
    for verb in VERBS:
        assert f"  {verb} " in done.out


def test_options_of_every_command_stand_before_or_after_the_verb(agentctl: Cli, spec_file: Path) -> None:
    assert agentctl("spec", "--no-input", "fmt", "--check", "a.md", "--repo", ".").code == 6
    assert spec_file.read_text() == LOOSE


def test_completion_offers_verbs_and_then_their_options() -> None:
    argv = [sys.executable, "-m", "agentctl", "completion", "bash"]
    script = subprocess.run(argv, capture_output=True, text=True, check=True).stdout

    def offers(*words: str) -> list[str]:
        ask = f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _agentctl; echo ${{COMPREPLY[@]}}"
        done = subprocess.run(["bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=True)
        return done.stdout.split()

    assert offers("agentctl", "spec", "f") == ["fmt"]
    assert offers("agentctl", "spec", "fmt", "--di") == ["--diff"]
    assert offers("agentctl", "lint", "--expl") == ["--explain"]


@pytest.mark.parametrize("hook", yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()), ids=lambda h: h["id"])
def test_the_hooks_are_commands_that_pass_on_a_firm_spec(hook: dict[str, Any], agentctl: Cli, repo: Path) -> None:
    (repo / "spec.md").write_text(FIRM)
    program, *argv = hook["entry"].split()
    assert program == "agentctl"
    assert agentctl(*argv, "spec.md").code == 0
    assert [
        name for name in ("spec.md", "docs/tally.spec.md", "README.md", "inspec.md") if re.search(hook["files"], name)
    ] == [
        "spec.md",
        "docs/tally.spec.md",
    ]
