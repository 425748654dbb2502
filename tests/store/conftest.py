"""What the tests of the store share: a clock that does not move, and facts of each kind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from agentctl.orchestrator import faults
from agentctl.orchestrator.nouns.events import Planned, RunCreated
from agentctl.orchestrator.nouns.plan import Estimate, Plan, Task, Team
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.store.journal import Journal
from agentctl.orchestrator.store.sqlite import SqliteStore


class StillClock:
    """Satisfies ports.Clock; time is what the test says."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def store(tmp_path: Path, clock: StillClock) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "run.db", clock=clock, redact=str, blobs=tmp_path / "blobs") as opened:
        yield opened


@pytest.fixture
def journal(tmp_path: Path, clock: StillClock) -> Iterator[Journal]:
    with Journal(tmp_path / "calls.db", clock=clock, redact=str) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    faults.arm(None)


@pytest.fixture
def created() -> RunCreated:
    settings = RunSettings(profile="replay", repo="/repo", gate=("ruff check .",))
    return RunCreated(run="k7m2xq", spec_id="slug", spec_blob="", title="Slugs", base="b" * 40, settings=settings)


@pytest.fixture
def planned() -> Callable[..., Planned]:
    def make(*ids: str) -> Planned:
        tasks = tuple(Task(id=task, team="core", title=f"Do {task}", goal="Well.") for task in ids)
        plan = Plan(summary="A plan.", teams=(Team(id="core", purpose="Everything."),), tasks=tasks)
        return Planned(plan=plan, estimate=Estimate(calls=9, usd=0.1, minutes=3.0, critical_path=ids[:1]))

    return make
