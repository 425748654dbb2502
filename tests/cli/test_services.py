"""Services as a user meets them: the doctor, `gate check`, and what keeps a run from starting."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agentctl.cli.checkup import Check
from agentctl.cli.judging import furnished, laid
from agentctl.cli.services_tried import tried
from agentctl.cli.settings import FILE, Flags, load
from agentctl.orchestrator.environment import Environment
from agentctl.orchestrator.errors import SettingsError
from agentctl.orchestrator.git.opening import open_repository
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.sandbox.landlock import Landlock, Plain

from .shop import PRICE

Call = Callable[..., Any]
PYTHON = str(Path(sys.executable).resolve())
SERVER = f"exec {PYTHON} -m http.server --bind 127.0.0.1 {{port}}"
TABLE = """\
[[services]]
name = "web"
command = "{command}"
env = {{ WEB_PORT = "{{port}}", WEB_TOKEN = "made up for tests" }}
"""
WEB = TABLE.format(command=SERVER)
TEST = """\
import os
import socket

from price import name, price


def test_price():
    socket.create_connection(("127.0.0.1", int(os.environ["WEB_PORT"]))).close()
    assert (price(9), price(10), name()) == (90, 90, "shop")
"""


async def head_of(git: Repository) -> str:
    head = await git.resolve("HEAD")
    assert head is not None
    return await git.tree_of(head)


@pytest.mark.usefixtures("confined")
def test_a_gate_is_proven_with_its_services(agentctl: Call, commit: Call) -> None:
    commit("shop", {"src/price.py": PRICE, "tests/test_price.py": TEST, FILE: WEB})
    done = agentctl("gate", "check", "--json", "--faults", "1")
    found = json.loads(done.out)
    assert (done.code, found["red"], found["services"]) == (0, [], ["web"]), done.err
    commit("no web", {FILE: TABLE.format(command="echo no licence; exit 4")})
    done = agentctl("gate", "check")
    assert (done.code, done.out) == (1, "")
    assert "the service web ended with exit code 4, so nothing was judged." in done.err
    assert done.err.endswith("\nIts last lines:\n| no licence\n")


@pytest.mark.usefixtures("confined")
async def test_the_doctor_starts_services_and_names_what_is_called_a_secret(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(WEB)
    services, variables = await tried(tmp_path)
    assert (services.state, services.found.startswith("web on port 20001: could be used after ")) == ("fine", True)
    assert (variables.state, variables.found) == ("note", "by its name a secret: WEB_TOKEN")
    (tmp_path / FILE).write_text('[[services]]\nname = "web"\ncommand = "echo no licence; exit 4"\n')
    assert await tried(tmp_path) == (
        Check(name="services", state="fails", found="the service web ended with exit code 4", todo=("no licence",)),
    )
    (tmp_path / FILE).write_text('[[services]]\nname = "web"\ncommand = ["no-such-server"]\n')
    (absent,) = await tried(tmp_path)
    assert (absent.state, absent.found.partition(": ")[2]) == ("note", "no-such-server: No such file or directory")
    (tmp_path / FILE).write_text("")
    assert await tried(tmp_path) == ()


@pytest.mark.parametrize("sandbox", [Landlock, Plain])
async def test_without_a_network_of_its_own_nothing_starts(repo: Path, sandbox: type[Landlock | Plain]) -> None:
    (repo / FILE).write_text(WEB)
    git = open_repository(repo)
    settings = load(repo, Flags(), environ={}).run
    with pytest.raises(SettingsError, match=r"has no network of its own.*\(web, under .*apt install bubblewrap"):
        await furnished(git, await head_of(git), settings, sandbox=sandbox(), cache=repo / ".agentctl")


async def test_a_file_of_variables_that_git_does_not_ignore_lets_nothing_start(repo: Path) -> None:
    (repo / FILE).write_text('[workspace]\nenv_file = ".env"\n')
    git = open_repository(repo)
    settings = load(repo, Flags(), environ={}).run
    with pytest.raises(SettingsError, match=r"^\.env, which is env_file under .* is not ignored by git in the commit"):
        await furnished(git, await head_of(git), settings, sandbox=Plain(), cache=repo / ".agentctl")


def test_the_doctor_names_what_head_lacks_of_what_the_settings_of_the_gate_name(agentctl: Call, commit: Call) -> None:
    def gate() -> tuple[str, list[str]]:
        checks = json.loads(agentctl("doctor", "--json").out)
        return next(((each["state"], each["todo"]) for each in checks if each["name"] == "gate"), ("fine", []))

    given = '[workspace]\nenv_file = ".env"\n[[gate]]\nname = "unit"\ntests = ["tests", "more/"]\n'
    commit("shop", {"tests/test_price.py": TEST, FILE: given})
    missing = "the part unit under [[gate]] names the tests more, and HEAD has no such file or folder"
    state, (ignored, unit) = gate()
    assert (state, unit) == ("fails", missing)
    assert ignored.startswith(".env, which is env_file under [workspace] in agentctl.toml, is not ignored")
    commit("ignored", {".gitignore": ".env\n"})
    assert gate() == ("note", [missing])
    commit("mended", {"more/test_more.py": TEST})
    assert gate() == ("fine", [])


def test_a_file_of_variables_says_what_tests_are_told(repo: Path) -> None:
    (repo / FILE).write_text(f'{WEB}[workspace]\nenv_file = "conf/.env"\n[workspace.env]\nSPOOL = "{{tmp}}/a b"\n')
    settings = load(repo, Flags(), environ={}).run
    environment = Environment(key="k", mounts=(), variables={"PATH": "/bin", "SPOOL": "/tmp/a b"}, python="python")
    assert laid(settings, environment) == {
        "conf/.env": b"SPOOL='/tmp/a b'\nWEB_PORT=20001\nWEB_TOKEN='made up for tests'\n"
    }
    assert laid(replace(settings, env_file=""), environment) == {}
