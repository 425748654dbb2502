import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import DiskFull
from agentctl.orchestrator.gate.gate import PytestGate
from agentctl.orchestrator.gate.session import copy_plugin, loaded
from agentctl.orchestrator.nouns.events import Judged
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import LockedTest
from agentctl.orchestrator.nouns.verdicts import Expectation, GateReport
from agentctl.orchestrator.rules.expectations import baseline
from agentctl.orchestrator.sandbox.port import CommandLimits
from agentctl.orchestrator.store.sqlite import SqliteStore

Tree = Callable[[Mapping[str, str]], Awaitable[str]]
OK = "def test_ok():\n    assert True\n"
T = "tests/test_a.py"
EXPECTED = Expectation(tests=frozenset({f"{T}::test_ok"}))


def outcomes(report: GateReport) -> dict[str, str]:
    return {result.id: result.outcome for result in report.results}


def locked(text: str, path: str = T, *, secret: bool = False, name: str = "test_ok") -> LockedTest:
    return LockedTest(check="C1", requirements=("R2",), path=path, text=text, tests=(f"{path}::{name}",), secret=secret)


async def test_a_green_tree_passes(gate: PytestGate, tree: Tree) -> None:
    verdict = await gate.judge(await tree({T: OK}), expectation=EXPECTED)
    assert (verdict.passed, verdict.reasons, verdict.tests) == (True, (), (f"{T}::test_ok",))
    assert verdict.cpu_seconds > 0


async def test_a_tree_is_judged_once_more_only_where_that_is_asked_for(
    gate: PytestGate, tree: Tree, store: SqliteStore
) -> None:
    made = await tree({T: "import os\ndef test_ok():\n    assert int.from_bytes(os.urandom(8)) < 0\n"})
    first = await gate.judge(made, expectation=EXPECTED)
    assert await gate.judge(made, expectation=EXPECTED) == first
    again = await gate.judge(made, expectation=EXPECTED, again=True)
    assert (again.tree, again.gate, again.passed) == (first.tree, first.gate, False)
    assert again.reasons != first.reasons
    judged = [event.fact.verdict for event in store.events() if isinstance(event.fact, Judged)]
    assert judged == [first, again]
    assert await gate.judge(made, expectation=EXPECTED) == again


async def test_a_failure_says_why_in_words_that_do_not_change(build: Callable[..., PytestGate], tree: Tree) -> None:
    text = "import os\ndef test_ok(tmp_path):\n    print('pid', os.getpid(), tmp_path, object())\n    assert 1 == 2\n"
    made = await tree({T: text})
    one = await build().report(made)
    two = await build().observe(made)
    assert one.results == two.results
    (result,) = one.results
    assert result.outcome == "failed"
    assert "assert 1 == 2" in result.detail


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("import pytest\n@pytest.mark.skip\ndef test_ok(): pass", "skipped"),
        ("import pytest\n@pytest.mark.xfail\ndef test_ok(): assert 0", "xfailed"),
        ("import pytest\n@pytest.mark.xfail\ndef test_ok(): pass", "xpassed"),
        ("import pytest\n@pytest.fixture\ndef f(): assert 0\ndef test_ok(f): pass", "error"),
        ("import pytest\n@pytest.fixture\ndef f():\n    yield\n    assert 0\ndef test_ok(f): pass", "error"),
        ("import sys\ndef test_ok(): sys.exit(0)", "failed"),
        ("def test_ok(subtests):\n    with subtests.test():\n        assert 0", "failed"),
    ],
)
async def test_only_passed_is_passed(gate: PytestGate, tree: Tree, text: str, outcome: str) -> None:
    made = await tree({T: text})
    assert outcomes(await gate.report(made))[f"{T}::test_ok"] == outcome
    assert not (await gate.judge(made, expectation=EXPECTED)).passed


async def test_a_test_that_is_gone_fails_the_tree(gate: PytestGate, tree: Tree) -> None:
    verdict = await gate.judge(await tree({T: "def test_other(): pass"}), expectation=EXPECTED)
    assert verdict.reasons == (f"{T}::test_ok was not run: do not delete, rename or skip it",)


