"""What an edit of a spec leaves of its plan: which tasks stay, what the planner may not touch, what is to do."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import pytest
from agentctl.orchestrator.nouns.plan import LockedTest, Plan, Requirement, SpecView, Task, Team
from agentctl.orchestrator.rules.action_key import Surroundings, action_key
from agentctl.orchestrator.rules.carry import carry, check_whole, whole
from agentctl.orchestrator.rules.edit import (
    Drop,
    Edit,
    Keep,
    New,
    Verb,
    keep_all,
    needs_planner,
    touched_tasks,
)
from agentctl.orchestrator.rules.replan import guard
from hypothesis import given
from hypothesis import strategies as st


def task(id_: str, requirements: str = "", owns: str = "", needs: str = "") -> Task:
    return Task(
        id=id_,
        team="core",
        title=f"Do {id_}",
        goal="Well.",
        requirements=tuple(requirements.split()),
        owns=tuple(owns.split()) or (f"src/{id_}.py",),
        needs=tuple(needs.split()),
    )


def plan(*tasks: Task) -> Plan:
    return Plan(summary="All of it", teams=(Team(id="core", purpose="the core"),), tasks=tasks)


def edit(dirty: str = "", **fields: object) -> Edit:
    known = frozenset({"R1", "R2", "R3", "R4", "R5"})
    base = Edit(dirty=frozenset(dirty.split()), known=known, must=known - {"R5"})
    return replace(base, **fields)  # type: ignore[arg-type]


THREE = plan(task("T1", "R1 R2"), task("T2", "R3", needs="T1"), task("T3", "R4", needs="T2"))


def verbs(words: str, *new: New) -> tuple[Verb, ...]:
    """``T1 -T2`` keeps T1 and drops T2."""
    said: list[Verb] = [Drop(task=word[1:]) if word.startswith("-") else Keep(task=word) for word in words.split()]
    return (*said, *new)


def found(said: Sequence[Verb], of: Edit, **more: object) -> list[tuple[str | None, str]]:
    return [(finding.task, finding.message) for finding in guard(THREE, said, of, **more)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "of"),
    [
        (verbs("T1 T2 T3"), edit()),
        (verbs("T1 T2 T3", New(task=task("T4", "R3"))), edit("R3")),
        (verbs("T1 -T2 T3", New(task=task("T4", "R3"))), edit("R3")),
        (verbs("-T1 T2 T3", New(task=task("T4", "R1 R2"))), edit("R1")),
        (verbs("T1 T2 T3", New(task=task("T4", "R5"))), edit("R5")),
        (verbs("T1 T2 T3"), edit("R5")),
        (verbs("T1 T2 T3", New(task=task("T4", "R3", needs="T5")), New(task=task("T5"))), edit("R3")),
        (
            verbs("T1 T2 -T3", New(task=task("T4"), removes=("R4",))),
            edit(removed=frozenset({"R4"}), known=frozenset({"R1", "R2", "R3"}), must=frozenset({"R1", "R2", "R3"})),
        ),
        (verbs("T1 T2 T3", New(task=task("T4", owns="src/T1.py"))), edit(interfaces=frozenset({"src/T1.py"}))),
    ],
)
def test_verbs_that_answer_an_edit_are_good(said: tuple[Verb, ...], of: Edit) -> None:
    assert found(said, of) == []


@pytest.mark.parametrize(
    ("said", "of", "about", "words"),
    [
        (verbs("T1 T3 -T2", New(task=task("T4", "R3"))), edit("R1"), "T2", "does not touch T2: keep(T2)"),
        (verbs("T1 T3"), edit(), "T2", "does not touch T2: keep(T2)"),
        (verbs("T1 T3", New(task=task("T4", "R3"))), edit("R3"), "T2", "T2 has no verb"),
        (verbs("T1 T2 T3 T9"), edit(), "T9", "keep(T9): the plan has no T9; it has T1, T2, T3"),
        (verbs("T1 T2 T3 -T9"), edit(), "T9", "drop(T9): the plan has no T9"),
        (verbs("T1 T2 T3 -T2", New(task=task("T4", "R3"))), edit("R3"), "T2", "T2 has two verbs"),
        (verbs("T1 T2 T3", New(task=task("T2", "R3"))), edit("R3"), "T2", "T2 is already a task"),
        (verbs("T1 T2 T3", *[New(task=task("T4", "R3"))] * 2), edit("R3"), "T4", "T4 has two verbs"),
        (verbs("T1 T2 T3"), edit("R3"), None, "R3 may have to change, and no task to do covers it"),
        (verbs("-T1 T2 T3", New(task=task("T4", "R1"))), edit("R1"), "T1", "drop(T1) leaves R2 with no task"),
        (verbs("T1 T2 T3", New(task=task("T4", "R3 R1"))), edit("R3"), "T4", "redoes R1"),
        (verbs("T1 T2 T3", New(task=task("T4"))), edit(), "T4", "serves no requirement"),
        (verbs("T1 T2 T3"), edit(must=frozenset({"R5"})), None, "No task covers R5"),
        (verbs("T1 T2 T3"), edit(removed=frozenset({"R3"})), None, "R3 is gone from the spec and its work is there"),
        (verbs("T1 T2 T3", New(task=task("T4"), removes=("R1",))), edit(), "T4", "removes R1, which the edit did not"),
        (verbs("T1 T2 T3"), edit(interfaces=frozenset({"src/T1.py"})), None, "interface of src/T1.py changed"),
    ],
)
def test_verbs_that_touch_more_or_less_than_the_edit_are_refused(
    said: tuple[Verb, ...], of: Edit, about: str | None, words: str
) -> None:
    findings = found(said, of)
    assert [task for task, message in findings if words in message] == [about], findings


def test_a_task_that_has_not_landed_is_still_to_do() -> None:
    assert found(verbs("T1 T2 T3"), edit("R3"), landed={"T1"}) == []
    assert (
        found(verbs("T1 T2 -T3"), edit(removed=frozenset({"R4"}), known=frozenset(), must=frozenset()), landed={"T1"})
        == []
    )
    done = carry(THREE, verbs("T1 T2 T3"), landed={"T1"})
    assert [(each.id, each.needs) for each in done.tasks] == [("T2", ()), ("T3", ("T2",))]


def test_only_what_the_edit_touches_is_touched() -> None:
    assert touched_tasks(THREE, edit("R3")) == {"T2"}
    assert touched_tasks(THREE, edit(removed=frozenset({"R1"}))) == {"T1"}
    assert touched_tasks(THREE, edit(interfaces=frozenset({"src/T3.py"}))) == {"T3"}
    assert touched_tasks(THREE, edit()) == frozenset()


def test_new_tasks_have_ids_of_their_own_and_stand_on_kept_ones() -> None:
    said = verbs(
        "T1 -T2 T3",
        New(task=task("T2", "R3", needs="T1 T4")),
        New(task=task("T4", "R5", needs="T3 T2")),
        New(task=task("T9", "R5", needs="T4")),
    )
    after = whole(THREE, said)
    assert [(each.id, each.requirements, each.needs) for each in after.tasks] == [
        ("T1", ("R1", "R2"), ()),
        ("T3", ("R4",), ("T10",)),
        ("T10", ("R3",), ("T1", "T4")),
        ("T4", ("R5",), ("T3", "T10")),
        ("T9", ("R5",), ("T4",)),
    ]
    to_do = carry(THREE, said)
    assert [(each.id, each.needs) for each in to_do.tasks] == [("T10", ("T4",)), ("T4", ("T10",)), ("T9", ("T4",))]


def test_a_need_on_a_dropped_task_is_one_on_what_took_it_over() -> None:
    said = verbs("T1 -T2 T3", New(task=task("T4", "R3", needs="T2")), New(task=task("T5", "R5", needs="T2")))
    assert [(each.id, each.needs) for each in carry(THREE, said, landed={"T1"}).tasks] == [
        ("T3", ("T4",)),
        ("T4", ()),
        ("T5", ("T4",)),
    ]


def test_teams_are_those_that_have_something_to_do() -> None:
    said = verbs("T1 T2 T3", New(task=replace(task("T4", "R5"), team="docs")))
    docs = Team(id="docs", purpose="the manual")
    assert carry(THREE, said, teams=(docs,)).teams == (docs,)
    assert [team.id for team in whole(THREE, said, teams=(docs, Team(id="core", purpose="?"))).teams] == [
        "core",
        "docs",
    ]
    assert whole(THREE, said, teams=(docs,)).teams[0].purpose == "the core"


def test_nothing_is_to_do_where_nothing_changed() -> None:
    assert not needs_planner(THREE, edit())
    assert carry(THREE, keep_all(THREE)).tasks == ()
    assert guard(THREE, keep_all(THREE), edit()) == ()


@pytest.mark.parametrize(
    "of",
    [edit("R5"), edit(removed=frozenset({"R1"})), edit(interfaces=frozenset({"a.py"})), edit(must=frozenset({"R5"}))],
)
def test_the_planner_is_asked_where_something_is_to_be_planned(of: Edit) -> None:
    assert needs_planner(THREE, of)


def test_the_removal_of_what_nobody_built_needs_no_planner() -> None:
    assert not needs_planner(THREE, edit(removed=frozenset({"R5", "N1"})))


def view(*requirements: str, **fields: object) -> SpecView:
    made = tuple(Requirement(id=id_, text="It MUST.", key=f"key of {id_}") for id_ in requirements)
    return replace(SpecView(id="s", digest="d", title="t", text="", requirements=made), **fields)  # type: ignore[arg-type]


def test_what_landed_clashes_with_nothing_and_covers_its_requirements() -> None:
    said = verbs("T1 T2 T3", New(task=task("T4", "R3", owns="src/T1.py src/T2.py")))
    after = whole(THREE, said)
    assert check_whole(after, view("R1", "R2", "R3", "R4"), (), landed={"T1", "T2", "T3"}) == ()
    spanning = LockedTest(check="R1.c1", requirements=("R1", "R3"), path="t", text="", tests=())
    assert check_whole(after, view("R1", "R2", "R3", "R4", locked=(spanning,)), (), landed={"T1", "T2", "T3"}) == ()
    messages = [finding.message for finding in check_whole(after, view("R6"), (), landed={"T1", "T2", "T3"})]
    assert [message[:40] for message in messages] == [
        "The spec has no requirement 'R3': it has",
        "No task covers R6 (It MUST.): add it to ",
    ]
    assert check_whole(whole(THREE, keep_all(THREE)), view("R1"), (), landed={"T1", "T2", "T3"}) == ()
    nothing_yet = whole(plan(task("T1", "R1", owns="a.py"), task("T2", "R2", owns="a.py")), verbs("T1 T2"))
    assert [finding.task for finding in check_whole(nothing_yet, view("R1"), (), landed=set())] == ["T2", "T2"]


def test_kept_tasks_lose_requirements_that_are_gone() -> None:
    assert whole(THREE, keep_all(THREE), known={"R1", "R3"}).tasks[0].requirements == ("R1",)


@given(st.data())
def test_ids_never_collide_and_needs_are_always_of_the_plan(data: st.DataObject) -> None:
    ids = [f"T{n}" for n in range(1, data.draw(st.integers(1, 8)))]
    previous = plan(*(task(id_, f"R{id_[1:]}", needs=" ".join(ids[:n])) for n, id_ in enumerate(ids)))
    said: list[Verb] = [data.draw(st.sampled_from([Keep, Drop]))(task=id_) for id_ in ids]
    names = data.draw(st.lists(st.sampled_from([f"T{n}" for n in range(1, 14)]), unique=True, max_size=5))
    for id_ in names:
        needs = data.draw(st.lists(st.sampled_from([*names, *ids]), max_size=3))
        wanted = data.draw(st.lists(st.sampled_from(["R1", "R2", "R9"]), max_size=2))
        said.append(New(task=task(id_, " ".join(wanted), needs=" ".join(needs))))
    landed = set(data.draw(st.lists(st.sampled_from(ids), unique=True))) if ids else set()
    after, to_do = whole(previous, said), carry(previous, said, landed=landed)
    after_ids = [each.id for each in after.tasks]
    kept = {verb.task for verb in said if isinstance(verb, Keep)}
    assert len(set(after_ids)) == len(after_ids) == len(kept) + len(names)
    assert set(after_ids) & set(ids) == kept
    assert {each.id for each in to_do.tasks} == set(after_ids) - landed
    known = {each.id for each in to_do.tasks}
    assert all(set(each.needs) <= known for each in to_do.tasks)


GIVEN = Surroundings(
    checks={"R1.c1": "c1", "R1.c2": "c2"},
    interfaces={"src/a.py:f": "i1"},
    decisions=(("Why?", "So."),),
    guides="g",
    prompt="p",
    ladder=("flash", "pro"),
)
ONE = replace(task("T1", "R1 R2", owns="src/a.py src/b.py"), checks=("R1.c1",))
VIEW = view("R1", "R2")


def secret(spec: SpecView) -> SpecView:
    return replace(
        spec, locked=(LockedTest(check="R1.c2", requirements=("R1",), path="t", text="", tests=(), secret=True),)
    )


@pytest.mark.parametrize(
    ("same", "spec", "given"),
    [
        (replace(ONE, id="T7", team="docs", needs=("T2",), minutes=9.0), VIEW, GIVEN),
        (replace(ONE, requirements=("R2", "R1"), owns=("src/b.py", "src/a.py")), VIEW, GIVEN),
        (replace(ONE, goal="Well. \n"), replace(VIEW, digest="other", text="re-wrapped", gate=("ruff",)), GIVEN),
        (replace(ONE, checks=("R1.c1", "R1.c2")), secret(VIEW), GIVEN),
        (ONE, VIEW, replace(GIVEN, checks={"R1.c1": "c1", "R1.c2": "edited"})),
    ],
)
def test_an_action_key_does_not_change_with_what_reaches_no_worker(
    same: Task, spec: SpecView, given: Surroundings
) -> None:
    assert action_key(same, spec, given) == action_key(ONE, VIEW, GIVEN)


def test_an_action_key_changes_with_everything_that_does() -> None:
    other = [
        (ONE, VIEW, GIVEN),
        (replace(ONE, title="Do it"), VIEW, GIVEN),
        (replace(ONE, goal="Well, and soon."), VIEW, GIVEN),
        (replace(ONE, requirements=("R1",)), VIEW, GIVEN),
        (replace(ONE, owns=("src/a.py",)), VIEW, GIVEN),
        (replace(ONE, checks=()), VIEW, GIVEN),
        (replace(ONE, checks=("R1.c1", "R1.c2")), VIEW, GIVEN),
        (ONE, view("R1"), GIVEN),
        (ONE, replace(VIEW, requirements=(VIEW.requirements[0], replace(VIEW.requirements[1], key="edited"))), GIVEN),
        (ONE, VIEW, replace(GIVEN, checks={"R1.c1": "edited"})),
        (ONE, VIEW, replace(GIVEN, interfaces={"src/a.py:f": "i2"})),
        (ONE, VIEW, replace(GIVEN, interfaces={"src/a.py:g": "i1"})),
        (ONE, VIEW, replace(GIVEN, decisions=(("Why?", "Because."),))),
        (ONE, VIEW, replace(GIVEN, decisions=())),
        (ONE, VIEW, replace(GIVEN, guides="h")),
        (ONE, VIEW, replace(GIVEN, prompt="q")),
        (ONE, VIEW, replace(GIVEN, ladder=("pro",))),
    ]
    keys = [action_key(*each) for each in other]
    assert [pair for pair in combinations(range(len(keys)), 2) if keys[pair[0]] == keys[pair[1]]] == []
