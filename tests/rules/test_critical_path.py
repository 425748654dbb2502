"""Orders and paths of a plan's dependencies."""

import pytest
from agentctl.orchestrator.nouns.plan import Plan, Task
from agentctl.orchestrator.rules.critical_path import ancestors, critical_path, remaining, topological
from hypothesis import given
from hypothesis import strategies as st


def plan(**needs: str) -> Plan:
    """``T1="2", T2="3 T1"``: minutes, then dependencies."""
    rows = {task: text.split() for task, text in needs.items()}
    tasks = (
        Task(id=task, team="a", title="", goal="", minutes=float(row[0]), needs=tuple(row[1:]))
        for task, row in rows.items()
    )
    return Plan(summary="", teams=(), tasks=tuple(tasks))


DIAMOND = plan(T1="1", T2="5 T1", T10="2 T1", T4="1 T2 T10")


def test_the_order_puts_dependencies_first_and_small_ids_before_large() -> None:
    assert topological(DIAMOND) == ("T1", "T2", "T10", "T4")
    assert topological(plan(T10="1", T9="1", T1="1")) == ("T1", "T9", "T10")


def test_what_remains_is_the_longest_way_to_the_end() -> None:
    assert remaining(DIAMOND) == {"T1": 7.0, "T2": 6.0, "T10": 3.0, "T4": 1.0}


def test_the_critical_path_is_the_longest() -> None:
    assert critical_path(DIAMOND) == ("T1", "T2", "T4")
    assert critical_path(plan(T2="1", T1="1")) == ("T1",)
    assert critical_path(plan()) == ()


def test_ancestors_are_all_that_is_waited_for() -> None:
    assert ancestors(DIAMOND) == {
        "T1": frozenset(),
        "T2": frozenset({"T1"}),
        "T10": frozenset({"T1"}),
        "T4": frozenset({"T1", "T2", "T10"}),
    }


def test_a_circle_is_named_and_unknown_needs_are_met() -> None:
    with pytest.raises(ValueError, match="T1, T2"):
        topological(plan(T1="1 T2", T2="1 T1", T3="1"))
    assert topological(plan(T1="1 T9")) == ("T1",)


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=10), st.randoms())
def test_any_order_of_writing_gives_the_same_order_of_doing(needs: list[list[int]], chance: object) -> None:
    rows = {f"T{number}": "1 " + " ".join(f"T{n}" for n in its if n < number) for number, its in enumerate(needs)}
    names = list(rows)
    chance.shuffle(names)  # type: ignore[attr-defined]
    one, other = plan(**rows), plan(**{name: rows[name] for name in names})
    assert topological(one) == topological(other)
    assert critical_path(one) == critical_path(other)
    position = {task: place for place, task in enumerate(topological(one))}
    assert all(position[need] < position[task.id] for task in one.tasks for need in task.needs)
