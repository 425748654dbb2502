"""Which check runs, and how far that is: one line that comes and goes on a terminal's stderr, and nothing elsewhere."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TextIO

from ..tui.clean import clean
from .output import say

_CLEAR = "\r\x1b[K"
_NAMED = 3
_WIDTH = 80

Around = Callable[[Path], AbstractContextManager[object]]


class Progress:
    """``names`` are the checks in their order, of which each is said to be the nth."""

    def __init__(self, names: Sequence[str], *, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._places = {name: place for place, name in enumerate(names, 1)}
        self._running: list[str] = []
        self._doing = ""
        self._shown = False
        self._live = self._stream.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")

    def expect(self, names: Sequence[str]) -> None:
        """Count these checks from now on."""
        self._places = {name: place for place, name in enumerate(names, 1)}

    def during(self, check: str, around: Around) -> Around:
        """``around``, and the check is shown meanwhile."""

        @contextmanager
        def shown(root: Path) -> Iterator[object]:
            self._running.append(check)
            self._draw()
            try:
                with around(root) as inner:
                    yield inner
            finally:
                self._running.remove(check)
                self._draw()

        return shown

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Something else that takes its time is shown meanwhile."""
        self._doing = what
        self._draw()
        try:
            yield
        finally:
            self._doing = ""
            self._draw()

    def say(self, text: str) -> None:
        """A line that stays, above the one that goes."""
        self.clear()
        say(text)
        self._draw()

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._stream.write(_CLEAR)
            self._stream.flush()
            self._shown = False

    def _draw(self) -> None:
        if not self._live:
            return
        self.clear()
        line = self._line()
        if line:
            self._stream.write(clean(line, width=self._columns() - 1))
            self._stream.flush()
            self._shown = True

    def _line(self) -> str:
        if not self._running:
            return f"{self._doing} ..." if self._doing else ""
        every = dict.fromkeys(self._running)
        named = [f"{name} ({self._places[name]} of {len(self._places)})" for name in every if name in self._places]
        more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        return f"running {', '.join(named[:_NAMED])}{more} ..." if named else ""

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or _WIDTH
        except (OSError, ValueError):
            return _WIDTH
