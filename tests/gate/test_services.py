"""Services beside the tests, variables, and the file with them: in the real gate, in the real sandbox."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agentctl.orchestrator.environment import Environment, with_variables
from agentctl.orchestrator.errors import ServiceFailed, SettingsError
from agentctl.orchestrator.gate.checkout import beside
from agentctl.orchestrator.gate.gate import PytestGate
from agentctl.orchestrator.gate.scoped import ScopedGate
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.nouns.events import Chosen, Judged
from agentctl.orchestrator.nouns.plan import LockedTest
from agentctl.orchestrator.nouns.runs import GatePart
from agentctl.orchestrator.nouns.services import Service
from agentctl.orchestrator.nouns.verdicts import Expectation
from agentctl.orchestrator.sandbox.landlock import Plain
from agentctl.orchestrator.sandbox.port import Sandbox
from agentctl.orchestrator.store.sqlite import SqliteStore

Tree = Callable[[Mapping[str, str]], Awaitable[str]]
Build = Callable[..., PytestGate]
PORT = 20_001
SERVER = """
import os, socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    one, _ = server.accept()
    said = one.recv(100)
    if said == b"end":
        print("SELECT hidden", flush=True)
        os._exit(3)
    one.sendall(b"pong")
    one.close()
"""
ECHO = Service(
    name="echo",
    command=(str(Path(sys.executable).resolve()), "-c", SERVER, str(PORT)),
    port=PORT,
    env={"ECHO_PORT": str(PORT)},
)
BROKEN = replace(ECHO, command=("/bin/sh", "-c", "echo no licence; exit 4"))
ASK = """
import os, socket

def ask(word):
    with socket.create_connection(("127.0.0.1", int(os.environ["ECHO_PORT"]))) as server:
        server.sendall(word)
        return server.recv(100)
