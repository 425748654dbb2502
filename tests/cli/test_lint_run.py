"""`agentctl lint --run`: checks and gate on the base commit, in the sandbox."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.orchestrator.errors import SandboxUnavailable
from agentctl.orchestrator.sandbox.probe import probe

Cli = Callable[..., Any]
SPEC = """\
# a: two functions

`f()` in `a.py` and `g(path)` in `b.py`.

- **R1** `f` MUST return 1.
- **R2** `g` MUST return the text of a file.

```python R1
from a import f
assert f() == 1
```

```python R2
from b import g
assert g("one.txt") == "1\\n"
```

```python R1 holdout
from pathlib import Path
assert Path("one.txt").read_text() == "1\\n"
```

```text fixture one.txt
1
```
"""


@pytest.fixture
def confined() -> None:
    try:
        asyncio.run(probe())
    except SandboxUnavailable as error:
        pytest.skip(f"no sandbox works here: {error}")


@pytest.fixture
def built(repo: Path, git_in: Callable[..., str]) -> Path:
    (repo / "a.py").write_text("def f():\n    return 1\n")
    git_in(repo, "add", "-A")
    git_in(repo, "commit", "-q", "-m", "f is there already")
    (repo / "spec.md").write_text(SPEC)
    return repo


@pytest.mark.usefixtures("confined")
def test_checks_that_pass_on_the_base_are_named(agentctl: Cli, built: Path, git_in: Callable[..., str]) -> None:
    assert "SPT210" not in agentctl("lint", "spec.md", "--all").out
    done = agentctl("lint", "spec.md", "--all", "--run")
    assert done.code == 0
    named = [line for line in done.out.splitlines() if "SPT210" in line]
    assert [line.split(" passes")[0] for line in named] == ["spec.md:9:1: SPT210 R1.c1", "spec.md:19:1: SPT210 R1.c2"]
    assert done.err.splitlines()[-1] == "ready to run"
    assert git_in(built, "status", "--short") == "?? spec.md"
    assert not (built / "one.txt").exists()


@pytest.mark.usefixtures("confined")
def test_tests_that_are_red_already_are_named(agentctl: Cli, built: Path, git_in: Callable[..., str]) -> None:
    (built / "test_a.py").write_text("def test_one():\n    assert 0\n\n\ndef test_two():\n    assert 1\n")
    git_in(built, "add", "test_a.py")
    git_in(built, "commit", "-q", "-m", "A test that fails")
    done = agentctl("lint", "spec.md", "--run")
    assert done.code == 0
    assert "red on HEAD already, so not held against the work: test_a.py::test_one\n" in done.err


def test_a_spec_without_checks_and_gate_runs_nothing(agentctl: Cli, built: Path) -> None:
    (built / "spec.md").write_text("# a\n\n- **R1** It MUST end.\n")
    done = agentctl("lint", "spec.md", "--run")
    assert done.code == 0
    assert "--run has nothing to run" in done.err


@pytest.mark.usefixtures("confined")
def test_gates_that_fail_on_the_base_are_named_and_a_missing_one_blocks(agentctl: Cli, built: Path) -> None:
    (built / "spec.md").write_text('---\ngate: ["no-such-program --all", "false", "true"]\n---\n' + SPEC)
    done = agentctl("lint", "spec.md", "--all", "--run")
    named = [line for line in done.out.splitlines() if "SPX403" in line]
    assert len(named) == 2
    assert any("no-such-program" in line and line.endswith("(error)") for line in named)
    assert any("`false`" in line and line.endswith("(warning)") for line in named)
    assert done.code == 6
    assert done.err.splitlines()[-1].startswith("not ready to run: correct SPX403")


@pytest.mark.usefixtures("confined")
def test_no_setting_of_the_repository_lifts_the_confinement(agentctl: Cli, built: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden")
    look = (
        f"try:\n    seen = open({str(tmp_path / 'secret')!r}).read()\nexcept OSError:\n    seen = ''\nassert not seen\n"
    )
    (built / "agentctl.toml").write_text('[workspace]\nsandbox = "none"\n')
    (built / "spec.md").write_text(f"# a\n\n- **R1** It MUST end.\n\n```python R1\n{look}```\n")
    done = agentctl("lint", "spec.md", "--run", "--all")
    assert "SPT210 R1.c1" in done.out, done.err


def test_without_a_sandbox_nothing_is_run_and_what_to_install_is_said(
    agentctl: Cli, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(shutil.which("git") or "git")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (built / "agentctl.toml").write_text('[workspace]\nsandbox = "bwrap"\n')
    done = agentctl("lint", "spec.md", "--run")
    assert (done.code, done.out) == (1, "")
    assert "apt install bubblewrap" in done.err


def test_it_needs_a_repository_with_a_commit(
    agentctl: Cli, tmp_path: Path, git_in: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "spec.md").write_text(SPEC)
    monkeypatch.chdir(folder)
    done = agentctl("lint", "spec.md", "--run")
    assert (done.code, done.out) == (2, "")
    assert "--repo" in done.err
    git_in(folder, "init", "-q")
    done = agentctl("lint", "spec.md", "--run")
    assert (done.code, done.out) == (2, "")
    assert "no commit yet" in done.err


@pytest.mark.usefixtures("confined")
def test_a_check_that_ends_the_process_hides_no_other_finding(agentctl: Cli, built: Path) -> None:
    (built / "spec.md").write_text(
        "# a\n\n- **R1** It MUST write several files.\n\n```python R1\nimport os\nos._exit(0)\n```\n"
    )
    done = agentctl("lint", "spec.md", "--run", "--all")
    assert done.code == 1
    assert "SPA108" in done.out
    assert "The checks could not be run on HEAD" in done.err
