"""What a run is to use: agentctl.toml, the spec's front matter, the environment, and flags, in rising precedence.

Untrusted input is validated here, by pydantic; nothing else in the CLI imports it. Every message names the place a
value came from: the file and its line, the variable, or the flag.
"""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ..orchestrator.errors import SettingsError
from ..orchestrator.nouns.questions import Autonomy
from ..orchestrator.nouns.runs import CommitRules, Critique, Limits, NamedSuite, RunnerName, RunSettings
from ..orchestrator.rules import ladder as ladders
from ..orchestrator.rules.probe_batch import MOST_QUESTIONS
from ..tui.clean import clean
from .models import DESK
from .server_table import MCP, Name, ServerTable, servers
from .tomltext import line_of

FILE = "agentctl.toml"
PREFIX = "AGENTCTL_"

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


def _inside(given: str) -> str:
    """Refuse a place that is not within the repository."""
    if not given.strip("/. ") or given.startswith(("/", "~")) or ".." in given.split("/"):
        raise ValueError("name a place in the repository, relative to its root")
    return given


_Place = Annotated[str, AfterValidator(_inside)]
_Places = Annotated[tuple[_Place, ...], BeforeValidator(lambda v: (v,) if isinstance(v, str) else v)]


def _named(given: object) -> object:
    """Refuse a tier that is written down with nothing in it: it would silently be the profile's own, paid one."""
    entries = given if isinstance(given, list | tuple) else [given]
    models = [entry.get("model", "-") if isinstance(entry, dict) and entry else entry for entry in entries]
    if not models or any(not model or (isinstance(model, str) and not model.strip()) for model in models):
        raise ValueError("name a model as PROVIDER/MODEL, or leave the line out to have the profile's own")
    return given


