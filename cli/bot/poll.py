"""`agentctl bot poll` and `bot replay`: a bot without a port, for as long as one likes or for one round."""

import argparse
import asyncio
import hashlib
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ...orchestrator.errors import ForgeAway, UsageError
from ...orchestrator.forge.port import Forge
from ...orchestrator.nouns.forge import RepoName
from ..output import say
from .book import Book, Message
from .door import KINDS, MOST_BYTES, lane_in
from .home import Home, home_of
from .running import bot
from .wiring import Join, joined

_LEAST_PAUSE, _MOST_PAUSE = 10.0, 86_400.0
_ALSO = {"pull_request_target": "pull_request"}
"""Events of workflows that have another name and the same payload."""


def poll(args: argparse.Namespace, *, join: Join = joined) -> int:
    """Ask for news until a signal ends it; with ``--once``, one round, and 1 where something was left.

    Raises:
        RunStateError: another bot lives in that home.
        UsageError: there is nothing to ask, or it is to be asked too often.
    """
    if not _LEAST_PAUSE <= args.every <= _MOST_PAUSE:
        raise UsageError(
            f"--every {args.every:g} is more often than forges like, or too seldom: "
            f"say {_LEAST_PAUSE:g} to {_MOST_PAUSE:g} seconds."
        )
    home = home_of(args.repo, args.home)
    with home.held():
        try:
            return asyncio.run(_once(home, join) if args.once else _polled(home, args.every, join))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


async def _polled(home: Home, every: float, join: Join) -> int:
    async with bot(home, join, every=every) as one:
        with suppress(ForgeAway):  # which is told when it is asked for news
            _check_asked(await one.joined.find())
        home.tell(f"news are asked for every {every:g} s; SIGTERM ends it")
        await one.go_on()
    home.tell("the bot has ended; what is not done yet is done when it begins again")
    return 0


def _check_asked(forges: Mapping[RepoName, Forge]) -> None:
    if not forges:
        raise UsageError(
            "There is no repository to ask for news: stand in a clone of one, name it with --repo, or install the App "
            "of AGENTCTL_GITHUB_APP_ID in one (docs/github-app.md)."
        )


async def _once(home: Home, join: Join) -> int:
    async with bot(home, join) as one:
        forges = await one.joined.find()
        _check_asked(forges)
        for repo, forge in forges.items():
            say(f"{repo}: {await one.polling.once(repo, forge)} new")
        return _left(await one.catch_up())


def replay(args: argparse.Namespace, *, join: Join = joined) -> int:
    """Take the payload of a file as if the forge had sent it, and work it off where no bot is at work here.

    Raises:
        UsageError: the file holds no payload of that event.
    """
    home = home_of(args.repo, args.home)
    message = _message(args.file, _ALSO.get(args.event, args.event), args.id)
    home.make()
    with Book(home.book) as book:
        if not book.take([message]):
            say("this was taken before: `agentctl bot retry ID` tries again what failed")
            return 0
    if home.bot():
        say(f"{message.id} is left to the bot that is at work here")
        return 0
    with home.held():
        return asyncio.run(_caught_up(home, join))


async def _caught_up(home: Home, join: Join) -> int:
    async with bot(home, join) as one:
        return _left(await one.catch_up())


def _message(file: str, kind: str, id_: str | None) -> Message:
    if kind not in KINDS:
        raise UsageError(f"agentctl has no use for events {kind!r}: it takes {', '.join(sorted(KINDS))}.")
    try:
        body = Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    lane = lane_in(body) if len(body) <= MOST_BYTES else None
    if lane is None:
        raise UsageError(
            f"{file} holds no payload of an event, which is one JSON object of at most {MOST_BYTES} bytes."
        )
    name = id_ or f"file-{hashlib.sha256(body).hexdigest()[:32]}"
    return Message(id=name, kind=kind, body=body, at=time.time(), lane=lane)


def _left(count: int) -> int:
    if count:
        say(f"{count} messages are left or failed: `agentctl bot status` says more")
    return 1 if count else 0
