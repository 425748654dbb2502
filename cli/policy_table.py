"""``[policy]`` of the settings: what a repository allows, read from a commit and from nowhere else. Pydantic.

A file that cannot be read as a policy allows nothing: it is an error, and whoever wanted to start stops.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from ..orchestrator.errors import SettingsError
from ..orchestrator.forge.port import Forge
from ..orchestrator.nouns.forge import MergeMethod
from ..orchestrator.nouns.policy import Policy
from ..orchestrator.ports import Git
from ..orchestrator.rules.globs import problem
from ..tui.clean import clean
from .reasons import reason
from .table import Table

POLICY = "policy"
FILES: tuple[tuple[str, tuple[str, ...]], ...] = (("agentctl.toml", ()), ("pyproject.toml", ("tool", "agentctl")))
"""Where settings stand, first come first served, and the tables that they are in there."""
_DEFAULT = Policy()
_HOUR = re.compile(r"^$|^([01]\d|2[0-3]):[0-5]\d$")
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?")


def _glob(given: str) -> str:
    if wrong := problem(given):
        raise ValueError(f"the glob {wrong}")
    return given


def _login(given: str) -> str:
    if not _LOGIN.fullmatch(given.removeprefix("@")):
        raise ValueError("name people by their logins")
    return given.removeprefix("@")


def _listed(given: object) -> object:
    return (given,) if isinstance(given, str) else given


_Names = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], BeforeValidator(_listed)]
_Globs = Annotated[tuple[Annotated[str, AfterValidator(_glob)], ...], BeforeValidator(_listed)]
_People = Annotated[tuple[Annotated[str, AfterValidator(_login)], ...], BeforeValidator(_listed)]
_Usd = Annotated[float | None, Field(ge=0, allow_inf_nan=False)]


class PolicyTable(Table):
    """Who may start runs, how much they may spend, whose models see what, and what the bot may do by itself."""

    may_start: Literal["write", "maintain", "admin"] = "write"
    people: _People = ()
    label: str = Field(default="", max_length=100)
    usd_per_run: _Usd = None
    usd_per_person_day: _Usd = None
    runs_per_person_day: int | None = Field(default=None, ge=0)
    runs_at_once: int = Field(default=_DEFAULT.runs_at_once, ge=0, le=100)
    max_open_prs: int = Field(default=_DEFAULT.max_open_prs, ge=0, le=100)
    review_minutes: Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)] = _DEFAULT.review_minutes
    draft_until: str = Field(default="", pattern=_HOUR)
    repairs: int = Field(default=_DEFAULT.repairs, ge=0, le=20)
    merge: MergeMethod | None = None
    providers: _Names = ()
    never_send: _Globs = ()
    autonomy: Literal["", "ask-always", "ask-blocking", "never"] = ""
    follow_forks: bool = False


async def policy_on(forge: Forge, branch: str) -> Policy:
    """The policy of a branch, as the forge has it now.

    Raises SettingsError where it cannot be read.
    """
    place = f"{branch} of {forge.repo}"
    ref = await forge.branch(branch)
    if ref is None:
        raise SettingsError(f"{forge.repo} has no branch {clean(branch, width=80)}: no policy can be read from it.")
    for name, within in FILES:
        text = await forge.read(name, ref=ref)
        if text is not None:
            return policy_of(text, where=f"{name} in {place}", within=within)
    return Policy()


async def policy_at(git: Git, commit: str) -> Policy:
    """The policy that a commit holds. Raises SettingsError where it cannot be read."""
    entries = await git.entries(await git.tree_of(commit))
    for name, within in FILES:
        if (entry := entries.get(name)) is not None:
            where = f"{name} in commit {commit[:10]}"
            if not entry.mode.startswith("100"):
                raise SettingsError(f"{where} is no regular file: no policy can be read from it.")
            return policy_of((await git.read(entry.id)).decode("utf-8", "surrogateescape"), where=where, within=within)
    return Policy()


def policy_of(text: str, *, where: str, within: tuple[str, ...] = ()) -> Policy:
    """The policy in a file of settings; what else stands there is not looked at.

    Args:
        text: the file.
        where: names it in messages.
        within: the tables in which the settings are.

    Raises:
        SettingsError: the file is no TOML, or its ``[policy]`` holds what is not known or cannot be.
    """
    try:
        table: Any = tomllib.loads(text.encode("utf-8").decode())
    except (tomllib.TOMLDecodeError, UnicodeError, RecursionError) as error:
        raise SettingsError(f"{where} is not valid TOML, so its policy cannot be read: {clean(str(error))}.") from error
    for name in (*within, POLICY):
        table = table.get(name, {}) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        raise SettingsError(
            f"{where}: `{POLICY}` is a table: write [{'.'.join((*within, POLICY))}] and below it what it says."
        )
    try:
        return Policy(**dict(PolicyTable.model_validate(table)))
    except ValidationError as error:
        raise SettingsError("\n".join(f"{where}: {each}" for each in _complaints(error))) from error


def _complaints(error: ValidationError) -> Iterator[str]:
    for wrong in error.errors(include_url=False):
        name = clean(".".join([POLICY, *(str(part) for part in wrong["loc"])]), width=80)
        if wrong["type"] == "extra_forbidden":
            yield f"`{name}` is not known; known are {', '.join(PolicyTable.model_fields)}."
        else:
            yield f"`{name}` cannot be {clean(repr(wrong['input']), width=60)}: {reason(wrong)}."
