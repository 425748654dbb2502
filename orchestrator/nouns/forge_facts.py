"""Facts about what left a run for a forge. Events hold them."""

from dataclasses import dataclass

from .delivery import Opened, Rebuilt


@dataclass(frozen=True, slots=True, kw_only=True)
class PullStands:
    """A slice's pull request as we left it, or are about to; the latest of a slice's name stands."""

    pull: Opened


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRebuilt:
    """A slice's commits were made anew on another base, and judged; the latest of a slice's name stands."""

    rebuilt: Rebuilt