_Deployment = str | dict[str, str | int | float | bool | tuple[str, ...]]
_Deployments = Annotated[_Deployment | tuple[_Deployment, ...], BeforeValidator(_named)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LimitsTable(_Table):
    """``[limits]``: what a run may use at once and in all."""

    workers: int = Field(default=_LIMITS.workers, ge=1, le=512)
    gates: int = Field(default=_LIMITS.gates, ge=1, le=64)
    usd: _Money = _LIMITS.usd
    planning_usd: _Money = _LIMITS.planning_usd
    turns: int = Field(default=_LIMITS.turns, ge=1)
    repairs: int = Field(default=_LIMITS.repairs, ge=0)


class WorkspaceTable(_Table):
    """``[workspace]``: how the target is set up and confined."""

    setup: str | None = None
    sandbox: Literal["auto", "bwrap", "landlock", "none"] = "auto"


class CommitTable(_Table):
    """``[commit]``: who commits, and how."""

    author: str = Field(default="", pattern=r"^$|^[^<>\n]+ <[^<>\s]+>$")
    sign_off: bool = False
    sign: bool = False


class ModelsTable(_Table):
    """``[models]``: for a tier, a model, a table of what differs, or several of either, best first."""

    flash: _Deployments = ()
    pro: _Deployments = ()
    ultra: _Deployments = ()


class SuiteTable(_Table):
    """``[[test]]``: a runner of tests, and the folder it runs in. Where one is named, none is looked for."""

    runner: RunnerName
    folder: str = Field(default="", pattern=r"^([\w-][\w.-]*(/[\w-][\w.-]*)*/?)?$")


class GuidesTable(_Table):
    """``[guides]``: the repository's own advice, relative to its root; read from the commit a run starts from."""

    paths: _Places = ()
    lessons: Annotated[_Place, Field(pattern=r"\.md$")] = _LESSONS


class TeamTable(_Table):
    """``[team.NAME]``: what differs for the tasks of one team."""

    ladder: _Ladder | None = None
    autonomy: Autonomy | None = None


class AskingTable(_Table):
    """``[asking]``: how often workers' questions interrupt a person, and how long one with a default waits."""

    per_hour: int = Field(default=_DEFAULTS.interrupts, ge=0, le=1000)
    wait_minutes: Annotated[float, Field(ge=0, le=10_080, allow_inf_nan=False)] = _DEFAULTS.wait_minutes


class SettingsTable(_Table):
    """All of agentctl.toml."""

    profile: str = "auto"
    autonomy: Autonomy = "ask-blocking"
    ladder: _Ladder = ("flash", "pro")
    critic: Critique = "on"
    contracts: bool = True
    lead_answers: bool = True
    advice: int = Field(default=1, ge=0, le=8)
    gate: _Names = ()
    test: tuple[SuiteTable, ...] = ()
    questions: int | None = Field(default=None, ge=0, le=50)
    specs: _Names = ()
    """Read by the pytest plug-in, which checks the ids of its marks against them."""
    limits: LimitsTable = Field(default_factory=LimitsTable)
    workspace: WorkspaceTable = Field(default_factory=WorkspaceTable)
    commit: CommitTable = Field(default_factory=CommitTable)
    asking: AskingTable = Field(default_factory=AskingTable)
    models: ModelsTable = Field(default_factory=ModelsTable)
    guides: GuidesTable = Field(default_factory=GuidesTable)
    team: dict[str, TeamTable] = Field(default_factory=dict)
    mcp: dict[Name, ServerTable] = Field(default_factory=dict)


Path_ = tuple[str, ...]
"""A setting's place in agentctl.toml: ``("limits", "usd")``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What the command line decides; None leaves the word to a lower layer."""

    profile: str | None = None
    workers: int | None = None
    budget: float | None = None
    autonomy: str | None = None
    sandbox: str | None = None
    ladder: str | None = None
    critic: str | None = None
    approve: bool = False
    approve_under: float | None = None
    anew: bool = False
    questions: int | None = None
    record: str | None = None
    replay: str | None = None

    def layer(self) -> dict[Path_, tuple[object, str]]:
        """Each given flag as a setting and where it came from."""
        given: dict[Path_, tuple[object, str]] = {
            ("profile",): (self.profile, "--profile"),
            ("limits", "workers"): (self.workers, "--workers"),
            ("limits", "usd"): (self.budget, "--budget"),
            ("autonomy",): (self.autonomy, "--autonomy"),
            ("ladder",): (self.ladder, "--ladder"),
            ("critic",): (self.critic, "--critic"),
            ("questions",): (self.questions, "--questions"),
            ("workspace", "sandbox"): (self.sandbox, "--sandbox"),
        }
        return {path: pair for path, pair in given.items() if pair[0] is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The validated whole: what the run stores, and the model overrides that go to the wiring."""

    run: RunSettings
    models: Mapping[str, Any]


def load(
    root: Path,
    flags: Flags,
    *,
    front: Mapping[Path_, object] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """The settings for a run in ``root``; ``front`` is what the spec's front matter says, by setting.

    Raises:
        SettingsError: a key is unknown or a value cannot be used; says where it stands.
    """
    found: dict[Path_, tuple[object, str]] = {}
    for layer in (
        read_file(root),
        {path: (value, "the spec's front matter") for path, value in (front or {}).items()},
        read_environment(environ),
        flags.layer(),
    ):
        found |= layer
    table = _validate(found)
    # a profile in a file must not turn a replay into a paid run; only a flag beside --replay could, and means it
    profile = "replay" if flags.replay and flags.profile is None else table.profile
    models = {tier: names for tier, names in table.models if names}
    return Settings(run=_run_settings(table, root, flags, profile=profile), models=models)


def _run_settings(table: SettingsTable, root: Path, flags: Flags, *, profile: str) -> RunSettings:
    return RunSettings(
        profile=profile,
        repo=str(root),
        limits=Limits(**dict(table.limits)),
        autonomy=table.autonomy,
        ladder=table.ladder,
        team_ladders={name: team.ladder for name, team in table.team.items() if team.ladder},
        mcp=servers(table.mcp),
        critic=table.critic,
        contracts=table.contracts,
        lead_answers=table.lead_answers,
        advice=table.advice,
        interrupts=table.asking.per_hour,
        wait_minutes=table.asking.wait_minutes,
        team_autonomy={name: team.autonomy for name, team in table.team.items() if team.autonomy},
        gate=table.gate,
        test=tuple(NamedSuite(runner=each.runner, folder=each.folder.strip("/")) for each in table.test),
        questions=_questions(table.questions, profile),
        setup=table.workspace.setup,
        sandbox=table.workspace.sandbox,
        commit=CommitRules(**dict(table.commit)),
        approve=flags.approve,
        approve_under=flags.approve_under,
        anew=flags.anew,
        replay=flags.replay,
        record=flags.record,
        guides=table.guides.paths,
        lessons=table.guides.lessons,
    )


def _questions(given: int | None, profile: str) -> int:
    """How many the probe may ask. At the desk, where a person would have to answer for it, it waits to be asked for."""
    if given is not None:
        return given
    return 0 if profile == DESK else MOST_QUESTIONS


def read_file(root: Path) -> dict[Path_, tuple[object, str]]:
    """What agentctl.toml says, else ``[tool.agentctl]`` of pyproject.toml; empty where there is neither."""
    own = root / FILE
    if own.exists():
        return dict(_leaves(_parse(own), own, within=()))
    shared = root / "pyproject.toml"
    if not shared.exists():
        return {}
    tool = _parse(shared).get("tool", {})
    table = tool.get("agentctl", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise SettingsError(f"{shared}: [tool.agentctl] must be a table.")
    return dict(_leaves(table, shared, within=("tool", "agentctl")))


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8; save it as UTF-8.") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}.") from error


def _leaves(table: Mapping[str, Any], file: Path, *, within: Path_) -> Iterator[tuple[Path_, tuple[object, str]]]:
    text = file.read_text(encoding="utf-8")
    for key, value in table.items():
        for path, leaf in _below((key,), value):
            line = line_of(text, (*within, *path))
            yield path, (leaf, f"{file}:{line}" if line else str(file))


def _below(path: Path_, value: object) -> Iterator[tuple[Path_, object]]:
    """The settings that a table holds, or the one that a value is."""
    depth = 2 if path[0] in _NAMED_TABLES else 1 if path[0] in _TABLES else 0
    if isinstance(value, dict) and len(path) <= depth:
        for name, inner in value.items():
            yield from _below((*path, name), inner)
    else:
        yield path, value


def read_environment(environ: Mapping[str, str]) -> dict[Path_, tuple[object, str]]:
    """The settings named by ``AGENTCTL_*`` variables, such as ``AGENTCTL_LIMITS_USD``.

    A variable that is nearly one of ours is refused; any other is somebody else's.
    """
    names = {PREFIX + "_".join(path).upper(): path for path in known() if path != ("test",)}
    taken = {PREFIX + "_".join(path).upper(): instead for path, instead in _INSTEAD.items()}
    found: dict[Path_, tuple[object, str]] = {}
    for name, value in environ.items():
        if name in names:
            path = names[name]
            found[path] = (value.splitlines() if path in _LISTS else value, name)
        elif name in taken:
            raise SettingsError(f"{name} (environment) is no setting: {taken[name]}")
        elif name.startswith(PREFIX) and (near := difflib.get_close_matches(name, names, n=1, cutoff=0.85)):
            raise SettingsError(f"{clean(name)} (environment) is no setting; did you mean {near[0]}?")
    return found


def known() -> tuple[Path_, ...]:
    """Every setting there is, in the order of the file."""
    paths: list[Path_] = []
    for name, field in SettingsTable.model_fields.items():
        table = field.annotation
        if name in _NAMED_TABLES:
            continue
        if name in _TABLES and isinstance(table, type) and issubclass(table, _Table):
            paths += [(name, inner) for inner in table.model_fields]
        else:
            paths.append((name,))
    return tuple(paths)


TEAM = "team"
"""The table of tables whose names are those of teams."""
_NAMED_TABLES: Mapping[str, type[BaseModel]] = {TEAM: TeamTable, MCP: ServerTable}
_TABLES = ("limits", "workspace", "commit", "asking", "models", "guides")
_INSTEAD = {
    ("workspace", "test"): (
        "the gate runs pytest as the repository itself configures it, by `testpaths` and `addopts` in its pytest "
        "settings, and the other runners it finds or `[[test]]` names; any other test command belongs in `gate`."
    )
}
"""What is easily taken for a setting, and what to do instead."""
_LISTS = frozenset({("gate",), ("guides", "paths"), ("models", "flash"), ("models", "pro"), ("models", "ultra")})


def _validate(found: Mapping[Path_, tuple[object, str]]) -> SettingsTable:
    nested: dict[str, Any] = {}
    for path, (value, where) in found.items():
        if path not in known() and not _is_of_named(path):
            raise SettingsError(_unknown(path, where))
        place = nested
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = value
    try:
        return SettingsTable.model_validate(nested)
    except ValidationError as error:
        raise SettingsError("\n".join(_complaints(error, found))) from error


def _is_of_named(path: Path_) -> bool:
    match path:
        case (first, _, name):
            return first in _NAMED_TABLES and name in _NAMED_TABLES[first].model_fields
        case _:
            return False


def _unknown(path: Path_, where: str) -> str:
    name = clean(".".join(path))
    if len(path) == 1 and path[0] in _TABLES:
        return f"{where}: `{name}` is a table: write [{name}] and its settings below it."
    if path in _INSTEAD:
        return f"{where}: `{name}` is no setting: {_INSTEAD[path]}"
    if path[0] in _NAMED_TABLES:
        fields = ", ".join(_NAMED_TABLES[path[0]].model_fields)
        return f"{where}: `{name}` is no setting: write [{path[0]}.NAME] and below it {fields}."
    choices = [".".join(p) for p in known()]
    near = difflib.get_close_matches(name, [*choices, *_TABLES], n=1) or [
        choice for choice in choices if choice.split(".")[-1] == path[-1]
    ]
    hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(choices)}."
    return f"{where}: `{name}` is no setting; {hint}"


def _complaints(error: ValidationError, found: Mapping[Path_, tuple[object, str]]) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        names = tuple(str(part) for part in problem["loc"])
        path = next((names[:n] for n in (3, 2, 1) if names[:n] in found), names)
        value, where = found.get(path, (None, "settings"))
        reason = problem["msg"].removeprefix("Value error, ")
        if path == ("commit", "author"):
            reason = "write it as Name <address>"
        yield f"{where}: `{'.'.join(path)}` cannot be {clean(repr(value), width=60)}: {reason}."