async def test_a_tree_without_tests_passes_when_none_are_expected(gate: PytestGate, tree: Tree) -> None:
    for files in ({"README": "x"}, {"a.py": "x = 1"}, {T: "x = 1"}):
        report = await gate.report(await tree(files))
        assert (report.complete, report.results) == (True, ())
        assert (await gate.judge(await tree(files), expectation=Expectation())).passed


async def test_a_file_that_cannot_be_imported_is_an_error_and_the_others_run(gate: PytestGate, tree: Tree) -> None:
    report = await gate.report(await tree({T: "def test_ok(:", "tests/test_b.py": OK}))
    assert report.complete
    assert outcomes(report) == {T: "error", "tests/test_b.py::test_ok": "passed"}
    assert "SyntaxError" in report.results[0].detail


# Attacks on the report: rows 19 to 22


@pytest.mark.parametrize(
    "conftest",
    [
        "import os; os._exit(0)",
        "import sys; sys.exit(0)",
        "import os\ndef pytest_sessionstart(): os._exit(0)",
        "import os\ndef pytest_runtest_call(): os._exit(0)",
        "import os\ndef pytest_sessionfinish(): os._exit(0)",
        "import pytest\ndef pytest_runtest_setup(): pytest.exit('done', returncode=0)",
        "import os, signal\ndef pytest_sessionstart(): os.kill(os.getpid(), signal.SIGKILL)",
        "raise RuntimeError",
        "import sys\ndef pytest_sessionstart(session): raise KeyboardInterrupt",
    ],
)
async def test_a_session_that_does_not_end_by_itself_is_incomplete(gate: PytestGate, tree: Tree, conftest: str) -> None:
    made = await tree({T: OK, "conftest.py": conftest})
    assert not (await gate.report(made)).complete
    verdict = await gate.judge(made, expectation=Expectation())
    assert not verdict.passed
    assert verdict.reasons


WRAPPER = """
import pytest
@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    outcome.get_result().outcome = 'passed'
"""
REPORT_FORGED = """
import json, os
def pytest_sessionstart():
    lines = [{"kind": "start", "nonce": "x"}, {"kind": "result", "id": "tests/test_a.py::test_ok", "outcome": "passed",
              "detail": ""}, {"kind": "end", "nonce": "x", "records": 2, "exit": 0}]
    text = "".join(json.dumps(line) + "\\n" for line in lines).encode()
    for fd in range(3, 64):
        try:
            os.ftruncate(fd, 0) if CUT else None
            os.write(fd, text)
        except OSError:
            pass
    if EXIT:
        os._exit(0)
"""


@pytest.mark.parametrize(
    "start", ["CUT = EXIT = True", "CUT = True; EXIT = False", "CUT = False; EXIT = True", "CUT = EXIT = False"]
)
async def test_a_forged_report_is_refused(gate: PytestGate, tree: Tree, start: str) -> None:
    made = await tree({T: "def test_ok(): assert 0", "conftest.py": start + REPORT_FORGED})
    verdict = await gate.judge(made, expectation=EXPECTED)
    assert not verdict.passed


@pytest.mark.parametrize(
    "conftest",
    [
        WRAPPER,
        "def pytest_runtest_logreport(report): report.outcome = 'passed'\n",
        "def pytest_runtest_protocol(item, nextitem): return True\n",
        "def pytest_collection_modifyitems(items): items.clear()\n",
        "def pytest_ignore_collect(collection_path): return True\n",
        "collect_ignore_glob = ['*']\n",
    ],
)
async def test_hooks_that_turn_failures_into_passes_do_not(gate: PytestGate, tree: Tree, conftest: str) -> None:
    made = await tree({T: "def test_ok(): assert 0", "conftest.py": conftest})
    assert not (await gate.judge(made, expectation=EXPECTED)).passed


@pytest.mark.parametrize(
    "shadow",
    [
        "pytest.py",
        "_pytest/__init__.py",
        "sitecustomize.py",
        "usercustomize.py",
        "src/sitecustomize.py",
        "json.py",
        "plugin.py",
    ],
)
async def test_files_that_stand_in_for_pytest_are_not_what_runs(gate: PytestGate, tree: Tree, shadow: str) -> None:
    made = await tree({T: "def test_ok(): assert 0", shadow: "import os\nos._exit(0)\n"})
    report = await gate.report(made)
    assert outcomes(report) == {f"{T}::test_ok": "failed"}
    assert report.complete


