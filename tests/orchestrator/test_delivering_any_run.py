"""Whatever landed, and whatever is red alone: what a delivery points at was judged, and is the run in the end."""

import asyncio
from collections.abc import Collection, Mapping

from agentctl.bench.sim.git import MemoryGit
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.delivery import Cut
from agentctl.orchestrator.nouns.plan import Plan, Task, Team
from agentctl.orchestrator.ports import TreeEntry
from agentctl.orchestrator.rules.slicing import chain
from agentctl.orchestrator.store.sqlite import SqliteStore
from hypothesis import given, settings
from hypothesis import strategies as st

from .deliveries import History, begun

Row = tuple[str, frozenset[int], int | None]
"""Team, places of the tasks it needs, and the shared file it changes."""
TEAMS = ("core", "web", "all")


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """Tasks that need earlier ones; who changes a shared file needs whoever changed it last."""
    found: list[Row] = []
    last: dict[int, int] = {}
    for place in range(draw(st.integers(1, 7))):
        needs = set(draw(st.lists(st.integers(0, place - 1), max_size=2))) if place else set()
        shared = draw(st.sampled_from([None, None, 0, 1]))
        if shared is not None:
            needs |= {last[shared]} if shared in last else set()
            last[shared] = place
        found.append((draw(st.sampled_from(TEAMS)), frozenset(needs), shared))
    return found


async def landed(found: list[Row], *, ground: bool, lock: bool, fixes: int) -> tuple[History, MemoryGit]:
    git = MemoryGit()
    tasks = tuple(
        Task(id=f"T{n}", team=team, title=f"Do T{n}", goal="g", needs=tuple(f"T{m}" for m in sorted(needs)))
        for n, (team, needs, _) in enumerate(found)
    )

    async def tree_of(commit: str) -> str:
        return git.commits[commit][0] if commit in git.commits else commit

    async def lines(old: str, new: str) -> Mapping[str, tuple[int, int]]:
        return dict.fromkeys(await git.changed(old, new), (60, 0))

    async def nowhere() -> Collection[str]:
        return ()

    git.tree_of = tree_of  # type: ignore[method-assign]  # real git takes a tree for its own as well
    entry = TreeEntry(mode="100644", id=await git.write(b"readme"))
    base = await git.commit(tree=await git.amend_tree(None, {"README": entry}), parents=[], message="base", at=0.0)
    plan = Plan(summary="", teams=tuple(Team(id=team, purpose=team) for team in TEAMS), tasks=tasks)
    store = SqliteStore(None, clock=SystemClock(), redact=str, blobs=None)
    run = await begun(git, store, plan, base=base, lines=lines, checked_out=nowhere)
    if ground:
        await run.begins_at({"stub": "s"})
    for n, (_, _, shared) in enumerate(found):
        files = {f"own{n}": "x"} | ({f"shared{shared}": f"by {n}"} if shared is not None else {})
        if n >= len(found) - fixes:
            run.adds(f"T{n}")
        await run.lands(f"T{n}", files)
        if lock:
            await run.commit({"shop.lock": f"by {n}"}, "Trace")
    return run, git


def holds(cuts: tuple[Cut, ...], run: History, git: MemoryGit, found: list[Row]) -> None:
    slices = [each.slice for each in cuts]
    assert sorted(task for each in slices for task in each.tasks) == sorted(f"T{n}" for n in range(len(found)))
    for each in cuts:
        below = {task for part in chain(each.slice.name, slices) for task in part.tasks}
        assert {f"own{task[1:]}" for task in below} == {p for p in git.trees[each.tree] if p.startswith("own")}
        own = [task for task in each.slice.tasks if task not in run.fixes]
        assert all(f"T{m}" in below for task in own for m in found[int(task[1:])][1])
    judged = set(run.gate.judged)
    heads = [commit for commit in git.pointed_at if commit in {each.head for each in cuts}]
    assert all(git.commits[commit][0] in judged for commit in heads)
    assert all(not run.gate.red(frozenset(git.trees[each.tree])) for each in cuts)
    whole: dict[str, TreeEntry] = dict(git.trees[git.commits[run.base][0]])
    for each in cuts:
        before = git.trees[git.commits[each.base][0]]
        whole |= {path: entry for path, entry in git.trees[each.tree].items() if before.get(path) != entry}
    assert whole == git.trees[git.commits[run.tip][0]]


@settings(max_examples=60, deadline=None)
@given(
    rows(),
    st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=3),
    st.sampled_from([0.0, 10.0]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 3),
)
def test_what_a_delivery_points_at_was_judged_and_comes_to_the_run(
    found: list[Row],
    apart: set[tuple[int, int]],
    minutes: float,
    ground: bool,  # noqa: FBT001 - drawn
    lock: bool,  # noqa: FBT001 - drawn
    fixes: int,
) -> None:
    async def play() -> None:
        run, git = await landed(found, ground=ground, lock=lock, fixes=fixes)

        def red(paths: frozenset[str]) -> str:
            there = [(a, b) for a, b in apart if f"own{a}" in paths and f"own{b}" not in paths and b < len(found)]
            return f"{there} are apart" if there else ""

        run.gate.red = red
        cuts = await run.cut(minutes)
        holds(cuts, run, git, found)
        assert await run.cut(minutes) == cuts

    asyncio.run(play())
