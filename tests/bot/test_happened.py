"""Messages that command nothing: what is kept of them, and who is told what."""

from dataclasses import replace

import pytest
from agentctl.cli.bot.clones import root_of
from agentctl.cli.bot.home import Home
from agentctl.orchestrator.nouns.events import RunMoved
from agentctl.orchestrator.nouns.forge import Account, Pull, RepoName
from agentctl.orchestrator.nouns.happenings import (
    CheckEnded,
    Happening,
    Opened,
    PullMoved,
    Pushed,
    RepositoryMoved,
)

from .acts import SPEC, TOML, World

ADA, ME = Account(login="ada"), Account(login="agentctl[bot]", bot=True)


async def hear(world: World, happening: Happening) -> str:
    return await world.acting.act(world.delivery(happening))


async def slice_of(world: World) -> Pull:
    await world.built()
    world.push(f"agentctl/{world.run.run}/core", {"src/t1.py": "x\n"})
    return await world.pull_by(world.forge.me, f"agentctl/{world.run.run}/core")


@pytest.mark.parametrize(("forced", "what"), [(True, "rewrote this branch"), (False, "pushed to this branch")])
async def test_a_push_of_somebody_to_a_branch_of_ours_is_kept_and_told_once(
    world: World, what: str, *, forced: bool
) -> None:
    pull = await slice_of(world)
    pushed = Pushed(branch=pull.head, before="a" * 40, after="b" * 40, forced=forced, by=ADA)
    await hear(world, pushed)
    await hear(world, pushed)
    (told,) = world.replies(pull.number)
    assert what in told
    assert "nothing of ours overwrites them" in told
    kept = world.book.deed(f"foreign:{world.run.run}:{pull.head}")
    assert isinstance(kept, dict)
    assert (kept["after"], kept["forced"], kept["by"]) == ("b" * 40, forced, "ada")


async def test_our_own_push_is_not_told(world: World) -> None:
    pull = await slice_of(world)
    await hear(world, Pushed(branch=pull.head, before="a" * 40, after="b" * 40, forced=True, by=ME))
    assert world.replies(pull.number) == []
    assert world.book.deeds("foreign:") == {}


async def test_that_the_base_of_a_run_moved_is_kept(world: World) -> None:
    await world.built()
    told = await hear(world, Pushed(branch="main", before="a" * 40, after="b" * 40, forced=False, by=ADA))
    assert told == "the base of 1 runs moved"
    assert world.book.deed(f"base:{world.run.run}") == {"branch": "main", "after": "b" * 40}
    assert "nothing here" in await hear(
        world, Pushed(branch="other", before="a" * 40, after="b" * 40, forced=False, by=ADA)
    )


async def test_that_the_base_of_a_run_was_rewritten_is_kept_also_where_polling_found_it(world: World) -> None:
    await world.built()
    before = world.git(world.work, "rev-parse", "main")
    after = world.push("main", {"more.txt": "x\n"})
    key = f"rewritten:{world.run.run}"
    await hear(world, Pushed(branch="main", before=before, after=after, forced=False, by=ADA))
    assert world.book.deed(key) is None
    world.git(world.work, "checkout", "-q", "main")
    world.git(world.work, "reset", "-q", "--hard", before)
    other = world.push("main", {"other.txt": "x\n"})
    await hear(world, Pushed(branch="main", before=after, after=other, forced=False, by=ADA))
    assert world.book.deed(key) == other


async def test_who_edits_the_issue_that_a_run_is_built_from_is_told_how_to_build_it_anew(world: World) -> None:
    number = await world.built()
    await hear(world, Opened(number=number, pull=False, by=ADA, action="edited"))
    world.facts(RunMoved(state="done"))
    await hear(world, Opened(number=number, pull=False, by=ADA, action="edited"))
    (told,) = world.replies(number)
    assert told.startswith(f"Run `{world.run.run}` was built from the text as it was. `/agentctl run` builds")
    other = world.forge.issue_by("eve", "Else", SPEC)
    await hear(world, Opened(number=other.number, pull=False, by=ADA, action="edited"))
    assert world.replies(other.number) == []


async def test_what_was_built_on_a_pull_request_goes_where_that_was_merged_to(world: World) -> None:
    world.push("main", {"agentctl.toml": TOML})
    world.push("wish", {"specs/two.md": SPEC})
    pull = await world.pull_by("ada", "wish")
    await world.say("ada", pull.number, "/agentctl run")
    assert world.book.threads()[0].base == "wish"
    world.forge.requests[pull.number] = replace(pull, state="merged")
    await hear(world, PullMoved(number=pull.number, action="merged", by=ADA))
    assert [each.base for each in world.book.threads()] == ["main"]


async def test_a_renamed_repository_keeps_its_runs_and_one_that_is_gone_closes_them(world: World) -> None:
    await world.built()
    await hear(world, RepositoryMoved(name="acme/barn"))
    (thread,) = world.book.threads()
    assert thread.repo == RepoName(owner="acme", name="barn")
    assert world.book.deed("clone:github.com/acme/barn") == str(world.root)
    world.forge.name = thread.repo
    await hear(world, RepositoryMoved(name="acme/barn", gone=True))
    assert world.book.threads() == ()
    assert len(world.book.threads(also_over=True)) == 2


async def test_whoever_bears_the_old_name_of_a_repository_gets_a_clone_of_its_own(world: World) -> None:
    await world.built()
    home, old, new = Home(path=world.tmp / "home"), world.forge.repo, RepoName(owner="acme", name="barn")
    assert root_of(home, world.book, old) == world.root
    for _ in range(2):  # a message may be worked off again
        await hear(world, RepositoryMoved(name="acme/barn"))
        assert root_of(home, world.book, new) == world.root
        assert root_of(home, world.book, old) == world.root.with_name("shed+2")
        assert [each.repo for each in world.book.threads()] == [new]
    world.forge.name = new
    await hear(world, RepositoryMoved(name="acme/shed"))
    assert root_of(home, world.book, old) == world.root
    assert root_of(home, world.book, new) == home.clone(new)


async def test_a_check_that_ended_is_nothing_to_act_on(world: World) -> None:
    assert await hear(world, CheckEnded(sha="a" * 40, name="ci", state="failure")) == "no command"
