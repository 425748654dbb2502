"""What a run is to use: agentctl.toml, the spec's front matter, the environment, and flags, in rising precedence.

Untrusted input is validated here, by pydantic; nothing else in the CLI imports it. Every message names the place a
value came from: the file and its line, the variable, or the flag.
"""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from ..orchestrator.errors import SettingsError
from ..orchestrator.nouns.runs import CommitRules, Limits, NamedSuite, RunSettings
from ..orchestrator.nouns.services import Service
from ..orchestrator.rules.probe_batch import MOST_QUESTIONS
from ..tui.clean import clean
from .complaints import Origin, Path_, complaints
from .gate_table import commands_of, parts_of
from .models import DESK
from .notices.wanted import SECRET_ENV, Wanted
from .notify_table import NOTIFY, wanted
from .policy_table import POLICY
from .server_table import MCP, ServerTable, servers
from .services_table import ENV, SERVICES, services_of, variables_of
from .settings_tables import SettingsTable, TeamTable
from .table import Table

FILE = "agentctl.toml"
PREFIX = "AGENTCTL_"

Found = Mapping[Path_, tuple[object, Origin]]
"""Settings with where they came from."""


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

    def layer(self) -> Found:
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
        return {path: (value, Origin(flag)) for path, (value, flag) in given.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The validated whole: what the run stores, the models that go to the wiring, who is told, and what is kept."""

    run: RunSettings
    models: Mapping[str, Any]
    notify: Wanted
    keep_days: float
    """For which the attempts of a run that is over stay behind their refs."""


def load(
    root: Path,
    flags: Flags,
    *,
    front: Mapping[Path_, object] | None = None,
    environ: Mapping[str, str] = os.environ,
    at: str = "",
) -> Settings:
    """The settings for a run in ``root``; ``front`` is what the spec's front matter says, by setting.

    ``at`` is the commit whose file holds; empty for that of the work tree.

    Raises:
        SettingsError: a key is unknown or a value cannot be used; says where it stands.
    """
    found: dict[Path_, tuple[object, Origin]] = {}
    for layer in (
        read_file(root, at=at),
        {path: (value, Origin("the spec's front matter")) for path, value in (front or {}).items()},
        read_environment(environ),
        flags.layer(),
    ):
        found |= layer
    table = _validate(found)
    services, variables = _beside(table, found)
    # a profile in a file must not turn a replay into a paid run; only a flag beside --replay could, and means it
    profile = "replay" if flags.replay and flags.profile is None else table.profile
    models = {tier: names for tier, names in table.models if names}
    run = _run_settings(table, root, flags, profile=profile)
    run = replace(run, services=services, variables=variables, env_file=table.workspace.env_file)
    return Settings(run=run, models=models, notify=wanted(table.notify), keep_days=table.keep_days)


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
        follow=table.follow,
        interrupts=table.asking.per_hour,
        wait_minutes=table.asking.wait_minutes,
        team_autonomy={name: team.autonomy for name, team in table.team.items() if team.autonomy},
        gate=commands_of(table.gate),
        gates=parts_of(table.gate),
        whole_every=table.whole_every,
        affected_first=table.affected_first,
        test=tuple(NamedSuite(runner=each.runner, folder=each.folder.strip("/")) for each in table.test),
        questions=_questions(table.questions, profile),
        setup=table.workspace.setup,
        egress=table.egress.allow,
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


def _beside(table: SettingsTable, found: Found) -> tuple[tuple[Service, ...], dict[str, str]]:
    """What runs beside the tests, and the variables of every command; raises SettingsError where they do not agree."""

    def wrong(path: Path_, why: object) -> SettingsError:
        return SettingsError(f"{found[path][1]}: `{'.'.join(path)}` cannot be used: {why}.")

    try:
        services = services_of(table.services)
    except ValueError as error:
        raise wrong((SERVICES,), error) from error
    names = {each.name for each in services}
    for part in parts_of(table.gate):
        if unknown := [name for name in part.services if name not in names]:
            raise wrong(("gate",), f"the part {part.name!r} names {unknown[0]!r}, and no [[services]] is called so")
    try:
        return services, variables_of(table.workspace.env, services)
    except ValueError as error:
        raise wrong(ENV, error) from error


def _questions(given: int | None, profile: str) -> int:
    """How many the probe may ask. At the desk, where a person would have to answer for it, it waits to be asked for."""
    if given is not None:
        return given
    return 0 if profile == DESK else MOST_QUESTIONS


def read_file(root: Path, *, at: str = "") -> Found:
    """What agentctl.toml says, else ``[tool.agentctl]`` of pyproject.toml; empty where there is neither.

    They are those of the work tree, or of the commit ``at``.
    """
    own = _text(root, FILE, at=at)
    if own is not None:
        return dict(_leaves(_parse(own), own, within=()))
    shared = _text(root, "pyproject.toml", at=at)
    if shared is None:
        return {}
    tool = _parse(shared).get("tool", {})
    table = tool.get("agentctl", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise SettingsError(f"{shared.place}: [tool.agentctl] must be a table.")
    return dict(_leaves(table, shared, within=("tool", "agentctl")))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A file of settings, and how messages name it."""

    place: str
    text: str


def _text(root: Path, name: str, *, at: str) -> _Text | None:
    path = root / name
    place = f"{name} of commit {at[:12]}" if at else str(path)
    try:
        content = _committed(root, name, at=at) if at else path.read_bytes() if path.exists() else None
        return None if content is None else _Text(place=place, text=content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SettingsError(f"{place} is not UTF-8; save it as UTF-8.") from error
    except OSError as error:
        raise SettingsError(f"{place} cannot be read: {error.strerror or error}.") from error


def _committed(root: Path, name: str, *, at: str) -> bytes | None:
    from ..orchestrator.git.committed import content_at
    from ..orchestrator.git.opening import open_repository

    return content_at(open_repository(root), at, name)


def _parse(file: _Text) -> dict[str, Any]:
    try:
        return tomllib.loads(file.text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file.place} is not valid TOML: {error}.") from error


def _leaves(table: Mapping[str, Any], file: _Text, *, within: Path_) -> Iterator[tuple[Path_, tuple[object, Origin]]]:
    for key, value in table.items():
        for path, leaf in _below((key,), value):
            yield path, (leaf, Origin(file.place, file.text, (*within, *path)))


def _below(path: Path_, value: object) -> Iterator[tuple[Path_, object]]:
    """The settings that a table holds, or the one that a value is."""
    depth = 2 if path[0] in _NAMED_TABLES else 1 if path[0] in _TABLES else 0
    if isinstance(value, dict) and len(path) <= depth:
        for name, inner in value.items():
            yield from _below((*path, name), inner)
    else:
        yield path, value


def read_environment(environ: Mapping[str, str]) -> Found:
    """The settings named by ``AGENTCTL_*`` variables, such as ``AGENTCTL_LIMITS_USD``.

    A variable that is nearly one of ours is refused; any other is somebody else's.
    """
    names = {PREFIX + "_".join(path).upper(): path for path in known() if path not in _IN_FILES and path[0] != POLICY}
    taken = {PREFIX + "_".join(path).upper(): instead for path, instead in _INSTEAD.items()}
    found: dict[Path_, tuple[object, Origin]] = {}
    for name, value in environ.items():
        if name in names:
            path = names[name]
            lines = [line for line in value.splitlines() if line.strip()]
            found[path] = (lines if path in _LISTS else value, Origin(name))
        elif name == SECRET_ENV:
            continue
        elif name.startswith(f"{PREFIX}{POLICY.upper()}"):
            raise SettingsError(f"{clean(name)} (environment) is no setting: a policy is committed, in agentctl.toml.")
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
        if name in _TABLES and isinstance(table, type) and issubclass(table, Table):
            paths += [(name, inner) for inner in table.model_fields]
        else:
            paths.append((name,))
    return tuple(paths)


TEAM = "team"
"""The table of tables whose names are those of teams."""
_NAMED_TABLES: Mapping[str, type[BaseModel]] = {TEAM: TeamTable, MCP: ServerTable}
_TABLES = ("limits", "workspace", "egress", "commit", "asking", "models", "guides", NOTIFY, POLICY)
_IN_VARIABLE = (
    "secrets do not stand in files that are committed: put it into a variable of the environment and name that by `{}`."
)
_INSTEAD = {
    ("workspace", "test"): (
        "the gate runs pytest as the repository itself configures it, by `testpaths` and `addopts` in its pytest "
        "settings, and the other runners it finds or `[[test]]` names; any other test command belongs in `gate`."
    ),
    (SERVICES,): "services are tables: write [[services]] in agentctl.toml.",
    ENV: "variables of a workspace are a table: write [workspace.env] in agentctl.toml.",
    (NOTIFY, "secret"): _IN_VARIABLE.format("secret_env"),
    (NOTIFY, "slack"): _IN_VARIABLE.format("slack_env"),
    (NOTIFY, "slack_signing"): _IN_VARIABLE.format("slack_signing_env"),
    (NOTIFY, "slack_webhook"): _IN_VARIABLE.format("slack_env"),
}
"""What is easily taken for a setting, and what to do instead."""
_LISTS = frozenset(
    {
        *(("gate",), ("guides", "paths"), ("models", "flash"), ("models", "pro"), ("models", "ultra")),
        *((NOTIFY, "webhook"), (NOTIFY, "slack_users")),
    }
)


_IN_FILES = frozenset({("test",), (SERVICES,), ENV})
"""What no variable can say."""


def _validate(found: Found) -> SettingsTable:
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
        raise SettingsError("\n".join(complaints(error, found))) from error


def _is_of_named(path: Path_) -> bool:
    match path:
        case (first, _, name):
            return first in _NAMED_TABLES and name in _NAMED_TABLES[first].model_fields
        case _:
            return False


def _unknown(path: Path_, where: Origin) -> str:
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
