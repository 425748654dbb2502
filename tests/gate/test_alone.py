"""One check in a session of its own, and programs of ours, beside the judging of trees."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from agentctl.orchestrator.gate.gate import PytestGate
from agentctl.orchestrator.nouns.plan import LockedTest
from agentctl.orchestrator.store.sqlite import SqliteStore

Tree = Callable[[Mapping[str, str]], Awaitable[str]]
T = "tests/test_check.py"
LOUD = "def loud(text):\n    return text.upper()\n"
CHECK = "from loud import loud\n\n\ndef test_it():\n    assert loud('a') == 'A'\n"


def check(text: str = CHECK) -> LockedTest:
    return LockedTest(check="C1", requirements=("R1",), path=T, text=text, tests=(f"{T}::test_it",), secret=True)


async def test_only_the_check_runs_and_nothing_is_recorded(gate: PytestGate, tree: Tree, store: SqliteStore) -> None:
    made = await tree({"src/loud.py": LOUD, "tests/test_other.py": "def test_other(): assert False\n"})
    before = store.version()
    report = await gate.run_alone(made, [check()])
    assert [(each.id, each.outcome) for each in report.results] == [(f"{T}::test_it", "passed")]
    assert store.version() == before


async def test_edits_stand_in_for_files_and_keep_their_modes(gate: PytestGate, tree: Tree) -> None:
    made = await tree({"src/loud.py": LOUD})
    report = await gate.run_alone(made, [check()], edits={"src/loud.py": b"def loud(text):\n    return text\n"})
    assert [(each.outcome, each.raised) for each in report.results] == [("failed", "assertion")]
    assert [each.outcome for each in (await gate.run_alone(made, [check()])).results] == ["passed"]
    added = await gate.run_alone(await tree({}), [check()], edits={"src/loud.py": LOUD.encode()})
    assert [each.outcome for each in added.results] == ["passed"]


async def test_the_time_limit_can_be_tightened(gate: PytestGate, tree: Tree) -> None:
    slow = check("import time\n\n\ndef test_it():\n    time.sleep(60)\n")
    report = await gate.run_alone(await tree({}), [slow], seconds=2)
    assert not report.complete
    assert "2 s" in report.problem


async def test_what_goes_around_a_session_sees_its_checkout(gate: PytestGate, tree: Tree) -> None:
    seen: list[tuple[str, bool]] = []

    @contextmanager
    def around(root: Path) -> Iterator[None]:
        seen.append(("before", (root / T).exists()))
        yield
        seen.append(("after", (root / T).exists()))

    await gate.run_alone(await tree({"src/loud.py": LOUD}), [check()], around=around)
    assert seen == [("before", True), ("after", True)]


@pytest.mark.parametrize(
    ("loud", "body", "raised"),
    [
        (LOUD, "assert loud('a') == 'B'", "assertion"),
        (LOUD, "import pytest\n    with pytest.raises(ValueError):\n        loud('a')", "assertion"),
        (LOUD, "import pytest\n    pytest.fail('no')", "assertion"),
        (LOUD, "loud(1)", "AttributeError"),
        ("def loud(text):\n    assert False\n", "loud('a')", "AssertionError"),
        ("def loud(text):\n    import pytest\n    pytest.fail('no')\n", "loud('a')", "Failed"),
        ("import gone\n", "loud('a')", "ModuleNotFoundError"),
        ("def loud(text):\n    raise NotImplementedError\n", "loud('a')", "NotImplementedError"),
        (
            "def loud(text):\n    import unittest\n    unittest.TestCase().assertEqual(1, 2)\n",
            "loud('a')",
            "AssertionError",
        ),
        (LOUD, "import unittest\n    unittest.TestCase().assertEqual(loud('a'), 'B')", "assertion"),
    ],
)
async def test_whose_assertion_failed_is_said(gate: PytestGate, tree: Tree, loud: str, body: str, raised: str) -> None:
    text = f"def test_it():\n    from loud import loud\n    {body}\n"
    report = await gate.run_alone(await tree({"src/loud.py": loud}), [check(text)])
    assert [(each.outcome, each.raised) for each in report.results] == [("failed", raised)]


async def test_a_program_runs_some_times_in_one_checkout(gate: PytestGate, tree: Tree) -> None:
    program = "open('count', 'a').write('x'); print(len(open('count').read()), open('a.txt').read())"
    done = await gate.run_program(await tree({"a.txt": "hi"}), program, times=3)
    assert [(each.exit, each.output) for each in done] == [(0, "1 hi\n"), (0, "2 hi\n"), (0, "3 hi\n")]
