"""Joins the dashboard's server to a run: the commands of its viewers, its port, and how it ends."""

import argparse
import asyncio
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..orchestrator.errors import UsageError
from ..orchestrator.store.folder import find
from ..tui.web.dashboards import Serving
from ..tui.web.server import serve
from .notices.receiving import routes
from .output import say
from .repository import locate, opened
from .settings import Flags, load

if TYPE_CHECKING:
    from aiohttp import web

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def show(args: argparse.Namespace) -> int:
    """Serve the run until a signal ends it. The address holds the token and is data, so it goes to stdout.

    Raises:
        UsageError: the port cannot be used.
        SettingsError: answers are to be taken here, and no secret is there to know them by.
        RunStateError: there is no such run, or it cannot be read.
    """
    root = locate(args.repo)
    folder = find(root, args.run)
    with opened(folder):
        pass  # a run that cannot be read is told here, and not to each viewer
    command = [sys.executable, "-P", "-m", "agentctl", "tui", folder.run, "--repo", str(root), "--theme", args.theme]
    command += ["--replay"] if args.replay else []
    serving = Serving(
        viewer=lambda writes: command if writes else [*command, "--look"],
        write=args.write,
        title=f"agentctl {folder.run}",
        theme=args.theme,
        say=say,
        opened=_another,
    )
    answers = routes(root, load(root, Flags()).notify)
    with listening(args.port) as listener:
        asyncio.run(_until_ended(listener, serving, answers))
    say(f"the server has ended, and its dashboards with it; {folder.run} goes on as it was")
    return 0


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """A socket that listens on loopback; ``port`` 0 takes any free one. Raises UsageError."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(128)
        except (OSError, OverflowError) as error:
            raise UsageError(f"port {port} cannot be used: {error}; choose another with --port") from error
        yield listener


async def _until_ended(listener: socket.socket, serving: Serving, answers: "Sequence[web.RouteDef]") -> None:
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, ended.set)
    async with serve(listener, serving, routes=answers) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        who = "the first who comes may answer and steer" if serving.write else "nobody can change the run there"
        say(f"open this address in a browser: {who}; Ctrl-C ends the server, the run goes on")
        if answers:
            say(f"signed answers are taken at {', '.join(route.path for route in answers)}")
        await ended.wait()


def _another(address: str) -> None:
    say(f"that address is used up; another browser opens {address}")
