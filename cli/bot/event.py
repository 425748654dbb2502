"""`agentctl bot event`: a bot for one event of a workflow, until its runs have ended or only a person can go on.

The event is one message, and only the first: what happened beside it is asked for as well, because jobs that wait are
dropped by the forge. So whatever job comes finds what the dropped ones were about.
"""

import argparse
import asyncio
import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...orchestrator.errors import UsageError
from ...orchestrator.store.folder import RunFolder
from ...tui.snapshot import FINISHED
from ..outcome import DONE, FAILED, WAITING
from ..output import say
from ..repository import opened
from .book import Book, Message
from .door import KINDS, MOST_BYTES, lane_in
from .home import Home, home_of
from .running import Bot, bot
from .wiring import Join, joined

LOOK = 5.0
"""Seconds between two looks at runs that are at work."""
_NAMES = ("GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a workflow says of why it runs."""

    kind: str
    path: Path
    repo: str
    run: str

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Event":
        """As the runner has put it into the environment. Raises UsageError where this is no job of a workflow."""
        missing = [name for name in _NAMES if not environ.get(name)]
        if missing:
            raise UsageError(f"{missing[0]} is not set: `bot event` is for jobs of GitHub Actions; see docs/action.md.")
        kind, path, repo, run = (environ[name] for name in _NAMES)
        return cls(kind=kind, path=Path(path), repo=repo, run=run)

    def message(self) -> Message | None:
        """It as a message; None for one that the bot has no use for, such as a schedule.

        Raises:
            UsageError: its file cannot be read, or is of another repository than the job.
        """
        kind = "pull_request" if self.kind == "pull_request_target" else self.kind
        if kind not in KINDS:
            return None
        try:
            body = self.path.read_bytes()
        except OSError as error:
            raise UsageError(f"{self.path} cannot be read: {error.strerror}.") from error
        lane = lane_in(body) if len(body) <= MOST_BYTES else None
        if lane is None or not lane.lower().endswith(self.repo.lower()):
            raise UsageError(f"{self.path} holds no event of {self.repo}.")
        digest = hashlib.sha256(body).hexdigest()[:32]
        return Message(id=f"job-{self.run}-{digest}", kind=kind, body=body, at=time.time(), lane=lane)


def event(args: argparse.Namespace, *, join: Join = joined) -> int:
    """Take the event, and work until runs rest: 0 where all have ended well, 3 where one waits for a person, else 1.

    Raises:
        UsageError: this is no job of a workflow.
        RunStateError: another bot lives in that home.
    """
    message = Event.of(os.environ).message()
    home = home_of(args.repo, args.home)
    with home.held():
        home.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if message is not None:
            with Book(home.book) as book:
                book.take([message])
        return asyncio.run(_worked(home, join, seconds=args.minutes * 60.0))


async def _worked(home: Home, join: Join, *, seconds: float) -> int:
    async with bot(home, join) as one:
        for repo, forge in (await one.joined.find()).items():
            say(f"{repo}: {await one.polling.once(repo, forge)} new")
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        left = await one.catch_up()
        while _at_work(one) and loop.time() < until:
            await asyncio.sleep(LOOK)
            left = await one.catch_up()
        return _came_to(one, left)


def _at_work(one: Bot) -> bool:
    """Whether a run is driven now."""
    return one.joined.at_work() or "driven" in _states(one)


def _came_to(one: Bot, left: int) -> int:
    states = _states(one)
    if left or "failed" in states:
        return FAILED
    return WAITING if {"driven", "waits"} & set(states) else DONE


def _states(one: Bot) -> list[str]:
    """How each run that is told of stands: ``driven``, ``waits``, or what it ended as."""
    found: list[str] = []
    for folder in (RunFolder(path=path) for path in one.folders()):
        if not folder.run_db.exists():
            continue
        with opened(folder) as run:
            state = run.store.run().state
        found.append("driven" if folder.driver() is not None else state if state in FINISHED else "waits")
    return found
