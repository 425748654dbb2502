"""The person's terminal: whether there is one, or a browser in its place; lines that can be given up waiting for."""

import os
import select
import signal
import sys
import termios
from collections.abc import Callable

from ..orchestrator.errors import UsageError
from ..orchestrator.kernel import prctl
from ..tui.clean import clean

_RUNG = 120
"""Characters that a desktop is told."""
_WEB_DRIVER = "textual.drivers.web_driver:WebDriver"
_PR_SET_PDEATHSIG = 1
_LOOK = 0.1
"""Seconds between two looks at whether the wait has become pointless."""


def interactive(*, no_input: bool) -> bool:
    """Whether someone can be asked: stdin and stderr are a terminal, and questions were not forbidden."""
    return not no_input and _is_terminal(sys.stdin) and _is_terminal(sys.stderr)


def in_browser() -> bool:
    """Whether `agentctl web` shows this process in a browser, and speaks to it on stdin and stdout."""
    return os.environ.get("TEXTUAL_DRIVER") == _WEB_DRIVER


def settle_in_browser() -> None:
    """Have the kernel end this process when its server is gone, however that ended; what it starts is in no browser.

    Textual has read by now which driver it has.
    """
    prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    os.environ.pop("TEXTUAL_DRIVER", None)


def drawable() -> bool:
    """Whether a full-screen program can be drawn and heard: in a browser, or on stdin and stderr that obey."""
    if in_browser():
        return True
    obeys = os.environ.get("TERM", "dumb") not in ("dumb", "unknown")
    return obeys and _is_terminal(sys.stdin) and _is_terminal(sys.stderr)


def must_be_drawable(run: str) -> None:
    """Raises UsageError where the dashboard has no terminal, with what shows the same in words."""
    if not drawable():
        raise UsageError(
            f"The dashboard needs a terminal. In words: `agentctl status {run}`, `agentctl inbox {run}`, "
            f"`agentctl report {run}`; as it goes: `agentctl attach {run} --progress plain`. In a browser: "
            f"`agentctl web {run}`."
        )


def ring(text: str) -> None:
    """The terminal's bell, and OSC 9, which many terminals show on the desktop; nothing where there is no terminal."""
    stream = sys.__stderr__  # a screen may have put its own in the place of sys.stderr
    if stream is not None and _is_terminal(stream):
        stream.write(f"\a\x1b]9;{clean(text, width=_RUNG)}\a")
        stream.flush()


def _is_terminal(stream: object) -> bool:
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


class Lines:
    """Lines typed at a terminal, read past Python's buffers so that none is kept back from `discard`."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._rest = b""
        self.closed = False
        """Set at the end of input, which says: ask me no more."""

    def discard(self) -> None:
        """Forget what was typed before now: it was not meant for the question that is about to be shown."""
        self._rest = b""
        termios.tcflush(self._descriptor, termios.TCIFLUSH)

    def waiting(self) -> bool:
        """Whether a line, or the end of input, is there; never after the end."""
        if self.closed:
            return False
        return b"\n" in self._rest or bool(select.select([self._descriptor], [], [], 0)[0])

    def read(self, *, given_up: Callable[[], bool]) -> str | None:
        """The next line without its end; empty at the end of input, None once ``given_up`` says so."""
        while b"\n" not in self._rest:
            if given_up():
                return None
            if not select.select([self._descriptor], [], [], _LOOK)[0]:
                continue
            data = os.read(self._descriptor, 65_536)
            if not data:
                self.closed = True
                return ""
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode("utf-8", "replace")
