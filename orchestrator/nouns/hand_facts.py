"""Facts that persons put on a run with their own hands; the envelope's author says who. Events hold them."""

from dataclasses import dataclass
from typing import Literal

from .keys import AttemptKey
from .questions import Autonomy


@dataclass(frozen=True, slots=True, kw_only=True)
class Widened:
    """From here on an attempt may write these files as well: a person, the author, chose the option that names them."""

    key: AttemptKey
    question: str
    """The key of the question."""
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """A person added a sentence to the run's copy of the spec; ``number`` counts them from 1."""

    number: int
    requirement: str
    """The id under which it stands there; of a spec without ids that of its one requirement."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertAsked:
    """A person wants what a task landed to be taken back; ``number`` counts such wishes from 1."""

    number: int
    task: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverted:
    """What a task landed is not part of the branch any more: the landing of task ``by`` took it back."""

    task: str
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowAsked:
    """Somebody wants the run to follow its base branch to this commit; ``number`` counts such wishes from 1."""

    number: int
    commit: str
    branch: str
    """As it was named: a branch, or the commit itself."""
    force: bool = False
    """Also where the commit does not stand on what the run stands on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAsked:
    """A person wants the run, or one task, to end; the driver obeys."""

    task: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonJudged:
    """A person read a proposed lesson; ``text`` is its section of the file, where they wrote it anew."""

    lesson: str
    decision: Literal["approved", "rejected", "edited"]
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """A person said one sentence to whoever works on a task, now and later."""

    task: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseAsked:
    """A person wants no new model call for a task, or for the whole run."""

    task: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseEnded:
    """A person lets a task go on; None lets everything go on that was paused."""

    task: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAsked:
    """A person wants the attempt of that number to end and the next one to begin, on ``rung`` where it names one."""

    task: str
    attempt: int
    rung: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTaken:
    """A person goes on with a task by hand: the attempt of that number ends, and the task is theirs."""

    task: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTreeMade:
    """The work tree of a task that was taken: where it is, on which base, and what it held at first."""

    task: str
    folder: str
    base_tree: str
    tree: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskGivenBack:
    """A person leaves a task that they took to its ladder again."""

    task: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PathsAllowed:
    """A person lets their own change of a task touch these paths although it does not own them, or they are guarded."""

    task: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A person handed in the tree of a task they took; it becomes the attempt of that number, on the real gate."""

    task: str
    attempt: int
    base_tree: str
    tree: str
    patch: str
    author: str
    """``Name <address>``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferred:
    """A person wants a task, with all that it waits for, before the others; or, ``off``, in its turn again."""

    task: str
    off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AutonomySet:
    """A person decided how much is decided without them: by a team's workers, or, without ``team``, by everyone's."""

    autonomy: Autonomy
    team: str = ""
