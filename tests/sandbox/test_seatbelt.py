"""The sandbox of macOS, as far as it can be tried without one: what is asked of sandbox-exec, and when it is chosen."""

import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from agentctl.cli import health
from agentctl.orchestrator import kernel
from agentctl.orchestrator.errors import PolicyViolation, SandboxUnavailable
from agentctl.orchestrator.sandbox import probe as probing
from agentctl.orchestrator.sandbox.landlock import version
from agentctl.orchestrator.sandbox.port import CommandLimits, Mount
from agentctl.orchestrator.sandbox.probe import probe
from agentctl.orchestrator.sandbox.seatbelt import Seatbelt, View, arguments

from ..another_kernel import hide_linux

STAND_IN = Path(__file__).with_name("stand_in.py")
LIMITS = CommandLimits(seconds=30, free_bytes=0)
ENV = {"PATH": "/usr/bin:/bin"}
LAX = '#!/bin/sh\nwhile [ "$1" != -- ]; do shift 2; done; shift; exec "$@"\n'
"""Takes the options, and confines nothing."""


def view(root: Path, *, network: bool = False) -> View:
    return View(root=root, read=(root / "mounted",), written=(root / "tmp", root), network=network)


def told(argv: Sequence[str]) -> tuple[str, Mapping[str, str]]:
    """The profile of these options, and its parameters."""
    assert argv[0] == "-p"
    assert set(argv[2::2]) == {"-D"}
    return argv[1], dict(part.split("=", 1) for part in argv[3::2])  # type: ignore[misc] - two parts each


def rules(profile: str) -> list[str]:
    """Its expressions, in their order; fails where a parenthesis or a string is left open."""
    found, depth, start = [], 0, 0
    for token in re.finditer(r'"[^"]*"|[()]|[^\s()"]+', profile):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        assert depth > 0 or token[0] == ")"
        if depth == 1 and token[0] == "(" and profile[token.start() - 1 : token.start()] in ("", "\n"):
            start = token.start()
        if depth == 0:
            found.append(profile[start : token.end()])
    assert depth == 0
    assert profile.count('"') % 2 == 0
    return found


@pytest.fixture
def on_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as this can be had: without the calls that are Linux's alone, and by that name."""
    hide_linux(monkeypatch)
    monkeypatch.setattr(kernel, "MACOS", True)


@pytest.fixture
def sandbox_exec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the place of macOS's; what it does is to be written."""
    program = tmp_path / "sandbox-exec"
    program.touch(mode=0o755)
    monkeypatch.setattr(probing, "PROGRAM", str(program))
    return program


@pytest.fixture
def standing_in(sandbox_exec: Path) -> Path:
    """One that shows a command what the parameters name."""
    if shutil.which("bwrap") is None:
        pytest.skip("bwrap is not installed (Debian: bubblewrap)")
    sandbox_exec.write_text(f"#!{Path(sys.executable).resolve()} -IS\n{STAND_IN.read_text()}")
    return sandbox_exec


@pytest.mark.parametrize("network", [False, True])
def test_each_parameter_is_used_and_each_that_is_used_is_given(tmp_path: Path, *, network: bool) -> None:
    profile, parameters = told(arguments(view(tmp_path, network=network)))
    assert set(re.findall(r'\(param "(\w+)"\)', profile)) == parameters.keys()


@pytest.mark.parametrize("network", [False, True])
def test_what_no_rule_allows_is_denied(tmp_path: Path, *, network: bool) -> None:
    found = rules(told(arguments(view(tmp_path, network=network)))[0])
    assert found[:2] == ["(version 1)", "(deny default)"]
    wide = [rule for rule in found if rule.startswith("(allow") and "(" not in rule[1:]]
    assert wide == ["(allow process-fork process-exec)", *(["(allow system-socket)"] if network else [])]


def test_only_what_is_written_may_be_and_the_rules_that_take_away_come_last(tmp_path: Path) -> None:
    profile, parameters = told(arguments(view(tmp_path)))
    writing = [rule for rule in rules(profile) if "file-write" in rule or "file-link" in rule]
    beneath = '(require-all (subpath (param "WRITE_{0}")) (require-not (literal (param "WRITE_{0}"))))'
    assert writing == [
        next(rule for rule in rules(profile) if '(literal "/dev/null")' in rule),
        f"(allow file-write*\n  {beneath.format(0)}\n  {beneath.format(1)})",
        '(deny file-write* (subpath (param "GIT")))',
        "(deny file-link file-write-setugid)",
    ]
    assert [parameters[name] for name in ("WRITE_0", "WRITE_1", "GIT")] == [
        str(tmp_path / "tmp"),
        str(tmp_path),
        str(tmp_path / ".git"),
    ]


