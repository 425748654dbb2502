from dataclasses import replace

import pytest
from agentctl.orchestrator.nouns.contract import Draft, DraftTest, Offer, Stub, Wants
from agentctl.orchestrator.nouns.plan import DeclaredInterface, LockedTest, Plan, Requirement, SpecView, Task, Team
from agentctl.orchestrator.nouns.verdicts import GateReport, TestResult
from agentctl.orchestrator.rules.action_key import Surroundings, action_key
from agentctl.orchestrator.rules.contract_code import filled
from agentctl.orchestrator.rules.contract_code import test_names as names_of
from agentctl.orchestrator.rules.contract_ground import Ground
from agentctl.orchestrator.rules.contract_trial import objection
from agentctl.orchestrator.rules.contract_use import stubs_for, with_checks, with_tests
from agentctl.orchestrator.rules.contracting import contract_of, flaws, normal, sound, without_test

SPEC = SpecView(
    id="s",
    digest="0",
    title="S",
    text="S",
    requirements=(
        Requirement(id="R1", text="adds", key="k1"),
        Requirement(id="R2", text="stores", key="k2"),
        Requirement(id="R3", text="checked by the spec", key="k3"),
        Requirement(id="I1", text="stays", key="k4", preserve=True),
    ),
    locked=(LockedTest(check="R3.c1", requirements=("R3",), path="tests/spec_s/test_s_R3.py", text="", tests=()),),
    interfaces=(DeclaredInterface(path="src/app/core.py", text="def add(a: int, b: int) -> int: ...\n"),),
    forbid=("secret/**",),
)
PLAN = Plan(
    summary="p",
    teams=(Team(id="core", purpose="c"), Team(id="web", purpose="w")),
    tasks=(
        Task(id="T1", team="core", title="t", goal="g", requirements=("R1", "R3", "I1"), owns=("src/app/core.py",)),
        Task(
            id="T2",
            team="core",
            title="t",
            goal="g",
            requirements=("R2",),
            owns=("src/app/store.py", "tests/test_store.py"),
            needs=("T1",),
        ),
        Task(id="T3", team="web", title="t", goal="g", owns=("src/app/web.py",)),
    ),
)
GROUND = Ground(
    plan=PLAN, spec=SPEC, paths=frozenset({"src/app/old.py", "tests/test_old.py"}), modules=frozenset({"yaml"})
)
WANTS = Wants(
    team="core",
    tests=(("T1", "R1"), ("T2", "R2"), ("T1", "I1")),
    offers=(Offer(task="T2", path="src/app/store.py", readers=("T3",)),),
)
STUB = Stub(
    path="src/app/store.py",
    task="T2",
    text="class Store:\n    def put(self, key: str) -> None: ...\n",
)
R1 = DraftTest(
    path="tests/test_core_add.py",
    requirements=("R1",),
    text="from app.core import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
)
R2 = DraftTest(
    path="tests/test_core_store.py",
    requirements=("R2",),
    text="def test_put(tmp_path):\n    from app.store import Store\n    assert Store().put('a') is None\n",
)
I1 = DraftTest(
    path="tests/test_core_old.py",
    requirements=("I1",),
    task="T1",
    preserve=True,
    text="import app.old\n\n\ndef test_old():\n    assert app.old.f() == 1\n",
)
DRAFT = Draft(stubs=(STUB,), tests=(R1, R2, I1), notes=("n",))


def told(draft: Draft) -> list[str]:
    return [str(flaw) for flaw in flaws(normal(draft, WANTS), WANTS, GROUND)]


