"""When threads are looked at, and what the trouble of one means to the others."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import pytest
from agentctl.cli.bot.at import Others
from agentctl.cli.bot.book import Thread
from agentctl.cli.bot.rounds import Round, Rounds
from agentctl.cli.repository import OpenRun, opened
from agentctl.orchestrator.errors import ForgeAway, ForgeRefused, RunStateError
from agentctl.orchestrator.forge.port import Forge
from agentctl.orchestrator.nouns.events import TaskMoved
from agentctl.orchestrator.nouns.forge import RepoName
from agentctl.orchestrator.nouns.policy import Policy

from .conftest import Scene

GONE = RepoName(owner="acme", name="gone")


@dataclass
class Door:
    """What the rounds are given; ``looks`` counts how often a forge was asked for."""

    scene: Scene
    errors: dict[RepoName, Exception] = field(default_factory=dict)
    looks: list[RepoName] = field(default_factory=list)

    async def forge(self, repo: RepoName) -> Forge:
        self.looks.append(repo)
        if repo in self.errors:
            raise self.errors[repo]
        return self.scene.forge

    async def policy(self, forge: Forge, thread: Thread) -> Policy:
        assert forge.repo == thread.repo
        return Policy()

    def run(self, thread: Thread) -> AbstractContextManager[OpenRun]:
        if thread.run == "missing":
            raise RunStateError("there is no run missing")
        return opened(self.scene.folder)

    def rounds(self) -> Rounds:
        others = Others(bring=self.scene.bring, amend=self.scene.amend, may_merge=self.scene.may_merge)
        given = Round(forge=self.forge, policy=self.policy, run=self.run, others=others)
        return Rounds(book=self.scene.book, round=given, clock=self.scene.clock.now)

    def looked(self) -> int:
        count = len(self.looks)
        self.looks.clear()
        return count


@pytest.fixture
def door(scene: Scene) -> Door:
    return Door(scene)


def bind(scene: Scene, run: str, repo: RepoName) -> None:
    scene.book.bind(
        Thread(repo=repo, number=9, run=run, pull=False, by="ada", sha="", base="main", spec="", at=scene.clock.at)
    )


async def test_the_forge_is_left_alone_while_nothing_presses(scene: Scene, door: Door) -> None:
    rounds, looks = door.rounds(), []
    for _ in range(6):
        scene.clock.at += await rounds.tick()
        looks.append(door.looked())
    assert looks[0] == 1
    assert sum(looks) == 1


async def test_what_presses_is_told_at_the_next_tick(scene: Scene, door: Door) -> None:
    rounds = door.rounds()
    await rounds.tick()
    door.looked()
    scene.plan()
    assert await rounds.tick() == 2.0
    assert door.looked() == 1
    scene.say(TaskMoved(task="T1", state="working"))
    await rounds.tick()
    assert door.looked() == 0
    scene.clock.at += 21
    await rounds.tick()
    assert "| `T1` | Say hello | works |" in scene.sticky()


async def test_a_poke_is_a_look(scene: Scene, door: Door) -> None:
    rounds = door.rounds()
    await rounds.tick()
    rounds.poke(scene.forge.repo)
    await rounds.tick()
    assert door.looked() == 2


@pytest.mark.parametrize("error", [ForgeRefused("no"), ForgeAway("away"), ZeroDivisionError(), OSError("disk")])
async def test_the_trouble_of_one_thread_does_not_stop_the_others(scene: Scene, door: Door, error: Exception) -> None:
    bind(scene, "a1", GONE)
    bind(scene, "missing", scene.forge.repo)
    door.errors[GONE] = error
    rounds = door.rounds()
    await rounds.tick()
    assert "is being planned" in scene.sticky()
    assert set(rounds.trouble()) == {"a1", "missing"}


async def test_trouble_is_tried_again_with_growing_pauses(scene: Scene, door: Door) -> None:
    door.errors[scene.forge.repo] = ForgeRefused("no")
    rounds, waits = door.rounds(), []
    for _ in range(7):
        waits.append(await rounds.tick())
        scene.clock.at += waits[-1]
    assert waits == [30.0, 60.0, 120.0, 240.0, 480.0, 900.0, 900.0]
    door.errors.clear()
    await rounds.tick()
    assert rounds.trouble() == {}


async def test_a_forge_that_wants_patience_gets_it_for_all_threads_there(scene: Scene, door: Door) -> None:
    bind(scene, "a1", GONE)
    bind(scene, "a2", GONE)
    door.errors[GONE] = ForgeAway("slow down", seconds=500.0)
    rounds = door.rounds()
    await rounds.tick()
    assert door.looks.count(GONE) == 1
    scene.clock.at += 400
    rounds.poke(GONE)
    await rounds.tick()
    assert door.looks.count(GONE) == 1
    scene.clock.at += 101
    await rounds.tick()
    assert door.looks.count(GONE) == 2


async def test_threads_that_are_over_are_not_looked_at(scene: Scene, door: Door) -> None:
    scene.finish("cancelled")
    rounds = door.rounds()
    await rounds.tick()
    assert door.looked() == 1
    assert await rounds.tick() == 60.0
    assert door.looked() == 0


async def test_a_new_process_looks_at_every_thread_and_writes_nothing_anew(
    scene: Scene, door: Door, another: Callable[..., Scene]
) -> None:
    del another
    await door.rounds().tick()
    before = list(scene.forge.writes)
    await door.rounds().tick()
    assert door.looked() == 2
    assert scene.forge.writes == before
