"""A disk without room stops the run; what was done stays, and a run that is driven again goes on."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from agentctl.bench.sim.fate import Saver
from agentctl.bench.sim.loop import run_virtually
from agentctl.bench.sim.world import World
from agentctl.orchestrator.errors import DiskFull
from agentctl.orchestrator.nouns.runs import AttemptStatus
from agentctl.orchestrator.nouns.verdicts import GateReport, Verdict
from agentctl.orchestrator.ports import Gate, Job, Move, TestRun, Worker, Workspace

FULL = "the disk under /some/where has 9 MB free: make room there, then `agentctl resume`"


class OnAFullDisk:
    """A gate whose disk has room for so many judgements."""

    def __init__(self, gate: Gate, *, judgements: int) -> None:
        self._gate = gate
        self._left = judgements

    async def report(self, tree: str, **more: object) -> GateReport:
        self._take()
        return await self._gate.report(tree, **more)

    async def judge(self, tree: str, **more: object) -> Verdict:
        self._take()
        return await self._gate.judge(tree, **more)

    def _take(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise DiskFull(FULL)


class Slow(Saver):
    """Checkpoints on a disk that takes seconds: what is said of the full disk comes late."""

    def __init__(self, world: World) -> None:
        super().__init__(world.fate.guard)
        self._clock = world.clock
        self.storage, self.writes, self.blobs = world.saver.storage, world.saver.writes, world.saver.blobs

    async def aput_writes(self, *given: Any, **more: Any) -> None:
        await self._clock.sleep(3.0)
        await super().aput_writes(*given, **more)


def attempts(world: World) -> list[AttemptStatus]:
    return [attempt for status in world.store.tasks() for attempt in world.store.attempts(status.task.id)]


@pytest.mark.parametrize("judgements", [0, 1, 3, 5, 8])
def test_a_full_disk_ends_the_drive_with_its_words_blames_nobody_and_a_resume_goes_on(
    make_world: Callable[..., World], judgements: int
) -> None:
    world = make_world(seed=2)
    driver = world.driver()
    driver.parts = replace(driver.parts, gate=OnAFullDisk(driver.parts.gate, judgements=judgements))
    with pytest.raises(DiskFull, match="make room there, then `agentctl resume`"):
        run_virtually(driver.drive(wait=True))
    assert world.store.questions(only_open=True) == ()
    assert "failed" not in {attempt.state for attempt in attempts(world)}
    run = world.live()
    assert run is not None
    assert run.state == "done"
    assert world.violations() == []
    assert {attempt.key.attempt for attempt in attempts(world)} == {1}


class NoRoom:
    """A worker whose workspace cannot be written."""

    def __init__(self, worker: Worker) -> None:
        self.work, self.has_begun, self.tell = worker.work, worker.has_begun, worker.tell

    async def act(self, job: Job, workspace: Workspace, *, turn: int, test: TestRun) -> Move:
        del job, workspace, turn, test
        raise DiskFull(FULL)


def test_it_is_told_also_where_the_graph_takes_long_to_hand_it_on(make_world: Callable[..., World]) -> None:
    world = make_world(seed=2)
    driver = world.driver()
    driver.saver = Slow(world)
    driver.parts = replace(driver.parts, worker=NoRoom(driver.parts.worker))
    with pytest.raises(DiskFull, match="make room there"):
        run_virtually(driver.drive(wait=True))
    assert world.store.run().state == "building"
