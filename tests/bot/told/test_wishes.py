"""Which pull request a fix is about: what the book says of remarks and of red checks, as far as that is still open."""

from agentctl.cli import repository
from agentctl.cli.bot.wishes import wishes_of
from agentctl.orchestrator.nouns.delivery import Opened
from agentctl.orchestrator.nouns.forge_facts import PullStands
from agentctl.orchestrator.placing import Wishes

from .conftest import BEGUN, RUN, Scene


async def opened(scene: Scene) -> tuple[int, int]:
    """Two pull requests of a run that is done, as bringing left them; returns their numbers."""
    scene.plan()
    scene.land("T1")
    scene.land("T2", on="shell", below="core")
    scene.finish()
    await scene.look()
    numbers = tuple(sorted(scene.forge.requests))
    for name, number in zip(("core", "shell"), numbers, strict=True):
        scene.say(PullStands(pull=Opened(name=name, number=number, url="u", head="h", base="main")))
    return numbers[0], numbers[1]


async def wishes(scene: Scene) -> Wishes:
    with repository.opened(scene.folder) as run:
        return await wishes_of(scene.forge, scene.book, scene.thread, run)


async def test_a_remark_and_a_review_are_about_the_pull_request_that_they_stand_in(scene: Scene) -> None:
    core, shell = await opened(scene)
    for key, run, pull, requirement in (
        ("remark:5", RUN, shell, "R1"),
        ("review:6", RUN, core, "R2"),
        ("remark:7", "another", core, "R1"),
    ):
        scene.book.keep(key, {"run": run, "pull": pull, "requirement": requirement}, at=BEGUN)
    assert await wishes(scene) == Wishes(about={"T1": "shell", "T2": "core"})


async def test_a_repair_is_about_the_pull_request_whose_check_was_red(scene: Scene) -> None:
    core, shell = await opened(scene)
    scene.ci(scene.forge.requests[core].head_sha, "success")
    scene.ci(scene.forge.requests[shell].head_sha, "failure", log="boom")
    await scene.look()
    assert await wishes(scene) == Wishes(about={"T11": "shell"})


async def test_what_was_merged_or_closed_a_moment_ago_is_said_to_be_shut(scene: Scene) -> None:
    core, _ = await opened(scene)
    await scene.forge.close(core)
    assert await wishes(scene) == Wishes(shut=frozenset({"core"}))


async def test_what_was_kept_without_its_pull_request_or_has_no_task_yet_is_placed_by_what_it_changes(
    scene: Scene,
) -> None:
    core, _ = await opened(scene)
    scene.book.keep("remark:5", {"run": RUN, "requirement": "R1"}, at=BEGUN)
    scene.book.keep("remark:6", {"run": RUN, "requirement": "R9", "pull": core}, at=BEGUN)
    scene.book.keep("remark:7", {"run": RUN, "requirement": "R2", "pull": 99}, at=BEGUN)
    assert await wishes(scene) == Wishes()