async def test_a_forked_child_that_runs_on_reports_nothing(gate: PytestGate, tree: Tree) -> None:
    text = "import os\ndef test_fork():\n    os.fork()\ndef test_ok():\n    assert False\n"
    report = await gate.report(await tree({T: text}))
    assert report.complete
    assert outcomes(report) == {f"{T}::test_fork": "passed", f"{T}::test_ok": "failed"}


async def test_the_nonce_is_not_left_where_tests_look(gate: PytestGate, tree: Tree) -> None:
    text = (
        "import os, sys\ndef test_ok():\n"
        "    seen = open('/proc/self/cmdline').read() + str(os.environ) + str(sys.argv)\n"
        "    assert NONCE not in seen\n"
    ).replace("NONCE", repr(f"{__import__('random').Random(1).getrandbits(128):032x}"))
    assert (await gate.judge(await tree({T: text}), expectation=EXPECTED)).passed


async def test_a_disk_that_is_full_is_no_verdict_on_the_tree(
    build: Callable[..., PytestGate], tree: Tree, store: SqliteStore
) -> None:
    judged = await tree({T: "def test_ok(): pass\n"})
    crowded = build(limits=CommandLimits(seconds=60, free_bytes=1 << 60))
    with pytest.raises(DiskFull, match="make room"):
        await crowded.judge(judged, expectation=EXPECTED)
    assert store.verdict_of_tree(judged) is None
    assert (await build().judge(judged, expectation=EXPECTED)).passed


async def test_endless_output_and_endless_tests_are_stopped(build: Callable[..., PytestGate], tree: Tree) -> None:
    gate = build(limits=CommandLimits(seconds=3, output_bytes=10_000, free_bytes=0))
    noisy = await gate.report(
        await tree(
            {
                T: "import os\ndef test_ok():\n    while 1: os.write(1, b'x' * 9999)\n",
                "conftest.py": "def pytest_load_initial_conftests(): pass",
                "pytest.ini": "[pytest]\naddopts = -s",
            }
        )
    )
    assert not noisy.complete
    assert noisy.problem.startswith("the test run printed more than")
    slow = await gate.report(await tree({T: "def test_ok():\n    while 1: pass\n"}))
    assert not slow.complete
    assert slow.problem.startswith("the test run did not end within 3 s")


# Locked tests: rows 18 and 19


PLUGGED = 'pytest_plugins = ["helpers.plug"]\n\n\ndef test_ok(seven):\n    assert seven == 7\n'
PLUG = (
    "import pytest\n\n\n@pytest.fixture\ndef seven():\n    return 7\n\n\n"
    "def pytest_runtest_setup(item):\n    item.user_properties.append(('seen', 1))\n"
)
TOP = {"conftest.py": "import sys, os\nsys.path.insert(0, os.path.dirname(__file__))\n", "helpers/__init__.py": ""}
NESTED = {**TOP, "helpers/plug.py": PLUG, "pkg/tests/conftest.py": "from helpers.plug import *\n"}
SETUPS = {
    "a test module names a plug-in": {**TOP, "helpers/plug.py": PLUG, T: PLUGGED},
    "a conftest further down imports a hook": {**NESTED, "pkg/tests/test_a.py": OK.replace("():", "(seven):")},
    "a conftest further down has a hook": {**TOP, "pkg/tests/conftest.py": PLUG, "pkg/tests/test_a.py": OK},
}
SKIPS = "def pytest_pyfunc_call(pyfuncitem):\n    return True\n"


@pytest.mark.parametrize("files", SETUPS.values(), ids=SETUPS)
async def test_hooks_that_came_with_the_tests_of_the_base_are_its_own(
    gate: PytestGate, tree: Tree, files: Mapping[str, str]
) -> None:
    report = await gate.report(await tree(files))
    assert (report.complete, report.problem, set(outcomes(report).values())) == (True, "", {"passed"})
    longer = {path: "# a line more\n" * (path == "helpers/plug.py") + text for path, text in files.items()}
    assert (await gate.judge(await tree({**longer, "src/a.py": ""}), expectation=baseline(report))).reasons == ()


