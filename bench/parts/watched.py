"""The dashboard under a microscope, on a terminal of its own; `screen.py` starts it.

Writes what it saw of itself to OUT as JSON: CPU, delays of its event loop, the time from keys to frames, memory.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from textual import events

from ...orchestrator.clock import SystemClock
from ...orchestrator.store.journal import Journal
from ...orchestrator.store.sqlite import SqliteStore
from ...tui.app import Dashboard
from ...tui.commands import Done
from ...tui.look import Feed

_SAMPLE = 0.01
"""Seconds between two looks at the loop's clock."""
_SETTLED = 3.0
"""Seconds after which memory is compared: by then what is loaded once is loaded."""
_KEYS = ("j", "k", "j", "j", "k", "space", "space")


class Measured(Dashboard):
    """A dashboard that watches itself and leaves by itself."""

    out: Path
    seconds: float
    began: float

    def on_mount(self) -> None:
        """Begin to look, and to watch."""
        super().on_mount()
        self.call_after_refresh(self._first_frame)

    def _first_frame(self) -> None:
        self.first = {"cpu": time.process_time(), "seconds": time.time() - self.began}
        self.run_worker(self._watch())

    async def _watch(self) -> None:
        """Samples until the time is over, then the figures."""
        wall, cpu = time.monotonic(), time.process_time()
        lags: list[float] = []
        frames: list[float] = []
        resident = 0
        number = 0
        while (passed := time.monotonic() - wall) < self.seconds:
            before = time.monotonic()
            await asyncio.sleep(_SAMPLE)
            lags.append(time.monotonic() - before - _SAMPLE)
            if passed >= _SETTLED and not resident:
                resident = _resident()
            if passed * 2 > number:
                frames.append(await self._frame_after(_KEYS[number % len(_KEYS)]))
                number += 1
        figures = {
            "first": self.first,
            "cpu": (time.process_time() - cpu) / (time.monotonic() - wall),
            "lags": lags,
            "frames": frames,
            "growth": _resident() / resident if resident else 1.0,
            "size": [self.size.width, self.size.height],
        }
        self.out.write_text(json.dumps(figures), encoding="utf-8")
        self.exit()

    async def _frame_after(self, key: str) -> float:
        """Seconds from a key to the refresh that comes after it."""
        drawn = asyncio.Event()
        before = time.monotonic()
        self.post_message(events.Key(key, key if len(key) == 1 else " "))
        self.call_later(lambda: self.call_after_refresh(drawn.set))
        await drawn.wait()
        return time.monotonic() - before


class Nothing:
    """Commands that do nothing."""

    async def run(self, argv: Sequence[str]) -> Done:  # noqa: ARG002 - the port's signature
        """Nothing."""
        return Done(code=0, out="", err="")

    def here(self, argv: Sequence[str]) -> int:  # noqa: ARG002 - as above
        """Nothing."""
        return 0


def _resident() -> int:
    """Pages of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])


def show(run_db: str, calls_db: str, out: str, seconds: str, began: str) -> None:
    """Show the run for so long."""
    clock = SystemClock()
    store = SqliteStore(Path(run_db), clock=clock, redact=str, blobs=None, readonly=True)
    with store, closing(Journal(Path(calls_db), clock=clock, redact=str, readonly=True)) as journal:
        app = Measured(Feed(store=store, journal=journal, alive=lambda: True, clock=time.time), Nothing())
        app.out, app.seconds, app.began = Path(out), float(seconds), float(began)
        app.run()
