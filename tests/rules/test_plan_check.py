"""What is wrong with a plan, and what to change."""

from dataclasses import replace

import pytest
from agentctl.orchestrator.nouns.plan import LockedTest, Plan, Requirement, SpecView, Task, Team
from agentctl.orchestrator.rules.plan_check import check_plan

SPEC = SpecView(
    id="s",
    digest="d",
    title="t",
    text="",
    requirements=(
        Requirement(id="R1", text="It MUST run.", key="k1"),
        Requirement(id="R2", text="It MUST stop.", key="k2"),
        Requirement(id="R3", text="It MAY sing.", key="k3", strength="MAY"),
    ),
)
CORE, TOOLS = (Team(id=name, purpose="p") for name in ("core", "tools"))


def task(name: str, **fields: object) -> Task:
    base = Task(id=name, team="core", title="Do", goal="Well.", requirements=("R1", "R2"), owns=(f"src/{name}.py",))
    return replace(base, **fields)  # type: ignore[arg-type]


def plan(*tasks: Task, teams: tuple[Team, ...] = (CORE, TOOLS)) -> Plan:
    return Plan(summary="", teams=teams, tasks=tasks)


def found(wrong: Plan, spec: SpecView = SPEC, paths: tuple[str, ...] = ()) -> list[tuple[str | None, str]]:
    return [(finding.task, finding.message) for finding in check_plan(wrong, spec, paths)]


@pytest.mark.parametrize(
    "good",
    [
        plan(task("T1")),
        plan(task("T1", owns=("**",))),
        plan(task("T1", requirements=("R1",)), task("T2", requirements=("R2", "R3"), team="tools")),
        plan(task("T1", owns=("src/**",)), task("T2", owns=("src/a.py",), needs=("T1",))),
        plan(
            task("T1", owns=("src/**",)),
            task("T2", owns=("lib/b.py",), needs=("T1",)),
            task("T3", owns=("src/a.py",), needs=("T2",)),
        ),
    ],
)
def test_a_good_plan_has_no_findings(good: Plan) -> None:
    assert found(good) == []


@pytest.mark.parametrize(
    ("wrong", "about", "words"),
    [
        (plan(), None, "no task"),
        (plan(*(task(f"T{n}") for n in range(1, 102))), None, "101 tasks: merge"),
        (plan(task("T1"), task("T1", owns=("b",))), "T1", "2 tasks are called 'T1'"),
        (plan(task("t-1")), "t-1", "call tasks T1"),
        (plan(task("T0")), "T0", "call tasks T1"),
        (plan(task("T1", minutes=0.0)), "T1", "minutes is 0.0"),
        (plan(task("T1", minutes=float("nan"))), "T1", "minutes is nan"),
        (plan(task("T1", goal=" ")), "T1", "goal is empty"),
        (plan(task("T1", team="ops")), "T1", "choose from core, tools"),
        (plan(task("T1"), teams=(CORE, CORE)), None, "declared 2 times"),
        (plan(task("T1", team="a/b"), teams=(Team(id="a/b", purpose=""),)), None, "not a team id"),
        (plan(task("T1", needs=("T7",))), "T1", "needs 'T7'"),
        (plan(task("T1", needs=("T1",))), None, "wait for each other: T1"),
        (plan(task("T1", needs=("T2",)), task("T2", needs=("T1",))), None, "T1, T2. Remove one"),
        (plan(task("T1", requirements=("R1", "R2", "R9"))), "T1", "no requirement 'R9': it has R1, R2, R3"),
        (plan(task("T1", requirements=("R1",))), None, "No task covers R2 (It MUST stop.)"),
        (plan(task("T1", owns=())), "T1", "owns no path"),
        (plan(task("T1", owns=("../x",))), "T1", "'../x' has an empty"),
        (plan(task("T1", owns=("/etc",))), "T1", "not relative"),
        (plan(task("T1", owns=(".git/hooks/x",))), "T1", "`.git`"),
        (plan(task("T1", owns=("src/**",)), task("T2", owns=("src/a.py",))), "T2", "let T2 need T1"),
    ],
)
def test_a_finding_names_the_task_and_what_to_change(wrong: Plan, about: str | None, words: str) -> None:
    assert any(task_id == about and words in message for task_id, message in found(wrong)), found(wrong)


def test_a_clash_names_a_file_that_is_there() -> None:
    wrong = plan(task("T1", owns=("src/*_a.py",)), task("T2", owns=("src/x*.py",)))
    assert found(wrong, paths=("src/b.py", "src/x_a.py")) == [
        (
            "T2",
            (
                "T1 owns 'src/*_a.py' and T2 owns 'src/x*.py', which may be the same file (src/x_a.py), and they may "
                "run at the same time: divide the paths, or let T2 need T1."
            ),
        )
    ]


def test_the_spec_says_what_may_be_owned() -> None:
    spec = replace(SPEC, owns=("src/**", "tests/*.py"), forbid=("src/frozen/**",))
    wrong = plan(task("T1", owns=("src/a.py", "tests/test_*.py", "docs/x", "src/frozen/y.py")))
    assert [message.split(":")[0] for _, message in found(wrong, spec)] == [
        "The owned path 'docs/x' is not within what the spec owns (src/**, tests/*.py)",
        "The owned path 'src/frozen/y.py' is forbidden by the spec (src/frozen/**)",
    ]


def test_a_check_of_two_tasks_needs_them_in_order() -> None:
    locked = LockedTest(check="R1.c1", requirements=("R1", "R2"), path="t.py", text="", tests=())
    spec = replace(SPEC, locked=(locked, replace(locked, path="u.py")))
    apart = plan(task("T1", requirements=("R1",)), task("T2", requirements=("R2",)))
    assert found(apart, spec) == [
        (
            "T2",
            (
                "Check R1.c1 of R1, R2 needs the work of T1 and T2: let T2 need T1, or give its requirements to one "
                "of them."
            ),
        )
    ]
    in_order = plan(apart.tasks[0], replace(apart.tasks[1], needs=("T1",)))
    assert found(in_order, spec) == []
