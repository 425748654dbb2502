"""What is wrong with settings, each with its place. Pure."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from ..tui.clean import clean
from .gate_table import GatePartTable
from .notify_table import NOTIFY
from .reasons import LIST, reason
from .server_table import MCP
from .services_table import ENV, SERVICES, ServiceTable
from .settings_tables import SuiteTable
from .tomltext import line_of

Path_ = tuple[str, ...]
"""A setting's place in agentctl.toml: ``("limits", "usd")``."""

_Told = tuple[str, str]
"""What cannot be, and why."""
_ENTRIES: Mapping[str, type[BaseModel]] = {"gate": GatePartTable, SERVICES: ServiceTable, "test": SuiteTable}
"""The settings that are written as several tables of one name."""
_NOTIFY_SHOWN = frozenset((NOTIFY, name) for name in ("quiet", "digest_minutes", "desktop", "answers", "slack_users"))
"""What a message about ``[notify]`` may repeat: in the rest a secret may stand by mistake."""
_HOLD_SECRETS = frozenset({"models", MCP})
"""Tables in whose texts and lists a secret may stand by mistake."""
_A_MODEL = "name a model, or write a table of what differs, or several of either"
_AUTHOR = ("commit", "author")
_OF_KEY = "[key]"
"""Ends the place of what pydantic says of a key itself."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: a variable, a flag, or the place ``path`` of a file that reads ``text``."""

    place: str
    text: str = ""
    path: Path_ = ()

    def __str__(self) -> str:
        return self.of()

    def of(self, *inner: str | int) -> str:
        """The file and the line of what stands below it; the place alone where no line is seen."""
        line = line_of(self.text, (*self.path, *inner))
        return f"{self.place}:{line}" if line else self.place


def complaints(error: ValidationError, found: Mapping[Path_, tuple[object, Origin]]) -> Iterator[str]:
    """A line for each setting with which something is wrong; no value is repeated in which a secret may stand.

    Of a setting that may be one of several things, each of which pydantic tries, the first is told.
    """
    told: set[str] = set()
    for wrong in error.errors(include_url=False):
        names = wrong["loc"]
        if names[0] in _ENTRIES and len(names) > 1:
            place, why = _of_entry(wrong, found[str(names[0]),][1])
        else:
            place, why = _of_setting(wrong, tuple(map(str, names)), found)
        if place not in told:
            told.add(place)
            yield f"{place}{why}" if why.endswith("?") else f"{place}{why}."


def _of_setting(wrong: Mapping[str, Any], names: Path_, found: Mapping[Path_, tuple[object, Origin]]) -> _Told:
    path = next((names[:n] for n in (3, 2, 1) if names[:n] in found), ())
    why = reason(wrong)
    if not path:
        return _of_table(names, why, found)
    value, origin = found[path]
    variable = names[len(ENV) :][:1] if path == ENV else ()
    where = origin.of(*variable)
    said = "".join(f"{clean(name)}: " for name in variable)
    if path == _AUTHOR:
        why = "write it as Name <address>"
    if path[0] in _ENTRIES and why == LIST:
        why = f"write tables, each as [[{path[0]}]]"
    if path[0] == "models" and wrong["type"] != "value_error":
        why = _A_MODEL
    shown = _shown(value, secret=_may_be_secret(path, value))
    return f"{where}: `{clean('.'.join(path))}` cannot be {shown}: {said}", why


def _of_table(names: Path_, why: str, found: Mapping[Path_, tuple[object, Origin]]) -> _Told:
    """What is wrong with a whole table, of which the settings stand in ``found`` one by one."""
    table = tuple(name for name in names if name != _OF_KEY)
    origins = (origin for path, (_, origin) in found.items() if path[: len(table)] == table)
    origin = next(origins, Origin("settings"))
    whole = replace(origin, path=origin.path[:-1])
    return f"{whole}: `{clean('.'.join(table))}` cannot be used: ", why


def _may_be_secret(path: Path_, value: object) -> bool:
    if path[0] in _HOLD_SECRETS:
        return not isinstance(value, int | float)
    return (path[0] == NOTIFY and path not in _NOTIFY_SHOWN) or path in {ENV, (SERVICES,)}


def _of_entry(wrong: Mapping[str, Any], origin: Origin) -> _Told:
    """What is wrong with one of several tables, or with what stands in it."""
    what, number, *names = wrong["loc"]
    written = names[1:] if what == "gate" else names  # of what kind an entry is, comes first there
    inner = [name for name in written if isinstance(name, str) and name != _OF_KEY]
    where, entry = origin.of(int(number), *inner), f"{what} {int(number) + 1}"
    if not inner:
        return f"{where}: {entry} cannot be used: ", reason(wrong)
    name = clean(".".join(inner), width=60)
    if wrong["type"] == "extra_forbidden":
        known = [*_ENTRIES[str(what)].model_fields]
        near = difflib.get_close_matches(inner[0], known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}"
        return f"{where}: `{name}` is no setting of [[{what}]]; ", hint
    if wrong["type"] == "missing":
        return f"{where}: {entry} needs `{name}`", ""
    shown = _shown(wrong["input"], secret=what == SERVICES)
    return f"{where}: `{name}` of {entry} cannot be {shown}: ", reason(wrong)


def _shown(value: object, *, secret: bool) -> str:
    return "what stands there" if secret else clean(repr(value), width=60)
