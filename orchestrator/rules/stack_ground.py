"""What a slice has to stand on, whatever became of the slices below it: merged by any method, in any order. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..nouns.stack import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A branch of the forge, and the commit that a slice's own commits begin at."""

    branch: str
    commit: str


def ground(standing: Standing, stack: Mapping[str, Standing], *, target: str) -> Ground:
    """Where a slice's pull request goes, and what its branch stands on.

    A merge commit holds the commits themselves, so what stands on them stays as it is. After a squash or a rebase they
    are there under other names: what stood on them has to be made anew on the commit that brought them.
    """
    if (landed := _landed(standing, stack)) is not None:  # it brings more than was merged
        return _followed(landed, stack)
    on = standing.cut.slice.on
    if not on:
        return Ground(branch=target, commit=standing.rests or standing.base)
    return _above(stack[on], stack, target=target)


def covered(standing: Standing) -> bool:
    """Whether all of a slice was merged, so that nothing of it is left to bring."""
    pull = standing.pull
    if pull is None or pull.state != "merged" or standing.lost:
        return False
    return merged_of(standing) == standing.cut.head


def merged_of(standing: Standing) -> str:
    """The head of the cut that was merged: what we pushed for it, also where a person pushed on top of that."""
    kept, pull = standing.kept, standing.pull
    if kept is None or pull is None:
        return standing.cut.head
    if kept.state == "merged" and kept.number == pull.number:
        return kept.done
    return kept.heads.get(pull.head_sha) or kept.heads.get(kept.head) or standing.cut.head


def merged_into(standing: Standing, stack: Mapping[str, Standing]) -> tuple[str, ...]:
    """The slices that somebody merged into a slice's branch, or into one that was, in the order of review."""
    found: dict[str, Standing] = {standing.name: standing}
    for _ in stack:
        hosts = {each.cut.branch for each in found.values()}
        found |= {n: e for n, e in stack.items() if covered(e) and e.pull is not None and e.pull.base in hosts}
    return tuple(name for name in stack if name in found and name != standing.name)


def closed_by_a_person(standing: Standing) -> bool:
    """Whether somebody closed it by hand: it is never opened again."""
    pull, kept = standing.pull, standing.kept
    ours = kept is not None and pull is not None and kept.state == "ended" and kept.number == pull.number
    return pull is not None and pull.state == "closed" and not ours


def below(standing: Standing, stack: Mapping[str, Standing]) -> list[Standing]:
    """The slices it stands on that are not merged, the nearest first."""
    found: list[Standing] = []
    on = standing.cut.slice.on
    while on and not covered(stack[on]):
        found.append(stack[on])
        on = stack[on].cut.slice.on
    return found


def _landed(standing: Standing, stack: Mapping[str, Standing]) -> Ground | None:
    """Where a part of the slice was merged; of one that went nowhere, what was merged of the branch it went into."""
    pull, kept = standing.pull, standing.kept
    if pull is not None and pull.state == "merged":
        hosts = (each.pull for each in stack.values() if each.cut.branch == pull.base and each.pull is not None)
        host = next(hosts, None) if standing.lost else None
        return Ground(branch=pull.base, commit=pull.merged_sha if host is None else host.head_sha)
    return Ground(branch=kept.landed_on, commit=kept.landed) if kept is not None and kept.landed else None


def _above(lower: Standing, stack: Mapping[str, Standing], *, target: str) -> Ground:
    """The ground of what stands on ``lower``."""
    if covered(lower) and lower.pull is not None:
        commit = lower.pull.head_sha if lower.inside else lower.pull.merged_sha
        return _followed(Ground(branch=lower.pull.base, commit=commit), stack)
    if lower.empty:
        return Ground(branch=ground(lower, stack, target=target).branch, commit=lower.head)
    return Ground(branch=lower.cut.branch, commit=lower.head)


def _followed(place: Ground, stack: Mapping[str, Standing]) -> Ground:
    """Follow what was merged into a slice's branch to where that was merged in turn."""
    host = next((each for each in stack.values() if each.cut.branch == place.branch), None)
    if host is None or host.pull is None:
        return place
    if host.pull.state != "merged":
        return Ground(branch=place.branch, commit=host.head) if host.also else place
    others = {name: each for name, each in stack.items() if each is not host}  # nothing is followed in a circle
    as_it_is = host.pull.head_sha if host.also else place.commit
    commit = as_it_is if host.inside else host.pull.merged_sha
    return _followed(Ground(branch=host.pull.base, commit=commit), others)
