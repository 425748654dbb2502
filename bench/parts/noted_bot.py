"""The bot as a process, with the real port, book and loop, and an end that only notes what it was asked to do.

``python -m agentctl.bench.parts.noted_bot NOTES FAULT VERB ...``: each act is a line of the file NOTES; at the named
fault point (``NAME:N``, the n-th time; ``-`` for none) the process kills itself.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from ...cli.bot.book import Book
from ...cli.bot.home import Home
from ...cli.bot.poll import replay
from ...cli.bot.serve import serve
from ...cli.bot.wiring import Joined
from ...cli.bot.work import Act
from ...cli.commands.bot import VERBS
from ...cli.verbs import verb_parser
from ...orchestrator import faults
from ...orchestrator.nouns.forge import Account, Comment, RepoName
from ...orchestrator.nouns.happenings import Commented, Delivery, Ignored

SLOW = {"slowly": 1.0, "for a day": 86_400.0}
"""Comments that say so are acted on for as many seconds."""


class _Named(msgspec.Struct):
    login: str


class _Place(msgspec.Struct):
    name: str
    owner: _Named


class _Issue(msgspec.Struct):
    number: int


class _Comment(msgspec.Struct):
    id: int
    body: str
    user: _Named


class _Payload(msgspec.Struct):
    issue: _Issue
    comment: _Comment
    repository: _Place


def read(kind: str, id_: str, body: bytes) -> Delivery | Ignored:
    """A new comment; nothing else is of use."""
    if kind != "issue_comment":
        return Ignored(id=id_, reason=f"{kind} is not looked at here")
    payload = msgspec.json.decode(body, type=_Payload)
    said = payload.comment
    comment = Comment(id=said.id, body=said.body, author=Account(login=said.user.login), created_at=0, updated_at=0)
    return Delivery(
        id=id_,
        repo=RepoName(owner=payload.repository.owner.login, name=payload.repository.name),
        happening=Commented(number=payload.issue.number, comment=comment, pull=False),
    )


def noting(notes: Path) -> Act:
    """An act that appends the delivery's id to a file, in one write."""

    async def act(delivery: Delivery) -> str:
        said = delivery.happening
        if isinstance(said, Commented) and said.comment.body in SLOW:
            _note(notes, f"begun-{delivery.id}")
            await asyncio.sleep(SLOW[said.comment.body])
        _note(notes, delivery.id)
        return "noted"

    return act


def _note(notes: Path, line: str) -> None:
    handle = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, f"{line}\n".encode())
    finally:
        os.close(handle)


async def _still() -> float:
    return 60.0


def main(argv: list[str]) -> int:
    """Run one verb of the bot."""
    notes, fault, verb, *rest = argv
    if fault != "-":
        faults.arm(_killing(fault))

    @asynccontextmanager
    async def join(home: Home, book: Book) -> AsyncIterator[Joined]:
        del home, book
        yield Joined(read=read, act=noting(Path(notes)), tick=_still)

    args = verb_parser("bot", verb, VERBS).parse_args(rest)
    try:
        return {"serve": serve, "replay": replay}[verb](args, join=join)
    except KeyboardInterrupt:
        return 130


def _killing(fault: str) -> Callable[[str], None]:
    wanted, _, number = fault.rpartition(":")
    left = int(number)

    def strike(name: str) -> None:
        nonlocal left
        left -= name == wanted
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    return strike


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
