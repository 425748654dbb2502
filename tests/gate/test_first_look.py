"""The tests that a change concerns, run before all others: real sandbox, real git."""

from collections.abc import Awaitable, Callable, Mapping

import pytest
from agentctl.orchestrator.gate.first_look import AffectedFirst
from agentctl.orchestrator.gate.gate import PytestGate
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.nouns.verdicts import Expectation
from agentctl.orchestrator.store.sqlite import SqliteStore

Tree = Callable[[Mapping[str, str]], Awaitable[str]]
NAMES = ("a", "b", "c", "d", "e")
FILES = {
    **{f"src/{name}.py": f"def {name}(): return 1\n" for name in NAMES},
    **{f"tests/test_{n}.py": f"from {n} import {n}\ndef test_it(): assert {n}() == 1\n" for n in NAMES},
}
EXPECTED = Expectation(tests=frozenset(f"tests/test_{name}.py::test_it" for name in NAMES))
BROKEN = {**FILES, "src/a.py": "def a(): return 2\n", "tests/test_e.py": "def test_it(): assert 0\n"}


@pytest.fixture
def first(gate: PytestGate, git: Repository, store: SqliteStore) -> AffectedFirst:
    return AffectedFirst(gate=gate, git=git, store=store, least=5)


async def test_what_is_near_and_fails_is_told_without_running_the_rest(
    first: AffectedFirst, store: SqliteStore, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, changed = await tree(FILES), await tree({**FILES, "src/a.py": "def a(): return 2\n"})
    told = await first.reasons(changed, before=base, expectation=EXPECTED)
    assert [each.split()[0] for each in told] == ["tests/test_a.py::test_it", "So"]
    assert "only 1 of 5 files with tests were run, those nearest to your change: tests/test_a.py." in told[-1]
    assert store.verdict_of_tree(changed) is None
    monkeypatch.setattr(type(first.gate._course.sandbox), "run", None)  # asked again, it is not run again
    assert await first.reasons(changed, before=base, expectation=EXPECTED) == told


async def test_what_is_near_and_passes_leaves_the_word_to_the_gate(first: AffectedFirst, tree: Tree) -> None:
    base, changed = await tree(FILES), await tree({**BROKEN, "src/a.py": "def a(): return 0 + 1\n"})
    only = Expectation(tests=EXPECTED.tests, red=frozenset({"tests/test_e.py::test_it"}))
    assert await first.reasons(changed, before=base, expectation=only) != ()  # test_e changed, and has to pass
    fine = await tree({**FILES, "src/a.py": "def a(): return 0 + 1\n"})
    assert await first.reasons(fine, before=base, expectation=EXPECTED) == ()


async def test_nothing_is_looked_at_where_it_is_not_worth_it(first: AffectedFirst, tree: Tree) -> None:
    base, changed = await tree(FILES), await tree(BROKEN)
    few = Expectation(tests=frozenset(sorted(EXPECTED.tests)[:4]))
    assert await first.reasons(changed, before=base, expectation=few) == ()
    everything = await tree({path: f"{content}\n" for path, content in BROKEN.items()})
    assert await first.reasons(everything, before=base, expectation=EXPECTED) == ()
    assert await first.reasons(await tree({**FILES, "notes": "x"}), before=base, expectation=EXPECTED) == ()
    await first.gate.judge(changed, expectation=EXPECTED)
    assert await first.reasons(changed, before=base, expectation=EXPECTED) == ()


async def test_secret_tests_are_not_among_them(first: AffectedFirst, tree: Tree) -> None:
    base, changed = await tree(FILES), await tree({**FILES, "src/a.py": "def a(): return 2\n"})
    hidden = Expectation(
        tests=EXPECTED.tests | {"tests/test_z.py::test_z"}, secret=frozenset({"tests/test_z.py::test_z"})
    )
    told = await first.reasons(changed, before=base, expectation=hidden)
    assert "test_z" not in " ".join(told)
