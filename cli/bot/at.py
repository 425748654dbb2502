"""One look at one thread: the forge, the book, the run and the rules of its repository, and what others do for it.

Every write to the forge goes through `At.put`, which remembers what it wrote: what stands so already costs no request,
and is looked at again now and then, as somebody may have taken it away.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ...orchestrator.forge.port import Forge
from ...orchestrator.git.opening import open_repository
from ...orchestrator.git.repository import Repository
from ...orchestrator.nouns.delivery import Opened
from ...orchestrator.nouns.forge import Check, MergeMethod, Pull
from ...orchestrator.nouns.policy import Policy
from ..repository import OpenRun
from .book import Book, Thread
from .intervals import Intervals


class Bring(Protocol):
    """Cuts a run's result into slices and brings the pull requests to them: opened, edited, retargeted, made ready."""

    async def __call__(self, forge: Forge, run: OpenRun, thread: Thread, policy: Policy, /) -> Sequence[Opened]:
        """Done again it changes nothing."""
        ...


class Amend(Protocol):
    """Adds a sentence to a run, whose task it becomes; returns the requirement's id."""

    async def __call__(self, run: OpenRun, sentence: str, /, *, author: str) -> str:
        """The run is opened again where it was over, and driven."""
        ...


class MayMerge(Protocol):
    """How a pull request may be merged now, or None and why not."""

    async def __call__(
        self, forge: Forge, pull: Pull, /, *, policy: Policy, sha: str
    ) -> tuple[MergeMethod | None, str]:
        """``sha`` is the head that was judged; what else counts is asked of the forge. Nothing is written."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """What is done elsewhere for a thread."""

    bring: Bring
    amend: Amend
    may_merge: MayMerge


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A slice that is a pull request, and how that stands on the forge now."""

    slice: Opened
    pull: Pull

    @property
    def ours(self) -> bool:
        """Its head is what we pushed, which was judged."""
        return self.pull.head_sha == self.slice.head


@dataclass(slots=True, kw_only=True)
class At:
    """As said above; ``words`` gathers what is to be said of a pull request, ``aside`` what keeps it from nothing."""

    forge: Forge
    book: Book
    thread: Thread
    run: OpenRun
    policy: Policy
    others: Others
    now: float
    """Seconds since the epoch."""
    intervals: Intervals = field(default_factory=Intervals)
    words: dict[int, str] = field(default_factory=dict)
    aside: dict[int, str] = field(default_factory=dict)
    seen: dict[str, Sequence[Check]] = field(default_factory=dict)
    """Checks by commit, as they were asked for in this look."""

    history: dict[tuple[str, str], Sequence[tuple[str, str]]] = field(default_factory=dict)
    """Commits with their messages by both ends, as git was asked for them."""
    _git: Repository | None = None

    @property
    def git(self) -> Repository:
        """The repository that the run works on."""
        if self._git is None:
            self._git = open_repository(self.run.folder.path.parents[2])
        return self._git

    async def commits(self, *, since: str, tip: str) -> Sequence[tuple[str, str]]:
        """The commits after ``since`` up to ``tip``, oldest first; none where git has not got them."""
        if (since, tip) not in self.history:
            both = await self.git.resolve(tip) is not None and await self.git.resolve(since) is not None
            self.history[since, tip] = await self.git.log(since=since, tip=tip) if both else ()
        return self.history[since, tip]

    def key(self, name: str) -> str:
        """A deed of this run's thread."""
        return key_of(self.thread, name)

    async def checks(self, sha: str) -> Sequence[Check]:
        """The checks of a commit, asked for once."""
        if sha not in self.seen:
            self.seen[sha] = await self.forge.checks(sha)
        return self.seen[sha]

    async def put(self, name: str, what: object, write: Callable[[], Awaitable[object]]) -> bool:
        """Write unless just that was written under this name a short while ago; whether it was written."""
        told = {"is": digest(what), "at": self.now}
        kept = self.book.deed(self.key(name))
        if isinstance(kept, dict) and kept["is"] == told["is"] and 0 <= self.now - kept["at"] < self.intervals.again:
            return False
        await write()
        self.book.keep(self.key(name), told, at=self.now)
        return True

    def may_speak(self) -> bool:
        """Whether a new comment may be made now; if so the next one has to wait."""
        spoke = self.book.deed(self.key("spoke"))
        if isinstance(spoke, int | float) and 0 <= self.now - spoke < self.intervals.comments:
            return False
        self.book.keep(self.key("spoke"), self.now, at=self.now)
        return True


def key_of(thread: Thread, name: str) -> str:
    """The key of a deed of a run's thread, in the book of all of them."""
    return f"tell:{thread.repo.host}/{thread.repo}:{thread.run}:{name}"


def digest(what: object) -> str:
    """Of what can be written as JSON."""
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()[:20]
