"""What the doctor says of a disk, and of the programs that the tests of a repository need."""

from pathlib import Path

import pytest
from agentctl.cli.checkup import Check
from agentctl.cli.health import disk, examine, toolchains
from agentctl.orchestrator.sandbox.disk import Room

MB = 1 << 20


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (Room(8192 * MB, 9999), Check(name="disk", state="fine", found="8.0 GiB free; commands need 512 MB")),
        (
            Room(768 * MB, 9999),
            Check(
                name="disk",
                state="note",
                found="0.8 GiB free",
                todo=("runs want a gigabyte, and stop below 512 MB: make room",),
            ),
        ),
        (
            Room(100 * MB, 9999),
            Check(
                name="disk",
                state="fails",
                found="100 MB free, and no command runs with less than 512 MB",
                todo=("a run stops here until there is room: make some, then `agentctl resume`",),
            ),
        ),
        (
            Room(8192 * MB, 12),
            Check(
                name="disk",
                state="fails",
                found="room for 12 more files (inodes), and no command runs with less than 1000",
                todo=("a run stops here until there is room: make some, then `agentctl resume`",),
            ),
        ),
    ],
)
def test_the_doctor_names_what_has_to_stay_free_and_says_when_it_is_not(left: Room, expected: Check) -> None:
    assert disk(left) == expected


NODE = Check(
    name="node",
    state="note",
    found="not installed, and the tests in web need it",
    todo=("install node, or name the runners that shall be used by [[test]] in agentctl.toml",),
)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"package.json": '{"devDependencies": {"prettier": "3"}}', "app.py": ""}, []),
        ({"package.json": '{"scripts": {"test": "echo no test specified && exit 1"}}'}, []),
        ({"web/package.json": '{"scripts": {"test": "vitest run"}}'}, [NODE]),
        (
            {
                "package.json": '{"scripts": {"test": "vitest run"}}',
                "agentctl.toml": 'test = [{runner = "pytest", folder = "api"}]\n',
            },
            [],
        ),
        (
            {"package.json": "{}", "agentctl.toml": '[[test]]\nrunner = "jest"\nfolder = "web"\n'},
            [NODE],
        ),
        ({"web/package.json": '{"scripts": {"test": "node --test"}}', "agentctl.toml": "what = 1\n"}, [NODE]),
    ],
)
def test_the_doctor_asks_for_what_tests_are_run_with_and_for_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], expected: list[Check]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert list(toolchains(tmp_path)) == expected


async def test_the_doctor_names_the_login_to_github_and_never_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "plain-secret-0123456789"
    monkeypatch.setenv("AGENTCTL_GITHUB_TOKEN", token)
    checks = await examine(str(tmp_path))
    assert Check(name="github", state="fine", found="a token of the environment") in checks
    assert token not in repr(checks)
    monkeypatch.setenv("AGENTCTL_GITHUB_APP_ID", "7")
    (check,) = [each for each in await examine(str(tmp_path)) if each.name == "github"]
    assert (check.state, "AGENTCTL_GITHUB_APP_KEY" in check.todo[0]) == ("note", True)