@pytest.mark.parametrize("name", [name for name in SETUPS if name != "a conftest further down has a hook"])
@pytest.mark.parametrize("change", [SKIPS, "def pytest_runtest_setup(item):\n    item.obj = lambda **_: None\n"])
async def test_hooks_that_did_not_come_with_the_tests_of_the_base_are_refused(
    gate: PytestGate, tree: Tree, name: str, change: str
) -> None:
    files = SETUPS[name]
    expected = baseline(await gate.report(await tree(files)))
    verdict = await gate.judge(await tree({**files, "helpers/plug.py": PLUG + change}), expectation=expected)
    assert not verdict.passed
    hook = change.partition("(")[0].removeprefix("def ")
    assert verdict.reasons[0] == (
        f"helpers/plug.py has a hook {hook}, which changes how tests are run and is not as on the base: leave pytest's "
        "hooks alone"
    )


async def test_a_hook_that_comes_while_tests_run_is_nobodys_own(gate: PytestGate, tree: Tree) -> None:
    files = {
        **SETUPS["a test module names a plug-in"],
        "tests/test_b.py": (
            f"{SKIPS}\n\ndef test_b(request):\n    import sys\n"
            "    request.config.pluginmanager.register(sys.modules[__name__])\n"
        ),
    }
    report = await gate.report(await tree(files))
    assert not report.complete
    assert "the hook pytest_pyfunc_call was changed while the tests ran" in report.problem


async def test_a_secret_test_brings_no_hook_of_its_own(gate: PytestGate, tree: Tree) -> None:
    files = {**TOP, "helpers/plug.py": PLUG}
    report = await gate.report(await tree(files), locked=[locked(PLUGGED, secret=True)])
    assert [hook.partition(" ")[0] for hook in report.hooks] == ["helpers/plug.py::pytest_runtest_setup"]


async def test_a_locked_test_lies_over_a_weakened_one(gate: PytestGate, tree: Tree) -> None:
    made = await tree({T: OK})
    verdict = await gate.judge(made, expectation=EXPECTED, locked=[locked("def test_ok(): assert 0")])
    assert not verdict.passed
    assert (await gate.judge(made, expectation=EXPECTED)).passed


