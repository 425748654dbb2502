"""The gate in agentctl.toml: commands, or ``[[gate]]`` parts that judge what concerns them. Pydantic; reads nothing."""

from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from ..orchestrator.nouns.runs import GatePart
from ..orchestrator.rules import globs
from ..orchestrator.rules.scoping import within
from .table import Place, Table

COMMAND, PART = "command", "part"
"""What an entry is, as complaints about it have it in their place."""


def _glob(given: str) -> str:
    if wrong := globs.problem(given):
        raise ValueError(f"the path {given!r} {wrong}")
    return given


def _plain(given: str) -> str:
    if any(sign in given for sign in "*?["):
        raise ValueError(f"{given!r} is no file or folder: tests are named without wildcards")
    return given


def _listed(given: object) -> object:
    return (given,) if isinstance(given, str) else given


_Command = Annotated[str, Field(min_length=1, pattern=r"\S")]
_Globs = Annotated[tuple[Annotated[str, AfterValidator(_glob)], ...], BeforeValidator(_listed)]
_Commands = Annotated[tuple[_Command, ...], BeforeValidator(_listed)]
_Tests = Annotated[tuple[Annotated[Place, AfterValidator(_plain)], ...], BeforeValidator(_listed)]


class GatePartTable(Table):
    """``[[gate]]``: what a part is for, the tests and services that run with it alone, and its commands."""

    name: str = Field(default="", pattern=r"^([\w-][\w .-]*)?$")
    paths: _Globs = ()
    tests: _Tests = ()
    commands: _Commands = ()
    services: _Commands = ()


def _kind(given: object) -> str:
    return PART if isinstance(given, Mapping | GatePartTable) else COMMAND


def _read(given: object) -> object:
    """The commands of a gate, or its parts."""
    listed = _listed(given)
    if not isinstance(listed, list | tuple):
        raise ValueError("write commands, or parts as [[gate]]")  # noqa: TRY004 - pydantic tells ValueErrors
    kinds = {isinstance(each, Mapping) for each in listed}
    if kinds == {True, False}:
        raise ValueError("write either commands or [[gate]] parts: a command of every landing is a part without paths")
    return tuple(listed)


def _whole(entries: tuple[str | GatePartTable, ...]) -> tuple[str | GatePartTable, ...]:
    """Refuse parts that judge nothing, that go by one name, or that share tests."""
    parts = parts_of(entries)
    for part in parts:
        if not part.tests and not part.commands:
            raise ValueError(f"the part {part.name!r} has neither tests nor commands")
    if twice := [name for name, count in Counter(part.name for part in parts).items() if count > 1]:
        raise ValueError(f"two parts are called {twice[0]!r}")
    for one, other in combinations(parts, 2):
        for test in (*one.tests, *other.tests):
            if within(test, one.tests) and within(test, other.tests):
                raise ValueError(f"{test!r} is among the tests of {one.name!r} and of {other.name!r}")
    return entries


GateEntries = Annotated[
    tuple[
        Annotated[Annotated[_Command, Tag(COMMAND)] | Annotated[GatePartTable, Tag(PART)], Discriminator(_kind)],
        ...,
    ],
    AfterValidator(_whole),
    BeforeValidator(_read),
]


def parts_of(entries: tuple[str | GatePartTable, ...]) -> tuple[GatePart, ...]:
    """The parts among the entries; one without a name goes by its first path, or by its place."""
    tables = [each for each in entries if isinstance(each, GatePartTable)]
    return tuple(
        GatePart(
            name=each.name or next(iter(each.paths), f"gate {number}"),
            paths=each.paths,
            tests=each.tests,
            commands=each.commands,
            services=each.services,
        )
        for number, each in enumerate(tables, 1)
    )


def commands_of(entries: tuple[str | GatePartTable, ...]) -> tuple[str, ...]:
    """All commands, each once, in their order."""
    every: list[Any] = []
    for each in entries:
        every += each.commands if isinstance(each, GatePartTable) else [each]
    return tuple(dict.fromkeys(every)) if parts_of(entries) else tuple(every)
