"""A run and how its parts stand: what the projections beside the event log say."""

from dataclasses import dataclass, field
from typing import Literal

from .keys import AttemptKey
from .plan import Task
from .questions import Autonomy
from .servers import ToolServer
from .services import Service

RunState = Literal["planning", "waiting", "building", "drained", "done", "failed", "cancelled"]
TaskState = Literal["blocked", "ready", "working", "parked", "queued", "landed", "dropped"]
AttemptState = Literal["working", "parked", "patched", "queued", "landed", "failed", "lost"]
"""``lost``: another rollout of the same attempt was chosen."""
Critique = Literal["on", "off", "advise"]
Follows = Literal["never", "at-end", "continuous"]
EvidenceLevel = Literal["V0", "V1", "V2", "V3"]
RunnerName = Literal["pytest", "node", "vitest", "jest", "go", "cargo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSuite:
    """A test runner that the settings name, and the folder it runs in; empty for the root."""

    runner: RunnerName
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePart:
    """A part of the gate that judges a landing only where it changes what the part is for; without paths, always."""

    name: str
    paths: tuple[str, ...] = ()
    """Globs of what it is for; its tests are too."""
    tests: tuple[str, ...] = ()
    """Files and folders of tests that run with it and not otherwise."""
    commands: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    """Names of those that run with it and not otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a run may use at once and in all."""

    workers: int = 16
    gates: int = 2
    usd: float = 5.0
    planning_usd: float = 0.5
    turns: int = 24
    """Model calls in one attempt."""
    repairs: int = 4
    """Red gates in one attempt before the next rung."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitRules:
    """Who commits, and how the repository wants its commits made."""

    author: str = ""
    """``Name <address>``; empty means the identity git is configured with."""
    sign_off: bool = False
    sign: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """Everything decided before a run starts; stored in its first event, so that a resume needs nothing else."""

    profile: str
    repo: str
    limits: Limits = field(default_factory=Limits)
    autonomy: Autonomy = "ask-blocking"
    ladder: tuple[str, ...] = ("flash", "pro")
    gate: tuple[str, ...] = ()
    """Commands judged by exit code beside the test run, those of all parts among them."""
    gates: tuple[GatePart, ...] = ()
    """Parts of the gate that not every landing needs."""
    whole_every: int = 10
    """After so many landings all parts judge the next one."""
    affected_first: int = 200
    """From so many tests on, a worker's own test run begins with those that its change concerns; 0 for never."""
    test: tuple[NamedSuite, ...] = ()
    """Test runners that are named; where there is none they are looked for."""
    services: tuple[Service, ...] = ()
    """What runs beside the tests in each run of the gate, in the order in which they start."""
    variables: dict[str, str] = field(default_factory=dict)
    """Of every command that runs in a workspace; their ports are told, ``{tmp}`` is not."""
    env_file: str = ""
    """A file of the workspaces, ignored by git, in which those variables stand too; empty for none."""
    setup: str | None = None
    egress: tuple[str, ...] | None = None
    """The hosts that setting up may reach; None for the whole network."""
    sandbox: str = "auto"
    commit: CommitRules = field(default_factory=CommitRules)
    approve: bool = False
    """``--yes``: plans are approved without asking."""
    approve_under: float | None = None
    """``--approve-under``: plans whose estimate is known and below so many dollars are approved without asking."""
    questions: int = 0
    """How many questions the probe may ask before work starts; 0 probes nothing."""
    anew: bool = False
    """``--anew``: the whole spec is planned and built, whatever earlier runs left."""
    replay: str | None = None
    record: str | None = None
    mcp: tuple[ToolServer, ...] = ()
    """Servers whose tools workers may use."""
    team_ladders: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Ladders of single teams, by team id."""
    critic: Critique = "off"
    """Whether a green patch is read by a critic before it lands; runs from before there was one have none."""
    contracts: bool = False
    """Whether leads write stubs and locked tests where the spec does not say it all; older runs have none."""
    lead_answers: bool = False
    """Whether leads see workers' questions first; older runs, and replays of them, ask persons at once."""
    advice: int = 0
    """How often a worker may ask its lead for advice in one attempt; 0 offers no such tool."""
    interrupts: int = 6
    """Questions of workers an hour that interrupt a person; what is less urgent waits for the digest."""
    wait_minutes: float = 0.0
    """How long a question with a default waits for a person before that is taken."""
    team_autonomy: dict[str, Autonomy] = field(default_factory=dict)
    """The autonomy of single teams, by team id."""
    guides: tuple[str, ...] = ()
    """Folders of the repository with guides of its own."""
    lessons: str = "agentctl.lessons.md"
    """The repository's file of lessons."""
    providers: tuple[str, ...] = ()
    """Whose models may be asked, by the repository's policy; empty for all."""
    never_send: tuple[str, ...] = ()
    """Globs of files that no model is shown, by the repository's policy."""
    follow: Follows = "never"
    """When the run follows the branch it began on by itself; older runs never do."""
    most_usd: float | None = None
    """How far a person may raise the cap, by the repository's policy; None for no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as it stands."""

    id: str
    state: RunState
    spec_id: str
    title: str
    base: str
    """The commit the run started from."""
    settings: RunSettings
    created_at: float
    finished_at: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStatus:
    """A task as it stands."""

    task: Task
    state: TaskState
    attempt: int = 0
    rung: str = ""
    activity: str = ""
    """What its worker did last, in a few words."""
    extra_needs: tuple[str, ...] = ()
    """Dependencies added because a landing clashed."""
    rollouts: tuple[AttemptState, ...] = ()
    """How the rollouts of its latest attempt stand, in their order; empty on a rung of one."""

    @property
    def over(self) -> bool:
        """Nobody works on it any more: it landed, or it was left out."""
        return self.state in ("landed", "dropped")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStatus:
    """An attempt as it stands."""

    key: AttemptKey
    state: AttemptState
    rung: str
    base_tree: str
    decisions: tuple[str, ...] = ()
    """Keys of the questions whose answers it was given."""
    patch: str | None = None
    """The commit that holds its tree."""
    tree: str | None = None
    gate: str | None = None
    """The gate hash of the latest verdict on its tree."""
    reason: str = ""
    clash: bool = False
    """It ended because of what others landed, or by a person's hand, not by itself: the same rung tries again."""

    @property
    def over(self) -> bool:
        """It goes no further."""
        return self.state in ("failed", "landed", "lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class OldPatch:
    """What a worker made of a base, in an earlier run."""

    base_tree: str
    tree: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """A patch that became part of the integration branch."""

    order: int
    key: AttemptKey
    commit: str
    tree: str
    """The tree of ``commit``; of a group only the last one was judged and pointed at."""
    patch: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why a requirement counts as met: which check said so of which tree."""

    requirement: str
    requirement_key: str
    check: str
    level: EvidenceLevel
    task: str
    commit: str
    tree: str
