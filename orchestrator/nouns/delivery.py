"""What leaves a run: slices of its result, each a branch and a text that a person reviews."""

from dataclasses import dataclass, field
from typing import Literal


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
    notes: tuple[str, ...] = ()
    """What a reviewer has to know of how it was cut: why it is long, or why it is not two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one model was paid in a run."""

    model: str
    calls: int
    usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A requirement with the best that speaks for it."""

    requirement: str
    text: str
    level: str = ""
    """``V0`` to ``V3``; empty where nothing does."""
    check: str = ""
    """The check's id; empty where none decides it, and for a holdout, which is never named."""
    hidden: bool = False
    """A holdout said so."""


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
    shown: tuple[Shown, ...] = ()
    """The requirements of its tasks, with what speaks for them."""
    commits: tuple[tuple[str, str, str], ...] = ()
    """Each commit with its task and title, the lowest first; a commit that is no task's has an empty task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was asked, what was answered, and by whom, in words."""

    question: str
    answer: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that the text of a pull request says beside what git says; texts in it were written by anybody."""

    run: str
    title: str
    """Of the spec."""
    why: str
    """Its first sentence."""
    what: str
    """What the slice is for."""
    part: int
    """Its place in the order of review, from 1."""
    parts: int
    on: str = ""
    """The branch it is stacked on; empty for none."""
    partial: str = ""
    """Why more will follow; empty for a run that is done."""
    decided: tuple[Decided, ...] = ()
    assumed: tuple[Decided, ...] = ()
    spent: tuple[Spent, ...] = ()
    recorded: bool = False
    """The answers were recorded earlier: no model was asked."""
    commands: tuple[str, ...] = ()
    """How to see for oneself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A slice that became a pull request, or is about to, as we left it."""

    name: str
    number: int
    """0 until it is opened."""
    url: str
    head: str
    """What was pushed last, or is about to be."""
    base: str
    """The branch it goes to."""
    heads: dict[str, str] = field(default_factory=dict)
    """Every head we ever pushed, each with the head of the cut it was made of: any other is somebody else's."""
    text: str = ""
    """The digest of the title and body we wrote last."""
    state: Literal["open", "merged", "closed", "ended"] = "open"
    """``closed`` is by a person's hand, ``ended`` by ours."""
    done: str = ""
    """The head of the cut that was merged."""
    landed: str = ""
    """The commit that brought it, and ``landed_on`` the branch it was brought to."""
    landed_on: str = ""
    ready: bool = False
    """It was ready for review once: who makes it a draft again wants that."""
    asked: tuple[str, ...] = ()
    """Reviewers that were asked; who is taken off is not asked again."""
    said: tuple[str, ...] = ()
    """Markers of comments that were made and need not be made again."""
    at: float = 0.0
    """When it was opened, in seconds since the epoch."""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """A slice's own commits on another base than it was cut on."""

    name: str
    of: str
    """The head of the cut."""
    base: str
    head: str
    """Equal to ``base`` where that holds all of it already."""
    tree: str
    red: str = ""
    """Why the gate refuses it; empty where it passed."""
    also: tuple[str, ...] = ()
    """Slices that somebody had merged into its branch, and that it holds again."""
    rests: bool = False
    """It stands on no other slice: what is cut anew later rests on this base too."""
