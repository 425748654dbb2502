"""When a run will be done: by its pace where it has one, by its plan where it has none."""

import pytest
from agentctl.orchestrator.nouns.plan import Task
from agentctl.orchestrator.nouns.runs import TaskState, TaskStatus
from agentctl.orchestrator.rules.time_left import Left, time_left
from hypothesis import given
from hypothesis import strategies as st


def _status(name: str, state: TaskState, *needs: str, minutes: float = 2.0) -> TaskStatus:
    task = Task(id=name, team="t", title="t", goal="g", requirements=("R1",), needs=needs, minutes=minutes)
    return TaskStatus(task=task, state=state)


ROW = ("T1", "T2", "T3", "T4")


def _chain(*states: TaskState) -> list[TaskStatus]:
    return [
        _status(name, state, *ROW[max(at - 1, 0) : at])
        for at, (name, state) in enumerate(zip(ROW, states, strict=False))
    ]


@pytest.mark.parametrize(
    ("tasks", "left"),
    [
        ([], None),
        (_chain("landed", "dropped"), None),
        (_chain("working", "blocked", "blocked"), Left(seconds=360, measured=False)),
        ([_status(f"T{n}", "ready") for n in range(8)], Left(seconds=240, measured=False)),
        (_chain("landed", "working", "blocked"), Left(seconds=200, measured=True)),
        ([_status("T1", "landed"), _status("T2", "landed"), _status("T3", "ready")], Left(seconds=100, measured=True)),
        (
            [_status("T1", "landed"), _status("T2", "landed"), *_chain("landed", "ready", "blocked")[1:]],
            Left(seconds=200, measured=True),
        ),
    ],
)
def test_the_larger_of_path_and_work_is_left(tasks: list[TaskStatus], left: Left | None) -> None:
    assert time_left(tasks, elapsed=100.0, workers=4) == left


@given(st.lists(st.sampled_from(["landed", "working", "blocked"]), min_size=2, max_size=4), st.floats(1, 1e5))
def test_a_landing_never_makes_a_chain_longer(states: list[TaskState], elapsed: float) -> None:
    now = time_left(_chain("landed", *states[1:]), elapsed=elapsed, workers=2)
    then = time_left(_chain("landed", *("landed" for _ in states[1:])), elapsed=elapsed, workers=2)
    assert then is None
    assert now is None or now.seconds > 0