@pytest.mark.parametrize(
    "files",
    [
        {"tests@": "elsewhere", "elsewhere/other.py": "x = 1"},
        {"tests": "a file where the folder should be"},
        {"tests/test_a.py/inside": "a folder where the file should be"},
        {"pytest.ini": "[pytest]\ntestpaths = other\npython_files = check_*.py\n", "other/check_b.py": OK},
        {"pytest.ini": "[pytest]\naddopts = -x --lf -q\n"},
        {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--import-mode=importlib -ra'\n"},
    ],
)
async def test_nothing_in_the_tree_stands_in_a_locked_tests_way(
    gate: PytestGate, tree: Tree, files: Mapping[str, str]
) -> None:
    made = await tree(files)
    verdict = await gate.judge(made, expectation=EXPECTED, locked=[locked(OK)])
    assert (verdict.passed, verdict.reasons) == (True, ())


async def test_a_locked_test_cannot_be_rewritten_while_tests_run(gate: PytestGate, tree: Tree) -> None:
    conftest = f"try:\n    open({T!r}, 'w').write({OK!r})\nexcept OSError: pass\n"
    made = await tree({"conftest.py": conftest})
    assert not (await gate.judge(made, expectation=EXPECTED, locked=[locked("def test_ok(): assert 0")])).passed


async def test_a_secret_test_is_judged_and_never_told(gate: PytestGate, tree: Tree) -> None:
    hidden = locked(
        "def test_h():\n    assert 'SECRET-WORD' == ''\n", "tests/test_hidden.py", secret=True, name="test_h"
    )
    spy = (
        "import os, glob\ndef test_ok():\n    for base, _, names in os.walk('.'):\n        for name in names:\n"
        "            assert 'SECRET' + '-WORD' not in open(os.path.join(base, name), errors='replace').read()\n"
    )
    ids = frozenset(hidden.tests)
    expectation = Expectation(tests=ids | EXPECTED.tests, secret=ids)
    verdict = await gate.judge(await tree({T: spy}), expectation=expectation, locked=[hidden])
    assert verdict.reasons == ("a hidden check of R2 failed",)
    assert verdict.tests == (f"{T}::test_ok",)


async def test_a_secret_test_that_passes_is_seen(gate: PytestGate, tree: Tree) -> None:
    hidden = locked(OK, "tests/test_hidden.py", secret=True)
    ids = frozenset(hidden.tests)
    verdict = await gate.judge(await tree({T: OK}), expectation=Expectation(tests=ids, secret=ids), locked=[hidden])
    assert verdict.passed


# Commands, the store, and slots


async def test_commands_are_judged_by_their_exit(build: Callable[..., PytestGate], tree: Tree) -> None:
    made = await tree({T: OK, "bad.txt": ""})
    gate = build(commands=("test -f good.txt || { echo no good.txt in $PWD; exit 3; }", "true"))
    verdict = await gate.judge(made, expectation=EXPECTED)
    assert verdict.reasons == (
        "`test -f good.txt || { echo no good.txt in $PWD; exit 3; }` ended with 3:\nno good.txt in /workspace",
    )


async def test_a_verdict_is_an_event_with_its_report_and_is_not_made_twice(
    gate: PytestGate, tree: Tree, store: SqliteStore
) -> None:
    made, key = await tree({T: OK}), AttemptKey(task="t1")
    first, second = await asyncio.gather(*(gate.judge(made, expectation=EXPECTED, key=key) for _ in range(2)))
    third = await gate.judge(made, expectation=EXPECTED, key=key)
    assert first == second == third == store.verdict(made, first.gate)
    (event,) = store.events()
    assert event.author == "gate"
    assert isinstance(event.fact, Judged)
    assert (event.fact.verdict, event.fact.key) == (first, key)
    assert "test_ok" in store.blob(event.fact.report)


async def test_another_expectation_is_another_verdict_of_the_same_run(gate: PytestGate, tree: Tree) -> None:
    made = await tree({T: OK})
    one = await gate.judge(made, expectation=EXPECTED)
    two = await gate.judge(made, expectation=Expectation(tests=frozenset({"x::y"})))
    assert (one.passed, two.passed) == (True, False)
    assert one.gate != two.gate
    assert one.seconds == two.seconds


def test_a_verdict_depends_on_every_file_of_ours_that_its_session_loads(tmp_path: Path) -> None:
    copied = [file for file in copy_plugin(tmp_path / "plugin").rglob("*") if file.is_file()]
    assert sorted(file.read_bytes() for file in copied) == sorted(file.read_bytes() for file in loaded())


async def test_a_report_is_the_same_after_a_restart(build: Callable[..., PytestGate], tree: Tree) -> None:
    made = await tree({T: "import random\ndef test_ok(): assert 0, random.random()"})
    first = await build().report(made)
    assert await build().report(made) == first


async def test_no_checkout_is_left_behind(gate: PytestGate, tree: Tree, tmp_path: Path) -> None:
    text = "import os\ndef test_ok():\n    os.makedirs('a/b')\n    os.chmod('a', 0)\n"
    await gate.report(await tree({T: text}))
    task = asyncio.create_task(gate.report(await tree({T: "import time\ndef test_ok(): time.sleep(60)"})))
    await asyncio.wait({task}, timeout=0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == ["plugin"]


async def test_checkouts_of_a_killed_process_are_cleared(build: Callable[..., PytestGate], tmp_path: Path) -> None:
    left = tmp_path / "scratch" / "gate-old"
    left.mkdir(parents=True)
    build()
    assert not left.exists()


async def test_more_waiting_than_slots_all_get_a_verdict_and_cancelled_ones_give_theirs_back(
    build: Callable[..., PytestGate], tree: Tree
) -> None:
    gate = build(slots=1)
    trees = [await tree({T: f"x = {number}\n{OK}"}) for number in range(4)]
    tasks = [asyncio.create_task(gate.judge(made, expectation=EXPECTED)) for made in trees]
    await asyncio.sleep(0)
    tasks[1].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [getattr(result, "passed", None) for result in results] == [True, None, True, True]
