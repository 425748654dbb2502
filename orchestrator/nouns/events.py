"""Immutable facts. Everything the projections know was said by one of these first.

An event on disk is its envelope (`Event`) and its fact as JSON; ``SCHEMA`` is raised when a fact's meaning changes, and
orchestrator.store.migrations brings older ones forward. Facts only ever gain fields that have defaults.
"""

from dataclasses import dataclass
from typing import Literal

from .contract import Contract
from .forge_facts import PullRebuilt, PullStands
from .hand_facts import (
    Amended,
    AutonomySet,
    CancelAsked,
    FollowAsked,
    LessonJudged,
    PathsAllowed,
    PauseAsked,
    PauseEnded,
    Preferred,
    RetryAsked,
    RevertAsked,
    Reverted,
    Steered,
    Submitted,
    TaskGivenBack,
    TaskTaken,
    Widened,
    WorkTreeMade,
)
from .keys import AttemptKey
from .notices import HumanNeeded
from .plan import Conflict, Estimate, Plan
from .questions import Question
from .runs import Evidence, Landing, RunSettings, RunState, TaskState
from .verdicts import Verdict

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCreated:
    """A run began. ``spec_blob`` is the spec's text as it was read."""

    run: str
    spec_id: str
    spec_blob: str
    title: str
    base: str
    settings: RunSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMoved:
    """The run's state changed."""

    state: RunState
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan was proposed, or edited; it is not yet approved."""

    plan: Plan
    estimate: Estimate
    conflicts: tuple[Conflict, ...] = ()
    """What code foresees of tasks that may run at the same time, by what they change and rely on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRefused:
    """A proposal went back to the planner, which tries again; ``number`` counts the run's refused ones from 1."""

    number: int
    reasons: tuple[str, ...]
    """What was found, or what a person said of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanApproved:
    """The latest plan is what will be built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contracted:
    """A lead wrote, and code accepted, what a team's tasks offer and must pass."""

    contract: Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlocked:
    """A lead wrote these tests of a task on an answer that a person has overruled since: they bind nobody any more."""

    task: str
    checks: tuple[str, ...]
    question: str
    """The key of the question whose answer holds now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskMoved:
    """A task's state changed; ``needs`` are dependencies added by a clash."""

    task: str
    state: TaskState
    reason: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStarted:
    """A worker took a task on a base that timing cannot change."""

    key: AttemptKey
    rung: str
    base_tree: str
    decisions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """A worker's tools ran; ``text`` is for the progress display only."""

    key: AttemptKey
    turn: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patched:
    """An attempt's tree was read back under the tree policy and kept by a ref."""

    key: AttemptKey
    patch: str
    tree: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutMoved:
    """One of several rollouts waits for a person, or goes on; its task is parked while all that go on are."""

    key: AttemptKey
    state: Literal["working", "parked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A critic read a green patch. It blocks, or what it said is kept with the landing."""

    key: AttemptKey
    turn: int
    blocked: str = ""
    """Why it goes back to its worker; empty where it goes on to the queue."""
    notes: tuple[str, ...] = ()
    """Advice, which blocks nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEnded:
    """An attempt will not go on; its tree stays under its ref."""

    key: AttemptKey
    state: Literal["landed", "failed", "lost"]
    reason: str = ""
    clash: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The gate spoke. ``report`` is the blob of the full GateReport, ``key`` is empty for the base and for groups."""

    verdict: Verdict
    report: str
    key: AttemptKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionRaised:
    """A worker wants to know something: its lead sees it first, and what is asked already is not asked again."""

    key: AttemptKey
    question: Question
    """In the worker's own words; who is asked may be asked in others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked:
    """Something only a person can decide; asking what is already asked changes nothing."""

    question: Question


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswered:
    """A person, or a rule standing in for one, replied. The envelope's author says who."""

    key: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A worker was told an answer: from here on its attempt is built on it."""

    key: AttemptKey
    question: str
    """The key of the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRaised:
    """A person allowed more."""

    usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingIntended:
    """The queue is about to move the branch from ``old`` to ``new``; what git says afterwards decides."""

    old: str
    new: str
    landings: tuple[Landing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """The branch moved; each of these patches is part of it now."""

    landings: tuple[Landing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFound:
    """A requirement's check spoke on a tree that landed."""

    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Something only timing decided; a replay obeys it."""

    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something a person should see in the log: drift, a fallback, a repair at start."""

    text: str


Fact = (
    RunCreated
    | RunMoved
    | Planned
    | PlanRefused
    | PlanApproved
    | Contracted
    | Unlocked
    | TaskMoved
    | AttemptStarted
    | Acted
    | Patched
    | RolloutMoved
    | Reviewed
    | AttemptEnded
    | Judged
    | QuestionRaised
    | QuestionAsked
    | QuestionAnswered
    | Heard
    | Widened
    | Amended
    | RevertAsked
    | FollowAsked
    | Reverted
    | BudgetRaised
    | LandingIntended
    | Landed
    | EvidenceFound
    | Chosen
    | CancelAsked
    | Noted
    | LessonJudged
    | Steered
    | PauseAsked
    | PauseEnded
    | RetryAsked
    | TaskTaken
    | WorkTreeMade
    | TaskGivenBack
    | PathsAllowed
    | Submitted
    | Preferred
    | AutonomySet
    | HumanNeeded
    | PullStands
    | PullRebuilt
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact in its envelope."""

    seq: int
    """1, 2, 3, ... without gaps within a run."""
    at: float
    """Seconds since the epoch."""
    author: str
    """``person:NAME``, ``planner``, ``worker``, ``gate``, ``queue``, ``driver``, ``notifier``, or ``policy:NAME``."""
    cause: int | None
    """The sequence number of the event that led to this one."""
    schema: int
    fact: Fact
