import argparse
import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.cli import main as door

HEAVY = (
    "textual",
    "rich",
    "pydantic",
    "git",
    "litellm",
    "langgraph",
    "tree_sitter",
    "markdown_it",
    "typing",
    "sqlite3",
)


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=cwd)


def imports_of(*argv: str, cwd: Path | None = None) -> set[str]:
    done = run("-X", "importtime", "-m", "agentctl", *argv, cwd=cwd)
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line}


def test_help_names_every_command_and_exit_code_and_imports_nothing_heavy() -> None:
    done = run("-m", "agentctl", "--help")
    assert done.returncode == 0
    for group in door.GROUPS.values():
        for name in group:
            assert f"    {name} " in done.stdout
    assert "130 interrupted" in done.stdout
    heavy = imports_of("--help") & set(HEAVY)
    assert heavy == set(), f"--help imports {heavy}"


@pytest.mark.parametrize("command", [name for group in door.GROUPS.values() for name in group])
def test_each_commands_help_imports_nothing_heavy(command: str) -> None:
    assert imports_of(command, "--help") & (set(HEAVY) - {"typing"}) == set()


@pytest.mark.parametrize("argv", [["status"], ["inbox"], ["runs"], ["show"], ["answer", "Q1", "lower"]])
def test_commands_that_only_look_import_neither_pydantic_nor_rich_nor_langgraph(
    argv: list[str], new_run: Callable[..., Any], repo: Path
) -> None:
    new_run().asking()
    unwanted = {"textual", "rich", "pydantic", "git", "litellm", "langgraph", "tree_sitter", "markdown_it", "asyncio"}
    assert imports_of(*argv, cwd=repo) & unwanted == set()


@pytest.mark.parametrize("columns", ["", "60", "200", "0", "-5", "many"])
def test_help_is_as_wide_as_the_standard_library_finds_the_terminal(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert door.main(["lint", "--help"]) == 0
    helped = capsys.readouterr().out
    width = shutil.get_terminal_size().columns
    parser = door.parser("lint", door.load("lint"))
    parser.formatter_class = lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=width - 2)
    assert helped == parser.format_help()


def test_version(agentctl: Callable[..., Any]) -> None:
    from agentctl import __version__

    done = agentctl("--version")
    assert (done.code, done.out) == (0, f"agentctl {__version__}\n")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "agentctl run spec.md"),
        (["statu"], "did you mean `agentctl status`?"),
        (["qqqqq"], "see `agentctl --help`"),
        (["\x1b]52;c;aGk=\x07evil"], "no command `␛]52;c;aGk=␇evil`"),
        (["run", "--nonsense"], "--nonsense"),
        (["status", "--repo"], "expected one argument"),
    ],
)
def test_a_wrong_command_line_is_told_with_exit_code_2(
    argv: list[str], said: str, agentctl: Callable[..., Any]
) -> None:
    done = agentctl(*argv)
    assert done.code == 2
    assert said in done.err
    assert "\x1b" not in done.err
    assert done.out == ""