def test_a_sound_draft_becomes_a_contract_whose_tests_are_locked_to_the_tasks_that_answer() -> None:
    draft = normal(DRAFT, WANTS)
    assert told(DRAFT) == []
    made = contract_of(draft, WANTS)
    assert made.tasks == ("T1", "T2", "T1")
    assert [test.check for test in made.tests] == ["core:test_core_add", "core:test_core_store", "core:test_core_old"]
    assert made.tests[0].tests == ("tests/test_core_add.py::test_add",)
    assert made.preserve == ("core:test_core_old",)
    assert made.stubs[0].text == "class Store:\n    def put(self, key: str) -> None: raise NotImplementedError\n"
    assert made.written_for == ("T1", "T2")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": "def test_x(:"}, "is not Python"),
        ({"text": "def check(): assert 1\n"}, "has no test that pytest would collect"),
        ({"text": "def test_x():\n    print(1)\n"}, "`test_x` asserts nothing"),
        ({"text": "def test_x():\n    assert True\n"}, "`test_x` asserts nothing"),
        ({"text": "def test_x():\n    assert 1 == 1\n"}, "`test_x` asserts nothing"),
        ({"text": "import pytest\n@pytest.mark.skip\ndef test_x():\n    assert f()\n"}, "uses `skip`"),
        ({"text": "@pytest.mark.parametrize('a', [1])\ndef test_x(a):\n    assert a\n"}, "uses `parametrize`"),
        ({"text": "from app.core import sub\ndef test_x():\n    assert sub(1)\n"}, "imports `sub` of `app.core`"),
        ({"text": "from app.web import go\ndef test_x():\n    assert go()\n"}, "imports `app.web`, which neither"),
        ({"text": "import requests\ndef test_x():\n    assert requests\n"}, "imports `requests`, which neither"),
        ({"text": "from . import a\ndef test_x():\n    assert a\n"}, "relative path"),
        ({"path": "tests/test_store.py"}, "has to be named `test_core_....py`"),
        ({"path": "tests/test_web_x.py"}, "has to be named `test_core_....py`"),
        ({"path": "src/app/test_core_x.py"}, "is not where this repository has its tests (tests)"),
        ({"path": "../tests/test_core_x.py"}, "is no path a file may have"),
        ({"requirements": ()}, "names no requirement"),
        ({"requirements": ("R1", "R3")}, "is for R3, which needs no test of this team"),
        ({"requirements": ("R9",)}, "is for R9, which needs no test"),
        ({"requirements": ("I1",)}, "is for I1, which says what has to stay: set `preserve`"),
        ({"preserve": True, "task": "T3"}, "belongs to T3, which is none of this team"),
        ({"preserve": True, "task": "T2"}, "is for R1, which T2 does not cover"),
        ({"text": "#" * 13_000 + "\n" + R1.text}, "is longer than 12000 characters"),
    ],
)  # fmt: skip
def test_what_no_locked_test_may_be_is_said(change: dict[str, object], said: str) -> None:
    found = told(replace(DRAFT, tests=(replace(R1, **change), R2, I1)))
    assert any(said in each for each in found), found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": "def put(x):\n    return x\n"}, "has a body in `put`"),
        ({"text": "print(1)\ndef put(x): ...\n"}, "has a statement that runs (line 1)"),
        ({"text": "'''Nothing.'''\n"}, "declares nothing"),
        ({"text": "from app.web import W\nclass Store: ...\n"}, "imports `app.web`"),
        ({"task": "T3"}, "belongs to T3, which is none of this team (T1, T2)"),
        ({"task": "T1"}, "is not owned by T1"),
        ({"path": "src/app/core.py", "task": "T1"}, "is declared by the spec"),
        ({"path": "src/app/old.py"}, "is there already"),
        ({"path": "tests/test_store.py"}, "is no Python module that others could import"),
    ],
)  # fmt: skip
def test_what_no_stub_may_be_is_said(change: dict[str, object], said: str) -> None:
    found = told(replace(DRAFT, stubs=(replace(STUB, **change),)))
    assert any(said in each for each in found), found


def test_what_the_repository_imports_and_types_alone_may_be_imported() -> None:
    types = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from app.web import W\n"
    text = f"import yaml\n{types}class Store: ...\n"
    test = "import json, yaml, pytest, app\nfrom app.store import Store\ndef test_x():\n    assert Store\n"
    assert told(replace(DRAFT, stubs=(replace(STUB, text=text),), tests=(R1, replace(R2, text=test), I1))) == []


def test_an_assertion_in_a_function_of_the_file_that_a_test_calls_counts() -> None:
    text = "def same(a):\n    assert a == 3\n\n\ndef test_add():\n    from app.core import add\n    same(add(1, 2))\n"
    assert told(replace(DRAFT, tests=(replace(R1, text=text), R2, I1))) == []


def test_a_requirement_without_a_test_and_an_invariant_without_a_preserve_test_are_missed() -> None:
    assert told(Draft()) == [
        "R1: has no check in the spec and no test here: write a test of it",
        "R2: has no check in the spec and no test here: write a test of it",
        "I1: has no check in the spec and no test here: write a `preserve` test of it",
    ]


def test_a_stub_that_is_left_out_takes_the_tests_that_import_it_with_it() -> None:
    draft = normal(replace(DRAFT, stubs=(replace(STUB, task="T3"),)), WANTS)
    holds = sound(draft, WANTS, GROUND)
    assert ([each.path for each in holds.tests], holds.stubs) == ([R1.path, I1.path], ())
    assert without_test(holds, WANTS, GROUND) == ("R2",)


def test_two_files_of_one_path_are_both_left_out() -> None:
    holds = sound(normal(replace(DRAFT, tests=(R1, R1, R2, I1)), WANTS), WANTS, GROUND)
    assert [each.path for each in holds.tests] == [R2.path, I1.path]


def test_bodies_that_do_nothing_raise_but_for_those_nobody_calls() -> None:
    text = (
        "from typing import Protocol\n\nclass P(Protocol):\n    def a(self) -> int: ...\n\n"
        'def b() -> str:\n    """Say ü."""\n    ...\n\ndef c():\n    pass\n\n'
        'def d():\n    raise NotImplementedError("later")\n'
    )
    assert filled(text) == (
        "from typing import Protocol\n\nclass P(Protocol):\n    def a(self) -> int: ...\n\n"
        'def b() -> str:\n    """Say ü."""\n    raise NotImplementedError\n\n'
        "def c():\n    raise NotImplementedError\n\n"
        'def d():\n    raise NotImplementedError("later")\n'
    )


