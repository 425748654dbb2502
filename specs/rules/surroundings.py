"""What rules may know beyond the spec: facts that others looked up. Data only; nothing here looks anything up."""

from collections.abc import Mapping
from dataclasses import field

from ..frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Facts of the repository, of the spec's lock, and of runs. None: nobody looked, so no rule speaks about it."""

    paths: frozenset[str] | None = None
    """Every file of the repository, with ``/``."""
    place: str | None = None
    """The spec's own path from the root of the repository, which its pictures are relative to; empty for a text at the
    root, None where it is in no repository."""
    differing: frozenset[str] = frozenset()
    """Paths of the spec's fixtures at which the repository has a file of another text."""
    absent_specs: frozenset[str] = frozenset()
    """Of the specs that it depends on, those of which there is no file beside it or from the root, as it names them."""
    symbols: frozenset[str] | None = None
    """Names that its code defines: functions, classes, methods, values."""
    commands: frozenset[str] | None = None
    """Commands that its packaging installs, such as the keys of ``[project.scripts]``."""
    packages: frozenset[str] | None = None
    """Packages that a package.json of it asks for."""
    locked: Mapping[str, str] = field(default_factory=dict)
    """Text of each item by id, as the spec's lock holds it."""
    retired: frozenset[str] = frozenset()
    """Ids of items that were removed: the lock's tombstones."""
    base_passes: frozenset[str] = frozenset()
    """Ids of checks and tables that pass on the base commit."""
    base_stopped: Mapping[str, float] = field(default_factory=dict)
    """Checks and tables that did not end on the base commit, by id, with the seconds after which they were stopped."""
    red_gates: frozenset[str] = frozenset()
    """Gate commands that fail on the base commit."""
    missing_gates: frozenset[str] = frozenset()
    """Gate commands whose program was not found."""
    estimate_usd: float | None = None
    """What the planner thinks that the run will cost."""
