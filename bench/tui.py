"""The suite ``tui``: the dashboard on a terminal, while another process writes a thousand events a second."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .parts import busy
from .parts.processes import CommandFailed, environment
from .report import Bar, Report

RATE = 1_000
SECONDS, QUICK_SECONDS = 30.0, 10.0
HISTORY, QUICK_HISTORY = 500_000, 50_000
COLUMNS, ROWS = 160, 50
CPU, LAG, FRAME, GROWTH, OPENED, STARTED = 0.25, 0.020, 0.100, 1.10, 1.0, 0.400
_BATCH = 10_000
_LONGEST = 120.0


def run(*, quick: bool) -> Report:
    """A busy run first, then one with a long history."""
    with tempfile.TemporaryDirectory() as root:
        busy_run = _made(Path(root) / "busy", history=0)
        seconds = QUICK_SECONDS if quick else SECONDS
        live = _shown(busy_run, seconds=seconds, writing=True)
        history = QUICK_HISTORY if quick else HISTORY
        long_run = _made(Path(root) / "long", history=history)
        opened = [_shown(long_run, seconds=0.5)["first"]["seconds"] for _ in range(3)]
        started = [_shown(busy_run, seconds=0.5)["first"]["cpu"] for _ in range(5)]
    bars = (
        Bar(name="CPU of the dashboard, over a core", value=live["cpu"], limit=CPU, unit="share"),
        Bar(name="delay of its loop, p95", value=_p95(live["lags"]), limit=LAG, unit="s"),
        Bar(name="from a key to its frame, p95", value=_p95(live["frames"]), limit=FRAME, unit="s"),
        Bar(name="memory at the end over that after 3 s", value=live["growth"], limit=GROWTH, unit="times"),
        Bar(name="first frame of a long run", value=statistics.median(opened), limit=OPENED, unit="s"),
        Bar(name="CPU to the first frame", value=statistics.median(started), limit=STARTED, unit="s"),
    )
    figures = {
        "events a second": RATE,
        "agents": busy.AGENTS,
        "events of the long run": history,
        "size": live["size"],
        "keys": len(live["frames"]),
        "worst delay": max(live["lags"]),
    }
    return Report(suite="tui", quick=quick, bars=bars, figures=figures)


def _made(folder: Path, *, history: int) -> Path:
    """The folder of a run with so many events."""
    folder.mkdir()
    with busy.begin(folder / "run.db", folder / "calls.db") as store:
        for start in range(0, history, _BATCH):
            store.append(*busy.acts(start, min(_BATCH, history - start)), author="driver")
    return folder


def _shown(folder: Path, *, seconds: float, writing: bool = False) -> dict[str, Any]:
    """What a dashboard on that run saw of itself. Raises CommandFailed where it did not end well."""
    out = folder / "seen.json"
    out.unlink(missing_ok=True)
    run_db = str(folder / "run.db")
    writer = _started("busy", run_db, str(RATE), str(seconds + 5)) if writing else None
    try:
        _on_a_terminal("screen", run_db, str(folder / "calls.db"), str(out), str(seconds), str(time.time()))
    finally:
        if writer is not None:
            writer.kill()
            writer.wait()
    if not out.exists():
        raise CommandFailed("the dashboard wrote no figures")
    seen: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return seen


def _command(part: str, *arguments: str) -> Sequence[str]:
    return [sys.executable, "-P", "-m", f"agentctl.bench.parts.{part}", *arguments]


def _started(part: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(_command(part, *arguments), env=environment())


def _on_a_terminal(part: str, *arguments: str) -> None:
    """Run it on a terminal of `COLUMNS` by `ROWS` whose other side is read and thrown away."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    env = environment(TERM="xterm-256color")
    with subprocess.Popen(
        _command(part, *arguments), env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as shown:
        os.close(theirs)
        reader = threading.Thread(target=_drained, args=(ours,), daemon=True)
        reader.start()
        code = shown.wait(timeout=_LONGEST)
        reader.join(timeout=5.0)
    os.close(ours)
    if code:
        raise CommandFailed(f"the dashboard ended with {code}")


def _drained(descriptor: int) -> None:
    try:
        while os.read(descriptor, 65_536):
            pass
    except OSError:  # its other end is closed
        return


def _p95(samples: Sequence[float]) -> float:
    return statistics.quantiles(samples, n=20)[-1]
