"""``pictures.py FOLDER``: pictures of the dashboard, from the larger demonstration, which it replays."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ...cli.dashboard import OwnCommands
from ...cli.repository import OpenRun, opened
from ...orchestrator.nouns.events import Event, Landed, QuestionAsked
from ...orchestrator.store.folder import RunFolder, all_runs
from ...tui.app import Dashboard
from ...tui.playing import Player

SIZE = (120, 32)
READ = 2.0
"""Seconds in which a patch is read by its command."""
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Where rich would fetch a font from: a picture fetches nothing, and is read in the reader's own."""
_LANDED_BEFORE = 6
"""Landings that the picture of the dashboard shows."""


def main(folder: str) -> None:
    """Replay the demonstration in a new repository, and draw moments of its first run."""
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as root:
        repo = Path(root) / "demo"
        options = ["--repo", str(repo), "--scale", "0", "--no-input", "--progress", "quiet"]
        subprocess.run([sys.executable, "-m", "agentctl", "demo", "lending", *options], check=True, capture_output=True)
        first = min(all_runs(repo), key=lambda run: run.run_db.stat().st_ctime)
        for name, keys, is_moment in MOMENTS:
            picture = asyncio.run(_drawn(repo, first, keys, is_moment))
            (out / f"{name}.svg").write_text(_FONT.sub("", picture), encoding="utf-8")


def _is_building(events: Sequence[Event]) -> bool:
    return sum(isinstance(event.fact, Landed) for event in events) >= _LANDED_BEFORE


def _asks(events: Sequence[Event]) -> bool:
    event = events[-1]
    asked = event.fact.question if isinstance(event.fact, QuestionAsked) else None
    return asked is not None and asked.kind == "decision" and bool(asked.options)


Moment = Callable[[Sequence[Event]], bool]
MOMENTS: Sequence[tuple[str, Sequence[str], Moment]] = (
    ("dashboard", (), _is_building),
    ("inbox", ("i",), _asks),
    ("trace", ("t", "j", "j"), _is_building),
    ("patch", ("j", "enter", "2"), _is_building),
)


async def _drawn(repo: Path, folder: RunFolder, keys: Sequence[str], is_moment: Moment) -> str:
    with opened(folder) as run:
        player = _at(run, is_moment)
        app = Dashboard(player.feed, OwnCommands(root=repo, run_id=folder.run), player=player)
        app.title = "agentctl tui"
        async with app.run_test(size=SIZE) as pilot:
            await pilot.press(*keys)
            await pilot.pause(READ)
            return app.export_screenshot(title="agentctl tui, a recorded run played again")


def _at(run: OpenRun, is_moment: Moment) -> Player:
    events = run.store.events()
    at = next((number for number in range(1, len(events) + 1) if is_moment(events[:number])), len(events))
    player = Player(events, run.journal.calls(), blobs=run.folder.blobs, monotonic=time.monotonic)
    player.step(at - player.shown)
    return player


if __name__ == "__main__":
    main(*sys.argv[1:])
