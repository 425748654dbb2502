"""How landings are cut into slices: teams, owners, minutes, stacks."""

from collections.abc import Collection, Sequence

from agentctl.orchestrator.nouns.delivery import Slice
from agentctl.orchestrator.rules.slicing import (
    Portion,
    arranged,
    chain,
    grounded,
    hosts,
    joined,
    shares,
    slices,
    unique,
)
from hypothesis import given
from hypothesis import strategies as st


def portions(*rows: str) -> list[Portion]:
    """``"T1 core"``, ``"T2 shell T1 @ada 300"``: task, team, needs, owners, lines of code; in landing order."""
    made: list[Portion] = []
    for order, row in enumerate(rows, start=1):
        task, team, *rest = row.split()
        lines = next((int(word) for word in rest if word.isdigit()), 1)
        made.append(
            Portion(
                task=task,
                team=team,
                order=order,
                needs=frozenset(word for word in rest if word.startswith("T")),
                changed={f"src/{task}.py": (lines, 0)},
                owners=frozenset(word for word in rest if word.startswith("@")),
            )
        )
    return made


def told(found: Sequence[Slice]) -> list[str]:
    """``core T1 T3 < base``, for comparing."""
    return [f"{each.name} {' '.join(each.tasks)} < {each.on or 'base'}" for each in found]


def test_there_is_a_slice_for_each_team_in_the_order_of_landing() -> None:
    found = slices(portions("T1 core", "T2 shell", "T3 core"))
    assert told(found) == ["core T1 T3 < base", "shell T2 < base"]


def test_a_slice_is_stacked_on_what_it_needs() -> None:
    found = slices(portions("T1 core", "T2 docs", "T3 shell T1"))
    assert told(found) == ["core T1 < base", "docs T2 < base", "shell T3 < core"]


def test_teams_that_need_each_other_by_turns_are_cut_where_they_do() -> None:
    found = slices(portions("T1 core", "T2 shell T1", "T3 core T2", "T4 shell T3"))
    assert told(found) == ["core T1 < base", "shell T2 < core", "core-2 T3 < shell", "shell-2 T4 < core-2"]


def test_what_needs_two_slices_puts_them_in_one_line() -> None:
    found = slices(portions("T1 core", "T2 web", "T3 shell T1 T2"))
    assert told(found) == ["core T1 < base", "web T2 < core", "shell T3 < web"]


def test_a_line_that_stands_already_stays_as_it_is() -> None:
    found = slices(portions("T1 core", "T2 web", "T3 shell T1", "T4 app T2 T3"))
    assert told(found) == ["core T1 < base", "shell T3 < core", "web T2 < shell", "app T4 < web"]


def test_other_owners_are_another_slice() -> None:
    found = slices(portions("T1 core @ada", "T2 core @bob", "T3 core @ada"))
    assert told(found) == ["core T1 T3 < base", "core-2 T2 < base"]
    assert [each.owners for each in found] == [("@ada",), ("@bob",)]


def test_a_slice_that_takes_too_long_to_read_is_cut_between_tasks() -> None:
    rows = portions("T1 core 60", "T2 core 60", "T3 core 60")
    assert told(slices(rows, minutes=20)) == ["core T1 T2 < base", "core-2 T3 < base"]
    assert told(slices(rows)) == ["core T1 T2 T3 < base"]


def test_a_task_that_is_too_long_alone_is_a_slice_alone_and_says_so() -> None:
    first, second = slices(portions("T1 core 600", "T2 core"), minutes=30)
    assert first.tasks == ("T1",)
    assert first.notes == ("T1 alone takes about 90 minutes to read; a task is one commit and is not cut.",)
    assert second.notes == ()


def test_names_are_made_for_branches_and_no_two_are_equal() -> None:
    found = slices(portions("T1 all", "T2 Core/../x", "T3 core-x", "T4 ./.."))
    assert [each.name for each in found] == ["all-2", "core-x", "core-x-2", "slice"]
    assert unique("x" * 99, []) == "x" * 40


def test_two_that_become_one_take_in_what_stands_between_them() -> None:
    dealt = shares(portions("T1 core", "T2 shell T1", "T3 app T2", "T4 docs"))
    found = joined(dealt, 2, 0, why="app is red alone")
    assert told(arranged(found)) == ["core T1 T2 T3 < base", "docs T4 < base"]
    assert arranged(found)[0].notes == ("app is red alone",)


def test_what_all_start_from_is_part_of_the_first_slice_or_a_slice_of_its_own() -> None:
    stubs = {"src/stub.py": (2, 0)}
    stacked = slices(portions("T1 core", "T2 shell T1"))
    assert told(grounded(stacked, stubs)) == ["core T1 < base", "shell T2 < core"]
    assert grounded(stacked, stubs)[0].paths == ("src/T1.py", "src/stub.py")
    apart = slices(portions("T1 core", "T2 start"))
    assert told(grounded(apart, stubs)) == ["start-2  < base", "core T1 < start-2", "start T2 < start-2"]
    assert grounded(apart, {}) == apart


def test_a_fix_joins_the_slice_that_it_is_about_however_long_that_gets() -> None:
    rows = portions("T1 core 60", "T2 shell T1", "T3 core T1 T2 60 @bob")
    assert told(slices(rows)) == ["core T1 < base", "shell T2 < core", "core-2 T3 < shell"]
    beside = {"T3": "T1"}
    assert told(slices(rows, minutes=10, beside=beside)) == ["core T1 T3 < base", "shell T2 < core"]


def test_what_comes_after_a_fix_stands_on_it() -> None:
    rows = portions("T1 core", "T2 shell T1", "T3 core T1 T2", "T4 web T3", "T5 core T1 T2 T3 T4")
    found = slices(rows, beside={"T3": "T2", "T5": "T1"})
    assert told(found) == ["core T1 T5 < base", "shell T2 T3 < core", "web T4 < shell"]


