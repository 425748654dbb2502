"""Where a fix goes: into the slice that it is about, as one more commit; on top only where it cannot be there."""

import pytest
from agentctl.orchestrator.nouns.delivery import Cut, Opened
from agentctl.orchestrator.nouns.events import Judged
from agentctl.orchestrator.nouns.forge_facts import PullStands
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.verdicts import Verdict
from agentctl.orchestrator.placing import Wishes

from .deliveries import History, Make

LINES = "".join(f"{n}\n" for n in range(9))


async def begun(make: Make) -> History:
    """Two teams, of which one builds on the other and one does not; two fixes will follow."""
    needs = "T1 T2 T3"
    run = await make("T1 core", "T2 shell T1", "T3 docs", f"T4 added {needs}", f"T5 added {needs} T4")
    await run.lands("T1", {"src/a.py": LINES})
    await run.lands("T2", {"src/b.py": LINES})
    await run.lands("T3", {"docs/c.md": LINES})
    for task in ("T4", "T5"):
        run.adds(task)
    return run


def told(cuts: tuple[Cut, ...]) -> list[tuple[str, tuple[str, ...], str]]:
    return [(each.slice.name, each.slice.tasks, each.slice.on) for each in cuts]


async def commits(run: History, cut: Cut) -> list[str]:
    return [commit for commit, _ in await run.git.log(since=cut.base, tip=cut.head)]


async def test_a_fix_is_one_more_commit_on_the_branch_whose_files_it_changes(make: Make) -> None:
    run = await begun(make)
    core, shell, docs = await run.cut()
    await run.lands("T4", {"src/a.py": LINES.replace("3", "three"), "tests/test_a.py": "t\n"})
    cuts = await run.cut()
    assert told(cuts) == [("core", ("T1", "T4"), ""), ("shell", ("T2",), "core"), ("docs", ("T3",), "")]
    assert await commits(run, cuts[0]) == [core.head, cuts[0].head]
    assert (cuts[1].base, cuts[1].head != shell.head) == (cuts[0].head, True)
    assert cuts[2].head == docs.head
    assert {each.tree for each in cuts} <= set(run.gate.judged)
    assert await run.cut() == cuts


async def test_a_fix_goes_where_somebody_asked_for_it_whatever_it_changes(make: Make) -> None:
    run = await begun(make)
    await run.cut()
    await run.lands("T4", {"src/new.py": "x\n"})
    cuts = await run.cut(wishes=Wishes(about={"T4": "shell"}))
    assert told(cuts) == [("core", ("T1",), ""), ("shell", ("T2", "T4"), "core"), ("docs", ("T3",), "")]
    assert await run.cut() == cuts  # whoever delivers next knows it from the run
    assert await run.cut(wishes=Wishes(about={"T4": "core"})) == cuts


@pytest.mark.parametrize("state", ["merged", "closed", "ended"])
async def test_nothing_is_put_into_a_slice_that_is_merged_or_closed(make: Make, state: str) -> None:
    run = await begun(make)
    core, *_ = await run.cut()
    pull = Opened(name="core", number=7, url="u", head=core.head, base="main", state=state)  # type: ignore[arg-type]  # drawn
    run.store.append(PullStands(pull=pull), author="driver")
    await run.lands("T4", {"src/a.py": LINES.replace("3", "three")})
    cuts = await run.cut(wishes=Wishes(about={"T4": "core"}))
    assert told(cuts)[-1] == ("added", ("T4",), "docs")
    assert cuts[0].head == core.head
    assert cuts[-1].slice.notes == ("T4 is about core, which was merged or closed before that was built.",)
    assert await run.cut() == cuts


async def test_what_somebody_just_merged_takes_no_fix_by_its_files_either(make: Make) -> None:
    run = await begun(make)
    await run.cut()
    await run.lands("T4", {"src/a.py": LINES.replace("3", "three")})
    cuts = await run.cut(wishes=Wishes(shut=frozenset({"core"})))
    assert told(cuts)[-1] == ("added", ("T4",), "docs")
    assert await run.cut() == cuts


async def test_a_slice_that_went_into_another_one_does_not_shut_that(make: Make) -> None:
    run = await make("T1 core", "T2 core", "T4 added T1 T2")
    run.adds("T4")
    await run.lands("T1", {"src/a.py": LINES * 20})
    await run.lands("T2", {"src/b.py": LINES * 20})
    _, second = await run.cut(20)
    ended = Opened(name="core-2", number=8, url="u", head=second.head, base="main", state="ended")
    run.store.append(PullStands(pull=ended), author="driver")
    assert told(await run.cut()) == [("core", ("T1", "T2"), "")]
    await run.lands("T4", {"src/b.py": LINES})
    assert told(await run.cut()) == [("core", ("T1", "T2", "T4"), "")]


async def test_a_fix_that_is_in_a_slice_stays_there_when_that_is_merged(make: Make) -> None:
    run = await begun(make)
    await run.lands("T4", {"src/a.py": LINES.replace("3", "three")})
    cuts = await run.cut()
    assert await run.cut(wishes=Wishes(shut=frozenset({"core"}))) == cuts


