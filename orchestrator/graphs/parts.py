"""The parts a run is made of, as one value: the wiring makes it, the graphs read it."""

from dataclasses import dataclass

from ..brake import Brake
from ..nouns.plan import SpecView
from ..nouns.runs import RunSettings
from ..ports import Clock, Gate, Git, Planner, Random, Store, Worker, Workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Adapters or doubles for every port, and what was decided before the run started."""

    run: str
    spec: SpecView
    base: str
    """The commit the run starts from."""
    settings: RunSettings
    store: Store
    git: Git
    gate: Gate
    workspaces: Workspaces
    planner: Planner
    worker: Worker
    clock: Clock
    random: Random
    brake: Brake
