"""When a key may answer: only what has stood on the screen unchanged for a moment. Pure.

A list that changes under the finger must not make a key mean something else. So what a key would answer, and all that
the eye uses to know it, has to be the same for `SECONDS` before the key counts.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

SECONDS = 0.4


@dataclass(slots=True)
class Steady:
    """What was painted last, and since when it has been there."""

    _what: Hashable = None
    _since: float = 0.0

    def painted(self, what: Hashable, *, at: float) -> None:
        """This is on the screen now; ``at`` counts in seconds and never goes back."""
        if what != self._what:
            self._what, self._since = what, at

    def stands(self, what: Hashable, *, at: float) -> bool:
        """Whether exactly this has been on the screen for long enough."""
        return what is not None and what == self._what and at - self._since >= SECONDS
