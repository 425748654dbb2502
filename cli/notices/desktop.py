"""The desktop of this machine, by notify-send or osascript: an argument vector, never a shell."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from .channel import NotDelivered, NotNow
from .notice import Notice

_SECONDS = 5.0
_LONGEST = 240
_APPLESCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)
"""The words come as arguments: none of them is part of the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DesktopChannel:
    """Pops up a window, unless somebody is looking at the run's dashboard."""

    command: tuple[str, ...]
    """The program and what stands before title and words."""
    markup: bool = False
    """Whether the program takes the words for markup, in which those of others must be none."""
    watched: Callable[[str], bool] = lambda _: False
    """Whether a dashboard of that run has the focus."""

    @property
    def name(self) -> str:
        """There is one."""
        return "desktop"

    def tell(self, notice: Notice) -> str:
        """As `Channel`."""
        if self.watched(notice.run):
            raise NotNow("the dashboard has the focus")
        title, words = f"agentctl {notice.run}", notice.line[:_LONGEST]
        words = escape(words, quote=False) if self.markup else words
        try:
            done = subprocess.run(
                [*self.command, title, words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise NotDelivered(f"{self.command[0]}: {type(error).__name__}", again=False) from error
        if done.returncode:
            raise NotDelivered(f"{self.command[0]} ended with {done.returncode}: is there a desktop?", again=False)
        return "shown"


def found(watched: Callable[[str], bool]) -> DesktopChannel | None:
    """The desktop of this machine; None where no program reaches it."""
    if sends := shutil.which("notify-send"):
        return DesktopChannel(command=(sends, "--app-name=agentctl", "--"), markup=True, watched=watched)
    if script := shutil.which("osascript"):
        lines = [part for line in _APPLESCRIPT for part in ("-e", line)]
        return DesktopChannel(command=(script, *lines), watched=watched)
    return None
