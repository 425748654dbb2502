"""A picture of a few lines at the foot of a terminal, drawn over itself. The only module that moves the cursor.

What is on the screen is remembered line by line, so that a window that was made narrower in between, where the terminal
has broken long lines in two, is wiped as a whole. What is typed meanwhile is not echoed: an Enter would scroll the
picture out of its place.
"""

import os
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from rich.console import Console, RenderableType

_LOCAL_MODES = 3
"""Where tcgetattr has the flags that hold ECHO."""


@dataclass(slots=True, kw_only=True)
class Picture:
    """One picture; elsewhere than on a terminal only the last one is written, when it is left."""

    console: Console
    _drawn: list[int] = field(default_factory=list)
    """Cells of each line that is on the screen."""
    _last: str = ""

    def draw(self, renderable: RenderableType) -> None:
        """Put this in the place of what was drawn before."""
        width = self.console.width
        with self.console.capture() as captured:
            self.console.print(renderable)
        self._last = captured.get().rstrip("\n")
        if self.console.is_terminal:
            self._write(f"{self._back(width)}{self._last}")
            lines = self.console.render_lines(renderable, pad=False)
            self._drawn = [sum(segment.cell_length for segment in line) for line in lines]

    def leave(self) -> None:
        """Let the picture stand, with the cursor on the line below it."""
        if self._last:
            self._write("\n" if self.console.is_terminal else f"{self._last}\n")
        self._drawn, self._last = [], ""

    def _back(self, width: int) -> str:
        """To the first cell of what is drawn, wiping it; a line longer than the window takes several rows of it."""
        if not self._drawn:
            return ""
        rows = sum(max(1, -(-cells // max(width, 1))) for cells in self._drawn)
        return f"\r\x1b[{rows - 1}A\x1b[J" if rows > 1 else "\r\x1b[J"

    def _write(self, text: str) -> None:
        self.console.file.write(text)
        self.console.file.flush()


@contextmanager
def without_echo(descriptor: int = 0) -> Iterator[None]:
    """What is typed there is not shown while the block runs; nothing is done where it is no terminal."""
    if not _is_ours(descriptor):
        yield
        return
    modes = termios.tcgetattr(descriptor)
    silent = [*modes]
    silent[_LOCAL_MODES] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSANOW, silent)
    try:
        yield
    finally:
        if _is_ours(descriptor):
            with suppress(termios.error):
                termios.tcsetattr(descriptor, termios.TCSANOW, modes)


def _is_ours(descriptor: int) -> bool:
    """Whether it is a terminal whose modes we may change: in the background of one a change would stop us."""
    if not os.isatty(descriptor):
        return False
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # nobody's controlling terminal, or another session's: there is no background in it
        return True
