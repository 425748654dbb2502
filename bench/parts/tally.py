"""Runs a command and says what it and everything it started cost. Runs as a file, on the standard library alone.

It adopts whatever its command leaves behind (prctl(2), PR_SET_CHILD_SUBREAPER), so that the CPU time of processes that
outlived their parents is in the sum too; ``getrusage`` counts what has been waited for, so it waits for all of them.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import time

_PR_SET_CHILD_SUBREAPER = 36


def main() -> int:
    """``tally.py RESULT COMMAND...``: run the command, write ``{exit, cpu, seconds}`` to the file RESULT."""
    result, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    began = time.monotonic()
    code = subprocess.run(command, check=False).returncode
    seconds = time.monotonic() - began
    while _reap():
        pass
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(result, "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib's import would cost as much as the rest
        json.dump({"exit": code, "cpu": used.ru_utime + used.ru_stime, "seconds": seconds}, file)
    return 0


def _reap() -> bool:
    try:
        os.waitpid(-1, 0)
    except ChildProcessError:
        return False
    return True


if __name__ == "__main__":
    raise SystemExit(main())
