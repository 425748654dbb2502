"""Whether somebody has a run's dashboard before them: a lock that the dashboard holds while it has the focus."""

import fcntl
import os
from pathlib import Path

_FILE = "watched"


class Watching:
    """The dashboard's side; the system lets go when its process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self._handle: int | None = None

    def focus(self, has: bool) -> None:  # noqa: FBT001 - a signal's one value
        """Take the lock, shared with other dashboards, or let go of it. Without a place for it nothing is known."""
        if has and self._handle is None:
            try:
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
                fcntl.flock(self._handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                self._let_go()
        elif not has:
            self._let_go()

    def _let_go(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
        self._handle = None


def is_watched(folder: Path) -> bool:
    """Whether a dashboard of the run in that folder has the focus now."""
    try:
        handle = os.open(folder / _FILE, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(handle)
