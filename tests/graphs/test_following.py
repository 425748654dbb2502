"""A run that follows its base branch, in virtual time: what comes in, and what stands in the way."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from agentctl.bench.sim.loop import run_virtually
from agentctl.bench.sim.roles import Habits
from agentctl.bench.sim.world import RUN, World
from agentctl.orchestrator.following import came_of, decision
from agentctl.orchestrator.nouns.events import Noted
from agentctl.orchestrator.nouns.hand_facts import FollowAsked
from agentctl.orchestrator.nouns.keys import integration_branch
from agentctl.orchestrator.nouns.plan import Plan
from agentctl.orchestrator.nouns.runs import Follows
from agentctl.orchestrator.ports import TreeEntry
from agentctl.orchestrator.run_view import ground_of

from .conftest import ME, at, beside

STEADY = Habits(bad=0.0, hates=0.0, asks=0.0, seconds=(1.0, 1.0))
MAIN = "refs/heads/main"


def _end(world: World) -> str:
    run = world.live()
    assert run is not None
    return run.state


def _commit(world: World, files: Mapping[str, str | None], *, on: str = "") -> str:
    """A commit of the base branch with these files beside those of the one before; None takes one away."""
    return run_virtually(_committed(world, files, on=on))


async def _committed(world: World, files: Mapping[str, str | None], *, on: str = "") -> str:
    git = world.git
    parent = on or git.branches.get(MAIN) or world.store.run().base
    ids = {path: await git.write(text.encode()) for path, text in files.items() if text is not None}
    changes = {path: TreeEntry(mode="100644", id=ids[path]) if path in ids else None for path in files}
    tree = await git.amend_tree(await git.tree_of(parent), changes)
    commit = await git.commit(tree=tree, parents=[parent], message="Theirs", at=1.0)
    git.branches[MAIN] = commit  # a person's own branch: nobody judges what it points at
    return commit


def _asked(commit: str, *, number: int = 1, force: bool = False) -> FollowAsked:
    return FollowAsked(number=number, commit=commit, branch="main", force=force)


def _tip(world: World) -> tuple[tuple[str, ...], set[str]]:
    """The parents of the branch's commit, and the paths in it."""
    tree, parents, _ = world.git.commits[world.git.branches[integration_branch(RUN)]]
    return parents, set(world.git.trees[tree])


def _landed(world: World) -> list[str]:
    return [landing.key.task for landing in world.store.landings()]


