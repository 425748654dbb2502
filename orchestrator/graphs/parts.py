"""The parts a run is made of, as one value: the wiring makes it, the graphs read it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..brake import Brake
from ..ending import Tracing
from ..lineage import Lineage
from ..nouns.plan import SpecView
from ..nouns.runs import RunSettings
from ..ports import Clock, Gate, Git, Planner, Random, Store, Worker, Workspaces
from ..reuse import Find, nothing
from ..rules.probing import Prober


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
    lay_input: Callable[[str], Awaitable[str]]
    """Adds the spec's input files to a tree."""
    tracing: Tracing
    prober: Prober | None = None
    """Looks for what the spec leaves open; None where nothing is probed."""
    lineage: Lineage | None = None
    """What an earlier run of the spec left."""
    find_patch: Find = nothing
    version: str = ""
    """Of the prompts and guides, for action keys."""
