"""`agentctl bot serve`: hears what a forge sends, and works it off."""

import argparse
import asyncio
import os
import re
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from ...orchestrator.errors import SettingsError, UsageError
from ...tui.web.told import Told
from ..output import emit
from .door import PATH, SMALL_BYTES, Door
from .home import Home, home_of
from .intake import Intake
from .listening import bound, open_door
from .patience import Patience
from .running import bot
from .wiring import Join, joined

SECRET_ENV = "AGENTCTL_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
_LEAST_SECRET = 16
_SWITCH = 0.0005
"""Seconds for which one thread may hold up another; Python's ten times as many add up in every answer of the port."""
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What the command line says of the port."""

    listener: socket.socket
    secrets: Sequence[bytes] = field(repr=False)
    names: Sequence[str]
    most: int
    connections: int


def serve(args: argparse.Namespace, *, join: Join = joined) -> int:
    """Serve until a signal ends it. The address is data, so it goes to stdout.

    Raises:
        SettingsError: there is no secret, or one that can be guessed.
        RunStateError: another bot lives in that home.
        UsageError: the port cannot be used.
    """
    variables = args.secret_env or [SECRET_ENV]
    home = replace(home_of(args.repo, args.home), secrets=tuple(variables))
    secrets = secrets_of(variables, os.environ)
    names = names_of(args.name)
    if args.most_bytes < SMALL_BYTES or args.connections < 1:
        raise UsageError(f"--most-bytes has to be {SMALL_BYTES} or more, and --connections 1 or more.")
    with home.held(), bound(args.host, args.port) as listener:
        serving = Serving(
            listener=listener, secrets=secrets, names=names, most=args.most_bytes, connections=args.connections
        )
        sys.setswitchinterval(_SWITCH)
        try:
            return asyncio.run(_served(home, serving, join=join))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


async def _served(home: Home, serving: Serving, *, join: Join) -> int:
    loop = asyncio.get_running_loop()
    async with bot(home, join) as one:
        with one.book.another() as theirs:
            intake = Intake(book=theirs, taken=lambda: _soon(loop, one.work.wake))
            tell = Told(say=home.tell).tell
            door = Door(intake=intake, secrets=serving.secrets, tell=tell, names=serving.names, most=serving.most)
            patience = Patience(connections=serving.connections)
            with open_door(serving.listener, door.application(), intake, patience=patience) as ended:
                ended.add_done_callback(lambda _: _soon(loop, one.end))
                emit([f"http://{address_of(serving.listener)}{PATH}"])
                sys.stdout.flush()
                home.tell("signed messages are taken; SIGTERM ends the bot when what is in hand is done")
                await one.go_on()
                if ended.done():
                    home.tell("the server has ended by itself: start the bot again; nothing that was taken is lost")
                    return 1
    home.tell("the bot has ended; what is not done yet is done when it begins again")
    return 0


def _soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """From another thread; a loop that has ended needs no call any more."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call)


def secrets_of(variables: Sequence[str], environ: Mapping[str, str]) -> tuple[bytes, ...]:
    """The secrets of the forge's webhooks. Raises SettingsError, which repeats none."""
    found = []
    for name in dict.fromkeys(variables):
        secret = environ.get(name, "").strip()
        if not secret:
            raise SettingsError(
                f"the variable {name} is not set: export there the secret that the forge's webhook or App has."
            )
        if len(secret) < _LEAST_SECRET:
            raise SettingsError(
                f"{name} holds fewer than {_LEAST_SECRET} characters, which can be guessed: make a secret with "
                "`openssl rand -hex 32`, and enter it at the forge too."
            )
        found.append(secret.encode())
    return tuple(found)


def names_of(given: Sequence[str]) -> tuple[str, ...]:
    """Names of the server, in small letters. Raises UsageError."""
    wrong = next((each for each in given if not _HOST.fullmatch(each.lower())), None)
    if wrong is not None:
        raise UsageError(f"{wrong!r} is no name of a server: give it as in bot.example.org, without a port.")
    return tuple(each.lower() for each in given)


def address_of(listener: socket.socket) -> str:
    """Host and port as an address has them."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
