"""Runs of agentctl by its own command line, against a scripted server, and what their folders say afterwards."""

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ...orchestrator.clock import SystemClock
from ...orchestrator.nouns.events import Event, QuestionAnswered
from ...orchestrator.store.folder import RunFolder, all_runs, find
from ...orchestrator.store.sqlite import SqliteStore
from .folder import largest_checkpoint
from .processes import Cost, environment, measured

_LOOK = 0.1
"""Seconds between two looks from beside a run."""


def settings(url: str, *, gates: int) -> str:
    """An agentctl.toml that sends every tier to a scripted server, which answers for planner and workers alone."""
    deployment = f'{{ model = "openai/scripted", api_base = "{url}", prompt_usd = 0.1, completion_usd = 0.4 }}'
    limits = f"[limits]\ngates = {gates}\nusd = 50\n"
    head = 'profile = "openai"\nquestions = 0\ncritic = "off"\ncontracts = false\n'
    return f"{head}\n{limits}\n[models]\nflash = {deployment}\npro = {deployment}\n"


def run(root: Path, spec: Sequence[str], *, workers: int) -> Cost:
    """``agentctl run`` in the repository ``root``, with nothing that waits for a terminal."""
    quiet = ["--yes", "--force", "--progress", "quiet", "--no-input"]
    line = [sys.executable, "-P", "-m", "agentctl", "run", *spec, "--workers", str(workers), *quiet]
    return measured(line, env=environment(), cwd=root)


@dataclass(slots=True, kw_only=True)
class Beside:
    """A person beside the run of a repository, who answers with yes, and notes how large checkpoints get."""

    root: Path
    answer_after: float
    """Seconds from a question to its answer."""
    checkpoint: int = 0
    _leaves: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def present(self) -> Iterator["Beside"]:
        """Be there while the block runs."""
        thread = threading.Thread(target=self._stay, name="person")
        thread.start()
        try:
            yield self
        finally:
            self._leaves.set()
            thread.join()

    def _stay(self) -> None:
        while not any(folder.graph_db.exists() for folder in _runs(self.root)):
            if self._leaves.wait(_LOOK):
                return
        folder = find(self.root, None)
        with store_of(folder) as store:
            while not self._leaves.wait(_LOOK):
                self.checkpoint = max(self.checkpoint, largest_checkpoint(folder))
                self._answer(store)

    def _answer(self, store: SqliteStore) -> None:
        for asked in store.questions(only_open=True):
            if time.time() >= asked.at + self.answer_after:
                store.append(QuestionAnswered(key=asked.question.key, answer="yes"), author="person:bench")


def store_of(folder: RunFolder) -> SqliteStore:
    """A run's tables, opened beside its driver or after it."""
    return SqliteStore(folder.run_db, clock=SystemClock(), redact=str, blobs=folder.blobs)


def latest(root: Path) -> tuple[RunFolder, tuple[Event, ...]]:
    """The latest run of a repository and its log."""
    folder = find(root, None)
    with store_of(folder) as store:
        return folder, store.events()


def _runs(root: Path) -> tuple[RunFolder, ...]:
    return all_runs(root) if (root / ".agentctl").exists() else ()
