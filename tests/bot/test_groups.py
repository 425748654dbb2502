"""Commits of the forge's merge queue: what is judged, and what is reported whatever comes of it."""

import pytest
from agentctl.orchestrator.errors import DiskFull, SandboxUnavailable
from agentctl.orchestrator.nouns.delivery import Opened
from agentctl.orchestrator.nouns.forge import CheckState
from agentctl.orchestrator.nouns.forge_facts import PullStands
from agentctl.orchestrator.nouns.happenings import GroupQueued
from agentctl.orchestrator.rules.run_checks import GATE, QUEUE

from .acts import World

BRANCH = "gh-readonly-queue/main/pr-{}-" + "0" * 40


async def hear(world: World, sha: str, branch: str) -> str:
    return await world.acting.act(world.delivery(GroupQueued(sha=sha, branch=branch)))


async def queued(world: World, *, of: int = 9) -> tuple[str, str, str]:
    """A group on top of the slice of a run, which is pull request 3: its commit, its tree and its branch."""
    await world.built()
    head = world.push(f"agentctl/{world.run.run}/core", {"src/t1.py": "x\n"})
    world.facts(PullStands(pull=Opened(name="core", number=3, url="", head=head, base="main")))
    branch = BRANCH.format(of)
    sha = world.push(branch, {"src/else.py": "x\n"}, base=f"agentctl/{world.run.run}/core")
    return sha, world.git(world.work, "rev-parse", f"{sha}^{{tree}}"), branch


def states(world: World, sha: str) -> dict[str, CheckState]:
    return {each.name: each.state for each in world.forge.checked if each.sha == sha}


@pytest.mark.parametrize(("verdict", "state"), [(True, "success"), (False, "failure")])
async def test_a_tree_with_a_slice_of_ours_is_judged_once_and_reported(
    world: World, state: CheckState, *, verdict: bool
) -> None:
    world.verdict = verdict
    sha, tree, branch = await queued(world)
    for _ in range(2):
        assert await hear(world, sha, branch) == f"our checks on {sha[:10]} say {state}"
    assert world.judged == [(tree, ("core",))]
    assert states(world, sha) == {GATE: state, QUEUE: state}
    assert f"put_check {GATE} running" in world.forge.writes


async def test_a_squashed_slice_is_known_by_the_number_in_the_name_of_the_group(world: World) -> None:
    await queued(world)
    sha = world.push(BRANCH.format(3), {"src/t1.py": "squashed\n"})
    assert (await hear(world, sha, BRANCH.format(3))).endswith("say success")
    assert len(world.judged) == 1


async def test_a_group_without_a_slice_of_ours_is_neutral_and_holds_up_nobody(world: World) -> None:
    await queued(world)
    sha = world.push(BRANCH.format(8), {"src/other.py": "x\n"})
    assert (await hear(world, sha, BRANCH.format(8))).endswith("say neutral")
    assert (world.judged, states(world, sha)) == ([], {GATE: "neutral", QUEUE: "neutral"})


async def test_a_group_that_was_made_anew_is_left_alone(world: World) -> None:
    sha, _, branch = await queued(world)
    world.push(branch, {"src/else.py": "y\n"})
    assert "in the place of" in await hear(world, sha, branch)
    assert (world.judged, world.forge.checked) == ([], [])


async def test_what_cannot_be_judged_is_a_failure_that_says_why(world: World) -> None:
    world.verdict = SandboxUnavailable("install bubblewrap")
    sha, _, branch = await queued(world)
    assert (await hear(world, sha, branch)).endswith("say failure")
    assert all("install bubblewrap" in each.summary for each in world.forge.checked)
    world.verdict = DiskFull("no room")
    with pytest.raises(DiskFull):
        await hear(world, sha, branch)
