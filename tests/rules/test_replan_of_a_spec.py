"""A spec of a parser is edited as TOML 1.0 was to become 1.1: what was built of the rest is kept, task by task."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from agentctl.orchestrator.nouns.plan import Finding, Plan, SpecView, Task
from agentctl.orchestrator.rules.action_key import Surroundings, action_key
from agentctl.orchestrator.rules.carry import carry, check_whole, landed_in, plan_of, whole
from agentctl.orchestrator.rules.edit import (
    Drop,
    Edit,
    Keep,
    New,
    Verb,
    edit_of,
    keep_all,
    needs_planner,
    touched_tasks,
)
from agentctl.orchestrator.rules.replan import guard
from agentctl.orchestrator.spec_view import spec_view
from agentctl.specs.changes import Changes, compare, recheck
from agentctl.specs.keys import check_keys, requirement_keys
from agentctl.specs.lock import Lock, LockedTask, LockedTeam, lock_spec, read_lock, write_lock
from agentctl.specs.nouns import Spec
from agentctl.specs.parse import parse

OLD = (Path(__file__).parent / "data" / "toml.md").read_text(encoding="utf-8")
EDITS = (
    ('`\\r`, `\\"`,', '`\\r`, `\\e`, `\\xHH`, `\\"`,'),
    ("with seconds.", "with or without seconds."),
    ("MUST stand on one line, without a trailing comma", "MAY hold newlines and a trailing comma"),
    ('with pytest.raises(TomlError):\n    loads("a = {b = 1,}")', 'assert loads("a = {b = 1,}") == {"a": {"b": 1}}'),
)
"""What TOML 1.1 changed of it: new escapes, times without seconds, inline tables on several lines."""

TASKS = {
    "T1": ("Lines and comments", "R1 R2 R3 R4 E1", "src/toml/__init__.py src/toml/lines.py", ""),
    "T2": ("Keys", "R5 R6 R7", "src/toml/keys.py", "T1"),
    "T3": ("Strings", "R8 R9 R10 R11 R12 E2", "src/toml/strings.py", "T1"),
    "T4": ("Numbers and booleans", "R13 R14 R15", "src/toml/numbers.py", "T1"),
    "T5": ("Dates and times", "R16 R17", "src/toml/times.py", "T1"),
    "T6": ("Arrays", "R18", "src/toml/arrays.py", "T1"),
    "T7": ("Tables", "R19 R21", "src/toml/tables.py", "T2"),
    "T8": ("Inline tables", "R20", "src/toml/inline.py", "T2"),
}
"""As a planner cut the first version: title, requirements, paths, needs."""


@pytest.fixture
def old() -> Spec:
    return parse(OLD, name="toml.md")


@pytest.fixture
def new() -> Spec:
    text = OLD
    for before, after in EDITS:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return parse(text, name="toml.md")


@pytest.fixture
def lock(old: Spec) -> Lock:
    """As it was committed after the first version was built."""
    tasks = tuple(
        LockedTask(
            id=id_,
            team="core",
            title=title,
            goal=f"{title}, as the spec has them.",
            requirements=tuple(requirements.split()),
            owns=tuple(owns.split()),
            needs=tuple(needs.split()),
            commit=f"commit of {id_}",
        )
        for id_, (title, requirements, owns, needs) in TASKS.items()
    )
    built = replace(lock_spec(old), teams=(LockedTeam(id="core", purpose="the parser"),), tasks=tasks)
    return read_lock(write_lock(built))


def scripted(edit: Edit, previous: Plan) -> tuple[Verb, ...]:
    """A planner that keeps what it may and makes one new task of each task that is touched."""
    touched = touched_tasks(previous, edit)
    said: list[Verb] = []
    for task in previous.tasks:
        said.append(Keep(task=task.id))
        if task.id in touched:
            again = tuple(id_ for id_ in task.requirements if id_ in edit.dirty)
            said.append(New(task=replace(task, id=f"{task.id}9", requirements=again, needs=(task.id,))))
    return tuple(said)


def view(spec: Spec) -> SpecView:
    keys = requirement_keys(spec)
    made = spec_view(spec)
    return replace(made, requirements=tuple(replace(each, key=keys[each.id]) for each in made.requirements))


def about(findings: Iterable[Finding]) -> set[str | None]:
    return {finding.task for finding in findings}


def keys_of(plan: Plan, spec: Spec) -> dict[str, str]:
    given = Surroundings(checks=check_keys(spec), prompt="1", ladder=("flash",))
    return {task.id: action_key(task, view(spec), given) for task in plan.tasks}


def test_a_lock_remembers_the_plan(lock: Lock) -> None:
    out = LockedTask(id="T9", team="tidy", title="Out", removes=("R30",), minutes=4.0, checks=("R1.c1",))
    plan = plan_of(read_lock(write_lock(replace(lock, tasks=(*lock.tasks, out)))))
    assert [task.id for task in plan.tasks] == [*TASKS, "T9"]
    assert (plan.tasks[-1].removes, plan.tasks[-1].minutes, plan.tasks[-1].checks) == (("R30",), 4.0, ("R1.c1",))
    assert [(team.id, team.purpose) for team in plan.teams] == [("core", "the parser"), ("tidy", "")]


def test_the_edit_touches_three_of_eight_tasks(lock: Lock, new: Spec) -> None:
    changes = compare(lock, new)
    assert changes.changed == ("R9", "R16", "R20")
    assert changes.checks_changed == ("R20.c1",) == recheck(changes, new)
    edit = edit_of(changes, new)
    assert edit.dirty == {"R9", "E2", "R16", "R17", "R20"}
    assert touched_tasks(plan_of(lock), edit) == {"T3", "T5", "T8"}


def test_every_task_whose_requirements_did_not_change_is_kept(lock: Lock, new: Spec) -> None:
    edit = edit_of(compare(lock, new), new)
    previous, done = plan_of(lock), landed_in(lock)
    assert needs_planner(previous, edit)
    said = scripted(edit, previous)
    assert guard(previous, said, edit, landed=done) == ()
    assert check_whole(whole(previous, said), view(new), (), landed=done) == ()
    to_do = carry(previous, said, known=edit.known, landed=done)
    assert [(task.id, task.requirements, task.needs) for task in to_do.tasks] == [
        ("T39", ("R9", "E2"), ()),
        ("T59", ("R16", "R17"), ()),
        ("T89", ("R20",), ()),
    ]
    kept = [task for task in whole(previous, said).tasks if task.id in TASKS]
    assert kept == list(previous.tasks)


@pytest.mark.parametrize("victim", ["T1", "T2", "T4", "T6", "T7"])
def test_a_planner_that_touches_another_task_is_refused(lock: Lock, new: Spec, victim: str) -> None:
    edit = edit_of(compare(lock, new), new)
    previous = plan_of(lock)
    good = scripted(edit, previous)
    without = tuple(verb for verb in good if verb != Keep(task=victim))
    again = New(task=replace(previous.task(victim), id="T99"))
    assert about(guard(previous, without, edit)) == {victim}
    assert about(guard(previous, (*without, Drop(task=victim), again), edit)) == {victim}
    assert about(guard(previous, (*good, again), edit)) == {"T99"}


def test_the_action_keys_of_untouched_tasks_stay(lock: Lock, old: Spec, new: Spec) -> None:
    before, after = keys_of(plan_of(lock), old), keys_of(plan_of(lock), new)
    assert {id_ for id_ in before if before[id_] != after[id_]} == {"T3", "T5", "T8"}


def test_a_new_layout_keeps_everything_and_asks_nobody(lock: Lock, old: Spec) -> None:
    text = OLD.replace("- **R2** A `#` outside a string", "- **R2** A `#`\n  *outside* a string").replace(
        "# toml: read configuration files\n", "# toml: read configuration files\n\nMany people need this.\n"
    )
    spec = parse(text, name="toml.md")
    changes = compare(lock, spec)
    edit = edit_of(changes, spec)
    assert changes == Changes()
    assert not needs_planner(plan_of(lock), edit)
    assert carry(plan_of(lock), keep_all(plan_of(lock)), landed=landed_in(lock)).tasks == ()
    assert keys_of(plan_of(lock), spec) == keys_of(plan_of(lock), old)


def test_a_term_touches_the_tasks_that_lean_on_it(lock: Lock) -> None:
    spec = parse(OLD.replace("LF, or CR followed by LF", "LF, or CR"), name="toml.md")
    edit = edit_of(compare(lock, spec), spec)
    assert edit.dirty == {"R1", "E1", "R12", "R18"}
    assert touched_tasks(plan_of(lock), edit) == {"T1", "T3", "T6"}


def test_an_interface_touches_its_owner_and_its_consumers(lock: Lock) -> None:
    spec = parse(OLD.replace("    line: int", "    line: int\n    column: int"), name="toml.md")
    edit = edit_of(compare(lock, spec), spec)
    assert (edit.dirty, edit.interfaces) == ({"R4"}, {"src/toml/__init__.py"})
    assert touched_tasks(plan_of(lock), edit) == {"T1"}


def test_a_removed_requirement_is_taken_out_by_a_task(lock: Lock) -> None:
    line = "- **R18** Arrays MUST allow newlines and a trailing comma.\n"
    spec = parse(OLD.replace(line, ""), name="toml.md")
    edit = edit_of(compare(lock, spec), spec)
    previous = plan_of(lock)
    out = Task(id="T9", team="core", title="Remove arrays", goal="Out.", owns=("src/toml/arrays.py",))
    verbs: list[Verb] = [Drop(task="T6") if task.id == "T6" else Keep(task=task.id) for task in previous.tasks]
    assert [found.message[:31] for found in guard(previous, verbs, edit)] == ["R18 is gone from the spec and i"]
    verbs.append(New(task=out, removes=("R18",)))
    assert guard(previous, verbs, edit) == ()
    assert check_whole(whole(previous, verbs, known=edit.known), view(spec), (), landed=landed_in(lock)) == ()
    assert carry(previous, verbs, known=edit.known).tasks == (out,)
