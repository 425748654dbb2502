"""The demo: the shipped quickstart and its recorded answers, in a new repository. Asks no model."""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..orchestrator.errors import AgentctlError, UsageError
from ..orchestrator.git.opening import create_repository, open_repository
from ..orchestrator.nouns.keys import integration_branch
from ..tui.clean import clean
from . import processes
from .driving import Manner, drive
from .following import choose
from .models import EXAMPLES, recording_of
from .output import emit, say
from .recorded import answers_of, departures
from .report import collect, lines
from .repository import OpenRun, opened
from .settings import Flags, load
from .specfile import read_spec
from .starting import Wiring
from .terminal import interactive

TARGET_SECONDS = 20.0
"""How long the recorded model time is made to take: long enough to watch, short enough to wait for."""


def demo(args: argparse.Namespace, wiring: Wiring) -> int:
    """Replay the quickstart in a new repository, and show what came of it.

    Raises:
        AgentctlError: this installation ships no recording.
        UsageError: --repo names a folder that is there already.
    """
    spec = read_spec(str(EXAMPLES / "quickstart.md"))
    recording = recording_of(spec)
    if recording is None:
        raise AgentctlError(
            "This installation ships no recorded run: install agentctl anew, or run a spec of your own."
        )
    root = _new_root(args.repo)
    say("The answers in this run were recorded earlier; no model is asked anything now.")
    settings = load(root, Flags(replay=str(recording)), environ={})
    scale = args.scale if args.scale is not None else scale_for(recording)
    extras = wiring.Extras(models={}, sandbox_accepted=False, scale=scale)
    folder = wiring.prepare(root, spec.text, spec.name, replace(settings.run, approve=True), extras)
    ask, answers = interactive(no_input=args.no_input), answers_of(recording)
    manner = Manner(
        progress=choose(args.progress),
        wait=True,
        ask=ask,
        author=processes.person(root),
        recorded={} if ask else answers,
    )
    code = drive(lambda: wiring.open_driver(folder, extras), folder, manner)
    with opened(folder) as run:
        emit(["", *lines(collect(run, now=time.time())), "", "## Merged history", "", *_history(root, run)])
        for departure in departures(run.store.questions(), answers):
            say(departure)
    emit(["", f"All of it is in {root}"])
    return code


def scale_for(recording: Path) -> float:
    """The factor that makes all recorded calls take `TARGET_SECONDS` one after the other, and less side by side."""
    from ..agents.recording import read

    total = sum(call.seconds for call in read(recording).calls.values())
    return 1.0 if total <= TARGET_SECONDS else TARGET_SECONDS / total


def _new_root(repo: str | None) -> Path:
    if repo is None:
        root = Path(tempfile.mkdtemp(prefix="agentctl-demo-"))
    else:
        root = Path(repo).expanduser().resolve()
        if root.exists() and any(root.iterdir()):
            raise UsageError(f"{root} is not empty: the demo wants a folder that does not exist.")
    create_repository(root, at=time.time())
    return root


def _history(root: Path, run: OpenRun) -> Iterator[str]:
    async def commits() -> list[tuple[str, str]]:
        git = open_repository(root)
        tip = await git.resolve(integration_branch(run.folder.run))
        return list(await git.log(since=run.store.run().base, tip=tip)) if tip else []

    for commit, message in reversed(asyncio.run(commits())):
        yield f"* {commit[:10]} {clean(message.partition(chr(10))[0])}"
