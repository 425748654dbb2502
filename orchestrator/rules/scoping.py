"""Which parts of a gate judge a tree, and what is expected of it then. Pure.

A part judges where a changed path is one of those it is for, or one of its tests; a part without paths always does.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from ..nouns.runs import GatePart
from ..nouns.verdicts import Expectation, Scope, Verdict
from .globs import owned


def whole(parts: Sequence[GatePart], commands: Sequence[str]) -> Scope:
    """All parts. ``commands`` are those of the whole gate."""
    return Scope(names=tuple(each.name for each in parts), commands=tuple(commands))


def scope_of(parts: Sequence[GatePart], commands: Sequence[str], *, changed: Iterable[str]) -> Scope:
    """The parts that a change of these paths needs."""
    paths = sorted(changed)
    judging = [each for each in parts if not each.paths or owned((*each.paths, *each.tests), paths)]
    absent = [each for each in parts if each not in judging]
    needed = {command for each in judging for command in each.commands}
    spared = {command for each in absent for command in each.commands} - needed
    running = {service for each in judging for service in each.services}
    return Scope(
        names=tuple(each.name for each in judging),
        commands=tuple(each for each in commands if each not in spared),
        without=tuple(place for each in absent for place in each.tests),
        idle=tuple(sorted({service for each in absent for service in each.services} - running)),
    )


def idle_beside(command: str, parts: Sequence[GatePart]) -> frozenset[str]:
    """The services that a command runs without: those that parts name, and none of its own; it may be of no part."""
    own = [each for each in parts if command in each.commands]
    named = {service for each in parts for service in each.services} if own else set[str]()
    return frozenset(named - {service for each in own for service in each.services})


def narrowed(expectation: Expectation, scope: Scope, *, locked: Collection[str]) -> Expectation:
    """What is expected where some tests are left out; the ``locked`` ones never are."""
    if not scope.without:
        return expectation
    kept = {each for each in expectation.tests if each in locked or not within(file_of(each), scope.without)}
    return replace(expectation, tests=frozenset(kept))


def due(verdicts: Sequence[Verdict | None], parts: Sequence[GatePart], *, every: int) -> bool:
    """Whether the next landing is one for the whole gate, after these landings, the first one first.

    There is a verdict only of a tree that was judged: of a group that landed at once, that of the last one.
    """
    names = {each.name for each in parts}
    since = 0
    for verdict in reversed(verdicts):
        if verdict is not None and names.issubset(verdict.gates):
            break
        since += 1
    return since + 1 >= every


def file_of(test: str) -> str:
    """The file that a test id begins with."""
    return test.partition("::")[0]


def within(path: str, places: Iterable[str]) -> bool:
    """Whether a path is one of these places, or in one of them."""
    return any(path == place or path.startswith(f"{place}/") for place in places)