def changing(task: str, *paths: str, needs: str = "", team: str = "core") -> Portion:
    changed = dict.fromkeys(paths, (1, 0))
    return Portion(task=task, team=team, order=int(task[1:]), needs=frozenset(needs.split()), changed=changed)


def test_a_fix_belongs_to_the_lowest_slice_that_holds_the_files_it_changes() -> None:
    rows = [
        changing("T1", "a.py", "b.py"),
        changing("T2", "c.py", needs="T1", team="shell"),
        changing("T3", "d.py", team="docs"),
    ]
    fixes = {
        ("b.py", "new.py"): {"T4": "T1"},
        ("c.py",): {"T4": "T2"},
        ("a.py", "c.py"): {"T4": "T2"},
        ("a.py", "d.py"): {},  # neither holds both
        ("new.py",): {},
    }
    needs = "T1 T2 T3"
    found = {fix: hosts([*rows, changing("T4", *fix, needs=needs)], added={"T4"}, said={}) for fix in fixes}
    assert found == fixes


def test_what_is_known_of_a_fix_goes_before_what_it_changes_and_what_is_shut_takes_none() -> None:
    rows = [changing("T1", "a.py"), changing("T2", "b.py", team="shell"), changing("T3", "a.py", needs="T1 T2")]
    assert hosts(rows, added=(), said={}) == {}
    assert hosts(rows, added={"T3"}, said={"T3": "T2"}) == {"T3": "T2"}
    assert hosts(rows, added={"T3"}, said={"T3": ""}) == {}
    assert hosts(rows, added={"T3"}, said={}, shut={"T1"}) == {}


@st.composite
def landings(draw: st.DrawFn) -> list[Portion]:
    """Any landings: teams, owners and sizes at will, and needs that landed before."""
    made: list[Portion] = []
    for order in range(1, draw(st.integers(1, 12)) + 1):
        before = [each.task for each in made]
        made.append(
            Portion(
                task=f"T{order}",
                team=draw(st.sampled_from(["core", "web", "docs", "all"])),
                order=order,
                needs=frozenset(draw(st.lists(st.sampled_from([*before, "T99"]), max_size=3))),
                changed={f"src/{draw(st.integers(0, 5))}.py": (draw(st.integers(0, 200)), draw(st.integers(0, 9)))},
                owners=frozenset(draw(st.lists(st.sampled_from(["@a", "@b"]), max_size=2))),
            )
        )
    return made


def holds(found: Sequence[Slice], given_: Sequence[Portion], leaning: Collection[str] = ()) -> None:
    """What has to be true of every cut; of tasks that are ``leaning`` what they need may be elsewhere."""
    assert sorted(task for each in found for task in each.tasks) == sorted(each.task for each in given_)
    assert len({each.name for each in found}) == len(found)
    seen: set[str] = {""}
    needs = {each.task: each.needs for each in given_}
    for each in found:
        assert each.on in seen
        seen.add(each.name)
        inside: set[str] = {task for below in chain(each.on, found) for task in below.tasks} if each.on else set()
        for task in each.tasks:
            assert task in leaning or needs[task] & needs.keys() <= inside
            inside.add(task)


@given(landings(), st.sampled_from([0.0, 5.0, 30.0]))
def test_each_landing_is_in_one_slice_on_top_of_all_that_it_needs(given_: list[Portion], minutes: float) -> None:
    found = slices(given_, minutes=minutes)
    holds(found, given_)
    for each in found:
        assert len({portion.team for portion in given_ if portion.task in each.tasks}) == 1
        assert not minutes or each.minutes <= minutes or len(each.tasks) == 1


@given(landings(), st.data(), st.sampled_from([0.0, 5.0]))
def test_each_fix_is_in_the_slice_of_its_host_and_all_else_stands_as_it_needs(
    given_: list[Portion], data: st.DataObject, minutes: float
) -> None:
    tasks = [each.task for each in given_]
    fixes = data.draw(st.lists(st.sampled_from(range(len(tasks))), unique=True))
    beside = {tasks[n]: data.draw(st.sampled_from(tasks[:n])) for n in fixes if n}
    found = slices(given_, minutes=minutes, beside=beside)
    holds(found, given_, beside)
    where = {task: each.name for each in found for task in each.tasks}
    assert all(where[fix] == where[host] for fix, host in beside.items())
    assert all(list(each.tasks) == sorted(each.tasks, key=tasks.index) for each in found)


@given(landings(), st.data())
def test_a_fix_has_a_host_that_landed_before_and_is_not_shut(given_: list[Portion], data: st.DataObject) -> None:
    tasks = [each.task for each in given_]
    added = data.draw(st.sets(st.sampled_from(tasks)))
    shut = data.draw(st.sets(st.sampled_from(tasks)))
    found = hosts(given_, added=added, said={}, shut=shut)
    assert found.keys() <= added
    assert all(tasks.index(host) < tasks.index(fix) and host not in shut for fix, host in found.items())
    holds(slices(given_, beside=found), given_, found)


@given(landings(), st.data())
def test_joining_ends_in_one_slice_and_every_step_holds(given_: list[Portion], data: st.DataObject) -> None:
    dealt = shares(given_, minutes=5.0)
    while len(dealt) > 1:
        first, second = data.draw(st.permutations(range(len(dealt))))[:2]
        before = len(dealt)
        dealt = joined(dealt, first, second, why="they clash")
        assert len(dealt) < before
        holds(arranged(dealt), given_)
    assert dealt[0].tasks == tuple(each.task for each in given_)