def test_an_unexpected_exception_is_one_line_that_names_the_saved_traceback(
    agentctl: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentctl.cli.commands import status

    def broken(_: object) -> int:
        raise LookupError("boom \x1b[31m with sk-ant-REDACTED")

    monkeypatch.setattr(status, "main", broken)
    done = agentctl("status")
    assert done.code == 1
    (line,) = done.err.splitlines()
    assert "LookupError: boom" in line
    assert "\x1b" not in line
    saved = Path(line.rpartition("traceback: ")[2].rstrip(")"))
    assert "LookupError" in saved.read_text()


def test_an_interrupt_is_exit_code_130(agentctl: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from agentctl.cli.commands import status

    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(status, "main", interrupted)
    assert agentctl("status").code == 130


def test_a_reader_that_has_enough_is_no_failure(new_run: Callable[..., Any], repo: Path) -> None:
    made = new_run()
    for n in range(3000):
        made.say(__import__("agentctl.orchestrator.nouns.events", fromlist=["Noted"]).Noted(text=f"n{n} " + "x" * 80))
    command = f"{sys.executable} -m agentctl events | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=repo, check=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("init", "--measure", "0"), "--measure: '0' is no time: write seconds, such as 60"),
        (("init", "--measure", "nan"), "--measure: 'nan' is no time"),
        (("verify", "--seconds", "inf"), "--seconds: 'inf' is no time"),
        (("demo", "--scale", "inf"), "--scale: 'inf' is no number from 0 on"),
        (("desk", "next", "--wait", "soon"), "--wait: 'soon' is no number from 0 on"),
        (("demo", "nope"), "ships no recorded run of that name: those it ships are quickstart, lending."),
    ],
)
def test_a_word_that_an_option_cannot_take_is_told_with_what_it_takes(
    given: tuple[str, ...], said: str, agentctl: Callable[..., Any]
) -> None:
    done = agentctl(*given)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("closed", "out"),
    [("<&-", True), (">&-", False), ("2>&-", True), ("<&- >&- 2>&-", False)],
)
def test_a_standard_stream_may_be_closed(closed: str, out: object, repo: Path, tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = "import os; print([os.readlink(f'/proc/self/fd/{number}') for number in range(3)])"
    patched = f"import sys; from agentctl.cli import main; main.main(['--version']); {script}"
    command = (
        f'{sys.executable} -m agentctl --version {closed}; echo $? >> {told}; {sys.executable} -c "$CODE" {closed}'
    )
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        cwd=repo,
        env={**os.environ, "CODE": patched},
        check=False,
    )
    assert told.read_text() == "0\n"
    assert done.stderr == ""
    assert done.stdout.count("agentctl ") == (2 if out else 0)
    assert ("'/dev/null'" in done.stdout) is bool(out)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_command_and_its_options(shell: str, agentctl: Callable[..., Any]) -> None:
    done = agentctl("completion", shell)
    assert done.code == 0
    for name in ("status", "desk", "demo"):
        assert name in done.out
    assert "detach" in done.out


def test_the_bash_completion_is_a_script_that_completes() -> None:
    script = run("-m", "agentctl", "completion", "bash").stdout
    ask = "COMP_WORDS=(agentctl run --det); COMP_CWORD=2; _agentctl; echo ${COMPREPLY[@]}"
    done = subprocess.run(["bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "--detach"


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (errno.ENOSPC, 1, "/r/state cannot be written (No space left on device): make room; `agentctl resume`"),
        (errno.EDQUOT, 1, "/r/state cannot be written (Disk quota exceeded): make room"),
        (errno.EIO, 1, "/r/state cannot be read or written (Input/output error): look at the disk"),
        (errno.EROFS, 2, "/r/state cannot be used (Read-only file system): look at its owner and permissions"),
        (errno.EACCES, 2, "/r/state cannot be used (Permission denied): look at its owner and permissions"),
        (errno.EMFILE, 1, "/r/state cannot be opened (Too many open files): allow more with `ulimit -n`"),
    ],
)
def test_what_the_machine_refuses_is_told_with_what_to_do_and_is_no_crash(
    number: int, code: int, said: str, agentctl: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentctl.cli.commands import status

    def refused(_: object) -> int:
        raise OSError(number, os.strerror(number), "/r/state")

    monkeypatch.setattr(status, "main", refused)
    done = agentctl("status")
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith(f"agentctl: {said}")
    assert "traceback" not in done.err


def test_any_other_error_of_the_system_is_still_a_crash(
    agentctl: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentctl.cli.commands import status

    def broken(_: object) -> int:
        raise IsADirectoryError(errno.EISDIR, "Is a directory", "/r/state")

    monkeypatch.setattr(status, "main", broken)
    assert "this should not have happened" in agentctl("status").err
