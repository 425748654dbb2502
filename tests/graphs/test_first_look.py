"""A worker's own test run, where the tests near its change come first."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agentctl.bench.sim.world import World
from agentctl.orchestrator.graphs.driver import Driver
from agentctl.orchestrator.nouns.events import Judged
from agentctl.orchestrator.nouns.plan import Plan
from agentctl.orchestrator.nouns.verdicts import Expectation
from agentctl.orchestrator.ports import Job, Move, Workspace


class _Looks:
    """Finds something near the first time that it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, float]] = []

    async def reasons(
        self, tree: str, *, before: str, expectation: Expectation, priority: float = 0.0
    ) -> tuple[str, ...]:
        assert not expectation.tests  # the tables of this world know none
        self.asked.append((tree, before, priority))
        return ("near::test failed", "only a part was run") if len(self.asked) == 1 else ()


class _Tests:
    """A worker that tests twice before it submits."""

    def __init__(self, worker: Any, judged: Callable[[], int]) -> None:
        self._worker = worker
        self._judged = judged
        self.heard: list[tuple[bool, str, int]] = []
        self.work, self.has_begun, self.tell = worker.work, worker.has_begun, worker.tell

    async def act(self, job: Job, workspace: Workspace, *, turn: int, test: Any) -> Move:
        move: Move = await self._worker.act(job, workspace, turn=turn, test=test)
        for _ in range(2):
            passed, told = await test()
            self.heard.append((passed, told, self._judged()))
        return move


def test_what_fails_near_the_change_is_heard_before_anything_is_judged(
    make_world: Callable[..., World], plan_of: Callable[..., Plan]
) -> None:
    world, looks, workers = make_world(plan=plan_of(())), _Looks(), list[_Tests]()
    make_driver = world.driver

    def judged() -> int:
        facts = [event.fact for event in world.store.events()]
        return sum(isinstance(each, Judged) and each.key is not None for each in facts)

    def driver() -> Driver:
        made = make_driver()
        workers.append(_Tests(made.parts.worker, judged))
        made.parts = replace(made.parts, first_look=looks, worker=workers[-1])
        return made

    world.driver = driver  # type: ignore[method-assign]
    world.live()
    early, late = workers[0].heard
    assert early == (False, "near::test failed\n\nonly a part was run", 0)
    assert (late[0], late[2]) == (True, 1)
    (attempt,) = world.store.attempts("T1")
    assert attempt.state == "landed"
    tree, before, priority = looks.asked[0]
    assert (before, tree != before, priority > 0) == (attempt.base_tree, True, True)
