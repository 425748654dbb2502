"""What agentctl.toml may hold: its tables, with their defaults and what each value can be. Pydantic; reads nothing."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ..orchestrator.nouns.questions import Autonomy
from ..orchestrator.nouns.runs import Critique, Follows, Limits, RunnerName, RunSettings
from ..orchestrator.rules import ladder as ladders
from ..orchestrator.rules.keep_days import DEFAULT_DAYS
from ..orchestrator.sandbox.egress import rule_problem
from .gate_table import GateEntries
from .notify_table import NotifyTable
from .policy_table import PolicyTable
from .server_table import Name, ServerTable
from .services_table import ServiceTable, Variables
from .table import Place, Table

_LIMITS = Limits()
_DEFAULTS = RunSettings(profile="", repo="")
_LESSONS = _DEFAULTS.lessons
_Names = Annotated[tuple[str, ...], BeforeValidator(lambda v: (v,) if isinstance(v, str) else v)]


def _climbable(ladder: tuple[str, ...]) -> tuple[str, ...]:
    if wrong := ladders.problem(ladder):
        raise ValueError(wrong)
    return ladder


_Ladder = Annotated[
    tuple[str, ...],
    Field(min_length=1),
    AfterValidator(_climbable),
    BeforeValidator(lambda v: tuple(part.strip() for part in v.split(",")) if isinstance(v, str) else v),
]
_Money = Annotated[float, Field(ge=0, allow_inf_nan=False)]


_Places = Annotated[tuple[Place, ...], BeforeValidator(lambda v: (v,) if isinstance(v, str) else v)]


def _named(given: object) -> object:
    """Refuse a tier that is written down with nothing in it: it would silently be the profile's own, paid one."""
    entries = given if isinstance(given, list | tuple) else [given]
    models = [entry.get("model", "-") if isinstance(entry, dict) and entry else entry for entry in entries]
    if not models or any(not model or (isinstance(model, str) and not model.strip()) for model in models):
        raise ValueError("name a model as PROVIDER/MODEL, or leave the line out to have the profile's own")
    return given


def _reachable(hosts: tuple[str, ...]) -> tuple[str, ...]:
    if wrong := [problem for host in hosts if (problem := rule_problem(host))]:
        raise ValueError(wrong[0])
    return tuple(map(str.lower, hosts))


_Hosts = Annotated[
    tuple[str, ...],
    AfterValidator(_reachable),
    BeforeValidator(lambda v: (v,) if isinstance(v, str) else v),
]
_Deployment = str | dict[str, str | int | float | bool | tuple[str, ...]]
_Deployments = Annotated[_Deployment | tuple[_Deployment, ...], BeforeValidator(_named)]


class LimitsTable(Table):
    """``[limits]``: what a run may use at once and in all."""

    workers: int = Field(default=_LIMITS.workers, ge=1, le=512)
    gates: int = Field(default=_LIMITS.gates, ge=1, le=64)
    usd: _Money = _LIMITS.usd
    planning_usd: _Money = _LIMITS.planning_usd
    turns: int = Field(default=_LIMITS.turns, ge=1)
    repairs: int = Field(default=_LIMITS.repairs, ge=0)


class WorkspaceTable(Table):
    """``[workspace]``: how the target is set up and confined."""

    setup: str | None = None
    sandbox: Literal["auto", "bwrap", "landlock", "seatbelt", "docker", "podman", "none"] = "auto"
    env: Variables = Field(default_factory=dict)
    env_file: Place | Literal[""] = ""


class EgressTable(Table):
    """``[egress]``: the hosts that setting up may reach; without it, the whole network."""

    allow: _Hosts | None = None


class CommitTable(Table):
    """``[commit]``: who commits, and how."""

    author: str = Field(default="", pattern=r"^$|^[^<>\n]+ <[^<>\s]+>$")
    sign_off: bool = False
    sign: bool = False


class ModelsTable(Table):
    """``[models]``: for a tier, a model, a table of what differs, or several of either, best first."""

    flash: _Deployments = ()
    pro: _Deployments = ()
    ultra: _Deployments = ()


class SuiteTable(Table):
    """``[[test]]``: a runner of tests, and the folder it runs in. Where one is named, none is looked for."""

    runner: RunnerName
    folder: str = Field(default="", pattern=r"^([\w-][\w.-]*(/[\w-][\w.-]*)*/?)?$")


class GuidesTable(Table):
    """``[guides]``: the repository's own advice, relative to its root; read from the commit a run starts from."""

    paths: _Places = ()
    lessons: Annotated[Place, Field(pattern=r"\.md$")] = _LESSONS


class TeamTable(Table):
    """``[team.NAME]``: what differs for the tasks of one team."""

    ladder: _Ladder | None = None
    autonomy: Autonomy | None = None


class AskingTable(Table):
    """``[asking]``: how often workers' questions interrupt a person, and how long one with a default waits."""

    per_hour: int = Field(default=_DEFAULTS.interrupts, ge=0, le=1000)
    wait_minutes: Annotated[float, Field(ge=0, le=10_080, allow_inf_nan=False)] = _DEFAULTS.wait_minutes


class SettingsTable(Table):
    """All of agentctl.toml."""

    profile: str = "auto"
    autonomy: Autonomy = "ask-blocking"
    ladder: _Ladder = ("flash", "pro")
    critic: Critique = "on"
    contracts: bool = True
    lead_answers: bool = True
    advice: int = Field(default=1, ge=0, le=8)
    follow: Follows = "never"
    gate: GateEntries = ()
    whole_every: int = Field(default=_DEFAULTS.whole_every, ge=1)
    affected_first: int = Field(default=_DEFAULTS.affected_first, ge=0)
    test: tuple[SuiteTable, ...] = ()
    services: tuple[ServiceTable, ...] = ()
    questions: int | None = Field(default=None, ge=0, le=50)
    keep_days: Annotated[float, Field(ge=0, le=36_500, allow_inf_nan=False)] = DEFAULT_DAYS
    specs: _Names = ()
    """Read by the pytest plug-in, which checks the ids of its marks against them."""
    limits: LimitsTable = Field(default_factory=LimitsTable)
    workspace: WorkspaceTable = Field(default_factory=WorkspaceTable)
    egress: EgressTable = Field(default_factory=EgressTable)
    commit: CommitTable = Field(default_factory=CommitTable)
    asking: AskingTable = Field(default_factory=AskingTable)
    models: ModelsTable = Field(default_factory=ModelsTable)
    guides: GuidesTable = Field(default_factory=GuidesTable)
    notify: NotifyTable = Field(default_factory=NotifyTable)
    policy: PolicyTable = Field(default_factory=PolicyTable)
    """Checked here; what holds is read from a commit, by `holding`."""
    team: dict[str, TeamTable] = Field(default_factory=dict)
    mcp: dict[Name, ServerTable] = Field(default_factory=dict)
