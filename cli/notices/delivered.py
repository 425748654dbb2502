"""What each channel was told of a run: an append-only file in its folder, held by one process at a time.

A line is written after the channel has answered. A crash in between sends that notice again, under the same id.
"""

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = "notices.jsonl"


class Delivered:
    """The file, while it is held. Safe to use from several threads."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._lock = threading.Lock()
        self._begun: dict[str, int] = {}
        self._told: set[tuple[str, int]] = set()
        text = _text(handle)
        for line in text.splitlines():
            self._take(line)
        if text and not text.endswith("\n"):  # a crash tore the last line
            os.write(handle, b"\n")

    def begin(self, channel: str, *, after: int) -> None:
        """From which event on a channel is told of the run; what was said when it was first there stands."""
        with self._lock:
            if channel not in self._begun:
                self._write({"channel": channel, "after": after})

    def is_due(self, channel: str, event: int) -> bool:
        """Whether a channel has yet to be told of an event."""
        with self._lock:
            return event > self._begun.get(channel, event) and (channel, event) not in self._told

    def tell(self, channel: str, event: int, *, said: str, at: float) -> None:
        """Enter what a channel answered, or why it is told no more of an event."""
        with self._lock:
            self._write({"channel": channel, "event": event, "said": said, "at": at})

    def _write(self, line: dict[str, object]) -> None:
        text = json.dumps(line)
        os.write(self._handle, f"{text}\n".encode())
        os.fsync(self._handle)
        self._take(text)

    def _take(self, line: str) -> None:
        try:
            known = json.loads(line)
            channel, event, after = known["channel"], known.get("event"), known.get("after")
        except (ValueError, TypeError, KeyError, AttributeError):
            return
        if isinstance(channel, str) and isinstance(event, int):
            self._told.add((channel, event))
        elif isinstance(channel, str) and isinstance(after, int):
            self._begun.setdefault(channel, after)


@contextmanager
def held(folder: Path) -> Iterator[Delivered | None]:
    """The file of a run, until the block ends; None while another process delivers."""
    handle = os.open(folder / FILE, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield Delivered(handle)
    finally:
        os.close(handle)


def _text(handle: int) -> str:
    pieces = []
    os.lseek(handle, 0, os.SEEK_SET)
    while piece := os.read(handle, 1 << 16):
        pieces.append(piece)
    return b"".join(pieces).decode("utf-8", "replace")
