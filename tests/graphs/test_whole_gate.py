"""At the end of a run whose landings were judged by parts of the gate, the whole gate judges the tip."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from agentctl.bench.sim.loop import run_virtually
from agentctl.bench.sim.world import World
from agentctl.orchestrator.nouns.events import Judged
from agentctl.orchestrator.nouns.verdicts import GateReport, Verdict


class Whole:
    """Says one thing of every tree, and remembers which it was asked about."""

    def __init__(self, world: World, *, passes: bool) -> None:
        self._store = world.store
        self._passes = passes
        self.judged: list[str] = []

    async def report(self, tree: str, **_: object) -> GateReport:
        raise NotImplementedError

    async def judge(self, tree: str, **_: object) -> Verdict:
        self.judged.append(tree)
        reasons = () if self._passes else ("tests/b/test_b.py::test_it failed",)
        verdict = Verdict(tree=tree, gate="whole", passed=self._passes, reasons=reasons, gates=("a", "b"))
        self._store.append(Judged(verdict=verdict, report=self._store.put_blob("{}"), key=None), author="gate")
        return verdict


@pytest.mark.parametrize("passes", [True, False])
def test_a_run_is_done_only_if_the_whole_gate_is_green(make_world: Callable[..., World], *, passes: bool) -> None:
    world = make_world(seed=2)
    driver = world.driver()
    whole = Whole(world, passes=passes)
    driver.parts = replace(driver.parts, whole=whole)

    async def drive() -> None:
        person = asyncio.create_task(world.attend())
        await driver.drive(wait=True)
        person.cancel()

    run_virtually(drive())
    run = world.store.run()
    assert whole.judged == [world.store.landings()[-1].tree]
    assert run.state == ("done" if passes else "failed")
    assert run.reason == ("" if passes else "the whole gate is red: tests/b/test_b.py::test_it failed")
