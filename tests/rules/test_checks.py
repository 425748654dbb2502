"""Which task answers for which check."""

import pytest
from agentctl.orchestrator.nouns.plan import LockedTest, Plan, Task
from agentctl.orchestrator.rules.checks import assign_checks, locked_for


def check(name: str, *requirements: str, path: str = "a.py") -> LockedTest:
    return LockedTest(check=name, requirements=requirements, path=path, text="", tests=())


def task(name: str, requirements: str, *, needs: str = "", checks: tuple[str, ...] = ()) -> Task:
    return Task(
        id=name,
        team="a",
        title="",
        goal="",
        requirements=tuple(requirements.split()),
        needs=tuple(needs.split()),
        checks=checks,
    )


def plan(*tasks: Task) -> Plan:
    return Plan(summary="", teams=(), tasks=tasks)


@pytest.mark.parametrize(
    ("tasks", "locked", "expected"),
    [
        ((task("T1", "R1"), task("T2", "R2")), (check("c1", "R1"), check("c2", "R2")), {"T1": ("c1",), "T2": ("c2",)}),
        ((task("T2", "R1"), task("T1", "R2", needs="T2")), (check("c", "R1", "R2"),), {"T2": (), "T1": ("c",)}),
        ((task("T10", "R1"), task("T9", "R1")), (check("c", "R1"),), {"T10": ("c",), "T9": ()}),
        ((task("T1", "R1", checks=("made up",)),), (), {"T1": ()}),
        ((task("T1", "R1"),), (check("c", "R9"),), {"T1": ()}),
        (
            (task("T1", "R1"), task("T2", "R2")),
            (check("c", "R1"), check("c", "R2", path="b.py")),
            {"T1": (), "T2": ("c",)},
        ),
    ],
)
def test_a_check_is_locked_to_the_last_task_that_covers_it(
    tasks: tuple[Task, ...], locked: tuple[LockedTest, ...], expected: dict[str, tuple[str, ...]]
) -> None:
    assigned = assign_checks(plan(*tasks), locked)
    assert {each.id: each.checks for each in assigned.tasks} == expected


def test_a_tree_must_pass_the_tests_of_its_task_and_of_what_landed() -> None:
    locked = (check("c1", "R1"), check("c2", "R2"), check("c3", "R3"))
    assigned = assign_checks(plan(task("T1", "R1"), task("T2", "R2"), task("T3", "R3")), locked)
    assert locked_for("T2", assigned, locked, ()) == (locked[1],)
    assert locked_for("T2", assigned, locked, {"T1"}) == (locked[0], locked[1])
    assert locked_for("T9", assigned, locked, ()) == ()
