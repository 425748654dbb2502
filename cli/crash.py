"""Exceptions that are not ours: what the machine refused, in words, and where any other's traceback goes."""

import errno
import os
import tempfile
import traceback
from pathlib import Path

from ..orchestrator.rules.redact import redact
from ..orchestrator.unwritable import FAILING, FULL

_CLOSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_SCARCE = frozenset({errno.EMFILE, errno.ENFILE})


def of_the_machine(error: OSError) -> tuple[str, int] | None:
    """What this machine refused and what to do, with the exit code; None for what is no matter of the machine's."""
    place = error.filename2 or error.filename
    where = os.fsdecode(place) if isinstance(place, str | bytes) else "a file"
    why = error.strerror or str(error)
    if error.errno in FULL:
        return f"{where} cannot be written ({why}): make room; `agentctl resume` then goes on with what was begun", 1
    if error.errno in FAILING:
        said = "look at the disk (`dmesg` names it); `agentctl resume` then goes on with what was begun"
        return f"{where} cannot be read or written ({why}): {said}", 1
    if error.errno in _CLOSED:
        return f"{where} cannot be used ({why}): look at its owner and permissions, and how its disk is mounted", 2
    if error.errno in _SCARCE:
        return f"{where} cannot be opened ({why}): allow more with `ulimit -n`, or run with fewer --workers", 1
    return None


def save(error: BaseException) -> str:
    """Write the traceback, without its secrets, to the user's state folder, else to a temporary one; returns where."""
    text = redact("".join(traceback.format_exception(error)))
    state = Path(os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser())
    for folder in (state / "agentctl" / "crashes", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix="agentctl-", suffix=".txt", dir=folder)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
        except OSError:
            continue
        return name
    return "nowhere: no folder could be written"
