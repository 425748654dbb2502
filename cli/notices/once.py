"""Remembers signed messages for as long as their signature is believed, so that none is taken twice."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ...orchestrator.errors import UsageError
from ..one_at_a_time import one_at_a_time

WINDOW = 300.0
"""Seconds by which a message may be old, or early."""
_FILE, _LOCK = "answers.seen", "answers.lock"
_MOST = 1000


class TooMany(UsageError):
    """More messages came within the window than are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """The messages of one run."""

    folder: Path
    clock: Callable[[], float] = time.time

    def take(self, message: str) -> bool:
        """Whether a message comes for the first time; from then on it does not.

        Raises:
            TooMany: as said; nothing is remembered then.
        """
        digest = hashlib.sha256(message.encode("utf-8", "replace")).hexdigest()
        now = self.clock()
        with one_at_a_time(self.folder / _LOCK):
            known = {name: until for name, until in self._read() if until > now}
            if digest in known:
                return False
            if len(known) >= _MOST:
                raise TooMany("Too many answers came within a few minutes: wait, then send a new message.")
            self._write({**known, digest: now + 2 * WINDOW})
        return True

    def _read(self) -> Iterator[tuple[str, float]]:
        path = self.folder / _FILE
        text = path.read_text(encoding="ascii", errors="replace") if path.exists() else ""
        for line in text.splitlines():
            name, _, until = line.partition(" ")
            try:
                yield name, float(until)
            except ValueError:
                continue

    def _write(self, known: dict[str, float]) -> None:
        draft = self.folder / f"{_FILE}.draft"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.writelines(f"{name} {until:.3f}\n" for name, until in known.items())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / _FILE)
