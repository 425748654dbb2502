"""``python -m agentctl.bench.scripted --port 0 --script FILE``: serves a script from a process of its own.

Prints one line, the API base, once it listens. ``GET /counts`` gives what it has seen. Ends on SIGTERM, or when its
standard input is closed, so that it does not outlive a bench that was killed.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from .script import Rules
from .server import serve


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m agentctl.bench.scripted", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--script", type=Path, required=True, help="a JSON file of rules")
    arguments = parser.parse_args(argv)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(Rules.read(arguments.script), port=arguments.port))
    return 0


async def _serve(rules: Rules, *, port: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _read_stdin, stop)
    async with serve(rules, port=port) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        await stop.wait()


def _read_stdin(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        stop.set()


if __name__ == "__main__":
    raise SystemExit(main())
