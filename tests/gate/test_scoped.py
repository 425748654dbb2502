"""A gate with parts, in the real sandbox: which of them judge a tree, and what the verdict says of it."""

from collections.abc import Awaitable, Callable, Mapping

import pytest
from agentctl.orchestrator.gate.gate import PytestGate
from agentctl.orchestrator.gate.scoped import ScopedGate, WholeGate
from agentctl.orchestrator.gate.suites import Suite, left
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.nouns.events import AttemptStarted, Chosen, Landed
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import LockedTest
from agentctl.orchestrator.nouns.runs import GatePart, Landing
from agentctl.orchestrator.nouns.verdicts import Expectation, Verdict
from agentctl.orchestrator.rules.scoping import whole
from agentctl.orchestrator.store.sqlite import SqliteStore

Tree = Callable[[Mapping[str, str]], Awaitable[str]]
PARTS = (
    GatePart(name="a", paths=("src/a.py",), tests=("tests/a",), commands=("test -e src/a.py",)),
    GatePart(name="b", paths=("src/b.py",), tests=("tests/b",), commands=("false",)),
)
COMMANDS = ("test -e src/a.py", "false")
TEST = "def test_it(): pass\n"
FILES = {
    "src/a.py": "",
    "src/b.py": "",
    "tests/a/test_a.py": TEST,
    "tests/b/test_b.py": "def test_it(): assert 0\n",
    "tests/test_all.py": TEST,
}
A, B, REST = "tests/a/test_a.py::test_it", "tests/b/test_b.py::test_it", "tests/test_all.py::test_it"
EXPECTED = Expectation(tests=frozenset({A, B, REST}))
KEY = AttemptKey(task="T1", attempt=1)


@pytest.fixture
def scoped(gate: PytestGate, git: Repository, store: SqliteStore) -> ScopedGate:
    return ScopedGate(gate=gate, git=git, store=store, parts=PARTS, commands=COMMANDS, every=3, start=("start",))


async def test_an_attempt_is_judged_by_the_parts_that_its_own_change_needs(
    scoped: ScopedGate, store: SqliteStore, tree: Tree
) -> None:
    base = await tree(FILES)
    store.append(AttemptStarted(key=KEY, rung="flash", base_tree=base, decisions=()), author="test")
    changed = await tree({**FILES, "src/a.py": "x = 1"})
    one = await scoped.judge(changed, expectation=EXPECTED, key=KEY)
    assert (one.passed, one.gates, one.tests) == (True, ("a",), (A, REST))
    two = await scoped.judge(await tree({**FILES, "src/b.py": "x = 1"}), expectation=EXPECTED, key=KEY)
    assert (two.passed, two.gates) == (False, ("b",))
    assert [reason.split()[0] for reason in two.reasons] == [B, "`false`"]
    # the same tree, judged by all: another verdict, which is not taken for the first one
    three = await WholeGate(gate=scoped.gate, scope=whole(PARTS, COMMANDS)).judge(changed, expectation=EXPECTED)
    assert (three.passed, three.gates) == (False, ("a", "b"))
    assert three.gate != one.gate
    assert store.verdict(changed, one.gate) == one


async def test_a_locked_test_runs_wherever_it_lies(scoped: ScopedGate, store: SqliteStore, tree: Tree) -> None:
    base = await tree(FILES)
    store.append(AttemptStarted(key=KEY, rung="flash", base_tree=base, decisions=()), author="test")
    name = "tests/b/test_hidden.py::test_it"
    hidden = LockedTest(
        check="C1", requirements=("R1",), path="tests/b/test_hidden.py", text=TEST, tests=(name,), secret=True
    )
    verdict = await scoped.judge(
        await tree({**FILES, "src/a.py": "x = 1"}),
        expectation=Expectation(tests=frozenset({A, B, REST, name}), secret=frozenset({name})),
        locked=[hidden],
        key=KEY,
    )
    assert (verdict.passed, verdict.tests) == (True, (A, name, REST))


async def test_a_landing_is_compared_with_what_landed_last_and_each_so_many_by_all(
    scoped: ScopedGate, store: SqliteStore, tree: Tree, git: Repository
) -> None:
    green = {**FILES, "tests/b/test_b.py": TEST}
    calm = (PARTS[0], GatePart(name="b", paths=("src/b.py",), tests=("tests/b",)))
    gate = ScopedGate(
        gate=scoped.gate, git=git, store=store, parts=calm, commands=COMMANDS[:1], every=3, start=("start",)
    )
    start = await tree(green)
    assert (await gate.judge(start, expectation=EXPECTED)).gates == ("a", "b")  # nothing to compare it with
    commit = await git.commit(tree=start, parents=[], message="start", at=1.0)
    store.append(Chosen(key="start", value=commit), author="test")
    found: list[Verdict] = []
    for order in range(4):
        landed = await tree({**green, "src/a.py": f"x = {order + 1}"})
        found.append(await gate.judge(landed, expectation=EXPECTED))
        key = AttemptKey(task=f"T{order}", attempt=1)
        landing = Landing(order=order, key=key, commit=commit, tree=landed, patch=commit, at=1.0)
        store.append(Landed(landings=(landing,)), author="test")
    assert [each.gates for each in found] == [("a",), ("a",), ("a", "b"), ("a",)]
    assert all(each.passed for each in found)


def test_of_other_runners_folders_and_files_are_left_out() -> None:
    node = Suite(runner="node", folder="", tests=("tests/a/x.test.js", "tests/b/y.test.js"))
    inner, root = Suite(runner="vitest", folder="web/ui"), Suite(runner="go", folder="")
    kept = Suite(runner="node", folder="", tests=("tests/b/y.test.js",))
    assert left((node, inner, root), ("tests/a", "web")) == (kept, root)
    assert left((node, inner, root), ()) == (node, inner, root)
