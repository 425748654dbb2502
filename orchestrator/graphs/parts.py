"""The parts a run is made of, as one value: the wiring makes it, the graphs read it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..brake import Brake
from ..contracting import Shelf
from ..ending import Tracing
from ..lineage import Lineage
from ..nouns.plan import SpecView
from ..nouns.runs import RunSettings
from ..ports import (
    Clock,
    Consulted,
    Critic,
    FirstLook,
    Gate,
    Git,
    Lead,
    Planner,
    Random,
    Runners,
    Store,
    Worker,
    Workspaces,
)
from ..reuse import Advised, Find, nothing, unadvised
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
    whole: Gate | None = None
    """Judges the end of a run where ``gate`` leaves parts out; None where it leaves out nothing."""
    first_look: FirstLook | None = None
    """Runs the tests that a change concerns before all others; None where all of them are run at once."""
    prober: Prober | None = None
    """Looks for what the spec leaves open; None where nothing is probed."""
    critic: Critic | None = None
    """Reads green patches before they land; None where nobody does."""
    lead: Lead | None = None
    """Writes the contracts of teams; None where none are written."""
    consulted: Consulted | None = None
    """Sees workers' questions before a person does; None where persons are asked at once."""
    contract_shelf: Shelf | None = None
    """Keeps contracts for later runs."""
    runners: Runners | None = None
    """Says what runs tests of TypeScript and JavaScript; without it that is node."""
    lineage: Lineage | None = None
    """What an earlier run of the spec left."""
    find_patch: Find = nothing
    version: str = ""
    """Of the prompts and guides, for action keys."""
    advised: Advised = unadvised