def test_ids_are_those_pytest_gives() -> None:
    text = "def test_a(): assert f()\nasync def test_b(): assert f()\nclass TestC:\n    def test_d(self): assert f()\n"
    assert names_of(text) == ("test_a", "test_b", "TestC::test_d")


LOCKED = LockedTest(check="c", requirements=("R1",), path="t.py", text="", tests=("t.py::a", "t.py::b"))


def report(*results: TestResult, **more: object) -> GateReport:
    return GateReport(complete=True, results=results, **more)  # type: ignore[arg-type]


def result(name: str, outcome: str, detail: str = "", raised: str = "") -> TestResult:
    return TestResult(id=name, outcome=outcome, detail=detail, raised=raised)  # type: ignore[arg-type]


B = result("t.py::b", "passed")


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ((result("t.py::a", "failed", raised="assertion"), B), ""),
        ((result("t.py::a", "failed", raised="NotImplementedError"), B), ""),
        ((result("t.py::a", "failed", raised="KeyError"), B), ""),
        ((result("t.py", "error", "E ModuleNotFoundError: No module named 'x'"),), ""),
        ((result("t.py", "error", "E SyntaxError: bad"),), "cannot be collected: SyntaxError: bad"),
        ((result("t.py::a", "passed"), result("t.py::b", "passed")), "passes without the work, so it decides nothing"),
        ((result("t.py::a", "failed", raised="assertion"),), "was not collected as a whole: pytest found no b"),
        ((result("t.py::a", "failed", "E NameError: foo", raised="NameError"), B), "is wrong in itself"),
        ((result("t.py::a", "error", "E fixture 'db' not found"), B), "uses a fixture that there is not"),
        ((result("t.py::a", "skipped"), result("t.py::b", "passed")), "a was skipped"),
    ],
)  # fmt: skip
def test_a_test_is_locked_when_it_is_red_for_the_right_reason(seen: tuple[TestResult, ...], said: str) -> None:
    found = objection(report(*seen), LOCKED, preserve=False)
    assert said in found
    assert bool(said) == bool(found)


def test_a_preserve_test_is_green_before_the_work() -> None:
    green = report(result("t.py::a", "passed"), result("t.py::b", "passed"))
    assert objection(green, LOCKED, preserve=True) == ""
    red = report(result("t.py::a", "passed"), result("t.py::b", "failed", "E assert 1 == 2"))
    assert "is red before the work, so there is nothing it preserves: assert 1 == 2" in objection(
        red, LOCKED, preserve=True
    )


def test_a_session_that_did_not_end_says_nothing_good() -> None:
    hung = GateReport(complete=False, results=(), problem="the test run did not end within 120 s")
    assert "keeps the test run from ending" in objection(hung, LOCKED, preserve=False)


def test_a_contract_is_joined_to_spec_and_plan_and_changes_nothing_where_there_is_none() -> None:
    made = contract_of(normal(DRAFT, WANTS), WANTS)
    assert (with_tests(SPEC, ()), with_checks(PLAN, ())) == (SPEC, PLAN)
    assert with_tests(SPEC, (made,)).locked == (*SPEC.locked, *made.tests)
    assert with_checks(PLAN, (made,)).task("T1").checks == ("core:test_core_add", "core:test_core_old")
    assert with_checks(PLAN, (made,)).task("T3") == PLAN.task("T3")


def test_a_task_is_told_of_its_teams_stubs_and_of_those_it_leans_on() -> None:
    made = contract_of(normal(DRAFT, WANTS), WANTS)
    leaning = replace(PLAN.task("T3"), goal="Use src/app/store.py.")
    plan = replace(PLAN, tasks=(*PLAN.tasks[:2], leaning))
    assert stubs_for("core", (made,), PLAN, SPEC) == made.stubs
    assert stubs_for("web", (made,), PLAN, SPEC) == ()
    assert stubs_for("web", (made,), plan, SPEC) == made.stubs


def test_an_action_key_changes_with_the_contract_and_is_the_old_one_without() -> None:
    made = contract_of(normal(DRAFT, WANTS), WANTS)
    task, stubs = PLAN.task("T1"), {stub.path: stub.text for stub in made.stubs}
    spec, locked = with_tests(SPEC, (made,)), with_checks(PLAN, (made,)).task("T1")
    keys = {test.check: test.key for test in made.tests}
    found = {
        action_key(task, SPEC, Surroundings()),
        action_key(task, SPEC, Surroundings(contract={})),
        action_key(task, SPEC, Surroundings(contract=stubs)),
        action_key(locked, spec, Surroundings(checks=keys)),
        action_key(locked, spec, Surroundings(checks=keys | {"core:test_core_add": "other"})),
    }
    assert len(found) == 4
