"""What people did to a run with their own hands: sentences, pauses, tries they asked for, tasks they took over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from .keys import AttemptKey
from .questions import Autonomy

T = TypeVar("T")

PERSON = "person"
"""The rung of an attempt that a person made; no ladder names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of a person to whoever works on a task."""

    task: str
    text: str
    by: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """No model call is begun for a task, or for the whole run where ``task`` is empty."""

    task: str
    by: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """The attempt of that number ends if it has not, and the next one is on ``rung``; empty for the same one."""

    task: str
    attempt: int
    """0 where no attempt has begun."""
    rung: str
    by: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A person works on a task; the attempt of that number ends, and no other begins but theirs."""

    task: str
    attempt: int
    by: str
    at: float
    folder: str = ""
    """The work tree, absolute; empty until it was made."""
    base_tree: str = ""
    tree: str = ""
    """What the work tree held when it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A person's tree, which becomes the attempt of that number."""

    task: str
    attempt: int
    base_tree: str
    tree: str
    patch: str
    """The commit that keeps it; its ref is that of the attempt."""
    author: str
    """``Name <address>``, the author of the commit that lands."""
    by: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Globs that a person let their own change of a task touch although the task does not own them."""

    task: str
    paths: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Widening:
    """Files that an attempt owns beside what the plan gave its task, by a person's answer."""

    key: AttemptKey
    question: str
    """The key of the question."""
    paths: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A sentence that a person added to the run's copy of the spec."""

    number: int
    requirement: str
    text: str
    by: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A person wants what a task landed to be taken back."""

    number: int
    task: str
    why: str
    by: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """The run is to follow its base branch to this commit, by the word of a person or of the setting."""

    number: int
    commit: str
    branch: str
    force: bool
    by: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """All of it, as it stands."""

    said: tuple[Sentence, ...] = ()
    pauses: tuple[Pause, ...] = ()
    retries: tuple[Retry, ...] = ()
    """The latest of each task."""
    taken: tuple[Taken, ...] = ()
    submissions: tuple[Submission, ...] = ()
    allowed: tuple[Allowed, ...] = ()
    widened: tuple[Widening, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    reverts: tuple[Wish, ...] = ()
    follows: tuple[Follow, ...] = ()
    preferred: tuple[str, ...] = ()
    """Tasks that come before the others, in the order of asking."""
    autonomy: Mapping[str, Autonomy] = field(default_factory=dict)
    """What persons said of it since the run began, by team; "" for whoever nothing else was said of."""

    def sentences(self, task: str) -> tuple[Sentence, ...]:
        """What was said to a task, in order."""
        return tuple(each for each in self.said if each.task == task)

    def pause(self, task: str) -> Pause | None:
        """What keeps a task from calling a model: its own pause, or the run's."""
        return _first(each for each in self.pauses if each.task in {task, ""})

    def retry(self, task: str, attempt: int) -> Retry | None:
        """The try that a person asked for after the attempt of that number."""
        return _first(each for each in self.retries if (each.task, each.attempt) == (task, attempt))

    def taken_by(self, task: str) -> Taken | None:
        """Who works on a task by hand, if anybody does."""
        return _first(each for each in self.taken if each.task == task)

    def submission(self, task: str, attempt: int) -> Submission | None:
        """The person's tree that is, or becomes, the attempt of that number."""
        return _first(each for each in reversed(self.submissions) if (each.task, each.attempt) == (task, attempt))

    def allowed_in(self, task: str) -> tuple[str, ...]:
        """The globs that were allowed for a task, without repeats."""
        return tuple(dict.fromkeys(path for each in self.allowed if each.task == task for path in each.paths))

    def widened_at(self, key: AttemptKey) -> tuple[str, ...]:
        """What an attempt may write beside what the plan gave its task, without repeats."""
        return tuple(dict.fromkeys(path for each in self.widened if each.key == key for path in each.paths))

    def widened_in(self, task: str) -> tuple[str, ...]:
        """What any attempt at a task was let write beside what the plan gave it, without repeats."""
        return tuple(dict.fromkeys(path for each in self.widened if each.key.task == task for path in each.paths))

    def widened_by(self, question: str) -> tuple[Widening, ...]:
        """What the answer to a question came to; one for each attempt that knew it."""
        return tuple(each for each in self.widened if each.question == question)


def _first(found: Iterable[T]) -> T | None:
    return next(iter(found), None)