def test_what_the_branch_has_is_merged_in_by_a_landing_that_has_it_as_a_parent(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",)), habits=STEADY)
    assert _end(world) == "done"
    before = world.git.branches[integration_branch(RUN)]
    theirs = _commit(world, {"README": "new"})
    world.store.append(_asked(theirs), author=ME)
    assert _end(world) == "done"
    assert world.violations() == []
    assert _tip(world) == ((before, theirs), {"README", "src/T1.txt", "src/T2.txt"})
    assert (_landed(world), ground_of(world.store)) == (["T1", "T2", "T3"], theirs)
    assert {each.requirement for each in world.store.evidence()} == {"R1", "R2"}
    again = _commit(world, {"README": "newer"})
    world.store.append(_asked(again, number=2), author=ME)
    assert _end(world) == "done"
    assert (_landed(world)[-1], ground_of(world.store)) == ("T4", again)


def test_lines_that_both_changed_are_named_with_the_task_and_the_commit_and_nothing_moves(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",)), habits=STEADY)
    assert _end(world) == "done"
    before = world.git.branches[integration_branch(RUN)]
    theirs = _commit(world, {"src/T2.txt": "another one"})
    world.store.append(_asked(theirs), author=ME)
    assert _end(world) == "done"
    step = decision(world.store, 1)
    assert step is not None
    assert step.refused == f"T2 and {theirs[:10]} Theirs of main changed the same lines of src/T2.txt."
    assert (world.git.branches[integration_branch(RUN)], _landed(world)) == (before, ["T1", "T2"])
    assert ground_of(world.store) == world.store.run().base


OLD = {"src/old.txt": "there"}


@pytest.mark.parametrize("content", ["there", "bad"])
def test_a_branch_that_asks_for_other_packages_is_said_to_be_judged_with_those_of_before(
    content: str, make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=STEADY, files={**OLD, "requirements.txt": "attrs==1"})
    assert _end(world) == "done"
    theirs = _commit(world, {"requirements.txt": "attrs==2", "src/old.txt": content})
    world.store.append(_asked(theirs), author=ME)
    assert _end(world) == "done"
    words = "On main requirements.txt is not as the run began with: its tests go on with the packages that it began "
    assert [words in event.fact.text for event in world.store.events() if isinstance(event.fact, Noted)] == [True]
    ((_, step, commit, reasons),) = came_of(world.store)
    assert step.manifests == ("requirements.txt",)
    assert (bool(commit), words in reasons) == ((True, False) if content == "there" else (False, True))


def test_a_base_that_makes_the_run_red_is_left_out_with_the_gates_reasons_and_the_run_ends_as_it_had(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",)), habits=STEADY, files=OLD)
    world.model.leaning = {"T2": "old"}
    assert _end(world) == "done"
    before = world.git.branches[integration_branch(RUN)]
    world.store.append(_asked(_commit(world, {"src/old.txt": None})), author=ME)
    assert _end(world) == "done"
    ((_, step, commit, reasons),) = came_of(world.store)
    assert (step.task, commit, "t::T2" in reasons) == ("T3", "", True)
    assert world.git.branches[integration_branch(RUN)] == before
    assert world.store.run().reason == ""


def test_a_base_that_is_red_itself_is_not_followed_and_one_that_let_a_test_go_is(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",)), habits=STEADY, files=OLD)
    assert _end(world) == "done"
    red = _commit(world, {"src/old.txt": "bad"})
    gone = _commit(world, {"src/old.txt": None, "src/new.txt": "there"})
    world.store.append(_asked(red), _asked(gone, number=2), author=ME)
    assert _end(world) == "done"
    (_, _, first, why), (_, _, second, _) = came_of(world.store)
    assert (first, why.startswith("main is red there: t::old passed")) == ("", True)
    assert (bool(second), _tip(world)[1]) == (True, {"src/T1.txt", "src/T2.txt", "src/new.txt"})


def test_a_rewritten_branch_is_followed_only_where_that_is_said(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of(()), habits=STEADY)
    assert _end(world) == "done"
    first = _commit(world, {"first": "1"})
    world.store.append(_asked(first), author=ME)
    assert _end(world) == "done"
    other = _commit(world, {"second": "2"}, on=world.store.run().base)
    world.store.append(_asked(other, number=2), author=ME)
    assert _end(world) == "done"
    step = decision(world.store, 2)
    assert step is not None
    assert f"main was rewritten: {other[:10]} does not stand on {first[:10]}" in step.refused
    world.store.append(_asked(other, number=3, force=True), author=ME)
    assert _end(world) == "done"
    assert _tip(world)[1] == {"second", "src/T1.txt"}


@pytest.mark.parametrize(
    ("follow", "landed"),
    [("never", ["T1", "T2", "T3"]), ("at-end", ["T1", "T2", "T3", "T4"]), ("continuous", ["T1", "T4", "T2", "T3"])],
)
def test_the_setting_has_a_branch_followed_that_moves_during_the_run(
    follow: Follows, landed: list[str], make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",), ("T2",)), habits=STEADY, follow=follow, base_branch="main")
    moved: list[str] = []

    async def push() -> None:
        await world.clock.sleep(1.2)
        moved.append(await _committed(world, {"README": "new"}))

    beside(world, push)
    assert _end(world) == "done"
    assert world.violations() == []
    assert _landed(world) == landed
    assert ground_of(world.store) == (moved[0] if follow != "never" else world.store.run().base)
    assert [wish.by for wish in world.store.hands().follows] == ["policy:follow"] * (follow != "never")


@pytest.mark.parametrize("die_at", range(1, 44, 2))
def test_a_branch_is_followed_once_wherever_the_process_dies(
    die_at: int, make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ("T1",)), habits=STEADY)
    assert _end(world) == "done"
    theirs = _commit(world, {"README": "new"})
    world.store.append(_asked(theirs), author=ME)
    world.live(die_at=die_at)
    assert _end(world) == "done"
    assert world.violations() == []
    assert (_landed(world), ground_of(world.store)) == (["T1", "T2", "T3"], theirs)
    before = world.store.landings(), world.store.tasks(), world.store.hands()
    world.store.rebuild()
    assert (world.store.landings(), world.store.tasks(), world.store.hands()) == before


def test_a_task_under_way_that_clashes_with_what_came_is_done_again_on_top_of_it(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world = make_world(plan=plan_of((), ()), habits=replace(STEADY, seconds=(4.0, 4.0)))
    theirs = _commit(world, {"src/T2.txt": "theirs"})
    at(world, 1.0, _asked(theirs))
    assert _end(world) == "done"
    assert world.violations() == []
    (again,) = [each for each in world.store.attempts("T2") if each.state == "landed"]
    assert (again.key.attempt, _landed(world)[0]) == (2, "T3")
    assert "knows:T2" in world.git.blobs[world.git.trees[again.tree or ""]["src/T2.txt"].id].decode()
