"""What rules may know beyond the spec: facts that others looked up. Data only; nothing here looks anything up."""

from collections.abc import Mapping
from dataclasses import field

from ..frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Facts of the repository, of the spec's lock, and of runs. None: nobody looked, so no rule speaks about it."""

    paths: frozenset[str] | None = None
    """Every file of the repository, with ``/``."""
    symbols: frozenset[str] | None = None
    """Names that its code defines: functions, classes, methods, values."""
    commands: frozenset[str] | None = None
    """Commands that its packaging installs, such as the keys of ``[project.scripts]``."""
    locked: Mapping[str, str] = field(default_factory=dict)
    """Text of each item by id, as the spec's lock holds it."""
    retired: frozenset[str] = frozenset()
    """Ids of items that were removed: the lock's tombstones."""
    base_passes: frozenset[str] = frozenset()
    """Ids of checks and tables that pass on the base commit."""
    red_gates: frozenset[str] = frozenset()
    """Gate commands that fail on the base commit."""
    missing_gates: frozenset[str] = frozenset()
    """Gate commands whose program was not found."""
    estimate_usd: float | None = None
    """What the planner thinks that the run will cost."""
