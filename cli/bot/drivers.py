"""Who drives the bot's runs: processes that outlive it, one a run, begun again where one broke. Decides nothing else.

A driver ends when only a person can go on, and is begun again once somebody has said something. One that breaks is
begun again as well; after `MOST_BREAKS` in a row the run is left, and told of.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from ...orchestrator.errors import RunStateError
from ...orchestrator.nouns.hand_facts import Amended
from ...orchestrator.opened import wished
from ...orchestrator.store.folder import RunFolder
from ...tui.clean import clean_lines
from ...tui.snapshot import FINISHED
from .. import processes
from ..batch_drivers import Child, Driving
from ..batch_runs import last_event, may_go_on
from ..driving import detached_log
from ..outcome import BUDGET, DONE, NO_KEY, UNMET, WAITING
from ..output import say
from ..repository import opened
from .book import Book, Thread
from .home import Home

MOST_BREAKS = 3
LOG_LINES = 10
"""Lines of its log that say how a driver broke."""
SECRETS = (
    *("AGENTCTL_WEBHOOK_SECRET", "AGENTCTL_GITHUB_TOKEN", "AGENTCTL_GITHUB_APP_KEY", "AGENTCTL_APP_PRIVATE_KEY"),
    *("GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"),
)
"""Variables that are the bot's alone: a driver speaks to no forge."""


def unseen(home: Home) -> tuple[str, ...]:
    """The variables that no driver of a home is given."""
    return tuple(dict.fromkeys((*SECRETS, *home.secrets)))


_ORDERLY = (DONE, WAITING, NO_KEY, BUDGET, UNMET)

Launch = Callable[[RunFolder], Driving]


def launched(folder: RunFolder, *, without: tuple[str, ...] = SECRETS) -> Driving:
    """A driver in a session of its own, without the variables ``without``; it ends where only a person can go on."""
    command = ["resume", folder.run, "--repo", str(folder.path.parents[2]), "--progress", "plain", "--no-input"]
    return Child(processes.detach([*command, "--no-wait"], log=detached_log(folder), without=without))


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A run that is not driven any more, because its drivers broke; the end of what the last one said."""

    thread: Thread
    lines: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Drivers:
    """The drivers of one home; what has to outlive this process is in the book."""

    book: Book
    clock: Callable[[], float]
    launch: Launch = launched
    secrets: tuple[str, ...] = SECRETS
    _ours: dict[str, tuple[RunFolder, Driving]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.launch is launched:
            self.launch = partial(launched, without=self.secrets)

    def is_driven(self, folder: RunFolder) -> bool:
        """Whether a process drives it, or was begun to."""
        self._see(folder)
        return folder.run in self._ours or folder.driver() is not None

    def at_work(self) -> bool:
        """Whether a driver that was begun here is not over; for who has to stay until all are."""
        for folder, _ in tuple(self._ours.values()):
            self._see(folder)
        return bool(self._ours)

    def hear(self, folder: RunFolder) -> None:
        """Somebody said something to a run: breaks from before do not count any more."""
        kept = self._kept(folder.run)
        if kept.get("breaks"):
            self._keep(folder.run, **{**kept, "breaks": 0, "told": False})

    def revive(self, runs: Iterable[tuple[Thread, RunFolder, int]]) -> tuple[Left, ...]:
        """Begin a driver for each run that can go on and has none; those that are left and that nobody was told of.

        With each run comes how many of its repository may be driven at once. One that cannot be read holds up no other.
        """
        driven: dict[str, int] = {}
        waiting: list[tuple[Thread, RunFolder, int]] = []
        left = []
        for thread, folder, most in runs:
            repo = str(thread.repo)
            try:
                if self.is_driven(folder):
                    driven[repo] = driven.get(repo, 0) + 1
                elif self._is_left(folder):
                    left.append(Left(thread=thread, lines=_end_of_log(folder)))
                elif self._can_go_on(folder):
                    waiting.append((thread, folder, most))
            except RunStateError as error:
                say(f"run {folder.run} cannot be read: {error}")
        for thread, folder, most in waiting:
            repo = str(thread.repo)
            if driven.get(repo, 0) < most:
                driven[repo] = driven.get(repo, 0) + 1
                self.begin(folder)
        return tuple(left)

    def begin(self, folder: RunFolder) -> None:
        """Begin a driver, unless there is one."""
        if self.is_driven(folder):
            return
        self._keep(folder.run, **{**self._kept(folder.run), "heard": last_event(folder), "code": None})
        self._ours[folder.run] = (folder, self.launch(folder))

    def _see(self, folder: RunFolder) -> None:
        """Take note of a driver of ours that has ended."""
        _, child = self._ours.get(folder.run, (folder, None))
        code = child.ended() if child is not None else None
        if code is None:
            return
        del self._ours[folder.run]
        kept = self._kept(folder.run)
        orderly = code in _ORDERLY and not (code == NO_KEY and not _asks(folder))
        broke = not orderly and not _is_over(folder) and folder.driver() is None
        breaks = int(str(kept.get("breaks") or 0)) + 1 if broke else 0
        self._keep(folder.run, **{**kept, "code": code, "breaks": breaks})

    def told(self, left: Left) -> None:
        """That a run is left was told, and is not told again."""
        self._keep(left.thread.run, **{**self._kept(left.thread.run), "told": True})

    def _is_left(self, folder: RunFolder) -> bool:
        """Whether it broke too often, and nobody was told."""
        kept = self._kept(folder.run)
        return _broke_too_often(kept) and not kept.get("told")

    def _can_go_on(self, folder: RunFolder) -> bool:
        kept = self._kept(folder.run)
        if _broke_too_often(kept) or _is_over(folder):
            return False
        waits = kept.get("code") in (WAITING, NO_KEY, BUDGET) and not kept.get("breaks")
        heard = int(str(kept.get("heard") or 0))
        return not waits or may_go_on(folder, after=heard) or _is_amended(folder, after=heard)

    def _kept(self, run: str) -> dict[str, object]:
        kept = self.book.deed(f"driven:{run}")
        return dict(kept) if isinstance(kept, dict) else {}

    def _keep(self, run: str, **what: object) -> None:
        self.book.keep(f"driven:{run}", what, at=self.clock())


def _broke_too_often(kept: Mapping[str, object]) -> bool:
    return int(str(kept.get("breaks") or 0)) >= MOST_BREAKS


def _is_over(folder: RunFolder) -> bool:
    """Whether nothing is left to do: it ended, and nobody wished for more since."""
    with opened(folder) as run:
        state = run.store.run().state
        return state in FINISHED and (state == "cancelled" or not wished(run.store))


def _asks(folder: RunFolder) -> bool:
    with opened(folder) as run:
        return bool(run.store.questions(only_open=True))


def _is_amended(folder: RunFolder, *, after: int) -> bool:
    """Whether a sentence was added since, by whomever: a check that is red amends as well."""
    with opened(folder) as run:
        return any(isinstance(event.fact, Amended) for event in run.store.events(after=after))


def _end_of_log(folder: RunFolder) -> tuple[str, ...]:
    log = detached_log(folder)
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return tuple(clean_lines(text).splitlines()[-LOG_LINES:])
