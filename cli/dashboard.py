"""Joins the dashboard to a run: its tables, its driver, and the commands that keys stand for."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..orchestrator.store.folder import RunFolder
from ..tui.app import Dashboard
from ..tui.commands import Done, Looking
from .looking import feed
from .main import GROUPS, load, parser
from .notices.watched import Watching
from .repository import OpenRun, opened
from .terminal import in_browser, ring, settle_in_browser

if TYPE_CHECKING:
    from ..tui.playing import Player


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCommands:
    """Starts `agentctl` anew for each command, on one run."""

    root: Path
    run_id: str

    async def run(self, argv: Sequence[str]) -> Done:
        """Its output is kept; nothing is asked on the terminal."""
        process = await asyncio.create_subprocess_exec(
            *self._line(argv, "--no-input"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return Done(
            code=process.returncode or 0, out=out.decode("utf-8", "replace"), err=err.decode("utf-8", "replace")
        )

    def here(self, argv: Sequence[str]) -> int:
        """In this terminal."""
        return subprocess.run(self._line(argv), check=False).returncode

    def _line(self, argv: Sequence[str], *options: str) -> list[str]:
        """Options stand before all that was typed, which may end in ``--`` and words."""
        name, *rest = on_run(argv, run=self.run_id)
        return [sys.executable, "-m", "agentctl", name, "--repo", str(self.root), *options, *rest]


def on_run(argv: Sequence[str], *, run: str) -> list[str]:
    """The arguments with the run that is shown, where the command takes one and none is named."""
    name, *rest = argv
    if not any(name in group for group in GROUPS.values()):
        return [*argv]
    usage = parser(name, load(name)).format_usage()
    before = rest[: rest.index("--")] if "--" in rest else rest
    if "[--run RUN]" in usage:
        return [*argv] if "--run" in before else [name, "--run", run, *rest]
    is_named = any(not each.startswith("-") for each in before)
    return [*argv] if is_named or "[RUN]" not in usage else [name, run, *rest]


def show(root: Path, folder: RunFolder, *, theme: str, replay: bool = False, look: bool = False) -> None:
    """Run the dashboard until it is left.

    ``replay`` plays the run again from its log, with ``look`` no key changes anything.
    """
    commands = OwnCommands(root=root, run_id=folder.run)
    if has_browser := in_browser():
        settle_in_browser()
    with opened(folder) as run:
        player = _played(run) if replay else None
        watching = Watching(folder.path)
        app = Dashboard(
            feed(run) if player is None else player.feed,
            Looking(reads=commands) if look else commands,
            colour="NO_COLOR" not in os.environ,
            player=player,
            ring=None if has_browser else partial(_ring, root),
            focused=None if has_browser else watching.focus,
        )
        app.theme = f"textual-{theme}"
        try:
            app.run()
        finally:
            watching.focus(False)


def _ring(root: Path, text: str) -> None:
    """Call for a person, but not in their quiet hours."""
    from .notices.begin import is_quiet_here

    if not is_quiet_here(root, now=time.time()):
        ring(text)


def _played(run: OpenRun) -> "Player":
    from ..tui.playing import Player

    events, calls = run.store.events(), run.journal.calls()
    return Player(events, calls, blobs=run.folder.blobs, monotonic=time.monotonic)
