"""Finds the repository and the run a command is about. Looks at folders only: it starts no git."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..orchestrator.clock import SystemClock
from ..orchestrator.errors import RepositoryError, RunStateError, UsageError
from ..orchestrator.git import location
from ..orchestrator.nouns.keys import AttemptKey
from ..orchestrator.rules.asking import money
from ..orchestrator.rules.redact import redact
from ..orchestrator.store.folder import RunFolder, find
from ..orchestrator.store.journal import Call, Journal, Totals
from ..orchestrator.store.sqlite import SqliteStore


class Calls:
    """The call journal of a run for reading, from the moment there is one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._journal: Journal | None = None

    def close(self) -> None:
        """Close the file if it was opened."""
        if self._journal is not None:
            self._journal.close()

    def totals(self, *, task: str | None = None) -> Totals:
        """As `Journal.totals`; zeros before the first call."""
        return self._opened().totals(task=task) if self._path.exists() else Totals()

    def by_task(self) -> dict[str, Totals]:
        """As `Journal.by_task`; nothing before the first call."""
        return self._opened().by_task() if self._path.exists() else {}

    def version(self) -> int:
        """As `Journal.version`; -1 before the first call."""
        return self._opened().version() if self._path.exists() else -1

    def calls(self) -> tuple[Call, ...]:
        """As `Journal.calls`; none before the first."""
        return self._opened().calls() if self._path.exists() else ()

    def results(self, key: AttemptKey, turn: int) -> dict[str, str]:
        """As `Journal.results`."""
        return self._opened().results(key, turn)

    def blob(self, digest: str) -> str:
        """As `Journal.blob`."""
        return self._opened().blob(digest)

    def _opened(self) -> Journal:
        if self._journal is None:
            self._journal = self._open()
        return self._journal

    def _open(self) -> Journal:
        for _ in range(_TRIES):
            try:
                return Journal(self._path, clock=SystemClock(), redact=redact, readonly=True)
            except RunStateError:  # most likely its driver is creating it at this moment
                time.sleep(_PAUSE)
        return Journal(self._path, clock=SystemClock(), redact=redact, readonly=True)


_TRIES = 10
_PAUSE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """A run's folder with its store and its call journal, for a process that does not drive it."""

    folder: RunFolder
    store: SqliteStore
    journal: Calls

    @property
    def cap_usd(self) -> float:
        """What the run may cost, as things stand."""
        return self.store.run().settings.limits.usd + self.store.budget_raised()

    def may_raise(self, usd: float) -> None:
        """Make sure that the cap may rise by so much. Raises UsageError where the repository's policy is below that."""
        most, cap = self.store.run().settings.most_usd, self.cap_usd
        if most is not None and cap + usd > most:
            raise UsageError(
                f"The cap of run {self.folder.run} is {money(cap)}, and the repository's policy allows {money(most)} a "
                "run: it is changed by a commit, under [policy] in agentctl.toml."
            )


def locate(repo: str | None) -> Path:
    """The root of the repository around ``repo`` (or here); of a bare one, its folder.

    Raises:
        RepositoryError: the folder is missing, or is in no repository.
    """
    path = Path(repo or ".").expanduser()
    if not path.exists():
        raise RepositoryError(f"{path} does not exist: name an existing repository with --repo.")
    return location.locate(path).root


@contextmanager
def open_run(repo: str | None, prefix: str | None, *, write: bool = False) -> Iterator[OpenRun]:
    """The run whose id starts with ``prefix``, or the latest one; closed when the block ends.

    Raises:
        RepositoryError: there is no repository here.
        RunStateError: there is no such run, several match, or a newer agentctl wrote it.
    """
    with opened(find(locate(repo), prefix), write=write) as run:
        yield run


@contextmanager
def opened(folder: RunFolder, *, write: bool = False) -> Iterator[OpenRun]:
    """Connections of one's own to a run's files, closed when the block ends; the journal is never written."""
    store = SqliteStore(folder.run_db, clock=SystemClock(), redact=redact, blobs=folder.blobs, readonly=not write)
    with store, closing(Calls(folder.calls_db)) as journal:
        yield OpenRun(folder=folder, store=store, journal=journal)
