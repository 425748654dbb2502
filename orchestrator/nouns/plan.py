"""What is to be done: requirements as the orchestrator sees them, tasks, teams, and the plan that joins them."""

from dataclasses import dataclass
from typing import Literal

from .questions import Question

Tier = Literal["flash", "pro", "ultra"]
Strength = Literal["MUST", "SHOULD", "MAY"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One normative sentence of the spec; ``key`` changes when its meaning may have changed."""

    id: str
    text: str
    key: str
    strength: Strength = "MUST"
    preserve: bool = False
    """An invariant: behaviour that is there and has to stay."""
    terms: tuple[tuple[str, str], ...] = ()
    """The terms of the spec that it leans on, each with its meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedTest:
    """A test file that the gate lays over a tree, so that no worker can weaken it.

    ``tests`` are the ids pytest gives its tests (``path::name``); ``secret`` marks a holdout, which is judged but
    never enters a workspace and never lands.
    """

    check: str
    requirements: tuple[str, ...]
    path: str
    text: str
    tests: tuple[str, ...]
    secret: bool = False
    key: str = ""
    """`specs.keys.check_key`: unlike the text it does not change when the check moves in the spec."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecPicture:
    """A picture that the spec shows; whether there is one is for others to find out."""

    path: str
    """As written: relative to the folder of the spec, or an address."""
    alt: str
    line: int
    item: str = ""
    """The requirement it belongs to; empty where it belongs to none, or to all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredInterface:
    """A stub of Python, TypeScript or JavaScript in the spec: what the file at ``path`` has to declare."""

    path: str
    text: str
    frozen: bool = True
    """False for names that a sentence mentions, whose signatures nobody wrote out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecView:
    """A spec as far as the orchestrator needs it; `specs` makes it, nobody here parses markdown."""

    id: str
    digest: str
    title: str
    text: str
    requirements: tuple[Requirement, ...]
    locked: tuple[LockedTest, ...] = ()
    fixtures: tuple[str, ...] = ()
    """Paths of the input files that the spec carries; they are part of the first base."""
    pictures: tuple[SpecPicture, ...] = ()
    owns: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    gate: tuple[str, ...] = ()
    source: str = ""
    """The file as it was read, with the code of its holdouts; never shown to a model, see orchestrator.curtain."""
    questions: tuple[Question, ...] = ()
    """What the author left open; asked before anything is planned, unless a default was given."""
    small: bool = False
    """A one-line change: one task, no planner, no approval."""
    interfaces: tuple[DeclaredInterface, ...] = ()
    settled: tuple[str, ...] = ()
    """Requirements that need no test: a person decides them, they are measured, or they were excused from a check."""
    allow_deps: tuple[str, ...] = ()
    """Packages that may be added to a manifest, or get other versions there, without asking a person."""
    allow_paths: tuple[str, ...] = ()
    """Globs of guarded files that a task which owns them may change without asking a person."""
    before: tuple["SpecView", ...] = ()
    """What it said before each sentence that a person added during the run, the oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One worker's job: what to do, for which requirements, in which paths, after which other tasks."""

    id: str
    team: str
    title: str
    goal: str
    requirements: tuple[str, ...] = ()
    owns: tuple[str, ...] = ()
    """Globs relative to the root of the repository; a trailing ``/**`` owns a folder."""
    needs: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    """Check ids of the spec that are locked to this task; set by code, not by the planner."""
    minutes: float = 1.0
    """The planner's estimate of the wall time of one good attempt."""
    removes: tuple[str, ...] = ()
    """Requirements that an edit took out of the spec, and whose work this task takes out."""
    ladder: tuple[str, ...] = ()
    """Who tries it, rung by rung; empty for its team's ladder."""
    reverts: str = ""
    """The task whose landing it takes back; no model works on it."""
    broad: bool = False
    """It needs all that was there when it was added, whether it builds on that or not."""
    follows: str = ""
    """The commit of the base branch that it brings; no model works on it."""

    @property
    def by_code(self) -> bool:
        """Whether its patch is made by code, and is none of the work that was asked for."""
        return bool(self.reverts or self.follows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A part of the code and the workers on it."""

    id: str
    purpose: str
    ladder: tuple[str, ...] = ()
    """Who tries its tasks, rung by rung; empty for the run's ladder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A DAG of tasks, grouped in teams."""

    summary: str
    teams: tuple[Team, ...]
    tasks: tuple[Task, ...]
    notes: tuple[str, ...] = ()
    """What the planner wants the person to know; shown at approval."""
    kept: tuple[Task, ...] = ()
    """Of an edited spec: the tasks that are done and stay as they are."""
    dropped: tuple[str, ...] = ()
    """Of an edited spec: the tasks that new ones replace, or that nothing needs any more."""

    def task(self, task_id: str) -> Task:
        """The task of that id; raises KeyError where there is none."""
        for task in self.tasks:
            if task.id == task_id:
                return task
        raise KeyError(task_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """What one strong agent would take for the whole spec; ``tried`` counts the attempts that this is learned from."""

    minutes: float
    usd: float | None
    """None where the price is not known."""
    tried: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a plan may cost, shown before it is approved: likely figures, not caps."""

    calls: int
    usd: float | None
    """None where the price is not known (desk, a local model)."""
    minutes: float
    critical_path: tuple[str, ...]
    gain: float = 1.0
    """The minutes of one worker after another over those of the team."""
    alone: Alone | None = None
    """What the team is to be better than; None for a plan of one task."""
    outside_cap: str = ""
    """Models whose price nobody knows and no cap holds, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with a plan, in words a planner or a person can act on."""

    task: str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A symbol about which two tasks that may run at the same time are likely to disagree; it blocks nothing."""

    symbol: str
    """``load``, ``Store.put``, or the path of a file that goes."""
    tasks: tuple[str, str]
    """Who changes it and who relies on it; or two that are both told to write it."""
    message: str
    strong: bool = False
    """Said so clearly that the planner is asked once to think again."""
    defined_at: str = ""
    """``src/store.py:12``; empty where it is not there yet."""
    used_at: str = ""
