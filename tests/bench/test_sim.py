"""The doubles that whole runs are simulated with: they have to be as strict as what they stand for."""

import asyncio
import itertools

import pytest
from agentctl.bench.sim.git import MemoryGit
from agentctl.bench.sim.loop import Deadlock, VirtualClock, run_virtually
from agentctl.bench.sim.plans import random_plan, spec_of
from agentctl.bench.sim.workspaces import MemoryWorkspaces
from agentctl.orchestrator.errors import GitError
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.ports import Git, TreeEntry, Workspaces
from agentctl.orchestrator.rules.critical_path import topological
from agentctl.orchestrator.rules.plan_check import check_plan


def test_a_virtual_hour_passes_at_once_and_in_order() -> None:
    async def main() -> tuple[list[str], float]:
        clock, order = VirtualClock(), list[str]()

        async def wait(seconds: float) -> None:
            await clock.sleep(seconds)
            order.append(f"{seconds:g}")

        await asyncio.gather(wait(3600), wait(1), wait(60))
        return order, clock.monotonic()

    assert run_virtually(main()) == (["1", "60", "3600"], 3600.0)


def test_a_wait_that_nothing_can_end_is_a_deadlock_and_not_a_hang() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock):
        run_virtually(main())


async def tree(git: MemoryGit, **files: str) -> str:
    entries = {name: TreeEntry(mode="100644", id=await git.write(text.encode())) for name, text in files.items()}
    return await git.amend_tree(None, entries)


async def test_two_sides_that_change_different_files_merge_and_the_same_file_conflicts() -> None:
    git: MemoryGit = MemoryGit()
    base = await tree(git, a="1", b="1", c="1")
    ours = await tree(git, a="2", b="1", c="1")
    merged = await git.merge(base=base, ours=ours, theirs=await tree(git, a="1", b="2"))
    assert merged.tree == await tree(git, a="2", b="2")
    clash = await git.merge(base=base, ours=ours, theirs=await tree(git, a="3", b="1", c="1"))
    assert (clash.tree, clash.conflicts) == (None, ("a",))
    same = await git.merge(base=base, ours=ours, theirs=ours)
    assert same.tree == ours


async def test_a_ref_moves_by_compare_and_swap_and_only_to_a_commit() -> None:
    git: Git = MemoryGit()
    empty = await git.amend_tree(None, {})
    first = await git.commit(tree=empty, parents=[], message="first", at=0.0)
    second = await git.commit(tree=empty, parents=[first], message="second", at=1.0)
    branch = "refs/heads/x"
    assert await git.move_ref(branch, new=first, old=None)
    assert not await git.move_ref(branch, new=second, old=None)
    assert await git.move_ref(branch, new=second, old=first)
    assert await git.refs("refs/heads") == {branch: second}
    assert [message for _, message in await git.log(since=first, tip=second)] == ["second"]
    with pytest.raises(GitError):
        await git.move_ref(branch, new="0" * 40, old=second)


async def test_a_dead_process_writes_nothing() -> None:
    class Dead(BaseException):
        pass

    def dead() -> None:
        raise Dead

    git = MemoryGit(dead)
    for write in (git.write(b"x"), git.commit(tree="t", parents=[], message="m", at=0.0)):
        with pytest.raises(Dead):
            await write
    with pytest.raises(Dead):
        await git.move_ref("refs/heads/x", new="c", old=None)
    assert (git.blobs, git.commits, git.branches) == ({}, {}, {})


async def test_a_workspace_is_its_tree_until_it_is_written_to_and_restored() -> None:
    git = MemoryGit()
    start = await tree(git, a="1")
    rooms: Workspaces = MemoryWorkspaces(git)
    workspace = await rooms.open(AttemptKey(task="T1"), start)
    assert await workspace.snapshot() == start
    workspace.write("b", b"2")
    assert await workspace.snapshot() == await tree(git, a="1", b="2")
    await workspace.restore(start)
    assert list(workspace.paths()) == ["a"]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("density", [0.0, 0.3, 1.0])
def test_a_random_plan_is_a_dag_that_covers_its_spec(seed: int, density: float) -> None:
    plan = random_plan(seed=seed, tasks=20, density=density)
    assert check_plan(plan, spec_of(plan), ()) == ()
    assert len(topological(plan)) == 20
    edges = sum(len(task.needs) for task in plan.tasks)
    most = sum(min(8, number) for number in range(20))
    assert edges == {0.0: 0, 1.0: most}.get(density, edges)


def test_random_plans_differ_by_seed() -> None:
    plans = [random_plan(seed=seed, tasks=20, density=0.3) for seed in range(3)]
    assert all(one != other for one, other in itertools.combinations(plans, 2))