def test_where_nothing_is_written_no_rule_allows_it_everywhere(tmp_path: Path) -> None:
    profile, _ = told(arguments(View(root=tmp_path, read=(), written=())))
    assert [rule for rule in rules(profile) if rule.startswith("(allow file-write*")] == []


def test_there_is_no_network_unless_it_is_given(tmp_path: Path) -> None:
    without, given = (rules(told(arguments(view(tmp_path, network=network)))[0]) for network in (False, True))
    assert [rule for rule in without if "network" in rule] == ["(deny network*)"]
    assert [rule.split()[1] for rule in given if "network" in rule] == ["network-outbound"]


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", '") (allow default) ("', "a=b", "ünïcode", "-D"])
def test_no_path_is_text_of_the_profile(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    profile, parameters = told(arguments(view(root)))
    assert profile == told(arguments(view(tmp_path / "usual")))[0]
    assert parameters["WRITE_1"] == str(root)
    assert str(tmp_path) not in profile


def test_paths_are_as_the_kernel_sees_them(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    _, parameters = told(
        arguments(View(root=tmp_path / "link" / "tree", read=(), written=(tmp_path / "link" / "tree",)))
    )
    above = {path for name, path in parameters.items() if name.startswith("ABOVE_")}
    assert parameters["WRITE_0"] == str(tmp_path / "real" / "tree")
    assert {"/", str(tmp_path), str(tmp_path / "real")} <= above


@pytest.mark.usefixtures("on_macos", "standing_in")
async def test_a_command_runs_with_what_is_named_and_nothing_else(tmp_path: Path) -> None:
    sandbox = await probe()
    assert (sandbox.name, sandbox.relocates) == ("seatbelt", False)
    root, mounted, secret = tmp_path / "tree", tmp_path / "mounted", tmp_path / "secret"
    for folder in (root / ".git", mounted):
        folder.mkdir(parents=True)
    (mounted / "file").write_text("mounted\n")
    secret.write_text("secret\n")
    script = f"""
        pwd; echo "$SOME"; cat {mounted}/file; cat {secret}; echo x >{mounted}/file
        echo written >file; echo x >.git/config; echo x >"$TMPDIR/file" && echo x >"$HOME/file"; exit 7
    """
    env = {**ENV, "SOME": "/workspace/src"}
    mounts = [Mount(source=mounted, target=str(mounted))]
    done = await sandbox.run(["/bin/sh", "-c", script], root=root, writable=True, limits=LIMITS, env=env, mounts=mounts)
    said = [line for line in done.output.splitlines() if not line.startswith(("/bin/sh:", "cat:"))]
    assert (done.exit, said) == (7, [str(root), f"{root}/src", "mounted"])
    assert (root / "file").read_text() == "written\n"
    assert list((root / ".git").iterdir()) == []


@pytest.mark.usefixtures("on_macos")
async def test_what_confines_nothing_is_not_used(sandbox_exec: Path) -> None:
    sandbox_exec.write_text(LAX)
    with pytest.raises(SandboxUnavailable, match=r"confines nothing here.*which agentctl was never tried with"):
        await probe("seatbelt")


@pytest.mark.usefixtures("on_macos")
async def test_what_does_not_work_says_what_it_said(sandbox_exec: Path) -> None:
    sandbox_exec.write_text("#!/bin/sh\necho unbound variable: sysctl-name-prefix; exit 65\n")
    with pytest.raises(SandboxUnavailable, match="unbound variable: sysctl-name-prefix"):
        await probe("seatbelt")


async def test_only_macos_has_it(sandbox_exec: Path) -> None:
    sandbox_exec.write_text(LAX)
    with pytest.raises(SandboxUnavailable, match="seatbelt: only macOS has it"):
        await probe("seatbelt")


@pytest.mark.usefixtures("on_macos")
def test_landlock_is_not_asked_for_where_its_number_is_another_call() -> None:
    assert version() == 0


async def test_a_linked_git_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".git").symlink_to("elsewhere")
    with pytest.raises(PolicyViolation, match="symbolic link"):
        await Seatbelt().run(["true"], root=tmp_path, writable=True, limits=LIMITS, env=ENV)


@pytest.mark.usefixtures("on_macos", "standing_in")
async def test_the_doctor_says_that_nobody_has_tried_it(tmp_path: Path) -> None:
    check = next(each for each in await health.examine(str(tmp_path)) if each.name == "sandbox")
    assert (check.state, check.found) == ("note", "seatbelt confined a command")
    assert "nobody has run agentctl on macOS" in check.todo[0]
    assert any(line.startswith("attack 27 of docs/sandbox.md:") for line in check.todo)
