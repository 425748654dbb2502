"""`agentctl bot status` and `bot retry`: how a bot stands, from its book alone, also while it is at work."""

import argparse
import time
from dataclasses import dataclass

from ...orchestrator.errors import UsageError
from ...tui.clean import clean
from ..output import emit, emit_json, say, table
from .book import Book, Failed, Standing, Thread
from .home import Home, home_of

RATE = "rate "
"""How the keys of deeds begin that say what the forge still allows."""
_WIDTH = 100
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A bot as it stands."""

    home: str
    bot: str
    """The process at work; empty for none."""
    messages: Standing
    failed: tuple[Failed, ...]
    threads: tuple[Thread, ...]
    rates: dict[str, object]


def status(args: argparse.Namespace) -> int:
    """Show it.

    Raises:
        UsageError: no bot has ever lived there.
    """
    found = look(home_of(args.repo, args.home), now=time.time())
    if args.json:
        emit_json(found)
    else:
        emit(_lines(found, now=time.time()))
    return 0


def retry(args: argparse.Namespace) -> int:
    """Have a message that failed tried again, by the bot at work or by the next one.

    Raises:
        UsageError: there is no such message.
    """
    home = home_of(args.repo, args.home)
    _check(home)
    with Book(home.book) as book:
        if not book.again(args.id):
            done = book.said(args.id)
            what = "is done, or waits already" if done is not None else "never came, or was forgotten"
            raise UsageError(f"{clean(args.id, width=100)} {what}: `agentctl bot status` names those that failed.")
    say(
        "it is tried again" if home.bot() else "it is tried again when a bot begins: `agentctl bot serve` or `bot poll`"
    )
    return 0


def look(home: Home, *, now: float) -> Status:
    """A bot's status. Raises UsageError where none has ever lived there."""
    _check(home)
    with Book(home.book, readonly=True) as book:
        return Status(
            home=str(home.path),
            bot=home.bot(),
            messages=book.standing(now=now),
            failed=book.failures(),
            threads=book.threads(),
            rates={key.removeprefix(RATE): value for key, value in book.deeds(RATE).items()},
        )


def _check(home: Home) -> None:
    if not home.book.is_file():
        raise UsageError(f"No bot has lived in {home.path} yet: begin with `agentctl bot serve` or `bot poll`.")


def _lines(found: Status, *, now: float) -> list[str]:
    messages = found.messages
    oldest = f", the oldest since {ago(messages.oldest, now)}" if messages.oldest is not None else ""
    resting = f", {messages.resting} of them rest until later" if messages.resting else ""
    last = ago(messages.last, now) if messages.last is not None else "never"
    counts = f"{messages.waiting} wait{oldest}{resting}; {messages.done} done; {messages.failed} failed"
    lines = [
        f"{found.home}: {f'at work ({found.bot})' if found.bot else 'nobody is at work'}",
        f"last message {last}; {counts}",
    ]
    lines += [f"{key}: {clean(str(value), width=_WIDTH)}" for key, value in found.rates.items()]
    failed = [("failed", each.id, each.kind, each.lane, clean(each.said, width=_WIDTH)) for each in found.failed]
    return lines + table(failed) + table([_row(each, now=now) for each in found.threads])


def _row(thread: Thread, *, now: float) -> tuple[str, ...]:
    return ("run", thread.run, f"{thread.repo}#{thread.number}", f"by {thread.by}", ago(thread.at, now))


def ago(then: float, now: float) -> str:
    """How long ago something was, in its largest unit: ``3 min ago``."""
    seconds = max(now - then, 0.0)
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), (1, "s"))
    return f"{int(seconds // size)} {unit} ago"
