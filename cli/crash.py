"""Where the traceback of an unexpected exception goes. The only module that writes one."""

import os
import tempfile
import traceback
from pathlib import Path

from ..orchestrator.rules.redact import redact


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
