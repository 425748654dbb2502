"""What leaves a run: slices of its result, each a branch and a text that a person reviews."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A pull request to be: tasks whose changes are read together.

    The slices of a run are in the order of review; each landing is in exactly one of them.
    """

    name: str
    """``core``, ``core-2``: the last part of its branch ``agentctl/RUN/NAME``."""
    team: str
    tasks: tuple[str, ...]
    """In the order in which they landed."""
    on: str = ""
    """The name of the slice it is stacked on; empty for the run's base."""
    owners: tuple[str, ...] = ()
    """Who owns its files by CODEOWNERS: ``@login``, ``@org/team`` or an address."""
    paths: tuple[str, ...] = ()
    minutes: float = 0.0
    """What reading it takes, by the estimate of `rules.review_minutes`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A slice as it stands in git, judged."""

    slice: Slice
    branch: str
    """``agentctl/RUN/NAME``."""
    base: str
    """The commit it is stacked on."""
    head: str
    """One commit a task, with its message and trailers."""
    tree: str
    gate: str
    """The gate hash under which that tree passed."""
    title: str = ""
    body: str = ""
    """Of the pull request, as markdown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A slice that became a pull request."""

    name: str
    number: int
    url: str
    head: str
    """What was pushed last."""
    base: str
    """The branch it goes to."""