async def test_a_fix_that_is_red_without_the_rest_stands_on_top_and_says_why(make: Make) -> None:
    run = await begun(make)
    core, shell, docs = await run.cut()
    await run.lands("T4", {"src/a.py": LINES.replace("3", "three"), "src/uses_b.py": "x\n"})
    run.gate.red = lambda seen: "no b" if "src/uses_b.py" in seen and "src/b.py" not in seen else ""
    cuts = await run.cut()
    assert told(cuts)[-1] == ("added", ("T4",), "docs")
    assert (cuts[0].head, cuts[1].head) == (core.head, shell.head)
    why = "T4 is about what T1 did and stands here all the same, because there the gate is red: no b"
    assert cuts[-1].slice.notes == (why,)
    assert why.replace("_", "\\_") in cuts[-1].body
    run.gate.red = lambda _: ""
    assert [each.head for each in await run.cut()] == [each.head for each in cuts]
    assert docs.slice.tasks == ("T3",)


async def test_a_fix_that_clashes_below_what_it_was_made_on_stands_on_top(make: Make) -> None:
    run = await make("T1 core", "T2 shell T1", "T4 added T1 T2")
    run.adds("T4")
    await run.lands("T1", {"src/a.py": LINES})
    await run.lands("T2", {"src/a.py": LINES.replace("3", "three")})
    await run.cut()
    await run.lands("T4", {"src/a.py": LINES.replace("3", "drei")})
    cuts = await run.cut(wishes=Wishes(about={"T4": "core"}))
    assert told(cuts) == [("core", ("T1",), ""), ("shell", ("T2",), "core"), ("added", ("T4",), "shell")]
    assert cuts[-1].slice.notes == (
        "T4 is about what T1 did and stands here all the same, because there what T4 changed clashes in src/a.py",
    )


async def test_a_fix_that_cannot_be_there_keeps_no_other_one_from_its_place(make: Make) -> None:
    run = await begun(make)
    await run.cut()
    await run.lands("T4", {"src/a.py": LINES.replace("3", "three"), "src/uses_b.py": "x\n"})
    await run.lands("T5", {"src/a.py": LINES.replace("3", "three").replace("7", "seven")})
    run.gate.red = lambda seen: "no b" if "src/uses_b.py" in seen and "src/b.py" not in seen else ""
    cuts = await run.cut()
    assert [(name, tasks) for name, tasks, _ in told(cuts)] == [
        ("core", ("T1", "T5")),
        ("shell", ("T2",)),
        ("docs", ("T3",)),
        ("added", ("T4",)),
    ]
    assert await run.cut() == cuts


async def test_slices_that_are_one_for_another_reason_take_a_fix_too(make: Make) -> None:
    run = await begun(make)
    run.gate.red = lambda seen: "docs need core" if "docs/c.md" in seen and "src/a.py" not in seen else ""
    before = await run.cut()
    assert told(before) == [("core", ("T1",), ""), ("shell", ("T2", "T3"), "core")]
    await run.lands("T4", {"src/a.py": LINES.replace("3", "three")})
    cuts = await run.cut()
    assert told(cuts) == [("core", ("T1", "T4"), ""), ("shell", ("T2", "T3"), "core")]
    assert await commits(run, cuts[0]) == [before[0].head, cuts[0].head]


async def test_the_last_slice_grows_by_a_fix_above_the_lock_that_it_ended_with(make: Make) -> None:
    run = await begun(make)
    await run.commit({"shop.lock": "one\n"}, "Trace")
    *_, docs = await run.cut()
    await run.lands("T4", {"docs/c.md": LINES.replace("3", "three")})
    await run.commit({"shop.lock": "two\n"}, "Trace")
    *_, grown = await run.cut()
    assert (grown.slice.tasks, [title for _, _, title in grown.commits]) == (
        ("T3", "T4"),
        ["Do T3", "Trace", "Do T4", "Trace"],
    )
    assert (await commits(run, grown))[:2] == await commits(run, docs)


async def test_of_the_tests_that_a_fix_saw_those_count_whose_work_is_there(make: Make) -> None:
    run = await begun(make)
    await run.lands("T4", {"src/a.py": LINES.replace("3", "three")})
    for task, tests in {"T1": "a", "T2": "a b", "T3": "c", "T4": "a b c fixed"}.items():
        attempt = run.store.attempt(AttemptKey(task=task))
        assert attempt is not None
        verdict = Verdict(tree=attempt.tree or "", gate="g", passed=True, tests=tuple(tests.split()))
        run.store.append(Judged(verdict=verdict, report="", key=attempt.key), author="gate")
    core, shell, docs = await run.cut()
    assert told((core, shell, docs))[0] == ("core", ("T1", "T4"), "")
    seen = [sorted(run.gate.expected[each.tree] - {"x", "y"}) for each in (core, shell, docs)]
    assert seen == [["a", "fixed"], ["a", "b", "fixed"], ["c"]]
