"""``[[services]]`` and ``[workspace.env]`` of the settings: what runs beside the tests, and how they find it.

Pydantic; reads nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from ..orchestrator.nouns.services import Service
from ..orchestrator.rules import services as rules
from ..orchestrator.rules.redact import redact
from ..orchestrator.sandbox.port import WORKSPACE
from ..orchestrator.sandbox.served import FOLDERS
from .server_table import Name
from .table import Table

SERVICES = "services"
ENV = ("workspace", "env")
_OURS = frozenset({"PATH", "HOME", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "NODE_PATH", "GOMODCACHE", "CARGO_HOME"})


def _shell(given: object) -> object:
    if isinstance(given, str):
        return ("/bin/sh", "-c", given) if given.strip() else ()
    if not isinstance(given, list | tuple):
        raise ValueError("write a command as text, or as a list of its words")  # noqa: TRY004 - pydantic tells ValueErrors
    return given


def _name(given: str) -> str:
    if given in _OURS:
        raise ValueError(f"{given} is what agentctl itself sets for every command; leave it out")
    return given


def _text(given: object) -> object:
    return str(given) if isinstance(given, int | float) and not isinstance(given, bool) else given


def _public(given: dict[str, str]) -> dict[str, str]:
    for name, value in given.items():
        if not {"\n", "\r", "\0"}.isdisjoint(value):
            raise ValueError(f"the value of {name} has more than one line")
        if redact(f"{name}={value}") != f"{name}={value}":
            raise ValueError(
                f"the value of {name} looks like a secret, which no test needs that a model's code runs with: let a "
                "service of the sandbox take a made-up one"
            )
    return given


def _apart(given: str) -> str:
    """Refuse what would run a task's files beside its tests, and before they have begun."""
    if WORKSPACE in given:
        raise ValueError(f"it names {WORKSPACE}, which holds what a task wrote; what is loaded from there, tests load")
    return given


_Word = Annotated[str, Field(min_length=1), AfterValidator(_apart)]
_Argv = Annotated[tuple[_Word, ...], Field(min_length=1), BeforeValidator(_shell)]
_Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$"), AfterValidator(_name)]
Variables = Annotated[dict[_Variable, Annotated[str, BeforeValidator(_text)]], AfterValidator(_public)]


class ServiceTable(Table):
    """``[[services]]``: what is started, how it shows that it can be used, and what the tests are told of it."""

    name: Name
    command: _Argv
    ready: _Argv | None = None
    port: int | None = Field(default=None, ge=1024, le=65_535)
    env: Variables = Field(default_factory=dict)
    ready_seconds: float = Field(default=30.0, gt=0, le=600)


def services_of(tables: Sequence[ServiceTable]) -> tuple[Service, ...]:
    """The services in their order, with their ports and all that is said by them.

    Raises ValueError for two of one name or port, and for a port of nobody.
    """
    numbers = rules.numbered([each.port for each in tables])
    for what, given in (("services are called", [each.name for each in tables]), ("services have port", numbers)):
        if twice := [each for each, count in Counter(given).items() if count > 1]:
            raise ValueError(f"two {what} {twice[0]!r}")
    ports = {each.name: number for each, number in zip(tables, numbers, strict=True)}
    return tuple(_service(each, ports=ports) for each in tables)


def _service(table: ServiceTable, *, ports: Mapping[str, int]) -> Service:
    port, tmp = ports[table.name], f"{FOLDERS}/{table.name}"

    def told(text: str) -> str:
        try:
            return rules.filled(text, ports=ports, port=port, tmp=tmp)
        except ValueError as error:
            raise ValueError(f"{table.name}: {error}") from error

    return Service(
        name=table.name,
        command=tuple(map(told, table.command)),
        port=port,
        ready=tuple(map(told, table.ready or ())),
        env={name: told(value) for name, value in table.env.items()},
        seconds=table.ready_seconds,
    )


def variables_of(given: Mapping[str, str], services: Sequence[Service]) -> dict[str, str]:
    """The variables of every command, with the ports of services; raises ValueError for one that is set twice."""
    ports = {each.name: each.port for each in services}
    every = Counter([*given, *(name for each in services for name in each.env)])
    if twice := [name for name, count in every.items() if count > 1]:
        raise ValueError(f"{twice[0]} is set twice, here or under [[services]]")
    return {name: rules.filled(value, ports=ports) for name, value in given.items()}
