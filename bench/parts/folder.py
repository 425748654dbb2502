"""How large a run's state is: its checkpoints while it runs, its folder afterwards."""

import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...orchestrator.store.folder import RunFolder

_LARGEST = "SELECT coalesce(max(length(checkpoint) + length(metadata)), 0) FROM checkpoints"
_PROMPTS = "SELECT coalesce(sum(length(CAST(text AS BLOB))), 0) FROM bodies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Bytes. ``checkpoint`` is the largest one seen; ``rest`` is the folder without the text of prompts."""

    checkpoint: int = 0
    prompts: int = 0
    rest: int = 0

    def largest(self, other: "Sizes") -> "Sizes":
        """The larger figure of each kind."""
        return Sizes(
            checkpoint=max(self.checkpoint, other.checkpoint),
            prompts=max(self.prompts, other.prompts),
            rest=max(self.rest, other.rest),
        )

    def seen(self, checkpoint: int) -> "Sizes":
        """With one more look at the checkpoints."""
        return replace(self, checkpoint=max(self.checkpoint, checkpoint))

    def figures(self) -> dict[str, Any]:
        """For the report."""
        return {"prompts_mb": self.prompts / 1e6}


def largest_checkpoint(folder: RunFolder) -> int:
    """Bytes of the largest checkpoint there is now; those of landed tasks are deleted, so look while it runs."""
    try:
        return _number(folder.graph_db, _LARGEST)
    except sqlite3.OperationalError:  # not made yet
        return 0


def folder_sizes(folder: RunFolder) -> Sizes:
    """What a run's folder takes when it is over."""
    total = sum(path.stat().st_size for path in folder.path.rglob("*") if path.is_file())
    prompts = _number(folder.calls_db, _PROMPTS)
    return Sizes(prompts=prompts, rest=total - prompts)


def _number(path: Path, query: str) -> int:
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        (number,) = database.execute(query).fetchone()
    finally:
        database.close()
    return int(number)
