"""What reviewers are answered in the threads of their remarks."""

from agentctl.orchestrator.nouns.events import TaskMoved
from agentctl.orchestrator.nouns.forge import Account, Remark

from .conftest import BEGUN, RUN, Scene


async def remarked(scene: Scene, *, count: int = 1, **deed: str) -> int:
    """A pull request of a done run, on which somebody remarked; returns its number."""
    scene.plan()
    scene.land("T1")
    scene.finish()
    await scene.look()
    (number,) = scene.forge.requests
    for id_ in range(100, 100 + count):
        scene.forge.remarked.setdefault(number, []).append(
            Remark(
                id=id_,
                thread=id_,
                path="T1.py",
                line=1,
                body="why?",
                author=Account(login="grace"),
                commit="c",
                created_at=BEGUN,
                updated_at=BEGUN,
            )
        )
        scene.book.keep(f"remark:{id_}", {"requirement": "R2", **deed}, at=BEGUN)
    scene.finish("building")
    return number


def replies(scene: Scene, number: int) -> list[tuple[int, str]]:
    found = [each for each in scene.forge.remarked[number] if each.author.login == scene.forge.me]
    return [(each.thread, each.body.partition("\n\n<!--")[0]) for each in found]


async def test_a_thread_is_answered_with_the_commit_once_it_is_pushed(scene: Scene) -> None:
    number = await remarked(scene)
    await scene.look()
    assert replies(scene, number) == []
    sha = scene.land("T2")
    await scene.look()
    assert replies(scene, number) == []
    scene.finish()
    await scene.look()
    await scene.look()
    assert replies(scene, number) == [(100, f"Settled by {sha[:10]} Do T2 (`R2`).")]


async def test_a_commit_that_is_made_anew_on_another_fix_below_it_is_named_by_its_new_id(scene: Scene) -> None:
    number = await remarked(scene)
    scene.land("T2", on="shell", below="core")
    scene.finish()
    await scene.look()
    scene.land("T11")
    scene.git("rebase", "-q", "--onto", f"agentctl/{RUN}/core", f"agentctl/{RUN}/core~1", f"agentctl/{RUN}/shell")
    scene.git("checkout", "-q", "main")
    scene.finish()
    await scene.look()
    anew = scene.git("rev-parse", f"agentctl/{RUN}/shell")
    assert replies(scene, number) == [(100, f"Settled by {anew[:10]} Do T2 (`R2`).")]
    writes = scene.forge.writes
    await scene.look()
    assert scene.forge.writes == writes


async def test_what_was_not_done_is_answered_with_why_and_later_with_the_commit(scene: Scene) -> None:
    number = await remarked(scene)
    scene.say(TaskMoved(task="T2", state="dropped", reason="@grace it clashes"))
    await scene.look()
    assert replies(scene, number) == [(100, "Not done: @&#8203;grace it clashes.")]
    sha = scene.land("T2")
    scene.finish()
    await scene.look()
    assert replies(scene, number) == [(100, f"Settled by {sha[:10]} Do T2 (`R2`).")]


async def test_new_comments_come_one_a_minute(scene: Scene) -> None:
    number = await remarked(scene, count=3)
    scene.land("T2")
    scene.finish()
    told = []
    for _ in range(5):
        await scene.look(after=31)
        told.append(len(replies(scene, number)))
    assert told == [0, 1, 1, 2, 2]


async def test_what_another_run_was_asked_is_not_answered_here(scene: Scene) -> None:
    number = await remarked(scene, run="other1")
    scene.land("T2")
    scene.finish()
    await scene.look()
    assert replies(scene, number) == []
