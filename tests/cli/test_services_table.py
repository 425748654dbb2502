"""``[[services]]`` and ``[workspace.env]`` as they are written, and what is said of them where they cannot be used."""

from pathlib import Path
from typing import Any

import pytest
from agentctl.cli.settings import FILE, Flags, load
from agentctl.orchestrator.errors import SettingsError
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.nouns.services import Service

DOCS = Path(__file__).parents[2] / "docs"


def settings(root: Path, text: str, **more: Any) -> RunSettings:
    (root / FILE).write_text(text)
    return load(root, Flags(), environ=more.pop("environ", {}), **more).run


TABLES = """\
[[services]]
name = "redis"
command = ["redis-server", "--port", "{port}", "--dir", "{tmp}"]
env = { REDIS_URL = "redis://127.0.0.1:{port}/0", RETRIES = 3 }

[[services]]
name = "pg"
command = "exec postgres -p {port} -c cache={port:redis} -D ${port}"
ready = ["pg_isready", "-p", "{port}"]
port = 5432
ready_seconds = 60

[workspace]
env_file = "conf/.env"

[workspace.env]
STAGE = "test"
CACHE = "127.0.0.1:{port:redis}"
SPOOL = "{tmp}/spool"
LEVEL = 2
"""


def test_services_and_variables_are_told_their_ports(tmp_path: Path) -> None:
    run = settings(tmp_path, TABLES)
    assert run.services == (
        Service(
            name="redis",
            command=("redis-server", "--port", "20001", "--dir", "/tmp/services/redis"),
            port=20_001,
            env={"REDIS_URL": "redis://127.0.0.1:20001/0", "RETRIES": "3"},
        ),
        Service(
            name="pg",
            command=("/bin/sh", "-c", "exec postgres -p 5432 -c cache=20001 -D ${port}"),
            port=5432,
            ready=("pg_isready", "-p", "5432"),
            seconds=60.0,
        ),
    )
    assert run.variables == {"STAGE": "test", "CACHE": "127.0.0.1:20001", "SPOOL": "{tmp}/spool", "LEVEL": "2"}
    assert run.env_file == "conf/.env"


def test_the_tables_in_the_documentation_can_be_used(tmp_path: Path) -> None:
    _, *blocks = (DOCS / "gate.md").read_text().split("```toml\n")
    text = "".join(block.partition("```")[0] for block in blocks if "services" in block or "workspace" in block)
    run = settings(tmp_path, text)
    assert [each.name for each in run.services] == ["redis", "postgres"]
    assert run.variables["CACHE"] == "redis://127.0.0.1:20001/1"


SERVICE = '[[services]]\nname = "pg"\ncommand = "x"\n'
SECRET = "ghp_" + "a1B2" * 9


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services = 3\n", ["agentctl.toml:1: `services` cannot be what stands there"]),
        ('[[services]]\ncommand = "x"\n', ["agentctl.toml:1: services 1 needs `name`."]),
        ('[[services]]\nname = "a b"\ncommand = "x"\n', ["agentctl.toml:2: `name` of services 1", "it must match"]),
        ('[[services]]\nname = "a"\n', ["agentctl.toml:1: services 1 needs `command`."]),
        ("[[services]]\nport = 2000\n", ["toml:1: services 1 needs `name`.", "toml:1: services 1 needs `command`."]),
        ('[[services]]\nname = "a"\ncommand = ""\n', ["toml:3: `command` of services 1 cannot be", "it is empty"]),
        ('[[services]]\nname = "a"\ncommand = []\n', ["toml:3: `command` of services 1 cannot be", "it is empty"]),
        (f"{SERVICE}port = 80\n", ["agentctl.toml:4: `port` of services 1 cannot be", "it must be 1024 or more"]),
        (f"{SERVICE}ready_seconds = 0\n", ["`ready_seconds` of services 1", "it must be more than 0"]),
        (f"{SERVICE}image = 'postgres:16'\n", ["toml:4: `image` is no setting of [[services]]; known are name, co"]),
        (f"{SERVICE}env = {{ 'A B' = '1' }}\n", ["`env.A B` of services 1"]),
        (f"{SERVICE}env = {{ PATH = '/x' }}\n", ["PATH is what agentctl itself sets for every command"]),
        (f"{SERVICE}env = {{ A = '{SECRET}' }}\n", ["the value of A looks like a secret"]),
        (f"{SERVICE}env = {{ A = '{{port:redis}}' }}\n", ["pg: there is no service 'redis' whose port it could be"]),
        (
            f"{SERVICE}ready = '/workspace/ready'\n",
            ["toml:4: `ready` of services 1", "it names /workspace", "tests load"],
        ),
        (f"{SERVICE}commands = 'y'\n", ["toml:4: `commands` is no setting of [[services]]; did you mean `command`?"]),
        (f"{SERVICE}{SERVICE}port = 'http'\n", ["agentctl.toml:7: `port` of services 2", "write a whole number"]),
        (f"{SERVICE}[services.env]\nHOME = '/x'\n", ["agentctl.toml:5: `env.HOME` of services 1", "HOME is what"]),
        (SERVICE.replace("[[services]]", "[services]"), ["agentctl.toml:1", "write tables, each as [[services]]"]),
        (f"{SERVICE}{SERVICE}", ["`services` cannot be used: two services are called 'pg'"]),
        (f"{SERVICE}port = 7000\n{SERVICE.replace('pg', 'b')}port = 7000\n", ["two services have port 7000"]),
        (f"{SERVICE}[[gate]]\ntests = 'a'\nservices = 'redis'\n", ["the part 'gate 1' names 'redis', and no"]),
        ("[workspace]\nenv = 3\n", ["agentctl.toml:2: `workspace.env` cannot be what stands there"]),
        (f"[workspace.env]\nA = '{SECRET}'\n", ["`workspace.env` cannot be", "the value of A looks like a secret"]),
        ("[workspace.env]\nA = 'x\\ny'\nB = \"x\\ny\"\n", ["the value of B has more than one line"]),
        ("[workspace.env]\nA = ['x']\n", ["A: write a text, in quotes"]),
        ("[workspace.env]\nA = true\n", ["A: write a text, in quotes"]),
        ("[workspace.env]\nHOME = '/x'\n", ["HOME is what agentctl itself sets"]),
        ("[workspace.env]\nA = '{port}'\n", ["`workspace.env` cannot be used: {port} is whose? write {port:NAME}"]),
        (f"{SERVICE}env = {{ A = '1' }}\n[workspace.env]\nA = '2'\n", ["A is set twice, here or under [[services]]"]),
        ("[workspace]\nenv_file = '../.env'\n", ["agentctl.toml:2", "name a place in the repository"]),
    ],
)
def test_what_cannot_be_used_is_told_with_its_place_and_never_with_a_secret(
    text: str, said: list[str], tmp_path: Path
) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, text)
    for words in said:
        assert words in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "instead"), [("AGENTCTL_SERVICES", "[[services]]"), ("AGENTCTL_WORKSPACE_ENV", "[workspace.env]")]
)
def test_no_variable_says_what_runs_beside_the_tests(name: str, instead: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(tmp_path, "", environ={name: "x"})
    assert f"{name} (environment) is no setting: " in str(refused.value)
    assert f"write {instead} in agentctl.toml" in str(refused.value)
