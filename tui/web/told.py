"""What the server says of the requests that it refused: one clean line each, and never more than a few a minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..clean import clean

MOST = 20
"""Lines in a minute; what is left out is counted."""
_MINUTE = 60.0
_WIDTH = 160


@dataclass(slots=True, kw_only=True)
class Told:
    """Lines for the terminal in which the server runs."""

    say: Callable[[str], None]
    monotonic: Callable[[], float] = time.monotonic
    _since: float = field(default=float("-inf"), init=False)
    _lines: int = field(default=0, init=False)
    _left_out: int = field(default=0, init=False)

    def tell(self, text: str) -> None:
        """Say it, unless too much was said already; ``text`` may hold anything."""
        now = self.monotonic()
        if now - self._since >= _MINUTE:
            self._since, self._lines = now, 0
        if self._lines >= MOST:
            self._left_out += 1
            return
        self._lines += 1
        if self._left_out:
            self.say(f"{self._left_out} more were refused")
            self._left_out = 0
        self.say(clean(text, width=_WIDTH))
