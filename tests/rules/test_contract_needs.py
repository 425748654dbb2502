from dataclasses import replace

import pytest
from agentctl.orchestrator.nouns.contract import Offer, Wants
from agentctl.orchestrator.nouns.plan import DeclaredInterface, LockedTest, Plan, Requirement, SpecView, Task, Team
from agentctl.orchestrator.rules.contract_needs import families_of, wants
from agentctl.orchestrator.rules.languages import module_of


def spec(*ids: str, decided: tuple[str, ...] = (), **more: object) -> SpecView:
    locked = tuple(
        LockedTest(check=f"{each}.c1", requirements=(each,), path=f"tests/test_{each}.py", text="", tests=())
        for each in decided
    )
    requirements = tuple(Requirement(id=each, text=f"{each} holds", key=each) for each in ids)
    view = SpecView(id="s", digest="0", title="S", text="S", requirements=requirements, locked=locked)
    return replace(view, **more)  # type: ignore[arg-type]


def task(
    id_: str,
    team: str,
    *requirements: str,
    owns: tuple[str, ...] = ("src/__init__.py",),
    needs: tuple[str, ...] = (),
    goal: str = "g",
) -> Task:
    return Task(id=id_, team=team, title="t", goal=goal, requirements=requirements, owns=owns, needs=needs)


def plan(*tasks: Task) -> Plan:
    teams = dict.fromkeys(each.team for each in tasks)
    return Plan(summary="p", teams=tuple(Team(id=each, purpose="p") for each in teams), tasks=tasks)


def test_a_requirement_without_a_check_wants_a_test_of_the_last_task_that_covers_it() -> None:
    made = plan(task("T1", "a", "R1"), task("T2", "b", "R1", "R2", needs=("T1",)))
    assert wants(made, spec("R1", "R2", decided=("R2",)), ()) == (Wants(team="b", tests=(("T2", "R1"),)),)


def test_nothing_is_wanted_where_the_spec_says_it_all() -> None:
    made = plan(task("T1", "a", "R1", owns=("src/x.py",)), task("T2", "b", "R2", needs=("T1",)))
    declared = (DeclaredInterface(path="src/x.py", text="def f(): ..."),)
    assert wants(made, spec("R1", "R2", decided=("R1", "R2"), interfaces=declared), ()) == ()


def test_a_small_spec_a_may_and_what_is_settled_want_nothing() -> None:
    made = plan(task("T1", "a", "R1"))
    assert wants(made, spec("R1", small=True), ()) == ()
    assert wants(made, spec("R1", settled=("R1",)), ()) == ()
    may = spec("R1", requirements=(Requirement(id="R1", text="t", key="k", strength="MAY"),))
    assert wants(made, may, ()) == ()


def test_a_file_that_another_team_leans_on_wants_a_stub() -> None:
    owner = task("T1", "a", "R1", owns=("src/pkg/x.py", "src/pkg/__init__.py", "tests/test_x.py"))
    by_need = task("T2", "b", "R2", needs=("T1",))
    by_name = task("T3", "b", "R3", goal="Call `pkg.x.f` of src/pkg/y.py.")
    same_team = task("T4", "a", "R4", needs=("T1",))
    found = wants(
        plan(owner, by_need, by_name, same_team), spec("R1", "R2", "R3", "R4", decided=("R1", "R2", "R3", "R4")), ()
    )
    assert found == (Wants(team="a", offers=(Offer(task="T1", path="src/pkg/x.py", readers=("T2", "T3")),)),)


def test_a_file_that_is_there_or_tests_want_no_stub() -> None:
    owner = task("T1", "a", "R1", owns=("src/x.py", "tests/**", "docs/**", "README.md", "src/data/*.json"))
    made = plan(owner, task("T2", "b", "R1", needs=("T1",)))
    assert wants(made, spec("R1", decided=("R1",)), ("src/x.py",)) == ()


def test_a_folder_of_which_nothing_is_known_is_offered_whole() -> None:
    made = plan(task("T1", "a", "R1", owns=("src/store/**",)), task("T2", "b", "R1", needs=("T1",)))
    assert wants(made, spec("R1", decided=("R1",)), ()) == (
        Wants(team="a", offers=(Offer(task="T1", path="src/store/**", readers=("T2",)),)),
    )
    assert wants(made, spec("R1", decided=("R1",)), ("src/store/old.py",)) == ()


def test_tasks_in_a_language_without_contracts_want_nothing() -> None:
    foreign = task("T1", "a", "R1", owns=("web/app.go", "web/**"))
    made = plan(foreign, task("T2", "b", "R2", needs=("T1",), owns=("cmd/main.go",)))
    assert wants(made, spec("R1", "R2"), ("src/x.py", "src/y.ts")) == ()
    folders = plan(task("T1", "a", "R1", owns=("lib/**",)))
    assert wants(folders, spec("R1"), ("lib/main.rs",)) == ()
    for there in ("setup.py", "lib/main.ts"):
        assert wants(folders, spec("R1"), (there,)) == (Wants(team="a", tests=(("T1", "R1"),)),)


def test_a_typescript_file_that_another_team_leans_on_wants_a_stub() -> None:
    owner = task("T1", "a", "R1", owns=("web/src/store.ts", "web/src/store.test.ts", "web/vite.config.ts"))
    by_need = task("T2", "b", "R2", needs=("T1",), owns=("web/src/page.tsx",))
    by_name = task("T3", "b", "R3", goal="Call `put` of web/src/store.", owns=("cmd/main.go",))
    found = wants(plan(owner, by_need, by_name), spec("R1", "R2", "R3", decided=("R1", "R2", "R3")), ("package.json",))
    assert found == (Wants(team="a", offers=(Offer(task="T1", path="web/src/store.ts", readers=("T2", "T3")),)),)
    declared = (DeclaredInterface(path="web/src/store.ts", text="export function put(): void;"),)
    assert wants(plan(owner, by_need), spec("R1", "R2", decided=("R1", "R2"), interfaces=declared), ()) == ()


@pytest.mark.parametrize(
    ("owns", "paths", "expected"),
    [
        (("src/a.py", "web/b.ts"), (), ("python", "script")),
        (("README.md",), ("src/a.py", "src/b.py", "site/x.js"), ("python",)),
        (("web/pages/**",), ("src/a.py", "src/b.py", "web/app.ts"), ("script",)),
        (("web/pages/**", "src/pages/**"), ("src/a.py", "web/app.ts"), ("python", "script")),
        (("docs/**",), ("node_modules/x/y.js", "main.go"), ()),
        (("docs/**",), (), ("script",)),
    ],
)
def test_the_languages_of_a_task_are_those_it_names_or_that_are_around_it(
    owns: tuple[str, ...], paths: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    asked = task("T1", "a", owns=owns)
    beside = task("T2", "a", owns=("x.ts", "y.ts", "z.go"))
    assert families_of(asked, plan(asked, beside), spec(), paths) == expected


def test_modules_are_named_from_the_root_and_from_src() -> None:
    assert [module_of(each) for each in ("src/a/b.py", "a.py", "src/a/__init__.py", "x-y.py", "a.txt")] == [
        "a.b", "a", "a", "", "",
    ]  # fmt: skip
