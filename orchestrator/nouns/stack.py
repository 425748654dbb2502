"""A run's slices beside what the forge has of them, and what may be done about the difference."""

from dataclasses import dataclass

from .delivery import Cut, Opened
from .forge import Pull


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A slice as it is to be, as we left it, and as the forge has it now."""

    cut: Cut
    base: str
    """The commit it stands on now; another one than the cut's where it was rebuilt."""
    head: str
    rests: str = ""
    """The commit that it was put on, of a slice that stands on no other; empty for that of the cut."""
    kept: Opened | None = None
    pull: Pull | None = None
    """The pull request from its branch: the open one, else the latest."""
    remote: str | None = None
    """Where its branch is on the forge; None where it is not there."""
    inside: bool = False
    """It was merged, and its commits themselves are in the history of where it was merged to."""
    lost: bool = False
    """It was merged into a branch that had been merged before, and so went nowhere."""
    also: tuple[str, ...] = ()
    """Slices that were merged into its branch and were made anew with it."""
    red: str = ""
    """Why the gate refuses it as it was rebuilt."""
    clash: tuple[str, str] = ("", "")
    """A commit it cannot be rebuilt on, and the files that are in the way."""

    @property
    def name(self) -> str:
        """Of its slice."""
        return self.cut.slice.name

    @property
    def empty(self) -> bool:
        """What it stands on holds all of it."""
        return self.head == self.base


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A pull request whose slice the run does not have any more."""

    kept: Opened
    pull: Pull | None
    remote: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """Make a slice's commits anew on another commit, and have the result judged."""

    name: str
    onto: str
    also: tuple[str, ...] = ()
    """Slices whose commits come after its own: somebody merged them into its branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushBranch:
    """Move a slice's branch on the forge, if it still is at ``old``."""

    name: str
    branch: str
    new: str
    old: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPull:
    """Open a pull request, as a draft."""

    name: str
    branch: str
    base: str
    title: str
    body: str
    text: str
    """The digest to keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPull:
    """Change what is given of a pull request."""

    name: str
    number: int
    title: str = ""
    body: str = ""
    base: str = ""
    text: str = ""
    """The digest to keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeReady:
    """Say that a draft is ready for review."""

    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskReview:
    """Ask the owners of its files."""

    name: str
    number: int
    reviewers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePull:
    """Close a pull request that has nothing to bring any more, and say why."""

    name: str
    number: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SayOnPull:
    """Say something on a pull request, once."""

    name: str
    number: int
    body: str
    marker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Remember what others did to a pull request."""

    pull: Opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a person should know of a slice; nothing is done."""

    name: str
    words: str


Deed = Rebuild | PushBranch | OpenPull | EditPull | MakeReady | AskReview | ClosePull | SayOnPull | Keep
Action = Deed | Told
