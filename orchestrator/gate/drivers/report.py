"""What drivers write: results as lines of JSON, the first and the last with the nonce. As `records.read` reads them.

A driver never loads code of the target: that runs in processes below it, which get neither descriptor. It also makes
itself undumpable, after which the kernel lets no process of the same user look into its memory or its descriptors.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys

_MOST_TEXT = 8000
_PR_SET_DUMPABLE = 4


class Report:
    """Takes the nonce, of which nothing is left to read, and writes records to a descriptor."""

    def __init__(self, nonce_fd: int, report_fd: int) -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        with open(nonce_fd, "rb") as file:
            self._nonce = file.read().decode()
        os.set_inheritable(report_fd, False)
        self._descriptor = report_fd
        self._written = 0
        self._write("start", nonce=self._nonce)

    def result(self, name: str, outcome: str, detail: str = "", *, raised: str = "") -> None:
        """What became of one test, or of a file, package or crate whose tests could not be run."""
        self._write("result", id=name, outcome=outcome, detail=shorten(detail), raised=raised)

    def finish(self) -> None:
        """The last record: everything there was to run was run, and reported."""
        self._write("end", nonce=self._nonce, records=self._written, exit=0)

    def _write(self, kind: str, **fields: object) -> None:
        data = (json.dumps({"kind": kind, **fields}) + "\n").encode()
        while data:
            data = data[os.write(self._descriptor, data) :]
        self._written += 1


def shorten(text: str, most: int = _MOST_TEXT) -> str:
    """The beginning and the end of a text."""
    return text if len(text) <= most else text[: most // 2] + "\n[...]\n" + text[-(most // 2) :]