"""
T = "tests/test_a.py"
TALKS = {"ask.py": ASK, T: "from ask import ask\ndef test_ok(): assert ask(b'ping') == b'pong'\n"}
ENDS = {"ask.py": ASK, T: "import time\nfrom ask import ask\ndef test_ok():\n    ask(b'end')\n    time.sleep(100)\n"}
EXPECTED = Expectation(tests=frozenset({f"{T}::test_ok"}))
COMMAND = 'python -c "from ask import ask; assert ask(bytes(4))"'


def locked(text: str, *, secret: bool = False) -> LockedTest:
    return LockedTest(check="C1", requirements=("R1",), path=T, text=text, tests=(f"{T}::test_ok",), secret=secret)


@pytest.fixture
async def sandbox(sandbox: Sandbox) -> Sandbox:
    if not sandbox.relocates:
        pytest.skip(f"{sandbox.name} has no network of its own: install bubblewrap")
    return sandbox


async def test_tests_and_commands_find_a_service_by_its_variables(build: Build, tree: Tree) -> None:
    verdict = await build(services=[ECHO], commands=[COMMAND]).judge(await tree(TALKS), expectation=EXPECTED)
    assert (verdict.passed, verdict.reasons) == (True, ())
    without = await build(commands=[COMMAND]).judge(await tree(TALKS), expectation=EXPECTED)
    assert not without.passed


async def test_a_command_of_a_part_has_only_its_own_services_beside_it(build: Build, tree: Tree) -> None:
    without = 'test -z "$ECHO_PORT"'
    talks = GatePart(name="talks", commands=(COMMAND,), services=("echo",))
    style = GatePart(name="style", commands=(without,))
    gate = build(services=[ECHO], parts=[talks, style], commands=[COMMAND, without])
    verdict = await gate.judge(await tree(TALKS), expectation=EXPECTED)
    assert (verdict.passed, verdict.reasons) == (True, ())


async def test_a_service_that_cannot_be_used_makes_no_verdict(build: Build, tree: Tree, store: SqliteStore) -> None:
    made = await tree(TALKS)
    with pytest.raises(ServiceFailed, match=r"(?s)ended with exit code 4, so nothing was judged.*\| no licence"):
        await build(services=[BROKEN]).judge(made, expectation=EXPECTED)
    assert [each for each in store.events() if isinstance(each.fact, Judged)] == []
    assert (await build(services=[ECHO]).judge(made, expectation=EXPECTED)).passed


async def test_a_tree_whose_tests_end_a_service_twice_is_red_and_hears_nothing_of_what_it_said(
    build: Build, tree: Tree
) -> None:
    gate, made = build(services=[ECHO]), await tree(ENDS)
    verdict = await gate.judge(made, expectation=EXPECTED)
    reason = "the service echo ended with exit code 3 while the tests ran, twice"
    assert (verdict.passed, verdict.reasons) == (False, (reason,))
    for report in (
        await gate.run_alone(await tree(TALKS), [locked(ENDS[T])]),
        await gate.run_some(made, [locked(ENDS[T])], priority=0.0),
        await gate.observe(made),
    ):
        assert (report.complete, report.problem) == (False, reason)


async def test_a_service_that_ended_once_is_started_again_and_nobody_is_blamed(build: Build, tree: Tree) -> None:
    looks: list[Path] = []

    def around(root: Path) -> nullcontext[None]:
        looks.append(root)
        (root / "ask.py").write_text(ASK if len(looks) > 1 else ASK.replace("sendall(word)", "sendall(b'end')"))
        return nullcontext()

    report = await build(services=[ECHO]).run_alone(await tree(TALKS), [locked(TALKS[T])], around=around)
    assert (len(looks), report.complete, report.passed()) == (2, True, EXPECTED.tests)


STYLE = GatePart(name="style", commands=("true",))
SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"services": [ECHO]},
    {"services": [replace(ECHO, port=PORT + 1)]},
    {"services": [replace(ECHO, command=("true",))]},
    {"services": [replace(ECHO, ready=("true",))]},
    {"services": [replace(ECHO, env={})]},
    {"services": [ECHO], "commands": ["true"]},
    {"services": [ECHO], "commands": ["true"], "parts": [GatePart(name="a", services=("echo",)), STYLE]},
    {"services": [ECHO, replace(ECHO, name="other", port=PORT + 1)]},
    {"laid": {".env": b"A=1\n"}},
    {"laid": {".env": b"A=2\n"}},
    {"laid": {"conf/.env": b"A=2\n"}},
)


async def test_other_services_or_variables_are_another_gate(
    build: Build, tree: Tree, environment: Environment, sandbox: Sandbox
) -> None:
    variables = ({"A": "1"}, {"A": "2"}, {"B": "1"})
    told = [with_variables(environment, each, sandbox=sandbox) for each in variables]
    every = [*SETTINGS, *({"environment": each} for each in told)]
    made = await tree({"README": ""})
    once, again = [
        [(await build(**each).judge(made, expectation=Expectation())).gate for each in every] for _ in range(2)
    ]
    assert len(set(once)) == len(every)
    assert once == again


async def test_a_service_of_a_part_runs_where_the_part_judges_or_a_test_is_locked(
    build: Build, git: Repository, store: SqliteStore, tree: Tree
) -> None:
    part = GatePart(name="talks", paths=("ask.py",), tests=("tests",), services=("echo",))
    broken = build(services=[BROKEN])
    gate = ScopedGate(gate=broken, git=git, store=store, parts=[part], commands=(), every=9, start=("start",))
    commit = await git.commit(tree=await tree({**TALKS, "b.py": ""}), parents=[], message="start", at=1.0)
    store.append(Chosen(key="start", value=commit), author="test")
    elsewhere = await tree({**TALKS, "b.py": "x = 1\n"})
    assert (await gate.judge(elsewhere, expectation=Expectation())).passed
    with pytest.raises(ServiceFailed):
        await gate.judge(elsewhere, expectation=EXPECTED, locked=[locked(TALKS[T], secret=True)])
    with pytest.raises(ServiceFailed):
        await gate.judge(await tree({**TALKS, "ask.py": f"{ASK}\n"}), expectation=EXPECTED)


SEES = """\
import os
from pathlib import Path

def test_ok():
    assert (os.environ["STAGE"], os.environ["SPOOL"]) == ("test", "/tmp/spool")
    assert Path(".env").read_text() == "STAGE=test\\n"
"""


async def test_variables_and_their_file_are_there_for_tests_and_commands(
    build: Build, tree: Tree, environment: Environment, sandbox: Sandbox
) -> None:
    told = with_variables(environment, {"STAGE": "test", "SPOOL": "{tmp}/spool"}, sandbox=sandbox)
    gate = build(environment=told, laid={".env": b"STAGE=test\n"}, commands=['. ./.env && test "$STAGE" = test'])
    assert (await gate.judge(await tree({T: SEES}), expectation=EXPECTED)).reasons == ()


def test_a_place_in_tmp_cannot_be_told_where_commands_share_it(environment: Environment) -> None:
    with pytest.raises(SettingsError, match=r"cannot tell SPOOL under \[workspace.env\].*install bubblewrap"):
        with_variables(environment, {"STAGE": "test", "SPOOL": "{tmp}/spool"}, sandbox=Plain())
    assert with_variables(environment, {"STAGE": "test"}, sandbox=Plain()).variables["STAGE"] == "test"


@pytest.mark.parametrize("there", [".env", ".env/inner", "conf", "conf/a/b"])
def test_what_stands_in_the_tree_is_not_laid_over(there: str) -> None:
    files = {there: ("100644", b"theirs")}
    laid = {".env": b"ours", "conf/a": b"ours"}
    kept = {"conf/a"} if there.startswith(".env") else {".env"}
    assert beside(files, laid) == {**files, **dict.fromkeys(kept, ("100644", b"ours"))}
