"""The lock of a spec: ``x.lock`` beside ``x.md``, committed, so that the trace survives a squash merge. Only names.

What a lock holds is in `lock_nouns`, how it is written in `lock_write`, how it is read in `lock_read`, and what the
lock of a spec would be now in `lock_spec`.
"""

from .lock_nouns import (
    BaseResult,
    Level,
    Lock,
    LockedAnswer,
    LockedContract,
    LockedEvidence,
    LockedItem,
    LockedTask,
    LockedTeam,
)
from .lock_read import LockError, read_lock
from .lock_spec import foreign, judged, lock_spec
from .lock_write import write_lock

__all__ = [
    "BaseResult",
    "Level",
    "Lock",
    "LockError",
    "LockedAnswer",
    "LockedContract",
    "LockedEvidence",
    "LockedItem",
    "LockedTask",
    "LockedTeam",
    "foreign",
    "judged",
    "lock_path",
    "lock_spec",
    "read_lock",
    "write_lock",
]


def lock_path(spec_path: str) -> str:
    """``docs/x.md`` is locked by ``docs/x.lock``."""
    return f"{spec_path.removesuffix('.md')}.lock"
