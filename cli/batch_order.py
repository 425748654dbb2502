"""In which order the specs of a batch are built, and what each builds on. Pure.

A spec that depends on another one waits for it and builds on its branch; without it there is nothing to build on. Specs
whose owned paths may overlap are built one after the other too, the later one on top of what the earlier one made, so
that their branches do not clash; it is built from HEAD where the earlier one made nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..orchestrator.errors import UsageError
from ..orchestrator.rules.globs import may_overlap

EVERYTHING = ("**",)
"""What a spec owns that does not say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A spec of a batch: its path in the repository, what it owns, and what it depends on."""

    path: str
    owns: tuple[str, ...]
    depends: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A spec in its place: ``needs`` have to be done, ``after`` only over, before it begins."""

    path: str
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def arrange(wanted: Sequence[Wanted], *, built: Sequence[str] = ()) -> tuple[Placed, ...]:
    """The specs in an order in which they can be built; ``built`` are those whose work HEAD holds already.

    Raises:
        UsageError: a spec depends on one that is neither in the batch nor built, or on itself by a circle.
    """
    paths = [each.path for each in wanted]
    needs = {each.path: tuple(_needs(each, paths, built)) for each in wanted}
    order = _sorted(paths, needs)
    by_path = {each.path: each for each in wanted}
    placed: list[Placed] = []
    for path in order:
        beside = [each.path for each in placed if _overlap(by_path[each.path], by_path[path])]
        after = tuple(other for other in beside if other not in needs[path])
        placed.append(Placed(path=path, needs=needs[path], after=after))
    return tuple(placed)


def width(placed: Sequence[Placed]) -> int:
    """How many of them may be built side by side at most, if each takes as long as any other."""
    level: dict[str, int] = {}
    for each in placed:
        level[each.path] = max((level[other] + 1 for other in (*each.needs, *each.after)), default=0)
    return max((sum(value == number for value in level.values()) for number in set(level.values())), default=1)


def _needs(spec: Wanted, paths: Sequence[str], built: Sequence[str]) -> list[str]:
    found = []
    for name in spec.depends:
        meant = meant_path(name, spec.path)
        choices = [path for path in meant if path in paths]
        if choices:
            found.append(choices[0])
        elif not any(path in built for path in meant):
            raise UsageError(
                f"{spec.path} depends on {name[:80]!r}, which is neither in this batch nor built and merged: add it, "
                "or take the line out of `depends`."
            )
    return found


def meant_path(name: str, spec: str) -> tuple[str, ...]:
    """The paths that a name in ``depends`` may mean: beside the spec that says so, or from the root."""
    beside = PurePosixPath(spec).parent / name
    return tuple(dict.fromkeys(_plain(path) for path in (beside, PurePosixPath(name))))


def _plain(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _sorted(paths: Sequence[str], needs: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Dependencies first, and otherwise as they were named."""
    order: list[str] = []
    waiting = list(paths)
    while waiting:
        ready = next((path for path in waiting if all(need in order for need in needs[path])), None)
        if ready is None:
            raise UsageError(f"These specs depend on one another by a circle: {', '.join(waiting)}.")
        waiting.remove(ready)
        order.append(ready)
    return order


def _overlap(one: Wanted, other: Wanted) -> bool:
    return any(may_overlap(a, b) for a in one.owns or EVERYTHING for b in other.owns or EVERYTHING)
