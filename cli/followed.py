"""What a run was to follow of its base branch, and what came of it, in words. Reads the store."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..orchestrator.following import came_of
from ..orchestrator.ports import Store
from ..orchestrator.rules.following import said_by
from ..tui.clean import clean


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A wish that was seen to: what was to be followed, by whose word, and what came of it."""

    number: int
    branch: str
    to: str
    """The commit of the branch."""
    by: str
    task: str
    """The task that brings it; empty where that cannot be."""
    commit: str
    """The commit with which that landed; empty where it has not."""
    reasons: str
    """Why it has not, and will not."""
    manifests: tuple[str, ...] = ()
    """Those that ask for other packages there than the run has."""


def followed_in(store: Store) -> Iterator[Followed]:
    """All of it, in the order of the wishes."""
    for number, step, commit, reasons in came_of(store):
        yield Followed(
            number=number,
            branch=step.branch,
            to=step.commit,
            by=step.by,
            task=step.task,
            commit=commit,
            reasons=reasons,
            manifests=step.manifests,
        )


def followed_lines(found: Sequence[Followed]) -> Iterator[str]:
    """A line each."""
    for each in found:
        what = f"{clean(each.branch, width=80)} at {each.to[:10]}, by the word of {clean(said_by(each.by))}"
        if each.commit:
            others = f"; tested with the packages of before, not those of {', '.join(map(clean, each.manifests))}"
            yield f"{what}: landed as {clean(each.task)}, {each.commit[:10]}{others if each.manifests else ''}"
        elif each.reasons:
            yield f"{what}: not followed, {clean(each.reasons, width=300)}"
        else:
            yield f"{what}: {clean(each.task)} is under way"
